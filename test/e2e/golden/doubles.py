#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""doubles.py [CASE...]: float64 that constants alone have is computed in float64 when the model is compiled, without
any option, and rounded once where it is cast: through the whole way, against NumPy's float64. What reaches a run's data
is refused."""

import math
import tempfile
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from harness import save_model, tool
from models import ELEMENT, Graph
from operators import case, run, sizes

RNG = np.random.default_rng(11)
# Numbers that float32 rounds twice, or not at all as float64 does.
HARD = np.array([1 + 2.0**-24, 1 + 2.0**-24 + 2.0**-50, 16777217.0, 0.1, 1 / 3, math.pi * 1e10, 2.0**-149 * 1.5, -2.0**-150, 1e-320, 3e38,
                 1 + 2.0**-11 + 2.0**-30, 65519.99999999, 2049.0000001])
INFINITE = np.array([1e300, -1e300, np.inf, -np.inf, np.nan, 0.0, -0.0])


def folded(build, want, to=None):
    """`build(graph, constant)` gives the name of a float64 constant's descendant; its cast to `want`'s type is added to
    zeros of a run. Truths are told by Where."""
    want = np.asarray(want)
    graph, constants = Graph("doubles", opset=20), []

    def constant(array):
        constants.append(graph.constant(f"d{len(constants)}", np.asarray(array)))
        return constants[-1]

    result = build(graph, constant)
    if want.dtype == np.bool_:
        x = graph.input("x0", np.zeros(want.shape, np.float32))
        one = graph.constant("one", np.float32(1))
        graph.output(graph.node("Where", result, one, x), want.shape, name="y0")
        return (*graph.finish(), [want.astype(np.float32)])
    known = graph.node("Cast", result, to=ELEMENT[want.dtype])
    # -0 and bits: a sum with -0 changes no number.
    x = graph.input("x0", np.full(want.shape, -0.0 if want.dtype.kind == "f" else 0, want.dtype))
    graph.output(graph.node("Add", known, x), want.shape, want.dtype, name="y0")
    return (*graph.finish(), [want])


def single(op, arrays, want, **attributes):
    return folded(lambda g, c: g.node(op, *(c(a) if a is not None else "" for a in arrays), **attributes), want)


def f32(values):
    with np.errstate(over="ignore"):
        return np.asarray(values, np.float64).astype(np.float32)


@case
def casts_round_once():
    identity = lambda g, c: c(HARD)
    with np.errstate(over="ignore"):
        yield folded(identity, HARD.astype(np.float32))
        yield folded(identity, HARD.astype(np.float16))
        yield folded(lambda g, c: c(INFINITE), INFINITE.astype(np.float32))
    numbers = np.array([2.9, -2.9, 16777217.0, -2147483648.0, 2147483647.9, 0.0, 1e-300])
    yield folded(lambda g, c: c(numbers), numbers.astype(np.int32))
    yield folded(lambda g, c: c(numbers), numbers.astype(np.int64))
    small = np.array([2.9, -2.9, 100.5, -128.0])
    yield folded(lambda g, c: c(small), small.astype(np.int8))
    unsigned = np.array([4294967295.5, 2147483648.0, 3.7])
    yield folded(lambda g, c: c(unsigned), unsigned.astype(np.uint32))
    yield single("Equal", [HARD, HARD.astype(np.float32).astype(np.float64)], HARD == HARD.astype(np.float32))
    yield folded(lambda g, c: g.node("Cast", c(np.array([0.0, -0.0, 1e-320, np.nan])), to=TensorProto.BOOL), np.array([False, False, True, True]))
    # To float64 and back: exact.
    for array in (np.array([2**31 - 1, -2**31], np.int32), np.array([16777217, 2**31 - 1], np.int64), np.array([2**32 - 1], np.uint32),
                  np.array([255, 128], np.uint8), np.array([1.5, -0.0], np.float16), np.array([True, False])):
        up = lambda g, c: g.node("Cast", c(array), to=TensorProto.DOUBLE)
        yield folded(lambda g, c: g.node("Sub", up(g, c), c(np.float64(0.25))), (array.astype(np.float64) - 0.25).astype(np.float32))
    # An integer of 64 bits, too, is rounded to float32 once.
    wide = np.array([2**53 + 1, 2**24 + 1, (1 << 60) + (1 << 36) + 1, -(1 << 60) - (1 << 36) - 1])
    yield folded(lambda g, c: c(wide), wide.astype(np.float32))


BFLOAT = [(1 + 2.0**-8 + 2.0**-40, 0x3f81), (1 + 2.0**-8, 0x3f80), (1 + 3 * 2.0**-8, 0x3f82), (-(1 + 2.0**-8 + 2.0**-50), 0xbf81), (1e300, 0x7f80)]


@case
def bfloat16_rounds_once():
    graph = Graph("doubles", opset=20)
    cast = graph.node("Cast", graph.constant("d", np.array([v for v, _ in BFLOAT])), to=TensorProto.BFLOAT16)
    back = graph.node("Cast", cast, to=TensorProto.FLOAT)
    x = graph.input("x0", np.full(len(BFLOAT), -0.0, np.float32))
    want = (np.array([bits for _, bits in BFLOAT], np.uint32) << 16).view(np.float32)
    graph.output(graph.node("Add", back, x), want.shape, name="y0")
    yield (*graph.finish(), [want])


@case
def arithmetic():
    a, b = RNG.uniform(-9, 9, (3, 40)), RNG.uniform(0.5, 3, 40)
    for op, function in [("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.divide), ("Max", np.maximum),
                         ("Min", np.minimum)]:
        yield single(op, [a, b], f32(function(a, b)))
    yield single("Pow", [np.abs(a), b], f32(np.abs(a)**b))
    yield single("Pow", [a, np.int64(3)], f32(a**3))
    yield single("Pow", [a, np.float32(2)], f32(a**2))
    yield single("Mod", [a * 1e12, b], f32(np.fmod(a * 1e12, b)), fmod=1)
    yield single("Sum", [a, b, a], f32(a + b + a))
    yield single("Mean", [a, b, a], f32((a + b + a) / 3))
    yield single("Clip", [a, np.float64(-0.1), np.float64(4.3)], f32(np.clip(a, -0.1, 4.3)))
    for op, function in [("Abs", np.abs), ("Neg", np.negative), ("Sign", np.sign), ("Floor", np.floor), ("Ceil", np.ceil), ("Round", np.rint),
                         ("Exp", np.exp), ("Sin", np.sin), ("Cos", np.cos), ("Tan", np.tan), ("Atan", np.arctan), ("Sinh", np.sinh),
                         ("Cosh", np.cosh), ("Asinh", np.arcsinh), ("Tanh", np.tanh), ("Erf", np.vectorize(math.erf)), ("Reciprocal", np.reciprocal),
                         ("Relu", lambda v: np.maximum(v, 0)), ("Sigmoid", lambda v: 1 / (1 + np.exp(-v)))]:
        yield single(op, [a], f32(function(a)))
    unit = RNG.uniform(-0.99, 0.99, 50)
    for op, data, function in [("Sqrt", b, np.sqrt), ("Log", b, np.log), ("Asin", unit, np.arcsin), ("Acos", unit, np.arccos), ("Atanh", unit, np.arctanh),
                               ("Acosh", b + 1, np.arccosh)]:
        yield single(op, [data], f32(function(data)))
    # What float32 would lose on the way: differences of numbers that it does not tell apart.
    yield folded(lambda g, c: g.node("Sub", c(HARD), c(HARD - HARD * 2.0**-40)), f32(HARD - (HARD - HARD * 2.0**-40)))
    yield folded(lambda g, c: g.node("Log", g.node("Exp", g.node("Mul", c(np.float64(500)), c(np.float64(1.2))))), f32(600.0))
    yield folded(lambda g, c: g.node("Div", c(np.float64(1)), g.node("Sqrt", c(np.float64(64)))), np.float32(0.125))


@case
def comparisons():
    near = np.array([1.0, 1 + 2.0**-40, 0.0, np.nan, np.inf])
    other = np.array([1 + 2.0**-40, 1 + 2.0**-40, -0.0, np.nan, 1.0])
    for op, function in [("Equal", np.equal), ("Less", np.less), ("LessOrEqual", np.less_equal), ("Greater", np.greater),
                         ("GreaterOrEqual", np.greater_equal)]:
        yield single(op, [near, other], function(near, other))
    yield single("IsNaN", [near], np.isnan(near))
    yield single("IsInf", [near], np.isinf(near))
    chosen = np.array([True, False, True, False, True])
    yield single("Where", [chosen, near, other], f32(np.where(chosen, near, other)))


@case
def layout():
    a = RNG.normal(size=(3, 4, 5))
    for op, arrays, want, attributes in [
            ("Transpose", [a], a.transpose(2, 0, 1), {"perm": [2, 0, 1]}), ("Reshape", [a, sizes(5, -1)], a.reshape(5, 12), {}),
            ("Concat", [a, a * 2], np.concatenate([a, a * 2], 1), {"axis": 1}), ("Gather", [a, sizes(3, 0, -1)], a[:, [3, 0, -1]], {"axis": 1}),
            ("Slice", [a, sizes(1), sizes(4), sizes(2), sizes(2)], a[:, :, 1:4:2], {}), ("Squeeze", [a[:1], sizes(0)], a[0], {}),
            ("Unsqueeze", [a, sizes(1)], a[:, None], {}), ("Flatten", [a], a.reshape(3, 20), {}), ("Expand", [a[:, :1], sizes(3, 4, 5)], a[:, :1].repeat(4, 1), {}),
            ("Tile", [a, sizes(1, 2, 1)], np.tile(a, (1, 2, 1)), {}), ("Pad", [a, sizes(0, 1, 0, 0, 0, 2), np.float64(0.1)],
                                                                        np.pad(a, [(0, 0), (1, 0), (0, 2)], constant_values=0.1), {}),
            ("Identity", [a], a, {}), ("Trilu", [a], np.triu(a), {}), ("GatherND", [a, np.array([[0, 1], [2, 3]])], a[[0, 2], [1, 3]], {}),
            ("ScatterND", [a, np.array([[1]]), a[:1]], np.stack([a[0], a[0], a[2]]), {}),
            ("OneHot", [sizes(1, 0), np.float64(3), np.array([0.1, 0.7])], np.where(np.eye(3)[[1, 0]] > 0, 0.7, 0.1), {})]:
        yield single(op, arrays, f32(want), **attributes)
    yield folded(lambda g, c: g.node("Split", c(a), axis=1, num_outputs=2, outputs=2)[1], f32(a[:, 2:]))
    yield folded(lambda g, c: g.node("Range", c(np.float64(0)), c(np.float64(1)), c(np.float64(0.1))), f32(np.arange(10) * 0.1))
    value = helper.make_tensor("value", TensorProto.DOUBLE, [1], [0.1])
    yield folded(lambda g, c: g.node("Mul", g.node("ConstantOfShape", c(sizes(2, 3)), value=value), c(np.float64(3))), f32(np.full((2, 3), 0.1 * 3)))
    yield folded(lambda g, c: g.node("Constant", value=value), f32([0.1]))
    yield folded(lambda g, c: g.node("Mul", g.node("EyeLike", c(np.zeros((2, 2), np.float32)), dtype=TensorProto.DOUBLE), c(np.float64(0.1))), f32(np.eye(2) * 0.1))


@case
def sums_and_products():
    a, b = RNG.normal(size=(4, 37)) * 1e6, RNG.normal(size=(37, 3))
    axes = sizes(1)
    for op, want in [("ReduceSum", a.sum(1)), ("ReduceMean", a.mean(1)), ("ReduceMax", a.max(1)), ("ReduceMin", a.min(1)), ("ReduceL1", np.abs(a).sum(1)),
                     ("ReduceL2", np.sqrt((a * a).sum(1))), ("ReduceSumSquare", (a * a).sum(1))]:
        yield single(op, [a, axes], f32(want), keepdims=0)
    yield single("ReduceProd", [b, axes], f32(b.prod(1)), keepdims=0)
    yield single("ReduceLogSumExp", [b, axes], f32(np.log(np.exp(b).sum(1))), keepdims=0)
    yield single("CumSum", [a, np.int64(1)], f32(a.cumsum(1)))
    yield single("MatMul", [a, b], f32(a @ b))
    yield single("Gemm", [a, b, b[0]], f32(a @ b * 0.5 + b[0]), alpha=0.5)
    yield single("Einsum", [a, b], f32((a @ b).T), equation="ij,jk->ki")
    close = np.array([[1, 1 + 2.0**-40, 1], [-1, -1 - 2.0**-40, -1]])
    yield single("ArgMax", [close], close.argmax(1), axis=1, keepdims=0)
    yield single("ArgMin", [close], close.argmin(1), axis=1, keepdims=0)


@case
def shapes_and_branches():
    """Doubles that decide what is computed."""
    def reshaped(graph, x):
        half = graph.node("Div", graph.constant("n", np.array([6.0])), graph.constant("m", np.array([2.0])))
        rest = graph.node("Concat", graph.node("Cast", half, to=TensorProto.INT64), graph.constant("r", sizes(-1)), axis=0)
        return graph.node("Reshape", x, rest)

    data = RNG.normal(size=(2, 9)).astype(np.float32)
    graph = Graph("shape", opset=17)
    graph.output(reshaped(graph, graph.input("x0", data)), (3, 6), name="y0")
    yield (*graph.finish(), [data.reshape(3, 6)])

    def branch(name, value):
        tensor = helper.make_tensor(name, TensorProto.DOUBLE, [], [value])
        return helper.make_graph([helper.make_node("Constant", [], [name], value=tensor)], name, [],
                                 [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [])])

    for bound in (0.1, 0.3):
        condition = lambda g, c: g.node("Less", c(np.float64(0.2)), c(np.float64(bound)))
        yield folded(lambda g, c: g.node("If", condition(g, c), then_branch=branch("t", 1 / 3), else_branch=branch("e", 1e-9)),
                     f32(1 / 3 if 0.2 < bound else 1e-9))


@case
def loops():
    """A carried number, and the stack of what a loop scans out."""
    body = helper.make_graph(
        [helper.make_node("Mul", ["a", "third"], ["b"]), helper.make_node("Identity", ["c"], ["next"]), helper.make_node("Identity", ["b"], ["out"])], "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("c", TensorProto.BOOL, []),
         helper.make_tensor_value_info("a", TensorProto.DOUBLE, [])],
        [helper.make_tensor_value_info("next", TensorProto.BOOL, []), helper.make_tensor_value_info("b", TensorProto.DOUBLE, []),
         helper.make_tensor_value_info("out", TensorProto.DOUBLE, [])],
        [helper.make_tensor("third", TensorProto.DOUBLE, [], [1 / 3])])
    steps = [np.float64(0.1)]
    for _ in range(4):
        steps.append(steps[-1] * (1 / 3))
    for output, want in ((0, steps[-1]), (1, np.array(steps[1:]))):
        yield folded(lambda g, c: g.node("Loop", c(np.int64(4)), c(np.array(True)), c(np.float64(0.1)), outputs=2, body=body)[output], f32(want))


def refused(graph, *words):
    """The model is refused with these words."""
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder, "m.onnx"), graph.finish()[0])
        done = tool("sluice-compile", Path(folder, "m.onnx"), "-o", Path(folder, "m.slu"), fails=True)
        assert not Path(folder, "m.slu").exists(), "a binary was written"
        for word in words:
            assert word in done.stderr, f"'{word}' is not in: {done.stderr}"


@case
def what_reaches_a_run():
    demote = "element type float64; --demote=f64 computes it as float32"
    data = np.ones(3, np.float32)
    graph = Graph("cast", opset=17)
    wide = graph.node("Cast", graph.input("x", data), to=TensorProto.DOUBLE)
    graph.output(graph.node("Cast", graph.node("Mul", wide, graph.constant("d", np.float64(2))), to=TensorProto.FLOAT), [3], name="y")
    refused(graph, "operator Cast", demote)
    graph = Graph("input", opset=17)
    graph.output(graph.input("x", data.astype(np.float64)), [3], np.float64, name="y")
    refused(graph, "input 'x'", demote)
    graph = Graph("output", opset=17)
    graph.input("x", data)
    graph.output(graph.node("Sqrt", graph.constant("d", np.ones(2))), [2], np.float64, name="y")
    refused(graph, "output 'y'", demote)
    graph = Graph("choice", opset=17)
    chosen = graph.node("Where", graph.input("x", data > 0), graph.constant("a", np.ones(3)), graph.constant("b", np.zeros(3)))
    graph.output(graph.node("Cast", chosen, to=TensorProto.FLOAT), [3], name="y")
    refused(graph, "operator Where", demote)
    graph = Graph("fetched", opset=17)
    fetched = graph.node("Gather", graph.constant("a", np.arange(9.0)), graph.input("x", np.array([1, 2, 3])))
    graph.output(graph.node("Cast", fetched, to=TensorProto.FLOAT), [3], name="y")
    refused(graph, "operator Gather", demote)
    graph = Graph("unknown", opset=17)
    graph.input("x", data)
    graph.output(graph.node("Cast", graph.node("Softmax", graph.constant("d", np.ones((2, 2)))), to=TensorProto.FLOAT), [2, 2], name="y")
    refused(graph, "operator Softmax", "input 0", demote)
    yield from ()


if __name__ == "__main__":
    run(whole_way=True)
