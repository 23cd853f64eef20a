#!/usr/bin/env bash
# Installs the Debian packages that building and testing need and that are missing. Does nothing, and needs no
# rights, when all are there.
set -euo pipefail

packages=(
  # compiler and build
  clang-22 lld-22 libclang-rt-22-dev clang-format-22 cmake ninja-build ccache
  # LLVM and MLIR, with FileCheck and lit
  llvm-22 llvm-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools
  # libraries
  libonnx-dev libprotobuf-dev protobuf-compiler libabsl-dev libssl-dev pybind11-dev python3-dev
  # tests: readelf, unit tests, benchmarks, reference arithmetic, models
  binutils libgtest-dev libgmock-dev libbenchmark-dev libmpfr-dev python3 python3-numpy python3-onnx libonnx-testdata
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi

echo "setup: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: needs root or sudo to install packages" >&2; exit 1; }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
