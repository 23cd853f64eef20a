#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A trained int8 MobileNet in QDQ form: every value of its golden, which fused integer kernels made, and the reference
interpreter's bits."""

import json
import tempfile
from pathlib import Path

from harness import assert_same_bits, execute, external_model, golden, load_pb, tool

model = external_model("mobilenet-v2-int8-qdq", "model.onnx")
data = model.parent / "test_data_set_0"
with tempfile.TemporaryDirectory() as temporary:
    root = Path(temporary)
    feeds, expected = {"image": load_pb(data / "input_0.pb")}, load_pb(data / "output_0.pb")
    tool("sluice-compile", model, "--dim", "batch=1", "-o", root / "model.slu", "--stats", root / "stats.json")
    outputs = execute(root, root / "model.slu", feeds)
    assert_same_bits(outputs, golden(root, model, feeds, "--dim", "batch=1"), "executor and interpreter")
    (scores,) = outputs.values()
    different = int((scores != expected).sum())
    assert different == 0, f"{different} of {expected.size} values differ from the golden"
    print(f"all {expected.size} values equal, {json.loads((root / 'stats.json').read_text())['cycles']} cycles")
