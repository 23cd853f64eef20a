#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""integer_operators.py [TYPE...]: operators on random integers of every type, whose extremes are among them, against
exact integers. One model of a type holds them all; its operands are inputs, constants, or both. The reference
interpreter gives what Python's integers say, modulo the type, and the binary the interpreter's bits."""

import math
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from harness import assert_same_bits, execute, golden, run_cases, save_model, tool
from models import Graph

TYPES = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64]
OPERATORS = []


def limits(dtype):
    """Of 64 bits a run holds 32."""
    return np.iinfo(np.int32 if dtype == np.int64 else dtype)


def wrap(values, dtype):
    """Exact integers modulo the type."""
    info = limits(dtype)
    size = int(info.max) - int(info.min) + 1
    return np.vectorize(lambda v: (int(v) - int(info.min)) % size + int(info.min), otypes=[dtype])(values)


def operands(rng, dtype, *shape, low=None, high=None):
    """Random magnitudes, and the type's extremes."""
    info = limits(dtype)
    low, high = int(info.min) if low is None else max(low, int(info.min)), int(info.max) if high is None else min(high, int(info.max))
    sign = rng.choice([1, -1], shape) if low < 0 else 1
    numbers = np.clip(sign * 2 ** rng.uniform(0, math.log2(high + 1), shape), low, high).astype(np.int64)
    for place, edge in zip(np.ndindex(*shape), (low, high, 0, 1, -1, high - 1)):
        numbers[place] = np.clip(edge, low, high)
    return numbers.astype(dtype)


def operator(*names, types=TYPES):
    """Registers a function (rng, type) that yields (operator, operands, exact result, attributes)."""
    def register(function):
        OPERATORS.append((function, types))
        return function

    return register


def exactly(function, *arrays):
    return np.vectorize(function, otypes=[object])(*(a.astype(object) for a in arrays))


SIGNED, WORDS = [np.int8, np.int16, np.int32, np.int64], [np.int32, np.uint32, np.int64]


@operator()
def arithmetic(rng, dtype):
    a, b = operands(rng, dtype, 5, 40), operands(rng, dtype, 40)
    for name, function in [("Add", lambda x, y: x + y), ("Sub", lambda x, y: x - y), ("Mul", lambda x, y: x * y),
                           ("Max", max), ("Min", min)]:
        yield name, [a, b], exactly(function, a, b), {}
    c = operands(rng, dtype, 5, 1)
    yield "Sum", [a, b, c], exactly(lambda x, y, z: x + y + z, a, b, c), {}
    low, high = sorted(operands(rng, dtype, 6)[4:].tolist())
    yield "Clip", [a, np.array(low, dtype), np.array(high, dtype)], exactly(lambda x: min(max(x, low), high), a), {}


@operator()
def division(rng, dtype):
    a, b = operands(rng, dtype, 400), operands(rng, dtype, 400)
    b[b == 0] = 7
    towards_zero = lambda x, y: abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
    yield "Div", [a, b], exactly(towards_zero, a, b), {}
    yield "Mod", [a, b], exactly(lambda x, y: x % y, a, b), {}
    yield "Mod", [a, b], exactly(lambda x, y: x - y * towards_zero(x, y), a, b), {"fmod": 1}


@operator()
def comparisons(rng, dtype):
    a = operands(rng, dtype, 300)
    b = np.where(rng.integers(0, 3, 300) == 0, a, operands(rng, dtype, 300))
    near = np.where(a < limits(dtype).max, a + 1, a).astype(dtype)
    for other in (b, near):
        for name, function in [("Equal", np.equal), ("Less", np.less), ("LessOrEqual", np.less_equal),
                               ("Greater", np.greater), ("GreaterOrEqual", np.greater_equal)]:
            yield name, [a, other], function(a, other), {}
    chosen = rng.integers(0, 2, 300).astype(bool)
    yield "Where", [chosen, a, b], np.where(chosen, a, b), {}


@operator()
def single(rng, dtype):
    a = operands(rng, dtype, 200)
    yield "Abs", [a], exactly(abs, a), {}
    yield "Sign", [a], np.sign(a), {}
    yield "Relu", [a], exactly(lambda x: max(x, 0), a), {}
    if dtype in SIGNED:
        yield "Neg", [a], exactly(lambda x: -x, a), {}
    slope = operands(rng, dtype, 200)
    yield "PRelu", [a, slope], exactly(lambda x, y: x * y if x < 0 else x, a, slope), {}
    b = operands(rng, dtype, 200)
    for name, function in [("BitwiseAnd", np.bitwise_and), ("BitwiseOr", np.bitwise_or), ("BitwiseXor", np.bitwise_xor)]:
        yield name, [a, b], function(a, b), {}
    yield "BitwiseNot", [a], np.invert(a), {}


@operator()
def shifts(rng, dtype):
    if dtype in SIGNED:
        return
    width = np.iinfo(dtype).bits
    a, b = operands(rng, dtype, 300), rng.integers(0, width, 300).astype(dtype)
    yield "BitShift", [a, b], exactly(lambda x, y: x << y, a, b), {"direction": "LEFT"}
    yield "BitShift", [a, b], exactly(lambda x, y: x >> y, a, b), {"direction": "RIGHT"}


