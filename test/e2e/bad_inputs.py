#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What users get wrong is refused with status 1 and words that name it, and leaves nothing behind."""

import re
import tempfile
import unittest
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import models
from harness import SOURCE, load_pb, save_model, tool


class BadModels(unittest.TestCase):
    """sluice-compile refuses the model or the options."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.output, self.stats = self.folder / "out" / "m.slu", self.folder / "out" / "m.json"
        self.output.parent.mkdir()
        self.good = save_model(self.folder / "good.onnx", models.layer()[0])

    def refused(self, model, *flags, saying=()):
        done = tool("sluice-compile", model, "-o", self.output, f"--stats={self.stats}", *flags, fails=True)
        self.assertIn("error: ", done.stderr)
        for words in (saying,) if isinstance(saying, str) else saying:
            self.assertIn(words, done.stderr)
        self.assertEqual(list(self.output.parent.iterdir()), [], "a refused compilation left files")
        self.assertNotIn("Stack dump", done.stderr)
        return done.stderr

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def test_missing_file(self):
        self.refused(self.folder / "none.onnx", saying="none.onnx")

    def test_directory(self):
        self.refused(self.folder, saying=str(self.folder))

    def test_empty_file(self):
        self.refused(self.write("empty.onnx", b""), saying="empty.onnx")

    def test_truncated(self):
        raw = self.good.read_bytes()
        for part in (1, 2, 3, 5, 8):
            with self.subTest(part=part):
                self.refused(self.write("cut.onnx", raw[: len(raw) * part // 9]))

    def test_garbage(self):
        noise = np.random.default_rng(1).integers(0, 256, 5000, np.uint8).tobytes()
        self.refused(self.write("noise.onnx", noise), saying="noise.onnx")

    def test_flipped_bytes(self):
        """Corruption anywhere is refused or harmless, never a crash."""
        raw = self.good.read_bytes()
        for at in range(0, len(raw), max(1, len(raw) // 40)):
            broken = bytearray(raw)
            broken[at] ^= 0xFF
            path = self.write("flip.onnx", bytes(broken))
            with self.subTest(at=at):
                try:
                    tool("sluice-compile", path, "-o", self.folder / "flip.slu")
                except AssertionError:
                    self.refused(path)

    def test_broken_text(self):
        self.refused(self.write("broken.mlir", b"func.func @main( {"), saying="broken.mlir")
        self.refused(self.folder / "none.mlir", saying="none.mlir")

    def test_result_of_a_large_number(self):
        """The parser would make room for as many results as the text names."""
        text = b'func.func @main() {\n  return %y#3000000000 : f32\n}\n'
        self.refused(self.write("many.mlir", text), saying=("many.mlir:2:10", "3000000000", "65536"))

    def dynamic(self):
        graph = models.Graph("dynamic")
        x = graph.input("x", np.zeros((2, 8), np.float32), shape=["batch", "width"])
        graph.output(graph.node("Relu", x), ["batch", "width"], name="y")
        return save_model(self.folder / "dynamic.onnx", graph.finish()[0])

    def test_unbound_axes_are_all_named(self):
        self.refused(self.dynamic(), saying=("batch", "width", "--dim"))
        text = self.refused(self.dynamic(), "--dim", "batch=2", saying="width")
        self.assertNotIn("batch=", text)

    def test_unknown_dim(self):
        self.refused(self.dynamic(), "--dim", "batch=2", "--dim", "width=8", "--dim", "hight=3", saying="hight")

    def test_malformed_dim(self):
        for dim in ("batch", "batch=", "=3", "batch=two", "batch=-1"):
            with self.subTest(dim=dim):
                self.refused(self.dynamic(), "--dim", dim, saying=dim)

    def test_contradicting_dims(self):
        self.refused(self.dynamic(), "--dim", "batch=2", "--dim", "batch=3", saying="batch")

    def test_cards(self):
        for cards in (0, 9):
            with self.subTest(cards=cards):
                self.refused(self.good, f"--cards={cards}", saying=f"cards={cards}")

    def test_unknown_target(self):
        self.refused(self.good, "--target=tsp9", saying=("tsp9", "tsp1"))

    def test_unknown_flag(self):
        done = tool("sluice-compile", self.good, "-o", self.output, "--turbo", fails=True)
        self.assertIn("turbo", done.stderr)

    def test_no_output(self):
        self.assertIn("-o", tool("sluice-compile", self.good, fails=True).stderr)

    def test_output_folder_missing(self):
        done = tool("sluice-compile", self.good, "-o", self.folder / "no" / "m.slu", fails=True)
        self.assertIn("m.slu", done.stderr)

    def test_unsupported_nodes_are_all_named(self):
        graph = models.Graph("unsupported")
        x = graph.normal("x", 4)
        for name, op, domain in (("first", "Frobnicate", ""), ("second", "Twist", "com.example")):
            graph.nodes.append(helper.make_node(op, [x], [name + "_out"], name=name, domain=domain))
            graph.output(name + "_out", [4])
        model = graph.finish()[0]
        model.opset_import.append(helper.make_opsetid("com.example", 1))
        self.refused(save_model(self.folder / "unsupported.onnx", model),
                     saying=("first", "Frobnicate", "second", "Twist", "com.example"))

    def test_string_input(self):
        graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "text",
                                  [helper.make_tensor_value_info("x", TensorProto.STRING, [2])],
                                  [helper.make_tensor_value_info("y", TensorProto.STRING, [2])])
        self.refused(save_model(self.folder / "text.onnx", helper.make_model(graph)), saying="x")

    def test_too_large(self):
        """A model beyond its card's memory says what it needs and what there is."""
        graph = models.Graph("large")
        table = graph.constant("table", np.zeros((700, 1024, 1024), np.int8))
        graph.output(graph.node("Gather", table, graph.input("i", np.zeros(1, np.int64))), [1, 1024, 1024], np.int8, name="y")
        self.refused(save_model(self.folder / "large.onnx", graph.finish()[0]), saying=("Gather_0", "memory", "needs"))

    def test_too_long(self):
        """A program whose instructions do not fit beside its data says so, and not that it is not proven."""
        graph = models.Graph("long", opset=14)
        graph.output(graph.node("TopK", graph.normal("x", 32, 200), graph.constant("k", np.array([200])), outputs=2)[0], [32, 200], name="y")
        self.refused(save_model(self.folder / "long.onnx", graph.finish()[0]), "--target=small",
                     saying=("memory is full", "bytes for instructions beside", "short by", " instructions"))


