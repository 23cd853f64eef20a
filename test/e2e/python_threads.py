#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Threads share a Binary, and Ctrl-C stops what takes long."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import models
import sluice
from harness import BIN, save_model

THREADS, RUNS = 8, 50
PROMPTLY = 3  # seconds, on a loaded machine; an idle one takes a tenth


def lookup():
    """Takes rows of a table, permutes and multiplies: what a run keeps between its instructions."""
    graph = models.Graph("lookup")
    rows = graph.node("Gather", graph.weights("table", 50, 40), graph.input("i", np.zeros(4, np.int64)))
    graph.output(graph.node("MatMul", graph.node("Transpose", rows, perm=[1, 0]), graph.normal("w", 4, 8)), [40, 8], name="y")
    return graph.finish()


def long_run():
    """A model that is compiled soon and runs for many seconds."""
    graph = models.Graph("long")
    x = graph.normal("x", 4096, 320)
    for layer in range(40):
        x = graph.node("Relu", graph.node("MatMul", x, graph.weights(f"w{layer}", 320, 320, scale=320**-0.5)))
    graph.output(x, [4096, 320], name="y")
    return graph.finish()


def long_compilation():
    """A model that takes many seconds to compile."""
    graph = models.Graph("slow", opset=14)
    graph.output(graph.node("TopK", graph.normal("x", 64, 1000), graph.constant("k", np.array([1000])), outputs=2)[0], [64, 1000], name="y")
    return graph.finish()


class Threads(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def compile(self, builder):
        return sluice.compile(save_model(self.folder / "model.onnx", builder()[0]))

    def together(self, work):
        """work(0) ... in as many threads, which all begin at the same time; their results."""
        start = threading.Barrier(THREADS)

        def begin(number):
            start.wait()
            return work(number)
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(begin, range(THREADS)))

    def test_runs(self):
        """Every run of every thread gives what its own inputs give in a run alone."""
        for builder in (models.layer, lookup):
            binary, alone = self.compile(builder), self.compile(builder)
            random = np.random.default_rng(3)
            feeds = [[{name: random.integers(0, 50, shape) if dtype == np.int64 else random.standard_normal(shape).astype(dtype)
                       for name, (shape, dtype) in binary.inputs.items()} for _ in range(RUNS)] for _ in range(THREADS)]
            expected = [[alone.run(feed)["y"].tobytes() for feed in mine] for mine in feeds]
            # The first run, which proves the binary, is one of all threads at once.
            got = self.together(lambda number: [binary.run(feed)["y"].tobytes() for feed in feeds[number]])
            self.assertEqual(got, expected)
            self.assertEqual(len({y for mine in expected for y in mine}), THREADS * RUNS, "the inputs differ")
            self.assertEqual(binary.counters, alone.counters)

    def test_everything_at_once(self):
        """Runs, steppers, descriptions, counters, saving and faults of one Binary do not disturb one another."""
        binary = self.compile(models.layer)
        feeds = models.layer()[1]
        expected = self.compile(models.layer).run(feeds)["y"].tobytes()

        def work(number):
            for turn in range(20):
                if (number + turn) % 4 == 0:
                    self.assertEqual(binary.run(feeds, stepper=True)["y"].tobytes(), expected)
                elif (number + turn) % 4 == 1:
                    self.assertRaises(sluice.Error, binary.run, {})
                elif (number + turn) % 4 == 2:
                    binary.save(self.folder / f"{number}.slu")
                    self.assertEqual(sluice.Binary.load(self.folder / f"{number}.slu").run(feeds)["y"].tobytes(), expected)
                else:
                    self.assertEqual(list(binary.inputs) + list(binary.outputs), ["x", "y"])
                    self.assertIn(binary.counters.get("cycles"), (None, binary.stats["cycles"]))
                self.assertEqual(binary.run(feeds)["y"].tobytes(), expected)
        self.together(work)

    def test_compilations(self):
        """Threads that compile get the bytes that one alone gets."""
        path = save_model(self.folder / "model.onnx", models.perceptron()[0])

        def work(number):
            sluice.compile(path, cards=1 + number % 2).save(self.folder / f"{number}.slu")
            return (self.folder / f"{number}.slu").read_bytes()
        got = self.together(work)
        for cards in (1, 2):
            sluice.compile(path, cards=cards).save(self.folder / "alone.slu")
            for bytes_ in got[cards - 1::2]:
                self.assertEqual(bytes_, (self.folder / "alone.slu").read_bytes())

    def test_lock_is_released(self):
        """Other threads of the interpreter go on while one runs or compiles."""
        for work in (lambda: sluice.compile(self.folder / "model.onnx"), lambda: binary.run(feeds),
                     lambda: sluice.interpret(self.folder / "model.onnx", feeds)):
            model, feeds = models.attention_block(64, 320, 5)
            binary = sluice.compile(save_model(self.folder / "model.onnx", model))
            longest, done, thread = 0, threading.Event(), threading.Thread(target=lambda: (work(), done.set()))
            thread.start()
            begin = last = time.monotonic()
            while not done.is_set():
                time.sleep(0.001)
                longest, last = max(longest, time.monotonic() - last), time.monotonic()
            thread.join()
            self.assertLess(longest, max(0.5, (last - begin) / 2), "the interpreter's lock was held")


