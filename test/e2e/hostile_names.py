#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""No name in a model or a binary reaches a terminal raw: none forges a line of a tool's output, moves the cursor,
turns the direction of writing, or makes the output something that is no text."""

import json
import subprocess
import tempfile
import unicodedata
import unittest
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import models
import sluice
from harness import BIN

# In the place of the letters, which a protobuf of the same length can have anywhere.
PLACEHOLDER = b"Q" * 40
HOSTILE = {
    "line": b"x\nmodel.slu: proven: 1 instructions, 1",
    "carriage": b"x\rmodel.slu: proven: 1 instructions\x0b\x0c\x85",
    "terminal": b"\x1b[2J\x1b]0;owned\x07\x1b[1A\x1b[31mproven\x08\x08",
    "one-byte CSI": b"\xc2\x9b2Jproven\xc2\x90",
    "no UTF-8": b"\xff\xfe\xc3(\xed\xa0\x80\xf4\x90\x80\x80\xc0\x8a",
    "bidi": "proven\u202edetuba\u2066x\u2069\u200f\u061c".encode(),
    "invisible": "pro\u200bven\ufeff\u2028\u2029\U000e0041".encode(),
    "format": b"%s%n%x{0}%%1$s {} \\x1b \\n",
    "zero": b"a\0b",
}
VISIBLE = {"Cc", "Cf", "Zl", "Zp", "Cs", "Cn"}


def fill(model, hostile):
    """The serialised model with every placeholder replaced, padded to its length."""
    return model.SerializeToString().replace(PLACEHOLDER, hostile[:40].ljust(40, b"."))


def named(places, op="Relu", domain=""):
    """Relu of x as y, with placeholders in the named places."""
    def at(place, default):
        return PLACEHOLDER.decode() + place if place in places else default
    x, y = at("input", "x"), at("output", "y")
    node = helper.make_node(at("op", op), [x], [y], name=at("node", "n"), domain=at("domain", domain))
    if "attribute" in places:
        node.attribute.append(helper.make_attribute(at("attribute", ""), 1))
    size = at("dim", 2) if "dim" in places else 2
    graph = helper.make_graph([node], at("graph", "g"), [helper.make_tensor_value_info(x, TensorProto.FLOAT, [size])],
                              [helper.make_tensor_value_info(y, TensorProto.FLOAT, [size])], doc_string=at("doc", ""))
    imports = [helper.make_opsetid("", 13)]
    if "domain" in places:
        imports.append(helper.make_opsetid(at("domain", ""), 1))
    model = helper.make_model(graph, opset_imports=imports, producer_name=at("metadata", "p"))
    model.ir_version = models.IR_VERSION
    helper.set_model_props(model, {at("metadata", "k"): at("metadata", "v")})
    return model


class HostileNames(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def call(self, name, *arguments, status=(0, 1)):
        """Runs a tool and checks every byte that it prints."""
        done = subprocess.run([str(BIN / name), *map(str, arguments)], capture_output=True, timeout=60)
        self.assertIn(done.returncode, (status,) if isinstance(status, int) else status, done.stderr)
        self.assert_harmless(done.stdout + done.stderr)
        return done

    def assert_harmless(self, output):
        text = output.decode("utf-8")  # Fails where the output is no text.
        bad = {character for character in text if character != "\n" and unicodedata.category(character) in VISIBLE}
        self.assertFalse(bad, text)
        for line in text.split("\n"):
            self.assertFalse(line.startswith(("model.slu: proven", "proven")), text)

    def each(self, *places, **model):
        for kind, hostile in HOSTILE.items():
            with self.subTest(kind=kind, places=places):
                path = self.folder / "m.onnx"
                path.write_bytes(fill(named(places, **model), hostile))
                yield path

    def test_whole_way(self):
        """A model whose names are all hostile compiles, and every tool shows its binary."""
        for path in self.each("node", "input", "output", "graph", "doc", "metadata"):
            binary, other = self.folder / "m.slu", self.folder / "other.slu"
            stats = self.folder / "m.json"
            self.call("sluice-compile", path, "-o", binary, f"--stats={stats}", status=0)
            json.loads(stats.read_text("utf-8"))
            self.call("sluice-verify", binary, status=0)
            for flag in ("--summary", "--text", "--memory", "--bindings", "--hash", "--schedule-hash"):
                self.call("sluice-objdump", flag, binary, status=0)
            self.call("sluice-mutate", "--mutants=20", binary)
            for level in ("onnx", "stensor", "tile", "slice", "sched"):
                self.call("sluice-compile", path, f"--compile-to={level}", status=0)
            # Another program with names of its own: every difference is shown.
            (self.folder / "n.onnx").write_bytes(fill(named(["node", "input", "output"], op="Neg"), b"\x1b[1mother\n\xff"))
            self.call("sluice-compile", self.folder / "n.onnx", "-o", other, status=0)
            self.call("sluice-diff", binary, other, status=1)
            # Missing and unknown inputs name those that there are.
            np.save(self.folder / "x.npy", np.zeros(2, np.float32))
            for name, file in (("sluice-run", binary), ("sluice-golden", path)):
                done = self.call(name, file, f"--input=other={self.folder / 'x.npy'}", "--output-dir", self.folder / "out", status=1)
                self.assertIn(b"missing", done.stderr)
                self.assertIn(b"no such input", done.stderr)

    def test_python(self):
        for path in self.each("node", "input", "output"):
            binary = sluice.compile(path)
            name, = binary.inputs
            y, = binary.run({name: np.array([-1, 2], np.float32)}).values()
            np.testing.assert_array_equal(y, [0, 2])
            np.testing.assert_array_equal(list(sluice.interpret(path, {name: np.array([-1, 2], np.float32)}).values())[0], y)
            for action in (lambda: binary.run({}), lambda: binary.run({name: np.zeros(3, np.float32)}),
                           lambda: binary.run({name: object()}), lambda: sluice.interpret(path, {})):
                with self.assertRaises(sluice.Error) as raised:
                    action()
                self.assert_harmless(str(raised.exception).encode())

    def test_runs(self):
        """Outputs of hostile names are written, and the index is proper JSON."""
        for path in self.each("output"):
            binary, out = self.folder / "m.slu", self.folder / "out"
            np.save(self.folder / "x.npy", np.zeros(2, np.float32))
            self.call("sluice-compile", path, "-o", binary, status=0)
            for name, file in (("sluice-run", binary), ("sluice-golden", path)):
                self.call(name, file, f"--input=x={self.folder / 'x.npy'}", "--output-dir", out, status=0)
                entry, = json.loads((out / "outputs.json").read_text("ascii"))["outputs"]
                expected = onnx_text(path)
                self.assertEqual(entry["name"], expected)
                self.assertTrue((out / entry["file"]).is_file())

    def test_refusals(self):
        """Every part of a model that an error names."""
        for places in (["op", "node"], ["domain", "node"], ["attribute", "node"], ["input", "output", "dim"],
                       ["op", "domain", "node", "input", "output"]):
            for path in self.each(*places):
                for name, flags in (("sluice-compile", ["-o", self.folder / "m.slu"]), ("sluice-golden", ["--output-dir", self.folder / "out"])):
                    self.assertTrue(self.call(name, path, *flags, status=1).stderr)
                with self.assertRaises(sluice.Error) as raised:
                    sluice.compile(path)
                self.assert_harmless(str(raised.exception).encode())

    def test_broken_graphs(self):
        """What the importer says of values, initialisers and external data."""
        model = named([])
        name = PLACEHOLDER.decode()
        model.graph.node.append(helper.make_node("Add", [name, "x"], ["z" + name], name="n" + name))
        model.graph.initializer.append(TensorProto(name="i" + name, data_type=TensorProto.FLOAT, dims=[3], raw_data=b"1"))
        tensor = model.graph.initializer.add(name="e" + name, data_type=TensorProto.FLOAT, dims=[3], data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value=name)
        tensor = model.graph.initializer.add(name="o" + name, data_type=TensorProto.FLOAT, dims=[3], data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="offset", value=name)
        model.graph.output.append(helper.make_tensor_value_info("nowhere" + name, TensorProto.FLOAT, [2]))
        for kind, hostile in HOSTILE.items():
            with self.subTest(kind=kind):
                path = self.folder / "m.onnx"
                path.write_bytes(fill(model, hostile))
                self.call("sluice-compile", path, "-o", self.folder / "m.slu", status=1)

    def test_names_of_files(self):
        """Files are shown by their names, too: of models, binaries, inputs and outputs."""
        for kind, hostile in HOSTILE.items():
            if b"\0" in hostile:
                continue
            with self.subTest(kind=kind):
                name = hostile.replace(b"/", b"_").decode("utf-8", "surrogateescape")
                for ending, tools in ((".onnx", ["sluice-compile", "sluice-golden"]), (".slu", ["sluice-verify", "sluice-objdump", "sluice-run", "sluice-mutate"]),
                                      (".mlir", ["sluice-compile"])):
                    path = self.folder / (name + ending)
                    path.write_bytes(b"nothing")
                    for called in tools:
                        flags = {"sluice-compile": ["-o", self.folder / "m"], "sluice-golden": ["--output-dir", self.folder],
                                 "sluice-run": ["--output-dir", self.folder]}.get(called, [])
                        self.assertTrue(self.call(called, path, *flags, status=1).stderr)
                path = self.folder / (name + ".slu")
                self.call("sluice-diff", path, path, status=2)


def onnx_text(path):
    """The name of the first output as JSON has it: U+FFFD for what is no UTF-8, as Python's decoder counts it."""
    raw = path.read_bytes()
    start = raw.rindex(b"output") - 40
    name = raw[start:start + 46]
    return "".join(decode(name))


def decode(name):
    """Characters of UTF-8; each byte that is no part of one becomes U+FFFD."""
    while name:
        for size in (1, 2, 3, 4):
            try:
                yield name[:size].decode("utf-8")
                break
            except UnicodeDecodeError:
                continue
        else:
            size = 1
            yield "\ufffd"
        name = name[size:]


if __name__ == "__main__":
    unittest.main(verbosity=2)
