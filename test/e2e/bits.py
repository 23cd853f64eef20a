#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bits.py FAMILY [CASE...]: for every model of a family the binary on 1, 2 and 8 cards gives the reference
interpreter's outputs in every bit, and those are close to NumPy's. On 1 and 2 cards the cycle stepper leaves the same
bits too, memory image included."""

import sys
import tempfile
from pathlib import Path

import numpy as np

import cases
from harness import assert_same_bits, execute, golden, save_model, tool

# fp16 contractions are compared with exact sums of rounded operands; what is left is
# fp32 rounding, and one unit for the transcendentals.
RELATIVE, ABSOLUTE = 2e-5, 2e-5


def check(folder, build):
    model, feeds, expected = build()
    path = save_model(folder / "model.onnx", model)
    outputs = golden(folder, path, feeds)
    if expected is not None:
        for (name, have), want in zip(outputs.items(), expected):
            assert have.shape == want.shape and np.allclose(
                have.astype(np.float64), want.astype(np.float64), rtol=RELATIVE if have.dtype != np.float16 else 1e-3,
                atol=ABSOLUTE), f"golden {name} is far from NumPy: {np.abs(have - want.astype(have.dtype)).max()}"
    for cards in (1, 2, 8):
        binary = folder / f"{cards}.slu"
        tool("sluice-compile", path, "-o", binary, f"--cards={cards}")
        # Eight cards are stepped by the unit tests' small programs.
        stepper = ["--stepper"] if cards < 8 else []
        assert_same_bits(execute(folder, binary, feeds, *stepper), outputs, f"{cards} cards")


def main():
    family, *chosen = sys.argv[1:]
    failures = 0
    for name, build in cases.FAMILIES[family].items():
        if chosen and name not in chosen:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(Path(folder), build)
                print(f"ok    {name}", flush=True)
            except Exception as error:  # one model's failure must not hide the next
                print(f"FAIL  {name}: {error}", flush=True)
                failures += 1
    sys.exit(1 if failures else 0)


main()
