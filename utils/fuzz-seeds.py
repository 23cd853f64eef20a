#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes what fuzz.sh starts from: fuzz-seeds.py models|ir FOLDER

models: small models of utils/models.py and, where they lie beside the project, ONNX's backend tests.
ir: the lit tests, cut where they say so, but for those that take long, and the levels of small programs
(build-sanitize/bin/sluice-compile)."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import onnx

import models

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT.parent / "shared" / "onnx-tests"
LARGEST = 32 << 10  # bytes of a seed
SOON = 5  # seconds of the compiler with sanitizers
ATTENTION = models.attention_block(tokens=2, width=8, heads=2)

# Programs that go all the way down for target small.
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
    "product": """
func.func @main(%x: tensor<1x2x1x32xi8> {stensor.name = "x"}) -> (tensor<1x2x3xi32> {stensor.name = "y"}) {
  %w = stensor.constant dense<3> : tensor<1x3x1x32xi8>
  %y = stensor.contract %x, %w : (tensor<1x2x1x32xi8>, tensor<1x3x1x32xi8>) -> tensor<1x2x3xi32>
  return %y : tensor<1x2x3xi32>
}
""",
    # On two cards the second product's rows are exchanged.
    "products": """
func.func @main(%x: tensor<1x2x1x64xi8> {stensor.name = "x"}) -> (tensor<1x2x64xi32> {stensor.name = "y"}) {
  %w = stensor.constant dense<3> : tensor<1x64x1x64xi8>
  %h = stensor.contract %x, %w : (tensor<1x2x1x64xi8>, tensor<1x64x1x64xi8>) -> tensor<1x2x64xi32>
  %n = stensor.map ins(%h : tensor<1x2x64xi32>) outs(tensor<1x2x64xi8>) {
  ^bb0(%a: i32):
    %0 = arith.trunci %a : i32 to i8
    stensor.yield %0 : i8
  }
  %r = stensor.reshape %n : tensor<1x2x64xi8> -> tensor<1x2x1x64xi8>
  %y = stensor.contract %r, %w : (tensor<1x2x1x64xi8>, tensor<1x64x1x64xi8>) -> tensor<1x2x64xi32>
  return %y : tensor<1x2x64xi32>
}
""",
}


def small_models():
    """(name, bytes)"""
    yield "layer", models.layer()[0].SerializeToString()
    yield "attention", ATTENTION[0].SerializeToString()
    for path in sorted(TESTS.glob("*/*/model.onnx")):
        if path.stat().st_size <= LARGEST:
            yield path.parent.name, path.read_bytes()


def ends_soon(text):
    """Whether the compiler is done with a text, well or badly, long before the fuzzer would call it a hang."""
    with tempfile.NamedTemporaryFile("w", suffix=".mlir") as source:
        source.write(text)
        source.flush()
        try:
            subprocess.run([ROOT / "build-sanitize/bin/sluice-compile", source.name, "--target=small", "-o", "/dev/null"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SOON)
        except subprocess.TimeoutExpired:
            return False
        return True


def texts():
    """(name, bytes)"""
    for path in sorted((ROOT / "test" / "lit").rglob("*.mlir")):
        for number, part in enumerate(re.split(r"^// -----.*$", path.read_text(), flags=re.M)):
            text = re.sub(r"^\s*//.*\n", "", part, flags=re.M)
            name = f"{path.parent.name}-{path.stem}-{number}"
            if not ends_soon(text):
                continue
            yield name, text.encode()
            # The vectors of tsp1 as those of small.
            if "x320xi8" in text:
                yield f"{name}-small", text.replace("x320xi8", "x32xi8").encode()
    for name, text in PROGRAMS.items():
        yield from levels(name, text.encode(), "mlir")
    yield from levels("layer", models.layer()[0].SerializeToString(), "onnx")
    yield from levels("attention", ATTENTION[0].SerializeToString(), "onnx")


def levels(name, content, suffix):
    """(name, bytes) of the IR of each level that a program goes through, on one card and on two"""
    for cards in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / f"source.{suffix}"
            source.write_bytes(content)
            subprocess.run([ROOT / "build-sanitize/bin/sluice-compile", source, "--target=small", f"--cards={cards}",
                            f"--dump-phases-to={folder}/levels", "-o", f"{folder}/program.slu"],
                           check=True, stdout=subprocess.DEVNULL)
            for path in sorted(Path(f"{folder}/levels").glob("*.mlir")):
                # Dumps leave the bytes of constants out.
                text = re.sub(r"dense_resource<\w+>( : tensor<[^>]*xf\d+>)", r"dense<0.0>\1", path.read_text())
                text = re.sub(r"dense_resource<\w+>", "dense<0>", text)
                # The target takes texts of odd length for programs for two cards.
                yield f"{name}-{cards}-{path.stem}", (text + "\n" * ((len(text) + 1 + cards) % 2)).encode()


def main():
    kind, folder = sys.argv[1:]
    for name, content in {"models": small_models, "ir": texts}[kind]():
        if len(content) <= LARGEST:
            (Path(folder) / name).write_bytes(content)


if __name__ == "__main__":
    main()