class FullMemory(unittest.TestCase):
    """A program that does not fit is refused with the cause, the numbers, and advice that holds."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def compile(self, graph, *flags, fails=True):
        path = save_model(self.folder / "full.onnx", graph.finish()[0])
        text = tool("sluice-compile", path, "-o", self.folder / "full.slu", "--target=small", *flags, fails=fails).stderr
        # Nothing of the compiler's own operations and passes.
        self.assertNotRegex(text, r"' op |tile\.|slice\.|stensor|buffer|tensor<")
        return text

    def product(self, columns):
        graph = models.Graph("wide", opset=17)
        x, weights = graph.normal("x", 1, 32), graph.weights("w", 32, columns)
        graph.output(graph.node("Relu", graph.node("MatMul", x, weights)), [1, columns], name="y")
        return graph

    def advised(self, text):
        """Cards that the message advises, the bytes needed at once, those of a card and what is short."""
        need, have, short = map(int, re.search(r"needs (\d+) bytes at once, a card has (\d+), short by (\d+)", text).groups())
        self.assertEqual(need - have, short)
        cards = re.search(r"--cards=(\d+), of which each needs about (\d+) bytes,", text)
        return (int(cards.group(1)), int(cards.group(2))) if cards else None, have

    def test_weights(self):
        """So many cards as are advised do, and two less do not: a card's instructions are estimated."""
        for columns in (24000, 45000, 60000):
            with self.subTest(columns):
                text = self.compile(self.product(columns))
                (cards, share), have = self.advised(text)
                self.assertLessEqual(share, have)
                self.assertRegex(text, r"note: MatMul_0: \d+ bytes of them")
                self.compile(self.product(columns), f"--cards={cards}", fails=False)
                if cards > 2:
                    self.compile(self.product(columns), f"--cards={cards - 2}")

    def test_f32(self):
        """Weights in several pieces fit as one."""
        graph = self.product(10000)
        self.assertIn("--f32-matmul=f16 would help", self.compile(graph, "--f32-matmul=f32"))
        self.compile(self.product(10000), "--f32-matmul=f16", fails=False)

    def test_what_every_card_needs(self):
        """More cards are not advised where they do not help; the nodes that need most are named."""
        graph = models.Graph("wide", opset=17)
        last = graph.normal("x", 96, 1024)
        for number in range(12):
            last = graph.node("Sin", last)
            graph.output(last, [96, 1024], name=f"y{number}")
        for cards in (1, 8):
            with self.subTest(cards):
                text = self.compile(graph, f"--cards={cards}")
                self.assertIsNone(self.advised(text)[0])
                self.assertEqual("more cards" in text, cards == 1)
                if cards == 1:
                    self.assertRegex(text, r"more cards would not help: \d+ bytes are needed on every card")
                self.assertEqual(len(re.findall(r"note: Sin_\d+: 393216 bytes of them", text)), 3)

    def test_dims(self):
        """Smaller dimensions are advised where the user gave them."""
        graph = models.Graph("dynamic", opset=17)
        last = graph.input("x", np.zeros((96, 1024), np.float32), shape=["rows", 1024])
        for number in range(12):
            last = graph.node("Sin", last)
            graph.output(last, ["rows", 1024], name=f"y{number}")
        self.assertIn("smaller dimensions (--dim) would help", self.compile(graph, "--dim=rows=96"))
        self.compile(graph, "--dim=rows=8", fails=False)

    def test_full_bank(self):
        """Where the card would do and a bank does not: what must lie there, what is free there, and who has the rest."""
        graph = models.Graph("bank", opset=17)
        graph.output(graph.node("Relu", graph.normal("x", 8, 30 * 1024)), [8, 30 * 1024], name="y")
        text = self.compile(graph)
        found = re.search(r"memory is full where a tensor must lie: its (\d+) bytes take (\d+) words in a row in bank \d of "
                          r".*, where (\d+) of 256 are free .* the program needs (\d+) bytes at once, a card has (\d+)", text)
        size, words, free, need, have = map(int, found.groups())
        self.assertLess(free, words)
        self.assertLess(need, have)
        self.assertRegex(text, r"note: (x|Relu_0): \d+ bytes there")

    def test_sizes_of_one_node(self):
        """A tensor beyond all memory is told once a node."""
        text = self.compile(self.product(400000))
        for node in ("MatMul_0", "Relu_1"):
            self.assertEqual(len(re.findall(rf"error: {node}: a tensor of \d+ \w+ elements needs \d+ bytes; 1 card has", text)), 1)


