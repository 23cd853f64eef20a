#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test.
set -euo pipefail
cd "$(dirname "$0")/.."
utils/setup.sh
utils/build.sh
ctest --test-dir build --output-on-failure -j "$(nproc)"
