#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bits.py FAMILY [CASE...]: for every model of a family the binary on 1, 2 and 8 cards gives the reference
interpreter's outputs in every bit, and those are close to NumPy's. On 1 and 2 cards the cycle stepper leaves the same
bits too, memory image included."""

import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

import cases
from harness import assert_same_bits, execute, golden, run_cases, save_model, tool

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


def check_in_folder(build):
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder), build)


family, *chosen = sys.argv[1:]
run_cases((name, partial(check_in_folder, build)) for name, build in cases.FAMILIES[family].items()
          if not chosen or name in chosen)