def power(base, exponent, dtype):
    """Modulo the type; what a negative exponent gives is cut, and of 0 the greatest number."""
    if exponent >= 0:
        return pow(base, exponent, 1 << 64)
    info = limits(dtype)
    return int(info.max) if base == 0 else base ** (exponent % 2) if base in (1, -1) else 0


@operator()
def powers(rng, dtype):
    bases = operands(rng, dtype, 500)
    bases[300:] = np.sign(bases[300:].astype(np.int64)) * np.abs(bases[300:].astype(np.int64) % 13)
    for exponent_type in TYPES:
        exponents = operands(rng, exponent_type, 500)
        exponents[100:] = rng.integers(0, 40, 400)
        yield "Pow", [bases, exponents], exactly(lambda x, y: power(x, y, dtype), bases, exponents), {}
    for exponent in (0, 1, 2, 5, 31, 63, 64, 100, -1, -2):
        yield "Pow", [bases, np.array(exponent, np.int32)], exactly(lambda x: power(x, exponent, dtype), bases), {}


@operator(types=WORDS)
def sums(rng, dtype):
    a = operands(rng, dtype, 4, 33, 3)
    exact = a.astype(object)
    axes = np.array([1], np.int64)
    for keep in (0, 1):
        flags = {"keepdims": keep}
        yield "ReduceSum", [a, axes], exact.sum(1, keepdims=bool(keep)), flags
        yield "ReduceProd", [a, axes], exact.prod(1, keepdims=bool(keep)), flags
        yield "ReduceL1", [a, axes], np.abs(exact).sum(1, keepdims=bool(keep)), flags
        yield "ReduceSumSquare", [a, axes], (exact**2).sum(1, keepdims=bool(keep)), flags
    yield "CumSum", [a, np.array(1, np.int64)], exact.cumsum(1), {}
    yield "CumSum", [a, np.array(1, np.int64)], exact[:, ::-1].cumsum(1)[:, ::-1], {"reverse": 1}


