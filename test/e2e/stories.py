#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""stories260K decoded greedily through the binary tells the story that ONNX Runtime tells in float32: 150 tokens
of it with fp16 contractions, all 200 with fp32 ones."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import SOURCE, external_model

LEAST_EQUAL = {"f16": 150, "f32": 200}


def main():
    model = external_model("stories260K", "stories260K.onnx")
    expected = json.loads((model.parent / "expected_tokens.json").read_text())["tokens"]
    mode = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        tokens_file = Path(folder, "tokens.json")
        subprocess.run([sys.executable, SOURCE / "python/examples/generate.py", model, "--tokenizer",
                        model.parent / "tok512.bin", "--steps", "200", "--window", "208", f"--f32-matmul={mode}",
                        "--tokens-json", tokens_file], check=True)
        tokens = json.loads(tokens_file.read_text())
    equal = next((i for i, pair in enumerate(zip(tokens, expected)) if pair[0] != pair[1]), min(len(tokens), len(expected)))
    print(f"{equal} of {len(expected)} tokens equal")
    # The first token is BOS, given and not decoded.
    assert equal > LEAST_EQUAL[mode]


main()
