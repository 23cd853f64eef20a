#!/usr/bin/env bash
# Installs what is missing, builds, and takes a small model from ONNX to a proven binary that runs with
# the reference interpreter's bits.
set -euo pipefail
cd "$(dirname "$0")/.."
utils/setup.sh
utils/build.sh
exec /usr/bin/python3 -B utils/demo.py
