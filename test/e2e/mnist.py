#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mnist-8's golden sets: within 1e-3 with fp32 contractions, the same digit with fp16 ones, and in both
modes the reference interpreter's bits."""

import tempfile
from pathlib import Path

import numpy as np

from harness import assert_same_bits, execute, external_model, golden, load_pb, tool

model = external_model("mnist-8", "model.onnx")
with tempfile.TemporaryDirectory() as root:
    for mode in ("f32", "f16"):
        binary = Path(root, f"{mode}.slu")
        tool("sluice-compile", model, "-o", binary, f"--f32-matmul={mode}")
        for number in range(3):
            folder = Path(root, f"{mode}{number}")
            folder.mkdir()
            data = model.parent / f"test_data_set_{number}"
            feeds, expected = {"Input3": load_pb(data / "input_0.pb")}, load_pb(data / "output_0.pb")
            outputs = execute(folder, binary, feeds)
            assert_same_bits(outputs, golden(folder, model, feeds, f"--f32-matmul={mode}"), f"{mode}, set {number}")
            (scores,) = outputs.values()
            worst = float((np.abs(scores - expected) / np.maximum(np.abs(expected), 1)).max())
            print(f"{mode}, set {number}: relative error {worst:.1e}")
            assert scores.argmax() == expected.argmax(), f"digit {scores.argmax()}, expected {expected.argmax()}"
            assert mode == "f16" or worst <= 1e-3
