# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The verdict on one ONNX backend test; see onnx-tests.py."""

import re
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

import onnx_types
import sluice
from sluice.specialise import Specialisation

BEYOND = "beyond the machine"
# Relative and absolute, by element type. "onnx" is what ONNX's own backend test runner compares with;
# "onnxruntime" is for what ONNX Runtime computed, which rounds between a node's steps as it likes: float16 gets
# two units of its last place.
TOLERANCES = {"onnx": {"default": (1e-3, 1e-7)},
              "onnxruntime": {"default": (1e-4, 1e-5), "float16": (2e-3, 1e-3)}}


class Verdict(Exception):
    """Ends a test other than by passing."""

    def __init__(self, verdict, reason):
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason


def tensors(folder, kind, edges):
    """{name: TensorProto} from "<kind>_<number>.pb", which stand in the edges' order. Other values than tensors,
    which are refused for their types, are left out."""
    return {edge.name: onnx.load_tensor(str(path)) for number, edge in enumerate(edges)
            if edge.type.HasField("tensor_type") and (path := folder / f"{kind}_{number}.pb").exists()}


def array_of(tensor):
    if tensor.data_type in onnx_types.TYPES:
        return onnx_types.to_array(tensor)
    try:
        return numpy_helper.to_array(tensor)
    except (TypeError, KeyError, ValueError):
        raise Verdict("unsupported yet", f"NumPy has no element type {tensor.data_type}") from None


class Case(Specialisation):
    """One data set of a test and what of it the compiler must know."""

    def __init__(self, model, data):
        super().__init__(model, {})
        self.given = tensors(data, "input", self.inputs)
        self.expected = tensors(data, "output", model.graph.output)

    def feeds(self):
        return {name: array_of(tensor) for name, tensor in self.given.items() if name not in self.bound}


def refusal(text):
    """The verdict that a compiler's error means."""
    reasons = [line.removeprefix("  note: ") for line in text.splitlines()]
    reasons = "; ".join(line for line in reasons if not line.startswith("main: the model has"))
    reasons = re.sub(r"\S*/model\.onnx: ", "", reasons)
    if "is not proven" in text:
        return Verdict("wrong", reasons)
    return Verdict("refused" if BEYOND in text else "unsupported yet", reasons)


def compare(name, have, tensor, tolerances):
    """Whether an output is what a TensorProto holds, narrow floats by the numbers that they are."""
    want = array_of(tensor)
    if have.dtype != want.dtype or have.shape != want.shape:
        raise Verdict("wrong", f"output '{name}' is {have.dtype}{have.shape}, expected {want.dtype}{want.shape}")
    if tensor.data_type in onnx_types.TYPES:
        have, want = (onnx_types.as_numbers(tensor.data_type, array) for array in (have, want))
    exact = have.dtype.kind != "f"
    close = have == want if exact else np.isclose(
        have, want, *tolerances.get(want.dtype.name, tolerances["default"]), equal_nan=True)
    if not np.all(close):
        at = tuple(np.argwhere(~np.asarray(close))[0]) if want.ndim else ()
        raise Verdict("wrong", f"output '{name}': {np.sum(~close)} of {want.size} elements differ, "
                               f"the first is {have[at]} instead of {want[at]}")


def compile_case(case, path, target="tsp1"):
    """The binary and the seconds that its compilation took, refused attempts included."""
    start = time.monotonic()
    try:
        binary = case.compile(path, f32_matmul="f32", threads=1, target=target)
    except sluice.Error as error:
        raise refusal(str(error)) from None
    return binary, time.monotonic() - start


def run_case(case, path, tolerances, stepper, target):
    """Seconds of compilation; raises a Verdict when the case does not pass. With `stepper` the cycle stepper must agree
    in every bit, memory image included."""
    binary, seconds = compile_case(case, path, target)
    feeds = case.feeds()
    try:
        outputs = binary.run(feeds)
        golden = sluice.interpret(path, feeds, dims=case.dims(), constant_inputs=case.constants(), f32_matmul="f32",
                                  demote=case.demote)
    except sluice.Error as error:
        raise Verdict("unsupported yet", str(error)) from None
    for name, output in outputs.items():
        if name not in golden or output.tobytes() != golden[name].tobytes():
            raise Verdict("wrong", f"output '{name}': executor and reference interpreter differ")
    if stepper:
        try:
            binary.run(feeds, stepper=True)
        except sluice.Error as error:
            raise Verdict("wrong", str(error)) from None
    for name, want in case.expected.items():
        if name not in outputs:
            raise Verdict("wrong", f"there is no output '{name}'")
        try:
            compare(name, outputs[name], want, tolerances)
        except Verdict as verdict:
            if case.demote and verdict.verdict == "wrong":
                raise Verdict("refused", f"{BEYOND}: float64, and float32 misses the tolerance") from None
            raise
    return seconds


def operator(model):
    """The operator of a model of one node; None for others."""
    if len(model.graph.node) != 1:
        return None
    node = model.graph.node[0]
    return f"{node.domain}.{node.op_type}" if node.domain else node.op_type


def judge(test, tolerances="onnx", stepper=False, target="tsp1"):
    """{"verdict", "reason" unless it passes, "seconds" of compilation if it passes, "operator"}."""
    model = onnx.load(str(test / "model.onnx"))
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = Path(folder) / "model.onnx"
            seconds = max(run_case(Case(model, data), path, TOLERANCES[tolerances], stepper, target)
                          for data in sorted(test.glob("test_data_set_*")))
            return {"verdict": "pass", "seconds": seconds, "operator": operator(model)}
        except Verdict as verdict:
            return {"verdict": verdict.verdict, "reason": verdict.reason, "operator": operator(model)}
