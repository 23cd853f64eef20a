#!/usr/bin/env bash
# Builds everything under AddressSanitizer and UndefinedBehaviorSanitizer, in build-sanitize, and runs every test:
# sanitize.sh [ctest flags]
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset sanitize
cmake --build build-sanitize
source utils/sanitizer-options.sh
exec ctest --test-dir build-sanitize --output-on-failure "$@"
