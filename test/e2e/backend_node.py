#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX's own test runner on sluice.backend: each node test that the installed ONNX brings passes or is refused.

backend_node_refused.txt lists the refused ones. A test that is not in it must pass; one that is in it may, and is
then reported. With SLUICE_UPDATE_EXPECTED=1 the list is written instead."""

import contextlib
import io
import json
import os
import sys
import unittest
import warnings
from pathlib import Path

import numpy as np
import onnx.backend.test
from onnx.backend.test.loader import DATA_DIR

from harness import skip
from sluice.backend import BackendIsNotSupposedToImplementIt, SluiceBackend

# ONNX 1.12's runner says so to NumPy, which since 1.24 no longer knows it.
np.object = object

# Tests of ONNX 1.12 that contradict themselves or later versions of them.
FAULTY = {"test_adam_multiple": "the model lacks the epsilon that the outputs were made with",
          "test_dft_inverse": "later versions of the test expect 1.9e-7, as of a transform in float32, instead of 1e-15",
          **{f"test_castlike_{types}{form}": "the data are of another shape and type than the model says"
             for types in ("BFLOAT16_to_FLOAT", "FLOAT_to_BFLOAT16") for form in ("", "_expanded")}}

REFUSED = Path(__file__).with_name("backend_node_refused.txt")


class Watched:
    """Notes what its methods refuse: the runner lets a refused test pass."""

    refused = None

    @classmethod
    @contextlib.contextmanager
    def watch(cls):
        try:
            yield
        except BackendIsNotSupposedToImplementIt as refusal:
            cls.refused = refusal
            raise


class WatchedRep:
    def __init__(self, rep):
        self.rep = rep

    def run(self, inputs):
        with Watched.watch():
            return self.rep.run(inputs)


class WatchedBackend(SluiceBackend):
    @classmethod
    def prepare(cls, model, device="CPU", **options):
        with Watched.watch():
            return WatchedRep(super().prepare(model, device, threads=1, **options))


def run(case):
    """"pass", "refused", "skipped" or what went wrong."""
    Watched.refused = None
    result = unittest.TestResult()
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        case.run(result)
    if result.skipped:
        return "skipped"
    if not result.wasSuccessful():
        return "\n".join(text for _, text in (*result.failures, *result.errors))
    return "refused" if Watched.refused else "pass"


def run_all(cases, names):
    """{name: what run() says of it}, by processes that each work until one ends before its time."""
    results = {}
    while len(results) < len(names):
        source, sink = os.pipe()
        child = os.fork()
        if not child:
            with open(sink, "w", encoding="utf-8") as pipe:
                for name in names[len(results):]:
                    print(json.dumps([name, run(cases(name))]), file=pipe, flush=True)
            os._exit(0)
        os.close(sink)
        with open(source, encoding="utf-8") as pipe:
            results |= map(json.loads, pipe)
        _, status = os.waitpid(child, 0)
        if status:
            results[names[len(results)]] = f"the process ended with status {os.waitstatus_to_exitcode(status)}"
    return results


def main():
    if not os.path.isdir(os.path.join(DATA_DIR, "node")):
        skip("the installed ONNX brings no test data")
    cases = onnx.backend.test.BackendTest(WatchedBackend, __name__).test_cases["OnnxBackendNodeModelTest"]
    names = [name for name in unittest.defaultTestLoader.getTestCaseNames(cases) if name.endswith("_cpu")]
    results = {name.removesuffix("_cpu"): result for name, result in run_all(cases, names).items()}
    refused = [name for name, result in results.items() if result == "refused"]
    if os.environ.get("SLUICE_UPDATE_EXPECTED"):
        REFUSED.write_text("".join(f"{name}\n" for name in refused))
    known = set(REFUSED.read_text().split())
    wrong = {name: result for name, result in results.items()
             if result not in ("pass", "refused") and name not in FAULTY}
    wrong |= {name: "refused, though it once passed" for name in refused if name not in known}
    for name, result in wrong.items():
        print(f"{name}: {result}")
    for name in sorted(known - set(refused)):
        print(f"{name}: {results.get(name, 'is gone')}, though listed as refused")
    passed = sum(result == "pass" for result in results.values())
    for name, fault in FAULTY.items():
        print(f"{name}: faulty: {fault}")
    faulty = sum(name in FAULTY and result not in ("pass", "refused") for name, result in results.items())
    print(f"{len(results)} tests: {passed} pass, {len(refused)} refused, {len(wrong)} wrong, {faulty} faulty themselves")
    sys.exit(1 if wrong or not passed else 0)


if __name__ == "__main__":
    main()
