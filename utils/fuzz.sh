#!/usr/bin/env bash
# Fuzzes one target under AddressSanitizer and UndefinedBehaviorSanitizer: fuzz.sh TARGET SECONDS [libFuzzer flags]
#
#   import      bytes as an ONNX model, to the onnx dialect
#   stensor     the same, to whole tensors: conversion and folding of constants
#   container   bytes as a binary
#   verifier    binaries with right hashes, to the verifier
#   executor    the same, through the verifier to the end of the run
#   ir          text as IR of any level, down to the binary
#
# The corpus lies in build-sanitize/corpus/TARGET and grows from run to run. It starts from what the project makes
# itself and, where they lie beside the project, ONNX's backend tests. A finding ends the run with status 1 and its
# input in build-sanitize/findings/TARGET; once fixed, it belongs into test/fuzz/regressions/TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?fuzz.sh TARGET SECONDS} seconds=${2:?fuzz.sh TARGET SECONDS}
shift 2

cmake --preset sanitize >/dev/null
tools=("fuzz-$target")
case $target in
container | verifier | executor) tools+=(program-seeds) ;;
ir) tools+=(sluice-compile) ;;
esac
cmake --build build-sanitize --target "${tools[@]}"

corpus=build-sanitize/corpus/$target findings=build-sanitize/findings/$target
source utils/sanitizer-options.sh
if [ ! -d "$corpus" ]; then
  mkdir -p "$corpus"
  case $target in
  container | verifier | executor) build-sanitize/bin/program-seeds "$corpus" ;;
  import | stensor) utils/fuzz-seeds.py models "$corpus" ;;
  ir) utils/fuzz-seeds.py ir "$corpus" ;;
  esac
fi
mkdir -p "$findings"
exec nice -n 15 "build-sanitize/bin/fuzz-$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 \
  -malloc_limit_mb=1000 -max_len=65536 -print_final_stats=1 -artifact_prefix="$findings/" "$@" \
  "$corpus" "test/fuzz/regressions/$target"
