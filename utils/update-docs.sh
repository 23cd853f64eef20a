#!/bin/sh
# Brings the generated pages of docs/ up to date: utils/update-docs.sh [BUILD_DIR]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-$root/build}" && pwd)
for dialect in "$root"/dialects/*/CMakeLists.txt; do
  name=$(basename "$(dirname "$dialect")")
  page=$build/dialects/$name/$name.md
  ninja -C "$build" "dialects/$name/$name.md"
  mkdir -p "$root/docs/dialects"
  cp "$page" "$root/docs/dialects/$name.md"
done
ninja -C "$build" sluice-compile sluice-objdump
/usr/bin/python3 -B "$root/utils/levels.py" "$build/bin" > "$build/levels.md"
cp "$build/levels.md" "$root/docs/levels.md"
