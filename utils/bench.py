#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Schedule quality: modelled cycles of contractions, and of one token of a decoder, against limits.

bench.py [--bin DIRECTORY] [--only WORDS]: prints a table; exit status 1 when a limit is exceeded. `ratio` is cycles by the
larger of the two lower bounds, `ran` the executor's seconds.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx

import models

ROOT = Path(__file__).resolve().parents[1]
STORIES = ROOT.parent / "shared" / "models" / "stories260K" / "stories260K.onnx"

# Name, model and inputs, flags of sluice-compile, most cycles.
def workloads():
    yield "int8 1280^3", lambda: models.matmul(1280, 1280, 1280, np.int8), [], 6_400  # 80 % of peak
    yield "int8 1280^3, 8 cards", lambda: models.matmul(1280, 1280, 1280, np.int8), ["--cards=8"], 1_600
    yield "fp16 2304x4096x2048", lambda: models.matmul(2304, 4096, 2048, np.float16), [], 235_929  # 80 % of peak
    yield "int8 1x4096x4096", lambda: models.matmul(1, 4096, 4096, np.int8), [], 1_408  # 60 % of the install rate
    dims = [f"--dim={axis}" for axis in ("batch=1", "seq=1", "past=255", "total=256")]
    yield "stories260K, one token", decoder_step, dims, 15_000


def decoder_step(past=255):
    """The trained decoder beside the project with one token's inputs behind `past` others; None where it is not
    there."""
    if not STORIES.exists():
        return None
    model = onnx.load(str(STORIES))
    sizes = {"batch": 1, "seq": 1, "past": past, "total": past + 1}
    feeds = {}
    for value in model.graph.input:
        shape = [sizes.get(d.dim_param, d.dim_value) for d in value.type.tensor_type.shape.dim]
        feeds[value.name] = np.zeros(shape, onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[value.type.tensor_type.elem_type])
    return model, feeds


def timed(*command):
    start = time.monotonic()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def measure(tools, folder, model, feeds, flags):
    """Compiles, verifies and runs: statistics, seconds to compile and to run."""
    onnx.save(model, str(folder / "m.onnx"))
    inputs = []
    for number, (name, array) in enumerate(feeds.items()):
        np.save(folder / f"{number}.npy", array)
        inputs += ["--input", f"{name}={folder / f'{number}.npy'}"]
    compiled = timed(tools / "sluice-compile", folder / "m.onnx", "-o", folder / "m.slu", f"--stats={folder / 'm.json'}", *flags)
    ran = timed(tools / "sluice-run", folder / "m.slu", *inputs, "--output-dir", folder / "out")
    return json.loads((folder / "m.json").read_text()), compiled, ran


def main():
    parser = argparse.ArgumentParser(description="Schedule quality against stated limits.")
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "bin", help="where the tools are")
    parser.add_argument("--only", default="", help="workloads whose name holds this")
    arguments = parser.parse_args()
    row = "{:<24}{:>10}{:>10}{:>9}{:>8}{:>8}{:>11}{:>8}  {}"
    print(row.format("workload", "cycles", "limit", "us", "MXM", "ratio", "compiled", "ran", ""))
    exceeded = False
    for name, build, flags, limit in workloads():
        if arguments.only not in name:
            continue
        made = build()
        if made is None:
            print(f"{name:<24}  no such model beside the project")
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                stats, compiled, ran = measure(arguments.bin, Path(folder), *made, flags)
            except subprocess.CalledProcessError as error:
                print(f"{name:<24}  {Path(error.cmd[0]).name} failed", flush=True)
                exceeded = True
                continue
        within = stats["cycles"] <= limit
        exceeded |= not within
        print(row.format(name, stats["cycles"], limit, f"{stats['microseconds']:.1f}", f"{stats['mxm_utilisation']:.0%}",
                         f"{stats['ratio']:.2f}", f"{compiled:.1f} s", f"{ran:.1f} s", "ok" if within else "EXCEEDED"), flush=True)
    sys.exit(exceeded)


if __name__ == "__main__":
    main()
