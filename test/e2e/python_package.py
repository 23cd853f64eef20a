#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The Python package gives what the tools give, takes what NumPy users hand it, and raises what they report."""

import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

import models
import sluice
from harness import assert_same_bits, golden, save_model, tool


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = Path(cls.temporary.name)
        model, cls.feeds = models.perceptron()
        cls.model = save_model(cls.folder / "perceptron.onnx", model)
        cls.binary = sluice.compile(cls.model)

    def test_bits_of_the_tools(self):
        """Compiled, saved, loaded and run here or with the tools: the same bytes and bits."""
        self.binary.save(self.folder / "here.slu")
        tool("sluice-compile", self.model, "-o", self.folder / "there.slu")
        self.assertEqual((self.folder / "here.slu").read_bytes(), (self.folder / "there.slu").read_bytes())
        loaded = sluice.Binary.load(str(self.folder / "there.slu"))
        expected = golden(self.folder, self.model, self.feeds)
        for binary in (self.binary, loaded):
            assert_same_bits(binary.run(self.feeds), expected, "run")

    def test_repeated_runs(self):
        """A run leaves nothing behind for the next."""
        first = self.binary.run(self.feeds)
        other = self.binary.run({"x": -self.feeds["x"]})
        assert_same_bits(self.binary.run(self.feeds), first, "second run")
        self.assertFalse(np.array_equal(other["probabilities"], first["probabilities"]))

    def test_probabilities(self):
        """Rows of the softmax add up to one."""
        rows = self.binary.run(self.feeds)["probabilities"].sum(-1)
        np.testing.assert_allclose(rows, 1, atol=1e-5)

    def test_layouts_of_arrays(self):
        """Views, column-major and big-endian arrays are taken as the values that they are."""
        expected = self.binary.run(self.feeds)
        x = self.feeds["x"]
        for same in (np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], x.astype(">f4"), x.tolist()):
            feeds = {"x": same if isinstance(same, np.ndarray) else np.array(same, np.float32)}
            assert_same_bits(self.binary.run(feeds), expected, "view")

    def test_description(self):
        self.assertEqual(self.binary.inputs, {"x": ((16, 64), np.dtype(np.float32))})
        self.assertEqual(self.binary.outputs, {"probabilities": ((16, 10), np.dtype(np.float32))})
        self.assertGreater(self.binary.stats["cycles"], 0)

    def test_counters(self):
        binary = sluice.compile(self.model)
        self.assertEqual(binary.counters, {})
        binary.run(self.feeds)
        self.assertEqual(binary.counters["cycles"], binary.stats["cycles"])
        self.assertEqual(binary.counters["half_overflows"], 0)
        self.assertGreater(binary.counters["memory_bytes"], 0)

    def test_seconds(self):
        """Loading, proving, planning and running are told apart, as far as they were done."""
        binary = sluice.compile(self.model)
        self.assertEqual(binary.seconds, {})
        with tempfile.TemporaryDirectory() as folder:
            binary.save(f"{folder}/model.slu")
            loaded = sluice.Binary.load(f"{folder}/model.slu")
        self.assertEqual(list(loaded.seconds), ["load"])
        start = time.monotonic()
        loaded.run(self.feeds)
        passed = time.monotonic() - start
        self.assertEqual(list(loaded.seconds), ["load", "prove", "plan", "run"])
        self.assertTrue(all(seconds > 0 for seconds in loaded.seconds.values()))
        self.assertLessEqual(sum(loaded.seconds[part] for part in ("prove", "plan", "run")), passed)

    def test_types(self):
        """Every element type that inputs and outputs have passes unchanged, scalars included."""
        for dtype in (np.float32, np.float16, np.int8, np.uint8, np.int32, np.int64, np.bool_):
            for shape in ((), (3,), (2, 5)):
                with self.subTest(dtype=dtype, shape=shape):
                    graph = models.Graph("types")
                    value = graph.rng.integers(0, 2, shape).astype(dtype)
                    graph.output(graph.input("x", value), shape, dtype, name="y")
                    model, feeds = graph.finish()
                    outputs = sluice.compile(save_model(self.folder / "types.onnx", model)).run(feeds)
                    assert_same_bits(outputs, {"y": np.asarray(value)}, "identity")

    def test_errors(self):
        """Errors are sluice.Error with the text of the diagnostics."""
        cases = {
            "none.onnx": lambda: sluice.compile(self.folder / "none.onnx"),
            "none.slu": lambda: sluice.Binary.load(self.folder / "none.slu"),
            "cards=99": lambda: sluice.compile(self.model, cards=99),
            "f32_matmul='f8'": lambda: sluice.compile(self.model, f32_matmul="f8"),
            "rows": lambda: sluice.compile(self.model, dims={"rows": 3}),
            "'x'": lambda: self.binary.run({}),
            "'z'": lambda: self.binary.run({**self.feeds, "z": np.zeros(3, np.float32)}),
            "float64": lambda: self.binary.run({"x": np.zeros((16, 64))}),
            "complex64": lambda: self.binary.run({"x": np.zeros((16, 64), np.complex64)}),
        }
        for words, action in cases.items():
            with self.subTest(words=words):
                with self.assertRaises(sluice.Error) as raised:
                    action()
                self.assertIn(words, str(raised.exception))
        self.assertRaises(TypeError, sluice.compile)

    def test_too_large_to_interpret(self):
        """The reference interpreter refuses what no group of cards holds, before it makes any of it."""
        graph = models.Graph("huge", opset=17)
        wide = graph.node("Expand", graph.normal("x", 4), graph.constant("shape", np.array([2**29, 4])))
        graph.output(wide, [2**29, 4], name="y")
        model, feeds = graph.finish()
        with self.assertRaises(sluice.Error) as raised:
            sluice.interpret(save_model(self.folder / "huge.onnx", model), feeds)
        self.assertIn("needs 8589934592 bytes", str(raised.exception))

    def test_dims(self):
        """`dims` binds dynamic axes."""
        graph = models.Graph("dynamic")
        graph.output(graph.node("Neg", graph.normal("x", 4, 9, shape=["rows", 9])), ["rows", 9], name="y")
        model, feeds = graph.finish()
        binary = sluice.compile(save_model(self.folder / "dynamic.onnx", model), dims={"rows": 4})
        self.assertEqual(binary.outputs["y"][0], (4, 9))
        assert_same_bits(binary.run(feeds), {"y": -feeds["x"]}, "negation")


if __name__ == "__main__":
    unittest.main(verbosity=2)
