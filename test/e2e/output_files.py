#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Each output of a model is found under its name, whatever that is: outputs.json says in which file; each input can
be named, whatever it is called."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
from onnx import TensorProto

import models
from harness import input_flags, save_model, tool

# What sanitises to the same, differs in case only, is no file name anywhere, or is the index's own.
NAMES = ["a b", "a/b", "a_b", "a:b", "A_B", "a_b_2", "ä", "日本", "..", ".", "/", "-rf", ".hidden", "_", "con", "NUL", "outputs",
         "outputs.json", "Y", "y", "x" * 300, "x" * 299 + "y", "tab\there", "line\nend", 'quo"te', "back\\slash", "\u202eevil",
         "\U0001f600"]


class OutputFiles(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def compile(self, graph):
        model, feeds = graph.finish()
        path = save_model(self.folder / "model.onnx", model)
        tool("sluice-compile", path, "-o", self.folder / "model.slu")
        return path, self.folder / "model.slu", feeds

    def written(self, folder):
        """{name: array} by the index, which lists all files that there are and no two alike."""
        entries = json.loads((folder / "outputs.json").read_text("ascii"))["outputs"]
        files = [entry["file"] for entry in entries]
        self.assertEqual(sorted([*files, "outputs.json"]), sorted(path.name for path in folder.iterdir()))
        self.assertEqual(len({file.lower() for file in files}), len(files), "files differ in case only")
        arrays = {}
        for entry in entries:
            self.assertEqual(sorted(entry), ["file", "name", "shape", "type"])
            arrays[entry["name"]] = array = np.load(folder / entry["file"])
            self.assertEqual((list(array.shape), array.dtype.name), (entry["shape"], entry["type"]))
        return arrays

    def test_names(self):
        """Both tools list all outputs in the graph's order, and the same file for each."""
        graph = models.Graph("names")
        x = graph.input("in", np.arange(3, dtype=np.int32))
        for number, name in enumerate(NAMES):
            graph.output(graph.node("Add", x, graph.constant(f"c{number}", np.array([number], np.int32))), [3], np.int32, name=name)
        path, binary, feeds = self.compile(graph)
        flags = input_flags(self.folder, feeds)
        tool("sluice-run", binary, *flags, "--output-dir", self.folder / "run")
        tool("sluice-golden", path, *flags, "--output-dir", self.folder / "golden")
        self.assertEqual((self.folder / "run" / "outputs.json").read_bytes(), (self.folder / "golden" / "outputs.json").read_bytes())
        for folder in (self.folder / "run", self.folder / "golden"):
            arrays = self.written(folder)
            self.assertEqual(list(arrays), NAMES)
            for number, name in enumerate(NAMES):
                np.testing.assert_array_equal(arrays[name], feeds["in"] + np.int32(number), name)
        # A name that is a file name has it; the others go round it.
        self.assertTrue((np.load(self.folder / "run" / "a_b.npy") == feeds["in"] + 2).all())
        again = self.folder / "again"
        tool("sluice-run", binary, *flags, "--output-dir", again)
        self.assertEqual({p.name: p.read_bytes() for p in again.iterdir()}, {p.name: p.read_bytes() for p in (self.folder / "run").iterdir()})

    def test_types(self):
        """The index has the model's types; with --format=pb the files are .pb."""
        graph = models.Graph("types")
        for dtype in (np.int64, np.bool_, np.float16):
            name = np.dtype(dtype).name
            graph.output(graph.input(f"in {name}", np.ones((2, 1), dtype)), [2, 1], dtype, name=name)
        _, binary, feeds = self.compile(graph)
        tool("sluice-run", binary, *input_flags(self.folder, feeds), "--format=pb", "--output-dir", self.folder / "out")
        entries = json.loads((self.folder / "out" / "outputs.json").read_text())["outputs"]
        self.assertEqual(entries, [{"name": name, "file": f"{name}.pb", "type": name, "shape": [2, 1]} for name in ("int64", "bool", "float16")])

    def test_names_with_equals_signs(self):
        """The longest name of an input that an option begins with is the one that is meant."""
        graph = models.Graph("equals")
        names = ["x", "x=1", "x=1=2", "=", "y="]
        for number, name in enumerate(names):
            graph.output(graph.input(name, np.full(2, number, np.int32)), [2], np.int32, name=f"out{number}")
        path, binary, feeds = self.compile(graph)
        for name, arguments in (("sluice-run", [binary]), ("sluice-golden", [path])):
            out = self.folder / name
            tool(name, *arguments, *input_flags(self.folder, feeds), "--output-dir", out)
            for number in range(len(names)):
                np.testing.assert_array_equal(np.load(out / f"out{number}.npy"), [number] * 2)

    def test_unknown_inputs(self):
        """An option that no input's name fits says so, and which there are."""
        graph = models.Graph("unknown")
        graph.output(graph.input("x=1", np.zeros(2, np.float32)), [2], name="y")
        path, binary, feeds = self.compile(graph)
        np.save(self.folder / "x.npy", feeds["x=1"])
        for name, file in (("sluice-run", binary), ("sluice-golden", path)):
            done = tool(name, file, f"--input=x=2={self.folder / 'x.npy'}", "--output-dir", self.folder / "out", fails=True)
            self.assertIn("input 'x': the program has no such input; it has 'x=1'", done.stderr)
            self.assertIn("input 'x=1': missing", done.stderr)
            self.assertFalse((self.folder / "out").exists())

    def test_all_or_nothing(self):
        """Where one file cannot be written, the others keep what they held."""
        graph = models.Graph("several")
        x = graph.input("in", np.zeros(2, np.float32))
        for name in "abc":
            graph.output(x, [2], name=name)
        path, binary, feeds = self.compile(graph)
        flags = input_flags(self.folder, feeds)
        for name, file in (("sluice-run", binary), ("sluice-golden", path)):
            out = self.folder / name
            (out / "b.npy").mkdir(parents=True)
            (out / "a.npy").write_text("old")
            done = tool(name, file, *flags, "--output-dir", out, fails=True)
            self.assertIn("b.npy: Is a directory", done.stderr)
            self.assertEqual(sorted(p.name for p in out.iterdir()), ["a.npy", "b.npy"])
            self.assertEqual((out / "a.npy").read_text(), "old")

    def test_outputs_are_no_inputs(self):
        """A run does not write over what it reads: an input, the binary or the model."""
        graph = models.Graph("same")
        graph.output(graph.input("in", np.arange(2, dtype=np.float32)), [2], name="y")
        path, binary, feeds = self.compile(graph)
        given = self.folder / "y.npy"
        np.save(given, feeds["in"])
        (self.folder / "other").mkdir()
        (self.folder / "other" / "y.npy").hardlink_to(given)
        for name, file in (("sluice-run", binary), ("sluice-golden", path)):
            for out in (self.folder, self.folder / "other"):
                done = tool(name, file, f"--input=in={given}", "--output-dir", out, fails=True)
                self.assertIn("is the same file as input 'in'", done.stderr)
                self.assertFalse((out / "outputs.json").exists())
        for name, file in (("sluice-run", binary), ("sluice-golden", path)):
            out = self.folder / f"{name}-linked"
            out.mkdir()
            (out / "y.npy").symlink_to(file)
            before = file.read_bytes()
            tool(name, file, f"--input=in={given}", "--output-dir", out, fails=True)
            self.assertEqual(file.read_bytes(), before)

    def test_outputs_are_no_external_data(self):
        """Nor over the data of the model."""
        graph = models.Graph("external")
        graph.output(graph.node("Add", graph.input("in", np.ones(64, np.float32)), graph.weights("w", 64)), [64], name="y")
        model, feeds = graph.finish()
        raw = model.graph.initializer[0].raw_data
        (self.folder / "y.npy").write_bytes(raw)
        model.graph.initializer[0].ClearField("raw_data")
        model.graph.initializer[0].data_location = TensorProto.EXTERNAL
        model.graph.initializer[0].external_data.add(key="location", value="y.npy")
        path = save_model(self.folder / "external.onnx", model)
        done = tool("sluice-golden", path, *input_flags(self.folder, feeds), "--output-dir", self.folder, fails=True)
        self.assertIn("output 'y'", done.stderr)
        self.assertIn("is the same file as external data 'y.npy'", done.stderr)
        self.assertEqual((self.folder / "y.npy").read_bytes(), raw)


if __name__ == "__main__":
    unittest.main(verbosity=2)
