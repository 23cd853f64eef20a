#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""sluice-diff on compiled models: status and words as diff's, and the schedule's hash as one would pin it."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
from onnx import numpy_helper

import models
from harness import BIN, save_model, tool


def diff(*arguments):
    done = subprocess.run([BIN / "sluice-diff", *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def schedule_hash(binary):
    return tool("sluice-objdump", "--schedule-hash", binary).stdout.strip()


class Diff(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def compile(self, name, model, *flags):
        binary = self.folder / f"{name}.slu"
        tool("sluice-compile", save_model(self.folder / f"{name}.onnx", model), "-o", binary, *flags)
        return binary

    def test_identical(self):
        a, b = (self.compile(name, models.layer()[0]) for name in "ab")
        self.assertEqual(diff(a, b), (0, "identical\n", ""))

    def test_other_weights_have_the_same_schedule(self):
        model = models.layer()[0]
        a = self.compile("a", model)
        weights = numpy_helper.to_array(model.graph.initializer[0])
        model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights + np.float32(1), model.graph.initializer[0].name))
        b = self.compile("b", model)
        status, words, _ = diff(a, b)
        self.assertEqual(status, 1)
        self.assertRegex(words, r"^card 0 initial memory: \d+ of \d+ \| \d+ words differ, the first is word \d+ of mem\.[ew]\d+\n$")
        self.assertEqual(diff("--schedule-only", a, b), (0, "identical schedules\n", ""))
        self.assertEqual(schedule_hash(a), schedule_hash(b))

    def test_another_schedule(self):
        a, b = (self.compile(name, models.layer()[0], *flags) for name, flags in (("a", []), ("b", ["--schedule-seed=1"])))
        status, words, _ = diff("--schedule-only", a, b)
        self.assertEqual(status, 1)
        self.assertRegex(words, r"(?m)^cycles: \d+ \| \d+$")
        self.assertRegex(words, r"(?m)^card 0 mem\.\w+\.r: \d+ \| \d+ instructions, which differ in \d+ cycles, first:\n  a: .*; \S*MatMul")
        self.assertNotEqual(schedule_hash(a), schedule_hash(b))

    def test_trouble(self):
        status, words, errors = diff(self.folder / "none.slu", self.folder / "neither.slu")
        self.assertEqual((status, words), (2, ""))
        self.assertIn("none.slu", errors)
        self.assertIn("neither.slu", errors)
        self.assertEqual(diff("one.slu")[0], 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
