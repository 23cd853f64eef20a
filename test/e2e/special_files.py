#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tools neither hang on what is no file, nor write over what they read, nor call lost output a success."""

import os
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import models
from harness import BIN, save_model, tool

AT_ONCE = 5  # seconds, of a loaded machine too


class Files(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        model, feeds = models.layer()
        self.model = save_model(self.folder / "model.onnx", model)
        self.x = self.folder / "x.npy"
        np.save(self.x, feeds["x"])
        self.binary = self.folder / "model.slu"
        tool("sluice-compile", self.model, "-o", self.binary)

    def external(self, location="weights.bin"):
        """A model with its weights in another file."""
        model = models.layer()[0]
        for tensor in model.graph.initializer:
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            del tensor.external_data[:]
            tensor.external_data.add(key="location", value=location)
        return save_model(self.folder / "external.onnx", model)

    def refused(self, name, *arguments, saying, status=1, **keywords):
        done = subprocess.run([str(BIN / name), *map(str, arguments)], capture_output=True, text=True, timeout=AT_ONCE, **keywords)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(saying, done.stderr)
        return done


class SpecialFiles(Files):
    """What is no regular file is refused at once, as what it is."""

    def kinds(self, ending):
        pipe, directory, listener = (self.folder / f"{kind}{ending}" for kind in ("pipe", "directory", "socket"))
        os.mkfifo(pipe)
        directory.mkdir()
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(listener))
        (self.folder / f"zero{ending}").symlink_to("/dev/zero")
        (self.folder / f"linked{ending}").symlink_to(pipe)
        return {pipe: "it is a pipe (FIFO), not a regular file", self.folder / f"linked{ending}": "it is a pipe (FIFO)", directory: "Is a directory",
                listener: "it is a socket", self.folder / f"zero{ending}": "it is a character device"}

    def test_models(self):
        for ending in (".onnx", ".mlir"):
            for path, words in self.kinds(ending).items():
                with self.subTest(path=path):
                    self.refused("sluice-compile", path, "-o", self.folder / "out.slu", saying=words)
                    self.refused("sluice-golden", path, "--output-dir", self.folder / "out", saying=words)
                    if ending == ".mlir":
                        self.refused("sluice-opt", path, saying=words)

    def test_binaries(self):
        for path, words in self.kinds(".slu").items():
            with self.subTest(path=path):
                for name, flags in (("sluice-verify", []), ("sluice-objdump", []), ("sluice-mutate", []), ("sluice-run", ["--output-dir", self.folder / "out"])):
                    self.refused(name, path, *flags, saying=words)
                self.refused("sluice-diff", path, self.binary, saying=words, status=2)

    def test_inputs(self):
        for path, words in self.kinds(".npy").items():
            with self.subTest(path=path):
                for name, file in (("sluice-run", self.binary), ("sluice-golden", self.model)):
                    self.refused(name, file, f"--input=x={path}", "--output-dir", self.folder / "out", saying=words)

    def test_external_data(self):
        for path, words in self.kinds(".bin").items():
            with self.subTest(path=path):
                inside = not path.is_symlink() or "linked" in path.name
                self.refused("sluice-compile", self.external(path.name), "-o", self.folder / "out.slu",
                             saying=words if inside else "outside the model's directory")

    def test_zero_byte(self):
        """The system reads a name up to its zero byte: 'ok.bin' must not stand in for another."""
        (self.folder / "ok.bin").write_bytes(bytes(4 * 32))
        self.refused("sluice-compile", self.external("ok.bin\0x"), "-o", self.folder / "out.slu", saying="ok.bin\\x00x': the name holds a zero byte")

    def test_standard_input(self):
        """/dev/stdin is a pipe unless a file is its source."""
        for name, flags in (("sluice-verify", []), ("sluice-run", ["--output-dir", self.folder / "out"])):
            self.refused(name, "/dev/stdin", *flags, saying="it is a pipe", stdin=subprocess.PIPE)
        with self.binary.open() as file:
            tool("sluice-verify", "/dev/stdin", stdin=file)

    def test_outputs(self):
        """A pipe that nobody reads is refused at once; nothing else is written then."""
        os.mkfifo(self.folder / "pipe")
        self.refused("sluice-compile", self.model, "-o", self.folder / "new.slu", f"--stats={self.folder / 'pipe'}", saying="pipe")
        self.assertFalse((self.folder / "new.slu").exists())
        (self.folder / "out").mkdir()
        os.mkfifo(self.folder / "out" / "y.npy")
        self.refused("sluice-run", self.binary, f"--input=x={self.x}", "--output-dir", self.folder / "out", saying="y.npy")
        self.assertEqual([path.name for path in (self.folder / "out").iterdir()], ["y.npy"])


