#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled programs, run many times over on each card, are proven, in time and memory that follow their instructions.

scale.py [INSTRUCTIONS]: prints what the proof of that many took; 20,000 unless told otherwise.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import models
from harness import BIN, save_model, tool

MOST_SECONDS, MOST_BYTES = 10, 2 << 30  # Of two cores' time, for a million instructions.

# Name, model, flags of sluice-compile, cards that all do the same.
PROGRAMS = [
    ("attention, one card", models.attention_block, [], 1),
    ("fp16, eight cards alike", lambda: models.matmul(640, 640, 640, np.float16), [], 8),
    ("perceptron over eight cards", models.perceptron, ["--cards=8"], 0),
]


def proven(path):
    """Instructions of a binary that is proven, and the proof's seconds, processor's seconds and most bytes."""
    start = time.monotonic()
    process = subprocess.Popen([BIN / "sluice-verify", path], stdout=subprocess.PIPE, text=True)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0 and ": proven: " in text, text
    instructions = int(text.split(": proven: ")[1].split()[0])
    return instructions, time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10


def main():
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    row = "{:<28}{:>14}{:>10}{:>12}{:>8}"
    print(row.format("program", "instructions", "seconds", "processor s", "MiB"))
    with tempfile.TemporaryDirectory() as root:
        small, large = Path(root, "m.slu"), Path(root, "large.slu")
        for name, build, flags, cards in PROGRAMS:
            tool("sluice-compile", save_model(Path(root, "m.onnx"), build()[0]), "-o", small, *flags)
            times = -(-wanted // (proven(small)[0] * max(cards, 1)))
            tool("sluice-stamp", small, str(times), str(cards), large)
            instructions, seconds, processor, most = proven(large)
            print(row.format(name, f"{instructions:,}", f"{seconds:.1f}", f"{processor:.1f}", most >> 20), flush=True)
            share = max(1, instructions / 1_000_000)
            assert processor < 2 * MOST_SECONDS * share, f"{name}: {processor:.1f} s of the processor"
            assert most < MOST_BYTES * share, f"{name}: {most} bytes"


if __name__ == "__main__":
    main()
