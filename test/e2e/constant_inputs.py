#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inputs given when compiling are folded, with all that follows from them, and are inputs of the binary no more; what
depends on data of the run is refused with the names of the inputs that would settle it."""

import shlex
import tempfile
import unittest
from pathlib import Path

import numpy as np
from onnx import helper, numpy_helper

import sluice
import sluice.backend
from control_flow import model, reals
from harness import assert_same_bits, execute, golden, save_model, tool

DECODER = """g (float[1,2,4] x, float[1,past,4] cache, bool[1] use_cache_branch) => (float[1,all,4] present) {
    present = If (use_cache_branch) <
      then_branch = t () => (float[1,all,4] p) { p = Concat <axis = 1> (cache, x) },
      else_branch = e () => (float[1,2,4] q) { q = Unheard (x) }>
}"""

SHAPED = """g (float[2,6] x, int64[2] shape, int64[1] axes, int64 trips, bool keep) => (float[n,m] y, float[k] z, float[t,2,6] rows) {
    two = Constant <value_ints = [1, 1]> ()  wanted = Mul (shape, two)
    y = Reshape (x, wanted)
    z = ReduceSum <keepdims = 0> (x, axes)
    one = Constant <value_int = 1> ()  more = Add (trips, one)
    v, rows = Loop (more, keep, x) <
      body = b (int64 i, bool c, float[2,6] a) => (bool c, float[2,6] w, float[2,6] r) { w = Neg (a)  r = Identity (a) }>
}"""


class Tools(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def write(self, text, **options):
        return save_model(self.folder / "model.onnx", model(text, **options))

    def check(self, path, flags, feeds, expected):
        """Binary and interpreter give the expected bits without the inputs that the flags give."""
        binary = self.folder / "model.slu"
        tool("sluice-compile", path, "-o", binary, *flags)
        tool("sluice-verify", binary)
        assert_same_bits(execute(self.folder, binary, feeds), expected, "executor")
        assert_same_bits(golden(self.folder, path, feeds, *flags), expected, "interpreter")
        return binary

    def test_merged_decoder(self):
        """One branch is taken; the other one need not be supported. An axis follows from a tensor that is given."""
        path = self.write(DECODER)
        x, cache = reals(1, 2, 4), reals(1, 3, 4) * 3
        present = {"present": np.concatenate([cache, x], 1)}
        for flag in ("true", "1", "[true]"):
            self.check(path, [f"--constant-input=use_cache_branch={flag}", "--dim=past=3"], {"x": x, "cache": cache}, present)
        file = self.folder / "cache.npy"
        np.save(file, cache)
        binary = self.check(path, [f"--constant-input=cache={file}", "--constant-input", "use_cache_branch=True"], {"x": x}, present)
        self.assertEqual(list(sluice.Binary.load(binary).inputs), ["x"])
        refused = tool("sluice-compile", path, "-o", binary, "--dim=past=3", "--constant-input=use_cache_branch=false",
                       fails=True).stderr
        self.assertIn("Unheard", refused)
        refused = tool("sluice-compile", path, "-o", binary, "--dim=past=3", fails=True).stderr
        self.assertIn("Unheard", refused)

    def test_shapes_axes_and_trips(self):
        """Through arithmetic, into what decides shapes."""
        path, x = self.write(SHAPED), reals(2, 6)
        flags = ["--constant-input=shape=4,-1", "--constant-input=axes=-1", "--constant-input=trips=2",
                 "--constant-input=keep=true"]
        self.check(path, flags, {"x": x}, {"y": x.reshape(4, 3), "z": x.sum(1), "rows": np.stack([x, -x, x])})
        flags[1:] = ["--constant-input=axes=[0]", "--constant-input=trips=0", "--constant-input=keep=1"]
        self.check(path, flags, {"x": x}, {"y": x.reshape(4, 3), "z": x.sum(0), "rows": x[None]})

    def test_everything_given(self):
        """A binary without inputs computes what it is for all the same."""
        path = self.write("g (float[3] x) => (float[3] y, float[3] z) { y = Neg (x)  z = Identity (x) }")
        self.check(path, ["--constant-input=x=1,2.5,-3"], {}, {"y": np.array([-1, -2.5, 3], np.float32),
                                                               "z": np.array([1, 2.5, -3], np.float32)})

    def test_same_as_initialiser(self):
        """The binary is the one of the model that has the value as an initialiser, byte for byte."""
        flag = model("g (float[3] x, int64[2] s) => (float[1,3] y) { y = Reshape (x, s) }")
        fixed = model("g (float[3] x, int64[2] s) => (float[1,3] y) { y = Reshape (x, s) }")
        fixed.graph.initializer.append(numpy_helper.from_array(np.array([1, 3]), "s"))
        tool("sluice-compile", save_model(self.folder / "a.onnx", flag), "-o", self.folder / "a.slu", "--constant-input=s=1,3",
             "--check-determinism")
        tool("sluice-compile", save_model(self.folder / "b.onnx", fixed), "-o", self.folder / "b.slu")
        self.assertEqual((self.folder / "a.slu").read_bytes(), (self.folder / "b.slu").read_bytes())

    def test_advice_can_be_pasted(self):
        """Every input that a shape follows from is named, and no other; the words of the error, with values in
        place of the dots, are options that compile."""
        graph = helper.make_graph(
            [helper.make_node("Add", ["it's n", "m"], ["s"]), helper.make_node("Reshape", ["x", "s"], ["y"])], "g",
            [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in
             (("x", 1, [6]), ("it's n", 7, [2]), ("m", 7, [2]), ("other", 7, [2]))],
            [helper.make_tensor_value_info("y", 1, None)])
        path = save_model(self.folder / "model.onnx", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)]))
        text = tool("sluice-compile", path, "-o", self.folder / "m.slu", fails=True).stderr
        self.assertIn("output shape depends on run-time data: input 1 (shape)", text)
        advice = [word for word in shlex.split(text.split("compile with ")[1])]
        self.assertEqual(advice, ["--constant-input=it's n=...", "--constant-input=m=..."])
        tool("sluice-compile", path, "-o", self.folder / "m.slu", 
             *(word.replace("...", sizes) for word, sizes in zip(advice, ("1,2", "1,1"))))

    def test_mistakes(self):
        """All at once, with the inputs that there are; nothing is left behind."""
        path = self.write(DECODER)
        flags = ["--constant-input=use_cache=true", "--constant-input=use_cache_branch=7", "--constant-input=x=none.npy"]
        for tool_flags in (("sluice-compile", "-o", self.folder / "m.slu"), ("sluice-golden", "--output-dir", self.folder / "out")):
            text = tool(tool_flags[0], path, *tool_flags[1:], *flags, fails=True).stderr
            for words in ("no such input; the inputs are 'x', 'cache', 'use_cache_branch'", "'7' is no bool", "none.npy",
                          "--dim=past=1"):
                self.assertIn(words, text)
        self.assertEqual([file.name for file in self.folder.iterdir()], ["model.onnx"])

    def test_text_of_ir(self):
        """IR's inputs are settled."""
        self.check(self.write("g (float[3] x) => (float[3] y) { y = Neg (x) }"), [], {"x": reals(3)}, {"y": -reals(3)})
        path = self.folder / "model.mlir"
        tool("sluice-compile", self.folder / "model.onnx", "--compile-to=stensor", "-o", path)
        text = tool("sluice-compile", path, "-o", self.folder / "m.slu", "--constant-input=x=1,2,3", fails=True).stderr
        self.assertIn("constant inputs are given to ONNX models", text)

    def test_help(self):
        for name in ("sluice-compile", "sluice-golden"):
            self.assertIn("--constant-input=<name=value|file>", tool(name, "--help").stdout)


