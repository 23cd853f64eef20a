#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The way of a model: compile, verify, look, run, compare with the reference interpreter; each command is shown.

Files stay in build/demo.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx

import models

ROOT = Path(__file__).resolve().parents[1]


def show(command):
    print(f"\n$ {command}", flush=True)
    tool, *rest = command.split()
    subprocess.run([str(ROOT / "build" / "bin" / tool), *rest], check=True)


def main():
    folder = ROOT / "build" / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.chdir(folder)
    model, feeds = models.attention_block()
    onnx.save(model, "block.onnx")
    np.save("x.npy", feeds["x"])
    print("block.onnx: a transformer block on 16 tokens of width 64 (utils/models.py)")

    show("sluice-compile block.onnx -o block.slu --cards=1 --stats=stats.json")
    show("sluice-verify block.slu")
    show("sluice-objdump block.slu --summary")
    show("sluice-run block.slu --input x=x.npy --output-dir out")
    show("sluice-golden block.onnx --input x=x.npy --output-dir golden")

    ours, golden = np.load("out/y.npy"), np.load("golden/y.npy")
    same = ours.tobytes() == golden.tobytes()
    print(f"\ny[0, :4] = {ours[0, :4]}")
    print(f"{ours.size} outputs, " + ("every bit equal to the reference interpreter's" if same else "DIFFERENT from the reference's"))
    sys.exit(0 if same else 1)


try:
    main()
except subprocess.CalledProcessError as error:
    sys.exit(f"demo: {Path(error.cmd[0]).name} failed with status {error.returncode}")