class SameFiles(Files):
    """No output is a file that the tool reads or writes otherwise."""

    def aliases(self, path):
        hard, soft, here = self.folder / "hard", self.folder / "soft", self.folder / "here"
        for alias in (hard, soft):
            alias.unlink(missing_ok=True)
        hard.hardlink_to(path)
        soft.symlink_to(path.name)
        if not here.exists():
            here.symlink_to(".")
        return [path, f"{self.folder}/./{path.name}", hard, soft, here / path.name]

    def untouched(self, name, *arguments, saying):
        before = {path: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}
        self.refused(name, *arguments, saying=saying)
        self.assertEqual({path: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}, before)

    def test_model(self):
        for alias in self.aliases(self.model):
            for flags in (["-o", alias], ["-o", self.folder / "new", f"--stats={alias}"], ["-o", alias, "--compile-to=onnx"]):
                with self.subTest(flags=flags):
                    self.untouched("sluice-compile", self.model, *flags, saying="is the same file as the model")

    def test_external_data(self):
        weights = self.folder / "weights.bin"
        weights.write_bytes(bytes(4 * 32))
        model = self.external()
        for alias in self.aliases(weights):
            for flags in (["-o", alias], ["-o", self.folder / "new", f"--stats={alias}"]):
                with self.subTest(flags=flags):
                    self.untouched("sluice-compile", model, *flags, saying="external data 'weights.bin': it is the same file as -")

    def test_constant_inputs(self):
        for alias in self.aliases(self.x):
            self.untouched("sluice-compile", self.model, f"--constant-input=x={self.x}", "-o", alias,
                           saying=f"--constant-input=x: it is the same file as -o {alias}")

    def test_two_outputs(self):
        existing = self.folder / "old"
        existing.write_text("old")
        for alias in self.aliases(existing):
            self.untouched("sluice-compile", self.model, "-o", existing, f"--stats={alias}", saying="--stats")
        self.untouched("sluice-compile", self.model, "-o", self.folder / "new", f"--stats={self.folder}/here/new", saying="--stats")
        self.untouched("sluice-compile", self.model, "-o", self.folder / "5-sched.mlir", f"--dump-phases-to={self.folder}", saying="--dump-phases-to")
        tool("sluice-compile", self.model, "-o", "/dev/null", "--stats=/dev/null")

    def test_text(self):
        text = self.folder / "1-onnx.mlir"
        tool("sluice-compile", self.model, "--compile-to=onnx", "-o", text)
        self.untouched("sluice-compile", text, "-o", self.folder / "new", f"--dump-phases-to={self.folder}", saying="the model")
        for alias in self.aliases(text):
            self.untouched("sluice-opt", text, "-o", alias, saying="is the same file as the input")

    def test_mutants(self):
        binary = self.folder / "3-14.slu"
        binary.write_bytes(self.binary.read_bytes())
        self.untouched("sluice-mutate", "--mutants=1", f"--save={self.folder}/.", binary, saying="may write over")


class LostOutput(Files):
    """Output that cannot be written is an error; a reader that goes away is none of the tool's."""

    def setUp(self):
        super().setUp()
        self.text = self.folder / "text.mlir"
        tool("sluice-compile", self.model, "--compile-to=stensor", "-o", self.text)

    def commands(self):
        yield "sluice-verify", [self.binary]
        yield "sluice-objdump", [self.binary]
        yield "sluice-objdump", ["--text", self.binary]
        yield "sluice-diff", [self.binary, self.binary]
        yield "sluice-mutate", ["--mutants=1", self.binary]
        yield "sluice-run", [self.binary, f"--input=x={self.x}", "--counters", "--output-dir", self.folder / "out"]
        yield "sluice-compile", [self.model, "-o", self.folder / "new.slu", f"--stats={self.folder / 'new.json'}"]
        yield "sluice-compile", [self.model, "--compile-to=onnx"]
        yield "sluice-opt", [self.text]
        for name in ("verify", "objdump", "diff", "mutate", "run", "compile", "golden", "opt"):
            yield f"sluice-{name}", ["--help"]

    def shell(self, name, arguments, redirection):
        words = " ".join(f"'{word}'" for word in [BIN / name, *arguments])
        return subprocess.run(["bash", "-c", f"{words} {redirection}"], capture_output=True, text=True, timeout=60)

    def test_full_and_closed(self):
        for name, arguments in self.commands():
            for redirection in (">/dev/full", ">&-", "<&- >&-"):
                with self.subTest(name=name, arguments=arguments, redirection=redirection):
                    done = self.shell(name, arguments, redirection)
                    self.assertEqual(done.returncode, 2 if name == "sluice-diff" else 1, done.stderr)
                    self.assertIn(f"{name}: error: ", done.stderr)
                    self.assertNotIn("LLVM ERROR", done.stderr)
                    for new in ("new.slu", "new.json", "out"):
                        self.assertFalse((self.folder / new).exists(), "a tool that failed left files")

    def test_closed_errors(self):
        """Without a place for errors there is still the status."""
        for name, arguments in self.commands():
            with self.subTest(name=name, arguments=arguments):
                self.assertEqual(self.shell(name, arguments, ">/dev/null 2>&-").returncode, 0)
        self.assertEqual(self.shell("sluice-verify", [self.model], ">/dev/null 2>&-").returncode, 1)

    def test_nobody_reads(self):
        for name, arguments in self.commands():
            with self.subTest(name=name, arguments=arguments):
                done = self.shell(name, arguments, "| true")
                self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