class BadRuns(unittest.TestCase):
    """sluice-verify and sluice-run refuse the binary or the inputs."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = Path(cls.temporary.name)
        model, feeds = models.layer()
        cls.good = cls.folder / "good.slu"
        tool("sluice-compile", save_model(cls.folder / "good.onnx", model), "-o", cls.good)
        cls.raw = cls.good.read_bytes()
        cls.x = cls.array("x.npy", feeds["x"])

    @classmethod
    def array(cls, name, value):
        np.save(cls.folder / name, value)
        return cls.folder / name

    def run_refused(self, *arguments, binary=None, saying):
        out = self.folder / "out"
        done = tool("sluice-run", binary or self.good, *arguments, "--output-dir", out, fails=True)
        self.assertIn("error: ", done.stderr)
        for words in (saying,) if isinstance(saying, str) else saying:
            self.assertIn(words, done.stderr)
        self.assertFalse(list(out.glob("*")), "a refused run left outputs")

    def broken(self, raw):
        path = self.folder / "broken.slu"
        path.write_bytes(raw)
        tool("sluice-verify", path, fails=True)
        self.run_refused(f"--input=x={self.x}", binary=path, saying="broken.slu")

    def test_good(self):
        """The binary that the others break is a good one."""
        tool("sluice-verify", self.good)

    def test_missing_binary(self):
        self.run_refused(binary=self.folder / "none.slu", saying="none.slu")

    def test_truncated_binary(self):
        for part in range(9):
            with self.subTest(part=part):
                self.broken(self.raw[: len(self.raw) * part // 9])

    def test_flipped_bits(self):
        for at in range(0, len(self.raw), max(1, len(self.raw) // 24)):
            with self.subTest(at=at):
                raw = bytearray(self.raw)
                raw[at] ^= 0x10
                self.broken(bytes(raw))

    def test_trailing_bytes(self):
        self.broken(self.raw + b"\0" * 64)

    def test_missing_input(self):
        self.run_refused(saying="x")

    def test_unknown_input(self):
        self.run_refused(f"--input=x={self.x}", f"--input=z={self.x}", saying="z")

    def test_missing_input_file(self):
        self.run_refused(f"--input=x={self.folder / 'none.npy'}", saying="none.npy")

    def test_wrong_shape(self):
        self.run_refused(f"--input=x={self.array('shape.npy', np.zeros((3, 8), np.float32))}", saying=("x", "3"))

    def test_wrong_type(self):
        self.run_refused(f"--input=x={self.array('type.npy', np.zeros((2, 8), np.float64))}",
                         saying=("x", "float64", "float32"))

    def test_broken_array(self):
        path = self.folder / "broken.npy"
        path.write_bytes(self.x.read_bytes()[:-5])
        self.run_refused(f"--input=x={path}", saying="broken.npy")

    def test_beyond_int32(self):
        graph = models.Graph("wide")
        graph.output(graph.node("Neg", graph.input("i", np.zeros(3, np.int64))), [3], np.int64, name="y")
        binary = self.folder / "wide.slu"
        tool("sluice-compile", save_model(self.folder / "wide.onnx", graph.finish()[0]), "-o", binary)
        value = self.array("wide.npy", np.array([0, 1 << 40, 0], np.int64))
        self.run_refused(f"--input=i={value}", binary=binary, saying=("i", str(1 << 40)))

    def test_index_outside(self):
        """Neither what lies behind a table nor an index beyond 16 bits is taken for a row."""
        graph = models.Graph("rows")
        table = graph.weights("table", 10, 30)
        graph.output(graph.node("Gather", table, graph.input("i", np.zeros(3, np.int64))), [3, 30], name="y")
        short = graph.weights("short", 10, 20)
        graph.output(graph.node("GatherElements", short, graph.input("j", np.zeros((2, 20), np.int64))), [2, 20], name="z")
        binary = self.folder / "rows.slu"
        tool("sluice-compile", save_model(self.folder / "rows.onnx", graph.finish()[0]), "-o", binary)
        inside = {"i": np.array([1, 5, 2]), "j": np.ones((2, 20), np.int64)}
        for name in inside:
            for index in (10, -11, 70, 4095, 65536, -65536):
                with self.subTest(name=name, index=index):
                    values = {key: value.copy() for key, value in inside.items()}
                    values[name].flat[1] = index
                    flags = [f"--input={key}={self.array(f'{key}.npy', value)}" for key, value in values.items()]
                    self.run_refused(*flags, binary=binary, saying="outside")

    def test_index_of_a_tuple_outside(self):
        """Each index of a tuple is checked, also where the row that they name together is one of the data."""
        graph = models.Graph("tuples")
        table, tuples = graph.weights("table", 6, 5), graph.input("i", np.zeros((2, 2), np.int64))
        graph.output(graph.node("GatherND", table, tuples), [2], name="y")
        graph.output(graph.node("ScatterND", table, tuples, graph.weights("updates", 2)), [6, 5], name="z")
        binary = self.folder / "tuples.slu"
        tool("sluice-compile", save_model(self.folder / "tuples.onnx", graph.finish()[0]), "-o", binary)
        for outside in ([0, 5], [6, 0], [1, -6], [-7, 4]):
            with self.subTest(outside=outside):
                value = self.array("i.npy", np.array([[5, 4], outside], np.int64))
                self.run_refused(f"--input=i={value}", binary=binary, saying="outside")

    def test_full_cache(self):
        """A position is not lost where the cache has no room for it."""
        case = "run_time_decode"
        with zipfile.ZipFile(SOURCE / "test/e2e/onnxruntime/group_query_attention.zip") as archive:
            archive.extractall(self.folder, [name for name in archive.namelist() if name.startswith(f"{case}/")])
        model, binary = self.folder / case / "model.onnx", self.folder / "cache.slu"
        tool("sluice-compile", model, "-o", binary)
        feeds = {edge.name: np.array(load_pb(self.folder / case / f"test_data_set_0/input_{number}.pb"))
                 for number, edge in enumerate(onnx.load(str(model)).graph.input)}
        room = feeds["past_key"].shape[2]
        for last in (room, -1):
            with self.subTest(last=last):
                feeds["lengths"][1] = last
                self.run_refused(*(f"--input={name}={self.array(f'{name}.npy', value)}" for name, value in feeds.items()),
                                 binary=binary, saying="outside")


if __name__ == "__main__":
    unittest.main(verbosity=2)
