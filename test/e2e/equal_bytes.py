#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Threads, directory, environment, locale and address randomisation leave no trace in a binary."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np

import models
from harness import BIN, MODELS, save_model, tool


class EqualBytes(unittest.TestCase):
    def compile_everywhere(self, model, *flags):
        binaries = set()
        with tempfile.TemporaryDirectory() as root:
            for number, threads in enumerate((1, 2, 2, 0)):
                folder = Path(root, f"{number}", *["deep"] * number)
                folder.mkdir(parents=True)
                path = folder / f"model{number}.onnx"
                path.write_bytes(model)
                environment = {**os.environ, "PAD": "x" * number * 1000, "LC_ALL": ("C", "de_DE.UTF-8")[number % 2]}
                # A relative path in one directory, an absolute one in another.
                tool("sluice-compile", path.name if number % 2 else path, "-o", folder / "m.slu", f"--threads={threads}",
                     *flags, cwd=folder, env=environment)
                binaries.add((folder / "m.slu").read_bytes())
        self.assertEqual(len(binaries), 1, "the binaries differ")

    def test_address_randomisation(self):
        """Fixed addresses and random ones, twice each, give equal bytes."""
        binaries = set()
        with tempfile.TemporaryDirectory() as root:
            path = Path(root, "m.onnx")
            path.write_bytes(models.attention_block()[0].SerializeToString())
            for prefix in (["setarch", "-R"], []) * 2:
                subprocess.run([*prefix, BIN / "sluice-compile", path, "-o", Path(root, "m.slu")], check=True,
                               stdout=subprocess.DEVNULL)
                binaries.add(Path(root, "m.slu").read_bytes())
        self.assertEqual(len(binaries), 1, "the binaries differ")

    def test_check_determinism(self):
        with tempfile.TemporaryDirectory() as root:
            path = save_model(Path(root, "m.onnx"), models.perceptron()[0])
            tool("sluice-compile", path, "-o", Path(root, "m.slu"), "--check-determinism", "--cards=2")
            self.assertTrue(Path(root, "m.slu").exists())

    def test_block(self):
        for cards in (1, 8):
            with self.subTest(cards=cards):
                self.compile_everywhere(models.attention_block()[0].SerializeToString(), f"--cards={cards}")

    def test_matmul(self):
        self.compile_everywhere(models.matmul(40, 700, 650, np.int8)[0].SerializeToString())

    def test_decoder(self):
        path = MODELS / "stories260K" / "stories260K.onnx"
        if not path.exists():
            self.skipTest("no model stories260K beside the project")
        self.compile_everywhere(path.read_bytes(), "--dim=batch=1", "--dim=seq=1", "--dim=past=63", "--dim=total=64")


if __name__ == "__main__":
    unittest.main(verbosity=2)