class Python(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.decoder = save_model(self.folder / "decoder.onnx", model(DECODER))
        self.x, self.cache = reals(1, 2, 4), reals(1, 3, 4) * 3
        self.present = {"present": np.concatenate([self.cache, self.x], 1)}

    def test_values(self):
        """Arrays, Python's numbers and lists, tensors of ONNX, text and files."""
        np.save(self.folder / "flag.npy", np.array([True]))
        for flag in (np.array([True]), True, [True], (1,), 1, "true", self.folder / "flag.npy", str(self.folder / "flag.npy"),
                     numpy_helper.from_array(np.array([True]))):
            with self.subTest(flag=flag):
                options = {"dims": {"past": 3}, "constant_inputs": {"use_cache_branch": flag}}
                binary = sluice.compile(self.decoder, **options)
                self.assertEqual(list(binary.inputs), ["x", "cache"])
                feeds = {"x": self.x, "cache": self.cache}
                assert_same_bits(binary.run(feeds), self.present, "run")
                assert_same_bits(sluice.interpret(self.decoder, feeds, **options), self.present, "interpret")

    def test_lists(self):
        """Lists have the type and shape that the model declares; arrays have their own."""
        path = save_model(self.folder / "lists.onnx", model("g (float16[2,n] x) => (float16[2,n] y) { y = Neg (x) }"))
        for x in ([[1, 2.5, -3], [0.1, 1e-3, 6e4]], ((1, 2.5, -3), (0.1, 1e-3, 6e4))):
            y = sluice.compile(path, constant_inputs={"x": x}).run({})
            assert_same_bits(y, {"y": -np.array(x, np.float16)}, "lists")

    def test_mistakes(self):
        cases = {"there is no such input; the inputs are 'x', 'cache', 'use_cache_branch'": {"flag": True},
                 "needs type bool, has int64": {"use_cache_branch": np.array([1])},
                 "it has 0 axes, the model declares 1": {"use_cache_branch": np.array(True)},
                 "axis 0 is 2, the model declares 1": {"use_cache_branch": [True, False]},
                 "'0.5' is no bool": {"use_cache_branch": 0.5},
                 "has elements of type object": {"use_cache_branch": object},
                 "axis 2 is 5, the model declares 4": {"cache": np.zeros((1, 3, 5), np.float32)}}
        for words, constants in cases.items():
            with self.subTest(words=words), self.assertRaises(sluice.Error) as raised:
                sluice.compile(self.decoder, constant_inputs=constants)
            self.assertIn(words, str(raised.exception))

    def test_formulas(self):
        """`dims` gives the parts, axes follow."""
        graph = model("g (float[a,b,c] x) => (float[a,b,c] y) { y = Neg (x) }")
        for edge in (graph.graph.input[0], graph.graph.output[0]):
            edge.type.tensor_type.shape.dim[2].dim_param = "2*a + b"
        path = save_model(self.folder / "sum.onnx", graph)
        self.assertEqual(sluice.compile(path, dims={"a": 2, "b": 3}).inputs["x"][0], (2, 3, 7))
        self.assertEqual(sluice.compile(path, dims={"a": 2, "2*a + b": 7}).inputs["x"][0], (2, 3, 7))
        with self.assertRaisesRegex(sluice.Error, "'2\\*a \\+ b' is 8, but a = 2 and b = 3 make it 7"):
            sluice.compile(path, dims={"a": 2, "b": 3, "2*a + b": 8})


class Backend(unittest.TestCase):
    """ONNX's backend takes from a run's data what its compilation needs."""

    def test_run_model(self):
        graph = model("g (float[1,2,4] x, float[1,past,4] cache, bool[1] use) => (float[1,all,4] present) {"
                      + DECODER.split("{", 1)[1].replace("use_cache_branch", "use").replace("Unheard", "Identity"))
        x, cache = reals(1, 2, 4), reals(1, 3, 4)
        for use in (True, False):
            present, = sluice.backend.run_model(graph, [x, cache, np.array([use])])
            np.testing.assert_array_equal(present, np.concatenate([cache, x], 1) if use else x)

    def test_prepare_does_not_know(self):
        """One preparation, runs with shapes of their own."""
        prepared = sluice.backend.prepare(model("g (float[6] x, int64[2] s) => (float[a,b] y) { y = Reshape (x, s) }"))
        for shape in ((2, 3), (6, 1)):
            y, = prepared.run([reals(6), np.array(shape)])
            np.testing.assert_array_equal(y, reals(6).reshape(shape))

    def test_run_node(self):
        node = helper.make_node("Dropout", ["x", "ratio", "training"], ["y", "mask"])
        y, mask = sluice.backend.run_node(node, [reals(3), np.float32(0), np.array(True)])
        np.testing.assert_array_equal(y, reals(3))
        self.assertTrue(mask.all())
        with self.assertRaisesRegex(sluice.backend.BackendIsNotSupposedToImplementIt, "random numbers"):
            sluice.backend.run_node(node, [reals(3), np.float32(0.5), np.array(True)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
