#!/usr/bin/env bash
# Fails, naming the places, where a C++ source is not as clang-format would write it. With --fix: rewrites it.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --fix ]; then mode=(-i); else mode=(--dry-run -Werror); fi
# A release has no .git; there every file is the project's.
if git rev-parse --git-dir >/dev/null 2>&1; then
  files=$(git ls-files '*.h' '*.cpp')
else
  files=$(find dialects include lib python test tools -name '*.h' -o -name '*.cpp')
fi
printf '%s\n' "$files" | xargs clang-format-22 "${mode[@]}"