class Interrupts(unittest.TestCase):
    """Ctrl-C raises KeyboardInterrupt promptly and leaves the process and the folder as they were."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def interrupted(self, work, after):
        """Calls work(), sends this process the signal of Ctrl-C after that many seconds; how long it then took."""
        sent = []

        def send():
            time.sleep(after)
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
        thread = threading.Thread(target=send)
        thread.start()
        try:
            with self.assertRaises(KeyboardInterrupt):
                work()
                while not sent:  # The work was done before the signal: the machine is too quick for this.
                    time.sleep(0.01)
                self.fail("done before it was interrupted")
            return time.monotonic() - sent[0]
        finally:
            thread.join()

    def test_compilation(self):
        """In whatever phase it is, and as often as one likes."""
        path = save_model(self.folder / "slow.onnx", long_compilation()[0])
        before = set(self.folder.iterdir())
        for after in (0.1, 0.3, 0.6, 1, 1.5, 2.2, 3):
            with self.subTest(after=after):
                self.assertLess(self.interrupted(lambda: sluice.compile(path), after), PROMPTLY)
                self.assertEqual(set(self.folder.iterdir()), before)
        model, feeds = models.layer()
        binary = sluice.compile(save_model(self.folder / "layer.onnx", model))
        self.assertEqual(binary.run(feeds)["y"].shape, (2, 4))

    def test_run(self):
        """The Binary runs on, with its own results."""
        model, feeds = long_run()
        binary = sluice.compile(save_model(self.folder / "long.onnx", model))
        for stepper in (False, True):
            for after in (0.1, 0.5, 1):
                with self.subTest(after=after, stepper=stepper):
                    self.assertLess(self.interrupted(lambda: binary.run(feeds, stepper=stepper), after), PROMPTLY)
        self.assertLess(self.interrupted(lambda: sluice.interpret(self.folder / "long.onnx", feeds), 0.1), PROMPTLY)
        small = {"x": np.zeros((4096, 320), np.float32)}
        self.assertTrue(np.isfinite(binary.run(small)["y"]).all())

    def test_tools(self):
        """Ctrl-C ends a tool, by the signal, and leaves no file."""
        path = save_model(self.folder / "slow.onnx", long_compilation()[0])
        out = self.folder / "out"
        out.mkdir()
        for after in (0.05, 0.5, 2):
            process = subprocess.Popen([str(BIN / "sluice-compile"), str(path), "-o", str(out / "m.slu"), f"--stats={out / 's.json'}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(after)
            process.send_signal(signal.SIGINT)
            begin = time.monotonic()
            self.assertEqual(process.wait(timeout=60), -signal.SIGINT)
            self.assertLess(time.monotonic() - begin, PROMPTLY)
            self.assertEqual(list(out.iterdir()), [])

    def test_other_handlers(self):
        """What a handler raises comes out of the call; a handler that returns lets it go on."""
        path = save_model(self.folder / "slow.onnx", long_compilation()[0])

        class Stop(Exception):
            pass

        def stop(*_):
            raise Stop
        before = signal.signal(signal.SIGALRM, stop)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            self.assertRaises(Stop, sluice.compile, path)
            seen = []
            signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            model, feeds = models.attention_block(64, 320, 5)
            sluice.compile(save_model(self.folder / "block.onnx", model)).run(feeds)
            self.assertEqual(seen, [1])
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


if __name__ == "__main__":
    sys.setswitchinterval(1e-4)
    unittest.main(verbosity=2)
