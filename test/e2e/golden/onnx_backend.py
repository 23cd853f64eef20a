#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX's own backend tests through the reference interpreter: every result that is not refused is right, no
refusal is a crash, and the number of those that pass does not fall.

    onnx_backend.py FOLDER LEAST [--verbose] [test name part]

FOLDER is "node", "simple" or "pytorch-operator"; LEAST is how many tests pass at least. A test hands in as
inputs what models hold as constants (axes, shapes, ...); where that is refused for not being known at compile
time, its integer inputs become initialisers, and if need be all of them."""

import collections
import concurrent.futures
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from harness import BIN, SOURCE, skip

TESTS = SOURCE.parent / "shared" / "onnx-tests"
TIMEOUT = 300
# Results that are random, or of a precision that --demote=f64 gives up on purpose.
NOT_COMPARABLE = {
    "bernoulli": "random", "training_dropout": "random",
}


def load(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def with_constants(model, feeds, names):
    """The model with those inputs as initialisers."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    for name in names:
        changed.graph.initializer.append(numpy_helper.from_array(feeds[name], name))
    return changed


def interpret(folder, model, feeds, *flags):
    onnx.save(model, str(folder / "model.onnx"))
    command = [BIN / "sluice-golden", folder / "model.onnx", "--f32-matmul=f32", "--demote=f64",
               "--output-dir", folder / "out", *flags]
    for number, (name, array) in enumerate(feeds.items()):
        np.save(folder / f"{number}.npy", array)
        command += ["--input", f"{name}={folder / f'{number}.npy'}"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=TIMEOUT)
    return done.returncode, done.stderr.strip()


def compare(folder, model, expected):
    """What differs from the expected outputs, or None."""
    files = {path.stem: path for path in (folder / "out").glob("*.npy")}
    for output, want in zip(model.graph.output, expected):
        stem = "".join(c if c.isalnum() or c in "._-" else "_" for c in output.name)
        if stem not in files:
            return f"no output {output.name} among {sorted(files)}"
        have = np.load(files[stem])
        if have.shape != want.shape:
            return f"{output.name}: shape {have.shape}, expected {want.shape}"
        if have.dtype != want.dtype:
            return f"{output.name}: type {have.dtype}, expected {want.dtype}"
        absolute = 1e-6 if want.dtype in (np.float32, np.float64) else 1e-3
        close = np.isclose(have.astype(np.float64), want.astype(np.float64), rtol=1e-3, atol=absolute, equal_nan=True)
        if not close.all():
            at = tuple(np.argwhere(~close)[0]) if want.ndim else ()
            return f"{output.name}: {(~close).sum()} of {want.size} elements, first {have[at]} instead of {want[at]}"
    return None


def attempt(folder, model, feeds, expected):
    code, text = interpret(folder, model, feeds)
    if code == 0:
        wrong = compare(folder, model, expected)
        return ("wrong", wrong) if wrong else ("pass", "")
    if code != 1 or "error:" not in text:
        return "crash", f"exit status {code}: {text[-300:]}"
    return "refused", text


def run(test):
    model = onnx.load(str(test / "model.onnx"))
    data = test / "test_data_set_0"
    edges = [*model.graph.input, *model.graph.output]
    if any(edge.type.WhichOneof("value") != "tensor_type" for edge in edges):
        feeds, expected = {}, []  # must be refused, for the types of its edges
    else:
        try:
            arrays = [load(data / f"input_{i}.pb") for i in range(len(list(data.glob("input_*.pb"))))]
            expected = [load(data / f"output_{i}.pb") for i in range(len(model.graph.output))]
            feeds = dict(zip([edge.name for edge in model.graph.input], arrays))
        except (TypeError, KeyError, ValueError, AttributeError):
            feeds, expected = {}, []
    feeds = {name: array for name, array in feeds.items() if array.dtype != object}
    with tempfile.TemporaryDirectory() as root:
        verdict, text = attempt(Path(root), model, feeds, expected)
        for kinds in ("iub", "iubf"):
            names = [name for name, array in feeds.items() if array.dtype.kind in kinds]
            if verdict != "refused" or not names or "compile time" not in text:
                break
            rest = {name: array for name, array in feeds.items() if name not in names}
            verdict, text = attempt(Path(root), with_constants(model, feeds, names), rest, expected)
    reason = next((r for part, r in NOT_COMPARABLE.items() if part in test.name), None)
    if verdict == "wrong" and reason:
        return test.name, "refused", reason
    return test.name, verdict, text


def main():
    folder, least, *rest = sys.argv[1:]
    verbose, parts = "--verbose" in rest, [part for part in rest if part != "--verbose"]
    if not (TESTS / folder).is_dir():
        skip(f"no ONNX backend tests '{folder}' beside the project")
    tests = [test for test in sorted((TESTS / folder).iterdir()) if (test / "model.onnx").exists()]
    if parts:
        tests = [test for test in tests if any(part in test.name for part in parts)]
    counts = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, verdict, text in pool.map(run, tests):
            counts[verdict] += 1
            if verdict in ("wrong", "crash") or (verbose and verdict == "refused"):
                print(f"{verdict}: {name}: {text}")
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in ("pass", "refused", "wrong", "crash")))
    assert not counts["wrong"] and not counts["crash"]
    assert counts["pass"] >= int(least), f"fewer than {least} pass"


main()
