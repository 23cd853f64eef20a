#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sizes that a model of a few bytes claims are refused with their numbers before time or memory is spent on them."""

import resource
import tempfile
import unittest
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

import models
from harness import save_model, tool

HUGE = 10**12
MEMORY = 2 << 30  # bytes of a process


def integers(*values):
    return np.array(values, np.int64)


class HugeSizes(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def tearDown(self):
        kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(kilobytes << 10, MEMORY)

    def refused(self, graph, result, *saying):
        graph.outputs.append(helper.make_tensor_value_info(result, TensorProto.FLOAT, None))
        path = save_model(self.folder / "huge.onnx", graph.finish()[0])
        done = tool("sluice-compile", path, "-o", self.folder / "huge.slu", fails=True)
        for words in saying:
            self.assertIn(words, done.stderr)

    def test_constants(self):
        """What operators make of constants while the model is compiled."""
        cases = {
            "ConstantOfShape": ([integers(10**6, 10**6)], {}, "1000000x1000000"),
            "ConstantOfShape of truths": ([integers(HUGE)],
                                          {"value": helper.make_tensor("v", TensorProto.BOOL, [1], [True])}, str(HUGE)),
            "ConstantOfShape beyond int64": ([integers(2**40, 2**40)], {}, "1099511627776x1099511627776"),
            "ConstantOfShape below zero": ([integers(-5)], {}, "-5"),
            "Expand": ([np.arange(2, dtype=np.float32), integers(HUGE, 2)], {}, f"{HUGE}x2"),
            "Expand of int64": ([integers(3), integers(HUGE)], {}, str(HUGE)),
            "Tile": ([np.arange(2, dtype=np.float32), integers(HUGE)], {}, f"{HUGE}x2"),
            "Range": ([np.array(0), np.array(HUGE), np.array(1)], {}, str(HUGE)),
            "Range down": ([np.array(2**62), np.array(-2**62), np.array(-1)], {}, str(2**63 - 1)),
            "Range of floats": ([np.array(v, np.float32) for v in (0, 1e30, 1)], {}, "Range"),
            "OneHot": ([integers(1), integers(HUGE), np.array([0, 1], np.float32)], {}, str(HUGE)),
        }
        for name, (constants, attributes, words) in cases.items():
            with self.subTest(name):
                graph = models.Graph("huge", opset=17)
                names = [graph.constant(f"c{i}", value) for i, value in enumerate(constants)]
                self.refused(graph, graph.node(name.split()[0], *names, **attributes), words)

    def test_operators_at_run_time(self):
        cases = {"Expand": (integers(HUGE, 4), HUGE), "Tile": (integers(HUGE), HUGE), "Pad": (integers(HUGE, 0), HUGE),
                 "Resize": (np.array([2**40], np.float32), 4 << 40)}
        for operator, (amounts, number) in cases.items():
            with self.subTest(operator):
                graph = models.Graph("huge", opset=17)
                x, amount = graph.normal("x", 4), graph.constant("amount", amounts)
                operands = [x, "", amount] if operator == "Resize" else [x, amount]
                self.refused(graph, graph.node(operator, *operands), operator, str(number))

    def test_inputs(self):
        for shape, words in (([2**40, 2**40], "1099511627776x1099511627776"), ([HUGE], str(HUGE)),
                             # Within the compiler's bounds, beyond a card's memory.
                             ([2**30], f"{2**32} bytes")):
            with self.subTest(shape):
                graph = models.Graph("huge")
                graph.inputs.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, shape))
                self.refused(graph, graph.node("Relu", "x"), words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
