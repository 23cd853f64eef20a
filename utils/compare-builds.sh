#!/usr/bin/env bash
# Compiles the same models with the release and the debug build of the compiler and compares the binaries byte by byte.
# Builds both (the debug one in build-debug). Not part of the tests, for the time that a second build takes.
set -euo pipefail
cd "$(dirname "$0")/.."
utils/setup.sh
for preset in release debug; do
  cmake --preset "$preset"
  cmake --build --preset "$preset" --target sluice-compile
done
/usr/bin/python3 -B - <<'END'
import subprocess, sys, tempfile
from pathlib import Path
import onnx
sys.path.insert(0, "utils")
import mutants

different = 0
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    for model_name, model, cards in [*mutants.made(), *mutants.trained()]:
        onnx.save(model, str(folder / "model.onnx"))
        dims = [f"--dim={axis}" for axis in ("batch=1", "seq=1", "past=63", "total=64")] if model_name == "stories" else []
        for count in cards:
            for build in ("build", "build-debug"):
                subprocess.run([f"{build}/bin/sluice-compile", folder / "model.onnx", "-o", folder / f"{build}.slu",
                                f"--cards={count}", *dims], check=True, stdout=subprocess.DEVNULL)
            equal = (folder / "build.slu").read_bytes() == (folder / "build-debug.slu").read_bytes()
            print(f"{'equal    ' if equal else 'DIFFERENT'} {model_name}, cards {count}", flush=True)
            different += not equal
sys.exit(1 if different else 0)
END
