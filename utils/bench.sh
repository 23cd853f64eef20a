#!/usr/bin/env bash
# Builds, then prints the table of schedule quality (see bench.py for its arguments).
set -euo pipefail
cd "$(dirname "$0")/.."
utils/setup.sh
utils/build.sh >&2
exec /usr/bin/python3 -B utils/bench.py "$@"
