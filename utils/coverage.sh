#!/usr/bin/env bash
# Prints which lines of the verifier and the executor the unit tests of the runtime half reach, in build-coverage:
# coverage.sh [FILE]   with FILE its source, each line with how often it ran
set -euo pipefail
cd "$(dirname "$0")/.."
flags="-fprofile-instr-generate -fcoverage-mapping"
cmake --preset debug -B build-coverage -DSLUICE_BUILD_COMPILER=OFF -DCMAKE_CXX_FLAGS="$flags" >/dev/null
tests=(VerifierTests ExecutorTests)
cmake --build build-coverage --target "${tests[@]}" sluice-verify sluice-run
profiles=build-coverage/profiles
rm -rf "$profiles"
for test in "${tests[@]}"; do
  LLVM_PROFILE_FILE="$PWD/$profiles/%p.profraw" "build-coverage/bin/$test" --gtest_brief=1
done
llvm-profdata-22 merge -o "$profiles/all.profdata" "$profiles"/*.profraw
objects=(build-coverage/bin/VerifierTests -object build-coverage/bin/ExecutorTests
  -object build-coverage/bin/sluice-verify -object build-coverage/bin/sluice-run)
if [ $# -ne 0 ]; then
  exec llvm-cov-22 show "${objects[@]}" -instr-profile="$profiles/all.profdata" "$1"
fi
exec llvm-cov-22 report "${objects[@]}" -instr-profile="$profiles/all.profdata" \
  -show-region-summary=false -show-branch-summary=false lib/Verifier lib/Executor
