#!/usr/bin/env bash
# Builds the runtime half under ThreadSanitizer, in build-thread-sanitize, and runs its tests:
# sanitize-threads.sh [ctest flags]
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset thread-sanitize
tests=(sluice-target-test SupportTests sluice-numerics-test BinaryTests VerifierTests ExecutorTests)
cmake --build build-thread-sanitize --target "${tests[@]}"
# A race ends its test; protobuf, abseil and the C++ library come from the distribution, uninstrumented.
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:${TSAN_OPTIONS:-}
TSAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-22)
export TSAN_SYMBOLIZER_PATH
exec ctest --test-dir build-thread-sanitize --output-on-failure -E '^(e2e|format|fuzz|golden|lit|scale)' "$@"
