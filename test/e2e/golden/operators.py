#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""operators.py [CASE...]: operators in the forms of several versions through the reference interpreter,
against NumPy or plain loops: attribute semantics, integer exactness and the accuracy of composed functions."""

import itertools
import math
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from harness import assert_same_bits, execute, golden, run_cases, save_model, tool
from models import Graph

CASES = {}
RNG = np.random.default_rng(5)


def case(function):
    CASES[function.__name__] = function
    return function


def node(op, feeds, expected, constants=(), opset=17, outputs=1, **attributes):
    """One node over `feeds`, then `constants` (None: left out); what it must give: integers exactly, real
    numbers to 2e-6 of their magnitude. `opset` is the version of the node's domain."""
    graph = Graph(op.lower(), opset=17)
    graph.imports[attributes.get("domain", "")] = opset
    names = [graph.input(f"x{i}", array) for i, array in enumerate(feeds)]
    names += ["" if array is None else graph.constant(f"c{i}", array) for i, array in enumerate(constants)]
    expected = [np.asarray(e) for e in (expected if isinstance(expected, list) else [expected])]
    results = graph.node(op, *names, outputs=outputs, **attributes)
    for i, (result, want) in enumerate(zip([results] if outputs == 1 else results, expected)):
        graph.output(result, want.shape, np.float32 if want.dtype == np.float64 else want.dtype, name=f"y{i}")
    return (*graph.finish(), expected)


def reals(*shape, low=-4.0, high=4.0):
    return RNG.uniform(low, high, shape).astype(np.float32)


def wholes(*shape, low=-100, high=100, dtype=np.int64):
    return RNG.integers(low, high, shape).astype(dtype)


def sizes(*values):
    return np.array(values, np.int64)


# Elements.

@case
def composed_functions():
    x, unit, positive = reals(4, 500), reals(4, 500, low=-0.999, high=0.999), reals(4, 500, low=1.001, high=50)
    wide = x.astype(np.float64)
    erf = np.vectorize(math.erf)
    gelu = lambda v: v * (1 + erf(v / math.sqrt(2))) / 2
    for op, data, function, opset in [
            ("Tan", unit, np.tan, 13), ("Asin", unit, np.arcsin, 13), ("Acos", unit, np.arccos, 13),
            ("Atan", x * 10, np.arctan, 13), ("Sinh", x, np.sinh, 13), ("Cosh", x, np.cosh, 13),
            ("Asinh", x * 10, np.arcsinh, 13), ("Acosh", positive, np.arccosh, 13), ("Atanh", unit, np.arctanh, 13),
            ("Erf", x, erf, 13), ("Gelu", x, gelu, 20), ("Softplus", x * 30, lambda v: np.logaddexp(0, v), 13),
            ("Mish", x, lambda v: v * np.tanh(np.logaddexp(0, v)), 18), ("Softsign", x, lambda v: v / (1 + abs(v)), 13),
            ("HardSwish", x, lambda v: v * np.clip(v / 6 + 0.5, 0, 1), 14), ("Sign", x, np.sign, 13)]:
        yield node(op, [data], function(data.astype(np.float64)).astype(np.float32), opset=opset)
    yield node("Celu", [x], np.where(wide < 0, 2 * np.expm1(wide / 2), wide).astype(np.float32), alpha=2.0)
    yield node("HardSigmoid", [x], np.clip(wide * 0.2 + 0.5, 0, 1).astype(np.float32))


@case
def powers():
    base = reals(3, 40)
    for exponent in (2.0, 3.0, -1.0, -2.0, 7.0, 0.0):
        yield node("Pow", [base], base.astype(np.float64) ** exponent, [np.float32(exponent)])
    root = np.abs(base) + np.float32(0.1)
    for exponent in (0.5, -0.5, 1.5):
        yield node("Pow", [root], root.astype(np.float64) ** exponent, [np.float32(exponent)])
    exponents = RNG.integers(-3, 4, (3, 40)).astype(np.float32)
    yield node("Pow", [base, exponents], base.astype(np.float64) ** exponents)
    whole, times = wholes(50, low=-9, high=9, dtype=np.int32), wholes(50, low=0, high=6, dtype=np.int32)
    yield node("Pow", [whole, times], whole ** times)


@case
def integer_division():
    edges = np.array([1, 2, 3, 7, 10, 255, 4096, 65535, 46341, 1 << 24, (1 << 24) + 1, 123456789, (1 << 31) - 1])
    edges = np.concatenate([edges, -edges])
    a, b = (grid.ravel() for grid in np.meshgrid(np.concatenate([edges, [0]]), edges))
    a = np.concatenate([a, wholes(3000, low=-(1 << 31) + 1, high=1 << 31)])
    b = np.concatenate([b, wholes(1500, low=1, high=1 << 31), wholes(1500, low=-1000, high=-1)])
    quotient = np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))
    for dtype in (np.int32, np.int64):
        feeds = [a.astype(dtype), b.astype(dtype)]
        yield node("Div", feeds, quotient.astype(dtype))
        yield node("Mod", feeds, (a - b * np.floor_divide(a, b)).astype(dtype))
        yield node("Mod", feeds, (a - b * quotient).astype(dtype), fmod=1)


