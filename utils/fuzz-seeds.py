#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes what fuzz.sh starts from: fuzz-seeds.py models|ir FOLDER

models: small models of utils/models.py and, where they lie beside the project, ONNX's backend tests.
ir: the lit tests, cut where they say so, and the levels of small programs (build-sanitize/bin/sluice-compile)."""

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

# Programs that go all the way down for target tiny.
PROGRAMS = {
    "layout": """
func.func @main(%x: tensor<1x6x2xi32> {stensor.name = "x"}) -> (tensor<1x2x3x4xi32> {stensor.name = "y"}) {
  %c = stensor.concat %x, %x {dim = 2 : i64} : (tensor<1x6x2xi32>, tensor<1x6x2xi32>) -> tensor<1x6x4xi32>
  %w = stensor.window %c {first = 1 : i64, sizes = array<i64: 3>, strides = array<i64: 2>, dilations = array<i64: 1>} : tensor<1x6x4xi32> -> tensor<1x2x3x4xi32>
  %s = stensor.slice %x {offsets = array<i64: 0, 5, 0>, strides = array<i64: 1, -2, 1>} : tensor<1x6x2xi32> -> tensor<1x3x2xi32>
  %m = stensor.reduce max %s {dim = 1 : i64} : tensor<1x3x2xi32> -> tensor<1x1x2xi32>
  %n = stensor.reshape %m : tensor<1x1x2xi32> -> tensor<1x2x1x1xi32>
  %y = stensor.map ins(%w, %n : tensor<1x2x3x4xi32>, tensor<1x2x1x1xi32>) outs(tensor<1x2x3x4xi32>) {
  ^bb0(%a: i32, %b: i32):
    %0 = arith.cmpi slt, %a, %b : i32
    %1 = arith.select %0, %a, %b : i32
    stensor.yield %1 : i32
  }
  return %y : tensor<1x2x3x4xi32>
}
""",
    "gather": """
func.func @main(%x: tensor<40x4xi8> {stensor.name = "x"}, %i: tensor<3xi32> {stensor.name = "i"}) -> (tensor<3x4xi8> {stensor.name = "g"}) {
  %g = stensor.gather %x, %i : (tensor<40x4xi8>, tensor<3xi32>) -> tensor<3x4xi8>
  return %g : tensor<3x4xi8>
}
""",
    "transpose": """
func.func @main(%x: tensor<4x8xf16> {stensor.name = "x"}) -> (tensor<8x4xf32> {stensor.name = "y"}) {
  %w = stensor.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %t = stensor.transpose %x {permutation = array<i64: 1, 0>} : tensor<4x8xf16> -> tensor<8x4xf16>
  %y = stensor.map ins(%t, %w : tensor<8x4xf16>, tensor<1x4xf32>) outs(tensor<8x4xf32>) {
  ^bb0(%a: f16, %b: f32):
    %0 = arith.extf %a : f16 to f32
    %1 = arith.mulf %0, %b : f32
    stensor.yield %1 : f32
  }
  return %y : tensor<8x4xf32>
}
""",
}


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
            name = f"{path.parent.name}-{path.stem}-{number}"
            yield name, text.encode()
            # The vectors of tsp1 as those of tiny.
            if "x320xi8" in text:
                yield f"{name}-tiny", text.replace("x320xi8", "x32xi8").encode()
    with tempfile.TemporaryDirectory() as folder:
        onnx.save(models.layer()[0], f"{folder}/model.onnx")
        # The levels that it reaches: target tiny has too few slices for a product's weights.
        subprocess.run([ROOT / "build-sanitize/bin/sluice-compile", f"{folder}/model.onnx", "--target=tiny",
                        "--dump-phases-to", folder, "-o", f"{folder}/model.slu"], check=False, stderr=subprocess.DEVNULL)
        for path in sorted(Path(folder).glob("*.mlir")):
            yield path.stem, path.read_bytes()
    for name, text in PROGRAMS.items():
        with tempfile.TemporaryDirectory() as folder:
            Path(f"{folder}/program.mlir").write_text(text)
            subprocess.run([ROOT / "build-sanitize/bin/sluice-compile", f"{folder}/program.mlir", "--target=tiny",
                            "--dump-phases-to", f"{folder}/levels", "-o", f"{folder}/program.slu"],
                           check=True, stdout=subprocess.DEVNULL)
            for path in sorted(Path(f"{folder}/levels").glob("*.mlir")):
                # Dumps leave the bytes of constants out.
                yield f"{name}-{path.stem}", path.read_bytes().replace(b"dense_resource<__elided__>", b"dense<0>")


def main():
    kind, folder = sys.argv[1:]
    for name, content in {"models": small_models, "ir": texts}[kind]():
        if len(content) <= LARGEST:
            (Path(folder) / name).write_bytes(content)


if __name__ == "__main__":
    main()
