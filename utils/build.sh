#!/usr/bin/env bash
# Configures and builds everything into build/: build.sh [ninja target...]
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset release
cmake --build build -- "$@"