@case
def unsigned_division():
    edges = np.array([1, 2, 3, 10, 65535, (1 << 24) + 1, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, (1 << 32) - 1])
    a, b = (grid.ravel() for grid in np.meshgrid(np.concatenate([edges, [0]]), edges))
    a = np.concatenate([a, wholes(3000, low=0, high=1 << 32)]).astype(np.uint32)
    b = np.concatenate([b, wholes(1000, low=1, high=1 << 32), wholes(2000, low=1, high=1000)]).astype(np.uint32)
    yield node("Div", [a, b], a // b)
    yield node("Mod", [a, b], a % b)
    least = np.array([-(1 << 31)] * 4 + [5], np.int32)
    yield node("Div", [least, np.array([2, 3, -7, -(1 << 31), -(1 << 31)], np.int32)], np.array([-(1 << 30), -715827882, 306783378, 1, 0], np.int32))


@case
def integer_products():
    """Modulo 2^32, as NumPy wraps."""
    for dtype in (np.int32, np.uint32):
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max + 1
        a, b = wholes(2, 5, 330, low=low, high=high, dtype=dtype), wholes(2, 330, 7, low=low, high=high, dtype=dtype)
        yield node("MatMul", [a, b], a @ b)
        yield node("MatMul", [a], a @ b[0], [b[0]])
    small, weights = wholes(5, 12, low=-30000, high=30000), wholes(12, 9, low=-100, high=100)
    yield node("MatMul", [small], small @ weights, [weights])
    yield node("Gemm", [small, weights, weights[:1]], 3 * (small @ weights) - 2 * weights[:1], alpha=3.0, beta=-2.0)


@case
def narrow_types():
    a, b = wholes(200, low=0, high=256, dtype=np.uint8), wholes(200, low=1, high=256, dtype=np.uint8)
    for op, function in (("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.floor_divide),
                         ("Max", np.maximum), ("Less", np.less)):
        yield node(op, [a, b], function(a, b))
    x, y = reals(200).astype(np.float16), reals(200).astype(np.float16)
    for op, function in (("Add", np.add), ("Mul", np.multiply), ("Div", np.divide)):
        yield node(op, [x, y], function(x, y))


@case
def casts():
    x = np.array([-2.7, -1.0, -0.3, 0.0, 0.4, 1.5, 2.9, 100.2], np.float32)
    for to, dtype in ((1, np.float32), (3, np.int8), (6, np.int32), (7, np.int64), (9, np.bool_), (10, np.float16)):
        yield node("Cast", [x], x.astype(dtype), to=to)
        yield node("Cast", [x.astype(np.int32)], x.astype(np.int32).astype(dtype), to=to)
        yield node("Cast", [x > 0], (x > 0).astype(dtype), to=to)
    big = np.array([0, 1, 255, 200], np.uint8)
    yield node("Cast", [big], big.astype(np.float32), to=1)
    yield node("Cast", [big], big.astype(np.int64), to=7)


@case
def casts_at_the_edges():
    """What a type has is exact; what it has not, ONNX leaves open: docs/operators.md."""
    word = np.array([2147483648, 3e9, 4294967040, 2147483520, 1.9, 0], np.float32)
    yield node("Cast", [word], word.astype(np.uint32), to=12)
    yield node("Cast", [], word.astype(np.uint32), [word], to=12)
    for dtype in (np.int32, np.uint32):
        info = np.iinfo(dtype)
        whole = wholes(3000, low=info.min, high=info.max, dtype=dtype)
        whole[:4] = [info.min, info.max, (1 << 24) + 1, (1 << 25) + 2]
        yield node("Cast", [whole], whole.astype(np.float32), to=1)
    beyond = np.array([300.7, -300.7, 5e9, -5e9, np.nan, np.inf, -np.inf, -1.5], np.float32)
    least, greatest = -(1 << 31), (1 << 31) - 1
    words = np.array([300, -300, greatest, least, 0, greatest, least, -1])
    for to, dtype in ((2, np.uint8), (3, np.int8), (4, np.uint16), (5, np.int16), (6, np.int32), (7, np.int64)):
        yield node("Cast", [beyond], words.astype(dtype), to=to)
        if dtype != np.int64:
            yield node("Cast", [], words.astype(dtype), [beyond], to=to)
            yield node("Cast", [words.astype(np.int32)], words.astype(dtype), to=to)
    unsigned = np.where(np.isin(beyond, [5e9, np.inf]), 0xffffffff, words & 0xffffffff).astype(np.uint32)
    yield node("Cast", [beyond], unsigned, to=12)
    yield node("Cast", [beyond], ~np.isin(beyond, [0]), to=9)


@case
def numbers_that_are_none():
    """NaN spreads, and is what ArgMax and ArgMin find, as with NumPy."""
    x = np.array([[1, np.nan, 0, np.nan, 3], [2, -0.0, 0.0, -5, 1], [np.nan] * 5], np.float32)
    y = np.array([np.nan, 1, 2, 3, 4], np.float32)
    for op, function in (("Max", np.maximum), ("Min", np.minimum)):
        yield node(op, [x, y], function(x, y))
    for op, function in (("ReduceMax", np.max), ("ReduceMin", np.min)):
        yield node(op, [x], function(x, 1), [sizes(1)], opset=18, keepdims=0)
    for op, function in (("ArgMax", np.argmax), ("ArgMin", np.argmin)):
        yield node(op, [x], function(x, 1), axis=1, keepdims=0)
        yield node(op, [x], 4 - function(x[:, ::-1], 1), axis=1, keepdims=0, select_last_index=1)
    yield node("Clip", [x], np.clip(x, 0, 2), [np.float32(0), np.float32(2)])
    yield node("Clip", [x], np.full_like(x, np.nan), [np.float32(np.nan)])
    yield node("Relu", [x], np.maximum(x, 0))
    yield node("MaxPool", [x[None]], np.maximum(x[None, :, 1:], x[None, :, :-1]), kernel_shape=[2])


@case
def clips():
    x = reals(4, 9)
    yield node("Clip", [x], np.clip(x, -1, 2), opset=6 + 1, min=-1.0, max=2.0)
    yield node("Clip", [x], np.clip(x, -1, 2), [np.float32(-1), np.float32(2)])
    yield node("Clip", [x], np.minimum(x, 2), [None, np.float32(2)])
    i = wholes(30, dtype=np.int32)
    yield node("Clip", [i], np.clip(i, -5, 7), [np.int32(-5), np.int32(7)])


@case
def logic():
    a, b = wholes(60, low=0, high=2) > 0, wholes(60, low=0, high=2) > 0
    for op, function in (("And", np.logical_and), ("Or", np.logical_or), ("Xor", np.logical_xor), ("Equal", np.equal)):
        yield node(op, [a, b], function(a, b))
    x = np.array([1, np.inf, -np.inf, np.nan, -0.0], np.float32)
    yield node("IsNaN", [x], np.isnan(x))
    yield node("IsInf", [x], np.isposinf(x), detect_negative=0)
    i, j = wholes(60), wholes(60)
    yield node("Where", [a, i, j], np.where(a, i, j))


# Reductions and normalization.

@case
def reductions():
    x = reals(3, 5, 4, 7)
    for axes in ((0,), (-1,), (1, 2), (0, 3), (3, 1), (0, 1, 2, 3)):
        for keep in (0, 1):
            flags = dict(keepdims=keep)
            want = np.sum(x.astype(np.float64), axes, keepdims=bool(keep))
            yield node("ReduceSum", [x], want, opset=11, axes=axes, **flags)
            yield node("ReduceSum", [x], want, [sizes(*axes)], opset=13, **flags)
            yield node("ReduceMean", [x], want / (x.size / want.size), opset=17, axes=axes, **flags)
            yield node("ReduceMax", [x], x.max(axes, keepdims=bool(keep)), [sizes(*axes)], opset=18, **flags)
    yield node("ReduceSum", [x], x, [sizes()], noop_with_empty_axes=1)
    yield node("ReduceL2", [x], np.sqrt((x.astype(np.float64) ** 2).sum((1, 2), keepdims=True)), opset=13, axes=[1, 2])
    yield node("ReduceLogSumExp", [x * 20], np.logaddexp.reduce(x.astype(np.float64) * 20, 2, keepdims=True), opset=13, axes=[2])
    i = wholes(6, 50, dtype=np.int32)
    yield node("ReduceProd", [i], np.prod(i, 1, keepdims=True, dtype=np.int32), opset=13, axes=[1])
    u = wholes(5, 9, low=0, high=1 << 32, dtype=np.uint32)
    yield node("ReduceMax", [u], u.max(1), [sizes(1)], opset=18, keepdims=0)
    yield node("ReduceMin", [u], u.min(0, keepdims=True), [sizes(0)], opset=18)
    yield node("ReduceL2", [i], np.sqrt((i.astype(np.float64) ** 2).sum(1, keepdims=True)).astype(np.int32), opset=13, axes=[1])
    yield node("ArgMax", [i], i.argmax(1), axis=1, keepdims=0)
    yield node("ArgMin", [x], x.argmin(2)[:, :, None], axis=-2)


@case
def softmaxes():
    x = reals(3, 4, 5) * 10
    wide = x.astype(np.float64)
    e = np.exp(wide - wide.max())
    yield node("Softmax", [x], e / e.sum((1, 2), keepdims=True), opset=11, axis=1)
    yield node("Softmax", [x], e / e.sum(1, keepdims=True), opset=13, axis=1)
    yield node("LogSoftmax", [x], np.log(e / e.sum(2, keepdims=True)), opset=13)


@case
def normalizations():
    x, scale, bias = reals(4, 6, 5), reals(5), reals(5)
    wide = x.astype(np.float64)
    mean, deviation = wide.mean(2, keepdims=True), np.sqrt(wide.var(2, keepdims=True) + 1e-5)
    yield node("LayerNormalization", [x, scale, bias],
               [(wide - mean) / deviation * scale + bias, mean.astype(np.float32), (1 / deviation).astype(np.float32)], outputs=3)
    c = [reals(6), reals(6), reals(6), reals(6, low=0.1)]
    scale, bias, mean, variance = (v.astype(np.float64)[:, None] for v in c)
    yield node("BatchNormalization", [x], scale * (wide - mean) / np.sqrt(variance + 1e-5) + bias, c)


@case
def batch_statistics():
    """What BatchNormalization computes from the batch itself, in the forms of several versions."""
    x, scale, bias, mean, variance = reals(4, 3, 5), reals(3), reals(3), reals(3), reals(3, low=0.1)
    wide = x.astype(np.float64)
    column = lambda v: v.astype(np.float64)[:, None]
    own, spread = wide.mean((0, 2)), wide.var((0, 2))
    want = (wide - column(own)) / np.sqrt(column(spread) + 1e-3) * column(scale) + column(bias)
    running = [0.75 * mean.astype(np.float64) + 0.25 * own, 0.75 * variance.astype(np.float64) + 0.25 * spread]
    flags = dict(epsilon=1e-3, momentum=0.75)
    yield node("BatchNormalization", [x, scale, bias, mean, variance], [want, *running], opset=15, outputs=3, training_mode=1, **flags)
    yield node("BatchNormalization", [x, scale, bias, mean, variance], [want, *running, own, spread], opset=9, outputs=5, **flags)
    places = [reals(3, 5), reals(3, 5), reals(3, 5), reals(3, 5, low=0.1)]
    s, b, m, v = (p.astype(np.float64) for p in places)
    yield node("BatchNormalization", [x, *places], (wide - m) / np.sqrt(v + 1e-5) * s + b, opset=7, spatial=0)


# Contractions and windows.

@case
def matrix_products():
    for left, right in (((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (1, 6, 4, 5)),
                        ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (4,)), ((1, 330), (330, 7)), ((3, 4), (2, 4, 5))):
        a, b = reals(*left), reals(*right)
        yield node("MatMul", [a, b], a.astype(np.float64) @ b.astype(np.float64))
    a, b, c = reals(4, 3), reals(5, 4), reals(5)
    yield node("Gemm", [a, b, c], 0.5 * (a.T.astype(np.float64) @ b.T) + 2 * c, transA=1, transB=1, alpha=0.5, beta=2.0)
    for dtype in (np.int32, np.int64):
        a, b = wholes(2, 3, 40, low=-5000, high=5000, dtype=dtype), wholes(40, 5, low=-5000, high=5000, dtype=dtype)
        yield node("MatMul", [a, b], a @ b)
        yield node("Gemm", [a[0], b], a[0] @ b * 2 + 3, [np.array(3, dtype)], alpha=2.0)
        yield node("Einsum", [a, b], np.einsum("bik,kj->bj", a, b), equation="bik,kj->bj")
    for dtypes in itertools.product((np.int8, np.uint8), repeat=2):
        a, b = (wholes(*shape, low=np.iinfo(t).min, high=np.iinfo(t).max + 1, dtype=t)
                for shape, t in zip(((6, 400), (400, 9)), dtypes))
        zero = [np.array(12, dtypes[0]), np.array(3, dtypes[1])]
        want = (a.astype(np.int32) - 12) @ (b.astype(np.int32) - 3)
        yield node("MatMulInteger", [a, b], want, zero)
        yield node("MatMulInteger", [a, b], a.astype(np.int32) @ b.astype(np.int32))
        columns = wholes(9, low=0, high=100, dtype=dtypes[1])
        yield node("MatMulInteger", [a, b], (a.astype(np.int32) - 12) @ (b.astype(np.int32) - columns), [zero[0], columns])


@case
def label_sums():
    a, b, square = reals(2, 3, 4), reals(2, 4, 5), reals(6, 6)
    for equation, operands in [("bij,bjk->bik", [a, b]), ("bij,bjk->kb", [a, b]), ("bij->jib", [a]), ("ii->i", [square]),
                               ("ii", [square]), ("bij,ck->ick", [a, reals(3, 2)]), ("...ij,...jk", [a, b]),
                               ("bij,bjk,kl->bl", [a, b, reals(5, 2)])]:
        want = np.einsum(equation, *(operand.astype(np.float64) for operand in operands))
        yield node("Einsum", operands, want, equation=equation)


@case
def resizing():
    """By hand: half-pixel centres at a quarter and three quarters, edges repeated."""
    x = np.array([[[[1, 2, 4]]]], np.float32)
    double = np.array([1, 1, 1, 2], np.float32)
    yield node("Resize", [x], np.array([[[[1, 1.25, 1.75, 2.5, 3.5, 4]]]], np.float32), [None, double], mode="linear")
    yield node("Resize", [x], np.array([[[[1, 1, 2, 2, 4, 4]]]], np.float32), [None, double], mode="nearest")
    yield node("Resize", [x], np.array([[[[1, 1.5, 2, 3, 4]]]], np.float32), [None, None, sizes(1, 1, 1, 5)],
               mode="linear", coordinate_transformation_mode="align_corners")
    # 4 elements by 1.6 are 6.4, of which 6 are made: the last lies before the end.
    ramp, scales = np.array([[[[1, 2, 3, 4]]]], np.float32), np.array([1, 1, 1, 1.6], np.float32)
    exact = (1 + np.arange(6) * 3 / (4 * float(scales[3]) - 1)).astype(np.float32)
    yield node("Resize", [ramp], exact[None, None, None], [None, scales], mode="linear", coordinate_transformation_mode="align_corners")


@case
def clipped_recurrences():
    """The input of every activation is clipped, the cell state not."""
    clip, bound = 0.4, lambda v: np.clip(v, -0.4, 0.4)
    sigmoid = lambda v: 1 / (1 + np.exp(-v))
    x, b = reals(3, 2, 4, low=-2, high=2), reals(1, 8 * 3, low=-1, high=1)
    w, r = reals(1, 12, 4, low=-1, high=1), reals(1, 12, 3, low=-1, high=1)
    h, c = np.zeros((2, 3)), np.full((2, 3), 3.0)
    sums, outputs, states = b[0, :12].astype(np.float64) + b[0, 12:], [], []
    for step in x.astype(np.float64):
        i, o, f, g = np.split(bound(step @ w[0].T.astype(np.float64) + h @ r[0].T + sums), 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(bound(c))
        outputs.append(h)
        states.append(c)
    start = np.full((1, 2, 3), 3.0, np.float32)
    assert (np.abs(states) > clip).any(), "no cell state is clipped"
    yield node("LSTM", [x], [np.array(outputs)[:, None], h[None], c[None]], [w, r, b, None, None, start], opset=14, outputs=3, clip=clip, hidden_size=3)
    h, outputs = np.zeros((2, 3)), []
    for step in x.astype(np.float64):
        h = np.tanh(bound(step @ w[0, :3].T.astype(np.float64) + h @ r[0, :3].T + b[0, :3].astype(np.float64) + b[0, 3:6]))
        outputs.append(h)
    yield node("RNN", [x], [np.array(outputs)[:, None], h[None]], [w[:, :3], r[:, :3], b[:, :6]], opset=14, outputs=2, clip=clip, hidden_size=3)


def slide(x, kernel, strides, pads, dilations, fill, ceil=False):
    """For each position of a window its elements: [N, C, positions..., taps...]."""
    rank = len(kernel)
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    low, high = pads[:rank], pads[rank:]
    count = []
    for i in range(rank):
        room = x.shape[2 + i] + low[i] + high[i] - extent[i]
        n = (-(-room // strides[i]) if ceil else room // strides[i]) + 1
        if ceil and (n - 1) * strides[i] >= x.shape[2 + i] + low[i]:
            n -= 1
        count.append(n)
    out = np.full((*x.shape[:2], *count, *kernel), fill, np.float64)
    for position in itertools.product(*map(range, count)):
        for tap in itertools.product(*map(range, kernel)):
            at = [p * s - l + t * d for p, s, l, t, d in zip(position, strides, low, tap, dilations)]
            if all(0 <= a < size for a, size in zip(at, x.shape[2:])):
                out[(slice(None), slice(None), *position, *tap)] = x[(slice(None), slice(None), *at)]
    return out


def convolve(x, weights, bias, groups, strides, pads, dilations):
    windows = slide(x, weights.shape[2:], strides, pads, dilations, 0)
    rank, per = x.ndim - 2, weights.shape[1]
    parts = []
    for group in range(groups):
        w = weights.reshape(groups, -1, *weights.shape[1:])[group].astype(np.float64)
        part = windows[:, group * per:(group + 1) * per]
        axes = [1, *range(2 + rank, 2 + 2 * rank)]
        parts.append(np.moveaxis(np.tensordot(part, w, (axes, [1, *range(2, 2 + rank)])), -1, 1))
    return np.concatenate(parts, 1) + (0 if bias is None else bias.reshape(-1, *[1] * rank))


@case
def convolutions():
    for groups, channels, outputs, spatial, kernel, strides, pads, dilations in [
            (1, 3, 4, (7, 8), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1)), (1, 1, 2, (9, 9), (5, 5), (2, 2), (2, 1, 0, 2), (1, 1)),
            (2, 4, 6, (7, 7), (3, 2), (2, 1), (0, 0, 0, 0), (2, 2)), (4, 4, 4, (6, 6), (3, 3), (1, 1), (1, 1, 1, 1), (1, 1)),
            (1, 2, 3, (11,), (4,), (3,), (1, 2), (1,)), (1, 2, 2, (4, 5, 4), (2, 2, 3), (1, 2, 1), (0, 1, 0, 0, 0, 1), (1, 1, 1))]:
        x, w, b = reals(2, channels, *spatial), reals(outputs, channels // groups, *kernel), reals(outputs)
        want = convolve(x, w, b, groups, strides, pads, dilations)
        yield node("Conv", [x], want, [w, b], group=groups, strides=strides, pads=pads, dilations=dilations)
    x, w = reals(1, 2, 7, 7), reals(3, 2, 4, 4)
    yield node("Conv", [x], convolve(x, w, None, 1, (2, 2), (1, 1, 2, 2), (1, 1)), [w], auto_pad="SAME_UPPER", strides=[2, 2])
    yield node("Conv", [x], convolve(x, w, None, 1, (2, 2), (2, 2, 1, 1), (1, 1)), [w], auto_pad="SAME_LOWER", strides=[2, 2])
    yield node("Conv", [x], convolve(x, w, None, 1, (1, 1), (0, 0, 0, 0), (1, 1)), [w], auto_pad="VALID")


@case
def transposed_convolution():
    x, w = reals(1, 4, 4, 5), reals(4, 3, 3, 2)
    strides, groups = (2, 3), 2
    want = np.zeros((1, 6, 9, 14))
    for c, o, i, j, k, l in np.ndindex(4, 3, 4, 5, 3, 2):
        want[0, c // 2 * 3 + o, i * 2 + k, j * 3 + l] += float(x[0, c, i, j]) * float(w[c, o, k, l])
    yield node("ConvTranspose", [x], want[:, :, 1:-1], [w], strides=strides, group=groups, pads=[1, 0, 1, 0])
    padded = np.pad(want, [(0, 0), (0, 0), (0, 1), (0, 1)])
    yield node("ConvTranspose", [x], padded, [w], strides=strides, group=groups, output_padding=[1, 1])


@case
def poolings():
    x = reals(2, 3, 8, 9)
    for kernel, strides, pads, dilations, ceil in [((3, 3), (2, 2), (0, 0, 0, 0), (1, 1), 0), ((3, 2), (1, 1), (1, 0, 2, 1), (1, 1), 0),
                                                   ((3, 3), (2, 2), (1, 1, 1, 1), (1, 1), 1), ((2, 2), (2, 3), (0, 0, 0, 0), (2, 2), 1)]:
        flags = dict(kernel_shape=kernel, strides=strides, pads=pads)
        axes = (4, 5)
        windows = slide(x, kernel, strides, pads, dilations, -np.inf, bool(ceil))
        yield node("MaxPool", [x], windows.max(axes).astype(np.float32), dilations=dilations, ceil_mode=ceil, **flags)
        if dilations == (1, 1):
            inside = windows > -np.inf
            sums = np.where(inside, windows, 0).sum(axes)
            yield node("AveragePool", [x], sums / inside.sum(axes), ceil_mode=ceil, **flags)
            if not ceil:
                yield node("AveragePool", [x], sums / np.prod(kernel), count_include_pad=1, **flags)
    for p in (1, 2, 3, 17):
        powers = abs(slide(x, (3, 2), (2, 1), (1, 0, 1, 0), (1, 1), 0)) ** p
        yield node("LpPool", [x], powers.sum((4, 5)) ** (1 / p), kernel_shape=(3, 2), strides=(2, 1), pads=(1, 0, 1, 0), p=p)
        yield node("GlobalLpPool", [x], (abs(x.astype(np.float64)) ** p).sum((2, 3), keepdims=True) ** (1 / p), p=p)
    yield node("GlobalAveragePool", [x], x.astype(np.float64).mean((2, 3), keepdims=True))


# Layout and indices.

@case
def slices():
    x = reals(6, 7, 8)
    last = np.iinfo(np.int64).max
    yield node("Slice", [x], x[1:4, :, -3:], opset=9, starts=[1, -3], ends=[4, last], axes=[0, 2])
    yield node("Slice", [x], x[4:1:-2, ::3], [sizes(4, 0), sizes(1, last), sizes(0, 1), sizes(-2, 3)])
    yield node("Slice", [x], x[:, ::-1], [sizes(-1), sizes(-last), sizes(1), sizes(-1)])
    yield node("Slice", [x], x[3:3], [sizes(3), sizes(2), sizes(0)])


@case
def splits():
    x = reals(5, 6)
    yield node("Split", [x], [x[:2], x[2:]], opset=11, split=[2, 3], outputs=2)
    yield node("Split", [x], [x[:, :1], x[:, 1:]], [sizes(1, 5)], axis=1, outputs=2)
    yield node("Split", [x], [x[:3], x[3:]], opset=18, num_outputs=2, outputs=2)


@case
def shapes():
    x = reals(2, 1, 3, 1)
    yield node("Squeeze", [x], x[:, 0], opset=11, axes=[1])
    yield node("Squeeze", [x], x[:, 0, :, 0], opset=13)
    yield node("Unsqueeze", [x], x[None, :, :, :, :, None], opset=11, axes=[0, 5])
    yield node("Unsqueeze", [x], x[..., None], [sizes(-1)], opset=13)
    yield node("Reshape", [x], x.reshape(2, 3), [sizes(0, -1)])
    yield node("Flatten", [x], x.reshape(2, 3), axis=-2)
    yield node("Expand", [x], np.broadcast_to(x, (2, 4, 3, 5)), [sizes(4, 1, 5)])
    yield node("Tile", [x], np.tile(x, (1, 2, 2, 3)), [sizes(1, 2, 2, 3)])
    yield node("Transpose", [x], x.T)


@case
def pads():
    x = reals(3, 5)
    around = [(1, 0), (2, 3)]
    yield node("Pad", [x], np.pad(x, around, constant_values=2.5), opset=10, pads=[1, 2, 0, 3], value=2.5)
    for mode in ("constant", "reflect", "edge"):
        yield node("Pad", [x], np.pad(x, around, mode), [sizes(1, 2, 0, 3)], mode=mode)
    yield node("Pad", [x], np.pad(x, [(0, 0), (6, 7)], "wrap"), [sizes(6, 7), None, sizes(1)], opset=19, mode="wrap")
    yield node("Pad", [x], np.pad(x[:, 1:], [(0, 2), (0, 0)]), [sizes(0, -1, 2, 0)])


@case
def gathers():
    x = reals(5, 6, 7)
    indices = np.array([[0, -1, 3], [4, 2, -5]])
    for axis in (0, 1, -1):
        want = np.take(x, indices, axis)
        yield node("Gather", [x, indices], want, axis=axis)
        yield node("Gather", [x], want, [indices], axis=axis)
    along = RNG.integers(-6, 6, (5, 3, 7))
    want = np.take_along_axis(x, along, 1)
    yield node("GatherElements", [x, along], want, axis=1)
    yield node("GatherElements", [x], want, [along], axis=1)
    tuples = np.array([[0, 1], [4, -6], [2, 2]])
    yield node("GatherND", [x, tuples], x[tuples[:, 0], tuples[:, 1]])
    batched = RNG.integers(0, 6, (5, 2, 1))
    yield node("GatherND", [x, batched], np.stack([x[b][batched[b, :, 0]] for b in range(5)]), batch_dims=1)


@case
def scatters():
    x, updates = reals(4, 5), reals(2, 3)
    indices, twice = np.array([[0, -1, 2], [3, 0, 1]]), np.array([[0, 1, 1], [0, 0, 1]])
    want, total = x.copy(), x.astype(np.float64)
    for (i, j), update in np.ndenumerate(updates):
        want[indices[i, j], j] = update
        total[twice[i, j], j] += update
    yield node("ScatterElements", [x], want, [indices, updates])
    yield node("ScatterElements", [x], total, [twice, updates], opset=16, reduction="add")
    rows, want = np.array([[3], [1]]), x.copy()
    want[[3, 1]] = x[:2] * 2
    yield node("ScatterND", [x], want, [rows, x[:2] * 2])


FUNCTIONS = {"none": lambda old, new: new, "add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}


def scattered(data, places, updates, reduction):
    """Updates one after the other; real sums and products in float64."""
    want = data.astype(np.float64) if data.dtype.kind == "f" and reduction in ("add", "mul") else data.copy()
    for place, update in zip(places, updates, strict=True):
        want[place] = FUNCTIONS[reduction](want[place], update)
    return want


def scattered_along(data, indices, updates, axis, reduction):
    at = [list(place) for place in np.ndindex(indices.shape)]
    for place, index in zip(at, indices.flat, strict=True):
        place[axis] = index
    return scattered(data, map(tuple, at), updates.flat, reduction)


@case
def scatters_of_a_run():
    """Indices that a run knows, many of them the same or from the end, few enough to take turns and more."""
    for reduction in FUNCTIONS:
        attributes = {"opset": 18, "reduction": reduction}
        for axis, shape, many in [(0, (7, 5, 4), (3, 5, 2)), (1, (3, 9, 4), (2, 40, 4)), (-1, (2, 2, 321), (2, 1, 19))]:
            x, indices = reals(*shape), RNG.integers(-shape[axis], shape[axis], many)
            updates = reals(*many, low=-1.5, high=1.5)
            want = scattered_along(x, indices, updates, axis, reduction)
            yield node("ScatterElements", [x, indices, updates], want, axis=axis, **attributes)
        for depth, many in [(1, (3,)), (2, (5, 4)), (3, (33,)), (1, (40,))]:
            x = reals(6, 5, 4)
            low = np.array(x.shape[:depth])
            indices, updates = RNG.integers(-low, low, (*many, depth)), reals(*many, *x.shape[depth:], low=-1.5, high=1.5)
            flat = updates.reshape(-1, *x.shape[depth:])
            want = scattered(x, map(tuple, indices.reshape(-1, depth)), flat, reduction)
            yield node("ScatterND", [x, indices, updates], want, **attributes)
    for dtype in (np.int32, np.int64, np.uint8, np.int8, np.uint32):
        for reduction, count in itertools.product(FUNCTIONS, (3, 20)):
            x, updates = wholes(6, low=0, high=250).astype(dtype), wholes(count, low=0, high=250).astype(dtype)
            if dtype == np.uint32:
                x[::2] += np.uint32(1 << 31)
                updates[::2] += np.uint32(1 << 31)
            indices = RNG.integers(-6, 6, (count, 1))
            want = scattered(x, map(tuple, indices), updates, reduction)
            if dtype == np.int64 and reduction == "mul":
                continue  # beyond 32 bits
            yield node("ScatterND", [x, indices, updates], want, opset=18, reduction=reduction)
    mask, indices = RNG.integers(0, 2, (4, 5)).astype(bool), RNG.integers(-5, 5, (4, 20))
    updates = RNG.integers(0, 2, (4, 20)).astype(bool)
    yield node("ScatterElements", [mask, indices, updates], scattered_along(mask, indices, updates, 1, "none"), axis=1)
    halves = reals(3, 8).astype(np.float16)
    for count in (2, 30):
        indices = RNG.integers(-8, 8, (3, count))
        updates = np.round(reals(3, count)).astype(np.float16)
        for reduction in ("none", "max", "min"):
            yield node("ScatterElements", [halves, indices, updates],
                       scattered_along(halves, indices, updates, 1, reduction), axis=1, opset=18, reduction=reduction)


@case
def sums_along_an_axis():
    x = wholes(3, 11, dtype=np.int32)
    yield node("CumSum", [x], x.cumsum(1, dtype=np.int32), [np.int64(1)])
    yield node("CumSum", [x], x[:, ::-1].cumsum(1, dtype=np.int32)[:, ::-1], [np.int64(-1)], reverse=1)
    yield node("CumSum", [x], x.cumsum(0, dtype=np.int32) - x, [np.int64(0)], exclusive=1)
    yield node("Trilu", [x], np.tril(x, 2), [np.int64(2)], upper=0)


@case
def many_of_many():
    """Ranks that are counted in parts, ties among them."""
    x = wholes(1, 1100, low=-400, high=400, dtype=np.int32)
    order = np.argsort(-x, 1, kind="stable")[:, :70]
    yield node("TopK", [x], [np.take_along_axis(x, order, 1), order], [sizes(70)], outputs=2)


@case
def empty_tensors():
    """A cache that is still empty joins what comes next."""
    x = reals(1, 4, 2)
    yield node("Concat", [np.zeros((1, 0, 2), np.float32), x], x, axis=1)
    yield node("ReduceSum", [np.zeros((2, 0), np.float32)], np.zeros((2, 1), np.float32), [sizes(1)])


# Operator sets 1 to 6.

@case
def old_broadcasts():
    x, row, middle, column, one = reals(2, 3, 4), reals(4), reals(3), reals(2, 3), reals()
    for op, function in [("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.divide)]:
        yield node(op, [x], function(x, row), [row], opset=6, broadcast=1)
        yield node(op, [x], function(x, column[:, :, None]), [column], opset=6, broadcast=1, axis=0)
        yield node(op, [x], function(x, middle[:, None]), [middle], opset=1, broadcast=1, axis=1, consumed_inputs=[0, 0])
        yield node(op, [x], function(x, one), [one], opset=6, broadcast=1)
        yield node(op, [x], function(x, x + 9), [x + 9], opset=6)
    yield node("Pow", [x], x**2, [np.array([2], np.float32)], opset=6, broadcast=1)
    yield node("Greater", [x], x > column[:, :, None], [column], opset=6, broadcast=1, axis=-3)
    yield node("And", [x > 0], (x > 0) & (row > 0), [row > 0], opset=6, broadcast=1)
    yield node("Gemm", [reals(2, 3)], np.full((2, 5), 3, np.float32), [np.zeros((3, 5), np.float32), np.full(5, 3, np.float32)],
               opset=6, broadcast=1)


@case
def old_attributes():
    x, channels = reals(2, 3, 4, 5), reals(3)
    yield node("Cast", [x], np.trunc(x).astype(np.int32), opset=1, to="INT32")
    yield node("Cast", [x], x != 0, opset=5, to="bool")
    yield node("Clip", [x], np.clip(x, -1, 2), opset=1, min=-1.0, max=2.0, consumed_inputs=[0])
    yield node("Concat", [x, x], np.concatenate([x, x], 1), opset=1)
    yield node("Dropout", [x], x, opset=1, is_test=1, ratio=0.5, consumed_inputs=[0])
    yield node("Max", [x, -x], np.abs(x), opset=1)
    yield node("Pad", [x], np.pad(x, [(0, 0), (0, 0), (1, 2), (3, 0)], constant_values=7), opset=1,
               paddings=[0, 0, 1, 3, 0, 0, 2, 0], value=7.0)
    yield node("PRelu", [x], np.where(x < 0, x * channels[:, None, None], x), [channels], opset=6)
    yield node("Reshape", [x], x.reshape(2, 3, 20), opset=1, shape=[0, 3, -1])
    yield node("Split", [x], [x[:, :1], x[:, 1:]], opset=1, axis=1, split=[1, 2], outputs=2)
    yield node("Split", [x], [x[:, :2], x[:, 2:]], [sizes(2, 1)], opset=1, axis=1, outputs=2)
    yield node("Tile", [x], np.tile(x, (1, 1, 3, 1)), [sizes(3)[0], sizes(2)[0]], opset=1)
    yield node("Upsample", [x], x.repeat(2, 2).repeat(3, 3), opset=1, height_scale=2.0, width_scale=3.0)
    mean, variance = reals(3, 4, 5), reals(3, 4, 5, low=0.5, high=2.0)
    scale, bias = reals(3, 4, 5), reals(3, 4, 5)
    want = (x.astype(np.float64) - mean) / np.sqrt(variance.astype(np.float64) + 1e-5) * scale + bias
    yield node("BatchNormalization", [x], want, [scale, bias, mean, variance], opset=6, spatial=0, is_test=1)
    yield node("GlobalLpPool", [np.abs(x) + 1], ((np.abs(x.astype(np.float64)) + 1)**3).sum((2, 3), keepdims=True)**(1 / 3),
               opset=1, p=3.0)


def check(name, number, build, whole_way):
    model, feeds, expected = build
    with tempfile.TemporaryDirectory() as folder:
        path = save_model(Path(folder, "model.onnx"), model)
        outputs = golden(Path(folder), path, feeds, "--f32-matmul=f32")
        if whole_way:
            tool("sluice-compile", path, "-o", Path(folder, "model.slu"), "--f32-matmul=f32")
            assert_same_bits(execute(Path(folder), Path(folder, "model.slu"), feeds), outputs, f"{name} {number}")
    for i, want in enumerate(expected):
        have = outputs[f"y{i}"]
        assert have.shape == want.shape, f"{name} {number}: shape {have.shape}, expected {want.shape}"
        if want.dtype.kind in "iub" or want.dtype == np.float16:
            wrong = (have != want) & ~(np.isnan(have) & np.isnan(want)) if want.dtype == np.float16 else have != want
        else:
            bound = 2e-6 * max(1.0, float(np.abs(want[np.isfinite(want)]).max(initial=0)))
            wrong = ~np.isclose(have, want, rtol=2e-6, atol=bound, equal_nan=True)
        if wrong.any():
            at = tuple(np.argwhere(wrong)[0])
            raise AssertionError(f"{name} {number} ({model.graph.node[0].op_type}): {wrong.sum()} of {want.size} differ, "
                                 f"first at {at}: {have[at]}, expected {want[at]}; inputs "
                                 f"{[array[at] for array in feeds.values() if array.shape == want.shape]}")


def run(whole_way=False):
    """Runs the script's cases, all or those that are named; with `whole_way` their binaries, too, which must give
    the same bits."""
    run_cases((f"{name} {number}", partial(check, name, number, build, whole_way)) for name, builds in CASES.items()
              if builds.__module__ == "__main__" and (not sys.argv[1:] or name in sys.argv[1:])
              for number, build in enumerate(builds()))


if __name__ == "__main__":
    run()