@operator(types=WORDS)
def cut_reductions(rng, dtype):
    """Means, roots and logarithms, cut to integers: exact, near the integers too."""
    cut = lambda values, function: np.vectorize(lambda v: int(function(int(v))), otypes=[object])(values)
    flags, axes = {"keepdims": 0}, np.array([1], np.int64)
    few = operands(rng, dtype, 50, 30, high=1 << 25, low=-(1 << 25))
    total = few.astype(object).sum(1)
    yield "ReduceMean", [few, axes], cut(total, lambda v: abs(v) // 30 * (1 if v >= 0 else -1)), flags
    roots = np.array([n for root in (2, 1000, 4096, 46340, 65535) for n in (root**2 - 1, root**2, root**2 + 1)])
    roots = roots[roots <= limits(dtype).max]
    ones = np.concatenate([np.ones((len(roots), 1)), np.zeros((len(roots), 3))], 1)
    squares = few[:, :4] % (1 << 15)
    yield "ReduceL2", [squares, axes], cut((squares.astype(object)**2).sum(1), math.isqrt), flags
    yield "Pow", [roots.astype(dtype), np.array(0.5, np.float32)], cut(roots, math.isqrt), {}
    # One below, at and above every power of e.
    near = np.array([math.floor(math.exp(k)) + d for k in range(1, 22) for d in (-1, 0, 1, 2)])
    near = near[(near > 0) & (near <= 2**31 - 1)]
    exact = [sum(math.exp(k) <= n for k in range(1, 23)) for n in near.tolist()]
    sums = (near[:, None] * ones[:1] - [[0, 5, 0, 0]] + [[0, 0, 5, 0]]).astype(np.int64)
    if dtype == np.uint32:
        sums = near[:, None] * ones[:1]
    yield "ReduceLogSum", [sums.astype(dtype), axes], np.array(exact, object), flags
    far = np.array([[1 << 24 | 1, 0, 3, 5], [7, 7, 7, 7], [2**31 - 2, 1, 2, 2**31 - 2], [0, 0, 0, 0]], np.int64)
    expected = [1 << 24 | 1, 8, 2**31 - 2, 1]
    if dtype != np.uint32:
        far = np.concatenate([far, [[-7, -7, -7, -7], [-2**31, 2**31 - 1, 5, 6], [-2**31] * 3 + [-2**31 + 1]]])
        expected += [-5, 2**31 - 1, -2**31 + 2]
    else:
        far = np.concatenate([far, [[2**32 - 1, 2**31, 1, 0]]])
        expected += [2**32 - 1]
    yield "ReduceLogSumExp", [far.astype(dtype), axes], np.array(expected, object), flags


@operator()
def extremes(rng, dtype):
    a = operands(rng, dtype, 6, 50, 3)
    axes = np.array([1], np.int64)
    yield "ReduceMax", [a, axes], a.max(1, keepdims=True), {}
    yield "ReduceMin", [a, axes], a.min(1, keepdims=True), {}
    close = (limits(dtype).max - rng.integers(0, 5, (9, 60))).astype(dtype)
    for last in (0, 1):
        index = lambda x, find: 59 - find(x[:, ::-1], 1) if last else find(x, 1)
        flags = {"axis": 1, "keepdims": 0, "select_last_index": last}
        yield "ArgMax", [close], index(close, np.argmax).astype(object), flags
        yield "ArgMin", [close], index(close, np.argmin).astype(object), flags


@operator(types=WORDS)
def products(rng, dtype):
    a, b, c = operands(rng, dtype, 7, 330), operands(rng, dtype, 330, 5), operands(rng, dtype, 5)
    product = a.astype(object) @ b.astype(object)
    yield "MatMul", [a, b], product, {}
    yield "Gemm", [a, b, c], product * 3 + c.astype(object) * 2, {"alpha": 3.0, "beta": 2.0}
    yield "Einsum", [a, b], product.T, {"equation": "ij,jk->ki"}


@operator(types=[np.int8, np.uint8])
def bytes_in_windows(rng, dtype):
    a = operands(rng, dtype, 1, 2, 9, 9)
    windows = np.lib.stride_tricks.sliding_window_view(a, (3, 3), (2, 3))[:, :, ::2, ::2]
    yield "MaxPool", [a], windows.max((4, 5)), {"kernel_shape": [3, 3], "strides": [2, 2]}
    m, n = operands(rng, dtype, 9, 70), operands(rng, dtype, 70, 4)
    zero, other = np.array(3, dtype), np.array(100, dtype)
    yield "MatMulInteger", [m, n, zero, other], (m.astype(object) - 3) @ (n.astype(object) - 100), {}


@operator()
def placed(rng, dtype):
    """Updates of a few places and of many, combined."""
    data = operands(rng, dtype, 20)
    for count in (3, 40):
        places, updates = rng.integers(-20, 20, (count, 1)), operands(rng, dtype, count)
        for name, function in [("add", lambda x, y: x + y), ("mul", lambda x, y: x * y), ("max", max), ("min", min)]:
            want = data.astype(object)
            for place, update in zip(places[:, 0], updates.tolist()):
                want[place] = function(want[place], update)
            yield "ScatterND", [data, places, updates], want, {"reduction": name}


def cases(dtype, seed):
    rng = np.random.default_rng(seed)
    for function, types in OPERATORS:
        if dtype in types:
            yield from function(rng, dtype)


TO = {np.int8: 3, np.uint8: 2, np.int16: 5, np.uint16: 4, np.int32: 6, np.uint32: 12, np.int64: 7}
# Operands that decide a shape or axis.
KNOWN = {"ReduceSum", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceMean", "ReduceLogSum", "ReduceLogSumExp",
         "ReduceMax", "ReduceMin", "CumSum"}


def build(dtype, known):
    """A model of all operators of a type; `known(operand number)` says which are constants."""
    graph, expected = Graph(f"integers_{np.dtype(dtype).name}", opset=18), {}
    seed = TYPES.index(dtype) + 1
    for number, (op, arrays, want, attributes) in enumerate(cases(dtype, seed)):
        names = []
        for place, array in enumerate(arrays):
            constant = known(place) or (op in KNOWN and place == 1) or array.dtype == np.float32
            names.append((graph.constant if constant else graph.input)(f"x{number}_{place}", array))
        kind = np.bool_ if want.dtype == np.bool_ else np.int64 if op.startswith("Arg") else np.int32 if op == "MatMulInteger" else dtype
        want = want if want.dtype == np.bool_ else wrap(want, kind)
        name = f"y{number}_{op}_{'_'.join(str(array.dtype) for array in arrays)}"
        graph.output(graph.node(op, *names, **attributes), want.shape, kind, name=name)
        expected[name] = want
    return graph.finish()[0], graph.feeds, expected


def check(dtype, mode, known):
    model, feeds, expected = build(dtype, known)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        path = save_model(folder / "model.onnx", model)
        outputs = golden(folder, path, feeds)
        tool("sluice-compile", path, "-o", folder / "model.slu")
        assert_same_bits(execute(folder, folder / "model.slu", feeds), outputs, mode)
    wrong = []
    for name, want in expected.items():
        have = outputs[name]
        assert have.shape == want.shape and have.dtype == want.dtype, f"{name} is {have.dtype}{have.shape}"
        if (have != want).any():
            at = tuple(np.argwhere(have != want)[0])
            wrong.append(f"{name}: {(have != want).sum()} of {want.size}, first {at}: {have[at]}, expected {want[at]}")
    assert not wrong, "\n".join(wrong)


MODES = [("of a run", lambda place: False), ("first known", lambda place: place == 0),
         ("others known", lambda place: place != 0), ("known", lambda place: True)]


def checks():
    for dtype in TYPES:
        name = np.dtype(dtype).name
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        for mode, known in MODES:
            if dtype != np.int64 or mode == "of a run":  # constants are computed in 64 bits
                yield f"{name} {mode}", partial(check, dtype, mode, known)


run_cases(checks())
