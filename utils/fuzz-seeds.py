#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes what fuzz.sh starts from: fuzz-seeds.py models|ir FOLDER

models: small models of utils/models.py and, where they lie beside the project, ONNX's backend tests.
ir: the lit tests, cut where they say so, and the levels of a small model (build-sanitize/bin/sluice-compile)."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import onnx

import models

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT.parent / "shared" / "onnx-tests"
LARGEST = 16 << 10  # bytes of a seed


def small_models():
    """(name, bytes)"""
    yield "layer", models.layer()[0].SerializeToString()
    yield "attention", models.attention_block(tokens=2, width=8, heads=2)[0].SerializeToString()
    for path in sorted(TESTS.glob("*/*/model.onnx")):
        if path.stat().st_size <= LARGEST:
            yield path.parent.name, path.read_bytes()


def texts():
    """(name, bytes)"""
    for path in sorted((ROOT / "test" / "lit").rglob("*.mlir")):
        for number, part in enumerate(re.split(r"^// -----.*$", path.read_text(), flags=re.M)):
            text = re.sub(r"^\s*//.*\n", "", part, flags=re.M)
            yield f"{path.parent.name}-{path.stem}-{number}", text.encode()
    with tempfile.TemporaryDirectory() as folder:
        onnx.save(models.layer()[0], f"{folder}/model.onnx")
        # The levels that it reaches: target tiny has too few slices for a product's weights.
        subprocess.run([ROOT / "build-sanitize/bin/sluice-compile", f"{folder}/model.onnx", "--target=tiny",
                        "--dump-phases-to", folder, "-o", f"{folder}/model.slu"], check=False, stderr=subprocess.DEVNULL)
        for path in sorted(Path(folder).glob("*.mlir")):
            yield path.stem, path.read_bytes()


def main():
    kind, folder = sys.argv[1:]
    for name, content in {"models": small_models, "ir": texts}[kind]():
        if len(content) <= LARGEST:
            (Path(folder) / name).write_bytes(content)


if __name__ == "__main__":
    main()
