# Sourced: how the sanitizers of build-sanitize judge. MLIR and LLVM come from the distribution and are not
# instrumented, which they must be told of.
#
# allow_user_poisoning=0   LLVM's and protobuf's allocators, inlined here, poison what they hand out there
# detect_container_overflow=0  containers that cross the border are annotated on one side only
# detect_leaks=0           uniqued storage of an MLIRContext and static options of the tools are freed by nobody
export ASAN_OPTIONS=allow_user_poisoning=0:detect_container_overflow=0:detect_leaks=0:${ASAN_OPTIONS:-}
export UBSAN_OPTIONS=print_stacktrace=1:${UBSAN_OPTIONS:-}
ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-22)
export ASAN_SYMBOLIZER_PATH
# The runtime must come first, in interpreters that load instrumented modules as in programs with libFuzzer.
LD_PRELOAD=$(clang++-22 -print-file-name=libclang_rt.asan-x86_64.so)
export LD_PRELOAD
