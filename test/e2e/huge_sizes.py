#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sizes that a model of a few bytes claims are refused with their numbers before time or memory is spent on them, by the
compiler and the reference interpreter alike."""

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

    def refused(self, graph, result, *saying, tools=("sluice-compile", "sluice-golden")):
        graph.outputs.append(helper.make_tensor_value_info(result, TensorProto.FLOAT, None))
        path = save_model(self.folder / "huge.onnx", graph.finish()[0])
        for name in tools:
            output = ("-o", self.folder / "huge.slu") if name == "sluice-compile" else ("--output-dir", self.folder / "out")
            done = tool(name, path, *output, fails=True)
            for words in saying:
                self.assertIn(words, done.stderr)
            self.assertEqual([file.name for file in self.folder.iterdir()], ["huge.onnx"])

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
                self.refused(graph, graph.node("Relu", "x"), words, tools=["sluice-compile"])

    def test_beyond_all_cards(self):
        """What the conversion allows and no group of cards has memory for: no tensor of it is made."""
        floats = np.arange(2, dtype=np.float32)
        cases = {"Expand": ([floats, integers(2**30, 2)], 8 << 30), "Tile": ([floats, integers(2**30)], 8 << 30),
                 "ConstantOfShape": ([integers(2**16, 2**16)], 16 << 30), "Pad": ([floats, integers(2**31 - 2, 0)], 8 << 30)}
        for operator, (constants, bytes_needed) in cases.items():
            for isInput in (False, True):
                if isInput and operator == "ConstantOfShape":
                    continue
                with self.subTest(operator, isInput=isInput):
                    graph = models.Graph("huge", opset=17)
                    names = [graph.constant(f"c{i}", value) for i, value in enumerate(constants)]
                    if isInput:
                        names[0] = graph.normal("x", 2)
                    self.refused(graph, graph.node(operator, *names), f"needs {bytes_needed} bytes")

    def test_doubling(self):
        """Each step fits, all of them do not; what the model lists is folded only so far."""
        for isInput in (False, True):
            for steps in (24, 28, 30):
                with self.subTest(isInput=isInput, steps=steps):
                    graph = models.Graph("huge", opset=17)
                    last = graph.normal("x", 4) if isInput else graph.constant("c", np.arange(4, dtype=np.float32))
                    for _ in range(steps):
                        last = graph.node("Concat", last, last, axis=0)
                    tools = ("sluice-compile", "sluice-golden") if steps > 24 else ["sluice-compile"]
                    self.refused(graph, last, " bytes; ", tools=tools)

    def test_alive_at_once(self):
        """The interpreter holds no more at once than the cards have, the user's copies of results included."""
        graph = models.Graph("huge", opset=17)
        wide = graph.node("Expand", graph.normal("x", 4), graph.constant("shape", integers(2**25, 4)))
        for number in range(20):
            graph.outputs.append(helper.make_tensor_value_info(graph.node("Identity", wide), TensorProto.FLOAT, None))
        self.refused(graph, graph.node("Exp", wide), "the tensors that are alive at once need", "Expand_0",
                     "a tensor of 134217728 float32 elements takes 536870912 bytes", tools=["sluice-golden"])

    def test_endless_loop(self):
        graph = models.Graph("huge", opset=17)
        edges = [helper.make_tensor_value_info(name, kind, []) for name, kind in (("i", 7), ("c", 9), ("v", 1))]
        body = helper.make_graph([helper.make_node("Identity", ["c"], ["c2"]), helper.make_node("Add", ["v", "v"], ["v2"])],
                                 "body", edges, [helper.make_tensor_value_info("c2", 9, []),
                                                 helper.make_tensor_value_info("v2", 1, [])])
        result = graph.node("Loop", graph.constant("trips", np.array(2**62)), graph.constant("on", np.array(True)),
                            graph.input("x", np.float32(1)), body=body)
        self.refused(graph, result, "its graph runs too often", "65536")


if __name__ == "__main__":
    unittest.main(verbosity=2)
