# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small models by family. A case is a function that returns a models.Graph's (model, feeds) and,
where NumPy has the operation, its outputs in order, with a tolerance for float ones."""

import numpy as np

import models
from models import Graph

FAMILIES = {}


def case(family):
    def register(build):
        FAMILIES.setdefault(family, {})[build.__name__] = build
        return build

    return register


def single(op, feeds, expected, inputs=(), opset=13, **attributes):
    """One node over `feeds` (arrays) and constants `inputs`."""
    graph = Graph(op.lower(), opset=opset)
    names = [graph.input(f"x{i}", array) for i, array in enumerate(feeds)]
    names += [graph.constant(f"c{i}", array) for i, array in enumerate(inputs)]
    expected = np.asarray(expected)
    graph.output(graph.node(op, *names, **attributes), expected.shape, expected.dtype, name="y")
    return *graph.finish(), [expected]


def floats(*shape, seed=1, low=-4.0, high=4.0):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


def integers(*shape, seed=1, low=-100, high=100, dtype=np.int32):
    return np.random.default_rng(seed).integers(low, high, shape).astype(dtype)


def register_unary():
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    functions = {"Abs": np.abs, "Neg": np.negative, "Exp": np.exp, "Tanh": np.tanh, "Sigmoid": sigmoid, "Sin": np.sin,
                 "Cos": np.cos, "Floor": np.floor, "Ceil": np.ceil, "Round": np.rint, "Relu": lambda x: np.maximum(x, 0)}
    positive = {"Sqrt": np.sqrt, "Log": np.log, "Reciprocal": np.reciprocal}
    for op, function in functions.items():
        x = floats(3, 50)
        FAMILIES.setdefault("unary", {})[op] = lambda op=op, x=x, f=function: single(op, [x], f(x))
    for op, function in positive.items():
        x = floats(7, 331, low=0.01)
        FAMILIES["unary"][op] = lambda op=op, x=x, f=function: single(op, [x], f(x))


def register_binary():
    shapes = {"same": ((4, 40), (4, 40)), "row": ((4, 40), (40,)), "column": ((4, 40), (4, 1)),
              "scalar": ((4, 40), ()), "outer": ((1, 40), (4, 1)), "wide": ((2, 3, 700), (3, 1)), "vector": ((5,), (5,))}
    for op, function in {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}.items():
        for name, (left, right) in shapes.items():
            a, b = floats(*left), floats(*right, seed=2, low=0.5)
            FAMILIES.setdefault("binary", {})[f"{op}_{name}"] = lambda op=op, a=a, b=b, f=function: single(op, [a, b], f(a, b))
    a, b = integers(6, 33), integers(6, 33, seed=2)
    for op, function in {"Add": np.add, "Mul": np.multiply, "Min": np.minimum, "Max": np.maximum}.items():
        FAMILIES["binary"][f"{op}_int32"] = lambda op=op, f=function: single(op, [a, b], f(a, b))
    for op, function in {"Equal": np.equal, "Less": np.less, "GreaterOrEqual": np.greater_equal}.items():
        FAMILIES["binary"][f"{op}_int32"] = lambda op=op, f=function: single(op, [a, b], f(a, b))
    x, y = floats(6, 33), floats(6, 33, seed=2)
    FAMILIES["binary"]["Less"] = lambda: single("Less", [x, y], x < y)
    FAMILIES["binary"]["Where"] = lambda: single("Where", [x < y, x, y], np.where(x < y, x, y))


def register_reductions():
    def softmax(x, axis):
        e = np.exp(x - x.max(axis, keepdims=True))
        return e / e.sum(axis, keepdims=True)

    cases = FAMILIES.setdefault("reduction", {})
    functions = {"ReduceMax": np.max, "ReduceMin": np.min, "ReduceMean": np.mean}
    for shape in ((5, 7), (3, 64), (2, 3, 321), (4, 1000)):
        x = floats(*shape)
        for axis in range(len(shape)):
            for op, function in functions.items():
                cases[f"{op}_{'x'.join(map(str, shape))}_axis{axis}"] = \
                    lambda op=op, x=x, a=axis, f=function: single(op, [x], f(x, axis=a, keepdims=True), axes=[a])
            cases[f"Softmax_{'x'.join(map(str, shape))}_axis{axis}"] = \
                lambda x=x, a=axis: single("Softmax", [x], softmax(x, a), axis=a)
        cases[f"ReduceSum_{'x'.join(map(str, shape))}"] = \
            lambda x=x: single("ReduceSum", [x], x.sum(-1), [np.array([-1], np.int64)], keepdims=0)
    x = floats(4, 6, 96)
    cases["ReduceMean_all"] = lambda: single("ReduceMean", [x], x.mean(keepdims=True))


@case("reduction")
def layer_normalization():
    x, scale, bias = floats(6, 200), floats(200, seed=2), floats(200, seed=3)
    normal = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return single("LayerNormalization", [x], normal * scale + bias, [scale, bias], opset=17, axis=-1)


def register_matmul():
    cases = FAMILIES.setdefault("matmul", {})
    for m, k, n in ((1, 1, 1), (1, 64, 64), (3, 320, 320), (2, 321, 17), (5, 700, 400), (33, 40, 650), (1, 1280, 1280)):
        x = integers(m, k, low=-128, high=128, dtype=np.int8)
        w = integers(k, n, seed=2, low=-128, high=128, dtype=np.int8)
        cases[f"int8_{m}x{k}x{n}"] = lambda x=x, w=w: single(
            "MatMulInteger", [x], x.astype(np.int32) @ w.astype(np.int32), [w])
        a, b = floats(m, k), floats(k, n, seed=2, low=-0.1, high=0.1)
        exact = lambda a, b: (a.astype(np.float16).astype(np.float64) @ b.astype(np.float16).astype(np.float64))
        cases[f"float_{m}x{k}x{n}"] = lambda a=a, b=b: single("MatMul", [a], exact(a, b).astype(np.float32), [b])
    a, b = floats(2, 3, 20, 48), floats(2, 3, 48, 30, seed=2)
    cases["batched_run_time"] = lambda: single("MatMul", [a, b], exact(a, b).astype(np.float32))
    c, d = floats(9, 350), floats(350, 330, seed=2)
    cases["run_time"] = lambda: single("MatMul", [c, d], exact(c, d).astype(np.float32))
    bias = floats(30, seed=3)
    cases["gemm"] = lambda: single("Gemm", [a[0, 0]], (exact(a[0, 0], b[0, 0]) + bias).astype(np.float32),
                                   [b[0, 0].T.copy(), bias], transB=1)


@case("matmul")
def two_layers():
    """The hidden activations cross cards where there are several."""
    graph = Graph("two_layers")
    x = graph.node("MatMul", graph.normal("x", 8, 640), graph.weights("up", 640, 640, scale=0.04))
    x = graph.node("MatMul", graph.node("Relu", x), graph.weights("down", 640, 640, scale=0.04))
    graph.output(x, [8, 640], name="y")
    return *graph.finish(), None


def register_windows():
    """Convolutions and pooling over [1, channels, height, width]."""
    cases = FAMILIES.setdefault("window", {})

    def windows(x, size, stride, pad, fill):
        x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=fill)
        view = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
        return view[:, :, ::stride, ::stride]

    def conv(x, w, stride, pad):
        x, w = x.astype(np.float16).astype(np.float64), w.astype(np.float16).astype(np.float64)
        return np.einsum("nchwij,ocij->nohw", windows(x, w.shape[-1], stride, pad, 0), w).astype(np.float32)

    for channels, outputs, side, size, stride, pad in ((1, 1, 5, 3, 1, 0), (3, 8, 12, 3, 1, 1), (8, 16, 9, 3, 2, 1),
                                                       (16, 24, 7, 1, 1, 0), (1, 8, 28, 5, 1, 2)):
        x, w = floats(1, channels, side, side), floats(outputs, channels, size, size, seed=2)
        cases[f"Conv_{channels}to{outputs}_{side}_{size}s{stride}p{pad}"] = lambda x=x, w=w, s=stride, p=pad: single(
            "Conv", [x], conv(x, w, s, p), [w], strides=[s, s], pads=[p] * 4)
    x = floats(1, 6, 14, 14)
    for size, stride in ((2, 2), (3, 3), (3, 1)):
        view = windows(x, size, stride, 0, 0)
        attributes = dict(kernel_shape=[size] * 2, strides=[stride] * 2)
        cases[f"MaxPool_{size}s{stride}"] = lambda v=view, a=attributes: single("MaxPool", [x], v.max((-2, -1)), **a)
        cases[f"AveragePool_{size}s{stride}"] = lambda v=view, a=attributes: single("AveragePool", [x], v.mean((-2, -1)), **a)
    v = floats(1, 3, 16, 16, 16)
    view = np.lib.stride_tricks.sliding_window_view(v, (2, 2, 2), axis=(2, 3, 4))
    # Every pass reads eight vectors of few buffers at once.
    cases["MaxPool_3d"] = lambda v=v, w=view: single("MaxPool", [v], w.max((-3, -2, -1)), kernel_shape=[2] * 3)
    cases["GlobalAveragePool"] = lambda: single("GlobalAveragePool", [x], x.mean((2, 3), keepdims=True))


def register_layout():
    cases = FAMILIES.setdefault("layout", {})
    x, y = floats(3, 4, 50), floats(3, 5, 50, seed=2)
    z = floats(3, 4, 400)
    for name, order in {"swap_last": (0, 2, 1), "swap_first": (1, 0, 2), "reverse": (2, 1, 0), "rotate": (2, 0, 1)}.items():
        cases[f"Transpose_{name}"] = lambda o=order: single("Transpose", [x], x.transpose(o), perm=o)
        cases[f"Transpose_{name}_wide"] = lambda o=order: single("Transpose", [z], z.transpose(o), perm=o)
    cases["Transpose_int8"] = lambda: single("Transpose", [integers(70, 30, dtype=np.int8)],
                                             integers(70, 30, dtype=np.int8).T, perm=[1, 0])
    for shape in ((12, 50), (600,), (3, 2, 2, 50), (3, 4, 25, 2), (4, 150)):
        cases[f"Reshape_{'x'.join(map(str, shape))}"] = \
            lambda s=shape: single("Reshape", [x], x.reshape(s), [np.array(s, np.int64)])
    cases["Concat_middle"] = lambda: single("Concat", [x, y], np.concatenate([x, y], 1), axis=1)
    cases["Concat_last"] = lambda: single("Concat", [x, x], np.concatenate([x, x], 2), axis=2)
    cases["Concat_first"] = lambda: single("Concat", [x, x], np.concatenate([x, x], 0), axis=0)
    bounds = lambda *values: [np.array(value, np.int64) for value in values]
    cases["Slice_last"] = lambda: single("Slice", [x], x[:, :, 7:33], bounds([7], [33], [2]))
    cases["Slice_step"] = lambda: single("Slice", [x], x[:, ::2, 1::3], bounds([0, 1], [4, 50], [1, 2], [2, 3]))
    cases["Pad"] = lambda: single("Pad", [x], np.pad(x, ((0, 0), (1, 2), (3, 0))), bounds([0, 1, 3, 0, 2, 0]))
    cases["Expand"] = lambda: single("Expand", [x[:, :1]], np.broadcast_to(x[:, :1], (3, 6, 50)).copy(), bounds([3, 6, 50]))
    cases["Tile"] = lambda: single("Tile", [x], np.tile(x, (1, 2, 3)), bounds([1, 2, 3]))
    indices = np.array([2, 0, 3, 3], np.int64)
    cases["Gather_constant"] = lambda: single("Gather", [x], x[:, indices], [indices], axis=1)
    cases["Cast_half"] = lambda: single("Cast", [x], x.astype(np.float16), to=10)
    cases["Cast_int"] = lambda: single("Cast", [x], x.astype(np.int32), to=6)


@case("layout")
def gather_run_time():
    """Rows of a table by indices known at run time only: addresses on a stream."""
    graph = Graph("gather")
    table = graph.weights("table", 37, 90)
    indices = graph.input("indices", np.array([[3, 0, 36], [7, 7, 1]], np.int64))
    graph.output(graph.node("Gather", table, indices), [2, 3, 90], name="y")
    return *graph.finish(), None


@case("layout")
def gather_computed_table():
    """A table that passes write and only a Gather reads: all of its writes are needed."""
    graph = Graph("gather_computed")
    x, indices = floats(5, 4, 3, 2), np.array([3, 0, 1], np.int64)
    graph.output(graph.node("Gather", graph.input("x", x), graph.input("i", indices), axis=1), [5, 3, 3, 2], name="y")
    return *graph.finish(), [x[:, indices]]


@case("layout")
def gather_elements_run_time():
    """Selected along a short axis, fetched one by one along a long one."""
    graph = Graph("gather_elements")
    x, y = floats(6, 5, 70), floats(300, 3, seed=2)
    i, j = integers(4, 3, 70, low=-5, high=5, dtype=np.int64), integers(7, 3, low=-300, high=300, dtype=np.int64)
    names = [graph.input(name, array) for name, array in {"x": x, "y": y, "i": i, "j": j}.items()]
    graph.output(graph.node("GatherElements", names[0], names[2], axis=1), i.shape, name="selected")
    graph.output(graph.node("GatherElements", names[1], names[3], axis=0), j.shape, name="fetched")
    return *graph.finish(), [np.take_along_axis(y, j, 0), np.take_along_axis(x[:4], i, 1)]


@case("layout")
def scatters_run_time():
    """A few updates take turns; of more the last is fetched, or all are reduced."""
    graph = Graph("scatters", opset=18)
    x, few, many, sums = floats(50, 70), floats(3, 70, seed=2), floats(40, 70, seed=3), floats(2, 321, seed=4)
    i, j = np.array([[4], [-1], [4]], np.int64), integers(40, 1, low=-50, high=50, dtype=np.int64)
    k = integers(2, 321, low=-70, high=70, dtype=np.int64)
    arrays = {"x": x, "few": few, "many": many, "sums": sums, "i": i, "j": j, "k": k}
    name = {key: graph.input(key, array) for key, array in arrays.items()}
    graph.output(graph.node("ScatterND", name["x"], name["i"], name["few"], reduction="add"), x.shape, name="a")
    graph.output(graph.node("ScatterND", name["x"], name["j"], name["many"]), x.shape, name="b")
    graph.output(graph.node("ScatterElements", name["x"], name["k"], name["sums"], axis=1, reduction="add"), x.shape,
                 name="c")
    a, b, c = x.copy(), x.copy(), x.astype(np.float64)
    np.add.at(a, i[:, 0], few)
    for place, row in zip(j[:, 0], many, strict=True):
        b[place] = row
    np.add.at(c, (np.arange(2)[:, None], k), sums)
    return *graph.finish(), [a, b, c]


@case("layout")
def empty_tensors():
    """Tensors of no elements in every role: an input that nothing reads, one that leaves, one that is reduced."""
    graph = Graph("empty")
    x, none = floats(4, 50), floats(0, 50, seed=2)
    a, b = graph.input("x", x), graph.input("none", none)
    graph.input("unread", np.zeros((3, 0), np.int64))
    graph.output(graph.node("Concat", a, b, axis=0), [4, 50], name="joined")
    graph.output(graph.node("Exp", b), [0, 50], name="passed")
    graph.output(graph.node("ReduceSum", b, graph.constant("axes", np.array([0], np.int64))), [1, 50], name="sum")
    return *graph.finish(), None


@case("network")
def layer():
    return *models.layer(), None


@case("network")
def perceptron():
    return *models.perceptron(), None


@case("network")
def attention_block():
    return *models.attention_block(), None


@case("network")
def attention_block_one_token():
    return *models.attention_block(tokens=1), None


@case("network")
def diamond():
    """One value with several readers, and an output that others read on."""
    graph = Graph("diamond")
    x = graph.normal("x", 4, 100)
    a = graph.node("Exp", x)
    b, c = graph.node("Add", a, x), graph.node("Mul", a, a)
    graph.output(a, [4, 100], name="a")
    graph.output(graph.node("Sub", b, c), [4, 100], name="y")
    return *graph.finish(), None


@case("network")
def exchanged_rows_leave():
    """What cards have exchanged leaves the program as it is: all of them hold it."""
    graph = Graph("rows")
    product = graph.node("MatMul", graph.normal("x", 2, 32), graph.weights("w", 32, 700))
    rows = graph.constant("rows", np.array([1, 0, 1], np.int64))
    graph.output(graph.node("Gather", product, rows, axis=0), [3, 700], name="y")
    graph.output(graph.node("Relu", product), [2, 700], name="z")
    return *graph.finish(), None


@case("network")
def exchanged_rows_are_gathered():
    """A table that cards exchange is whole before any row of it is asked for: once rows were taken before they came."""
    graph = Graph("table")
    product = graph.node("MatMul", graph.normal("x", 5, 32), graph.weights("w", 32, 700))
    rows = graph.input("rows", np.array([4, 0, 3], np.int32))
    graph.output(graph.node("Gather", product, rows, axis=0), [3, 700], name="y")
    return *graph.finish(), None


@case("network")
def input_is_output():
    graph = Graph("identity")
    graph.output(graph.normal("x", 4, 100), [4, 100], name="y")
    return *graph.finish(), None


register_unary()
register_binary()
register_reductions()
register_matmul()
register_windows()
register_layout()
