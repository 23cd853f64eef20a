# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random ONNX models: a few operators of every kind of pass over tensors of random shapes, with values that many read,
that nobody reads and that leave the program on the way. build(seed) gives a model; the same arguments the same
model."""

import numpy as np
from onnx import TensorProto

from models import Graph

FLOAT, HALF, INT, BYTE, UBYTE, SHORT, BOOL = map(np.dtype, (
    np.float32, np.float16, np.int32, np.int8, np.uint8, np.int16, np.bool_))
ONNX_TYPE = {FLOAT: TensorProto.FLOAT, HALF: TensorProto.FLOAT16, INT: TensorProto.INT32, BYTE: TensorProto.INT8,
             UBYTE: TensorProto.UINT8, SHORT: TensorProto.INT16, BOOL: TensorProto.BOOL}


class RandomGraph(Graph):
    def __init__(self, seed):
        super().__init__("random", opset=17, seed=seed)
        self.values = []  # (name, shape, type)
        self.read = set()

    def choose(self, options):
        return options[int(self.rng.integers(len(options)))]

    def array(self, shape, kind):
        if kind == BOOL:
            return self.rng.integers(0, 2, shape).astype(kind)
        if kind in (FLOAT, HALF):
            return self.rng.standard_normal(shape).astype(kind)
        return self.rng.integers(0 if kind == UBYTE else -100, 100, shape).astype(kind)

    def keep(self, name, shape, kind):
        self.values.append((name, tuple(shape), kind))
        return name

    def taken(self, kinds, rank=None):
        """A value of one of `kinds`, of those there are or a cast of one; the later the likelier."""
        fitting = [v for v in self.values if v[2] in kinds and (rank is None or len(v[1]) == rank)]
        if not fitting:
            name, shape, _ = self.choose([v for v in self.values if rank is None or len(v[1]) == rank] or self.values)
            kind = self.choose(sorted(kinds, key=str))
            return self.node("Cast", name, to=ONNX_TYPE[kind]), shape, kind
        value = fitting[-1] if self.rng.integers(2) else self.choose(fitting)
        self.read.add(value[0])
        return value

    def other(self, shape, kind):
        """A second operand for one of `shape`: a value, an input or a constant, whole or broadcast."""
        fitting = [v for v in self.values if v[1:] == (shape, kind)]
        if fitting and self.rng.integers(2):
            value = self.choose(fitting)
            self.read.add(value[0])
            return value[0]
        part = self.choose([shape, shape[-1:], (1,) * len(shape), shape[:-1] + (1,)])
        number = f"v{len(self.initializers) + len(self.inputs)}"
        if self.rng.integers(3) == 0:
            return self.input(number, self.array(part, kind))
        return self.constant(number, self.array(part, kind))


def unary(graph):
    name, shape, kind = graph.taken({FLOAT, INT, HALF})
    ops = {FLOAT: ["Relu", "Sigmoid", "Exp", "Tanh", "Neg", "Abs", "Sqrt", "Floor", "Erf"], INT: ["Neg", "Abs"],
           HALF: ["Relu", "Neg", "Abs"]}[kind]
    graph.keep(graph.node(graph.choose(ops), name), shape, kind)


def cast(graph):
    name, shape, kind = graph.taken(set(ONNX_TYPE))
    to = graph.choose([FLOAT, HALF, INT, BYTE, UBYTE, SHORT, BOOL])
    graph.keep(graph.node("Cast", name, to=ONNX_TYPE[to]), shape, to)


def binary(graph):
    name, shape, kind = graph.taken({FLOAT, INT, HALF})
    op = graph.choose(["Add", "Sub", "Mul", "Max", "Min"] + (["Div"] if kind == FLOAT else []))
    graph.keep(graph.node(op, name, graph.other(shape, kind)), shape, kind)


def compare(graph):
    name, shape, kind = graph.taken({FLOAT, INT})
    condition = graph.node(graph.choose(["Less", "Greater", "Equal"]), name, graph.other(shape, kind))
    if graph.rng.integers(2):
        graph.keep(condition, shape, BOOL)
    else:
        graph.keep(graph.node("Where", condition, name, graph.other(shape, kind)), shape, kind)


def product(graph):
    name, shape, kind = graph.taken({FLOAT, HALF, BYTE}, rank=2)
    columns = int(graph.choose([1, 5, 16, 33, 64, 100]))
    weights = graph.array((shape[1], columns), kind)
    operand = graph.constant(f"v{len(graph.initializers) + len(graph.inputs)}", weights) if graph.rng.integers(3) \
        else graph.input(f"v{len(graph.initializers) + len(graph.inputs)}", weights)
    op, result = ("MatMulInteger", INT) if kind == BYTE else ("MatMul", kind)
    graph.keep(graph.node(op, name, operand), (shape[0], columns), result)


def attention(graph):
    """A product of two values of the run."""
    name, shape, _ = graph.taken({FLOAT}, rank=2)
    scores = graph.node("MatMul", name, graph.node("Transpose", name, perm=[1, 0]))
    graph.keep(graph.node("Softmax", scores, axis=-1), (shape[0], shape[0]), FLOAT)


def reduction(graph):
    name, shape, kind = graph.taken({FLOAT, INT})
    axis = int(graph.rng.integers(len(shape)))
    op = graph.choose(["ReduceMax", "ReduceMin"] + (["ReduceMean", "ReduceL2"] if kind == FLOAT else []))
    graph.keep(graph.node(op, name, axes=[axis], keepdims=1), shape[:axis] + (1,) + shape[axis + 1:], kind)


def layout(graph):
    name, shape, kind = graph.taken(set(ONNX_TYPE), rank=2)
    what = int(graph.rng.integers(4))
    if what == 0:
        graph.keep(graph.node("Transpose", name, perm=[1, 0]), shape[::-1], kind)
    elif what == 1:
        graph.keep(graph.node("Concat", name, name, axis=1), (shape[0], 2 * shape[1]), kind)
    elif what == 2 and shape[0] > 1:
        half = shape[0] // 2
        sizes = graph.constant(f"v{len(graph.initializers) + len(graph.inputs)}",
                               np.array([half, shape[0] - half], np.int64))
        upper, lower = graph.node("Split", name, sizes, outputs=2, axis=0)
        graph.keep(lower, (shape[0] - half, shape[1]), kind)
        graph.keep(upper, (half, shape[1]), kind)
    elif kind not in (BOOL,):
        number = f"v{len(graph.initializers) + len(graph.inputs)}"
        rows = graph.constant(number, graph.rng.integers(0, shape[0], 3).astype(np.int64))
        graph.keep(graph.node("Gather", name, rows, axis=0), (3, shape[1]), kind)


def gather(graph):
    """Rows of a value by indices of the run: the table may have been computed."""
    name, shape, kind = graph.taken({FLOAT, INT, BYTE}, rank=2)
    rows = graph.input(f"v{len(graph.initializers) + len(graph.inputs)}",
                       graph.rng.integers(0, shape[0], int(graph.choose([1, 4, 9]))).astype(np.int32))
    count = graph.feeds[rows].shape[0]
    graph.keep(graph.node("Gather", name, rows, axis=0), (count, shape[1]), kind)


def softmax(graph):
    name, shape, kind = graph.taken({FLOAT})
    graph.keep(graph.node("Softmax", name, axis=int(graph.choose([-1, 0]))), shape, kind)


def normalization(graph):
    name, shape, kind = graph.taken({FLOAT}, rank=2)
    scale = graph.constant(f"v{len(graph.initializers) + len(graph.inputs)}", graph.array(shape[-1:], FLOAT))
    graph.keep(graph.node("LayerNormalization", name, scale, axis=-1), shape, kind)


OPERATORS = [unary, unary, cast, cast, binary, binary, compare, product, product, attention, reduction, layout, layout,
             gather, softmax, normalization]


#===----------------------------------------------------------------------===#
# Images
#===----------------------------------------------------------------------===#


def window(graph, shape):
    """Attributes of a window over an image of `shape` that fits, and the extents of what comes out."""
    taps = [int(graph.choose([size for size in (1, 2, 3, 5) if size <= extent])) for extent in shape[2:]]
    strides = [int(graph.choose([1, 1, 2, 3])) for _ in taps]
    pads = [int(graph.rng.integers(size)) for size in taps]
    extents = [(extent + 2 * pad - size) // stride + 1 for extent, pad, size, stride in zip(shape[2:], pads, taps, strides)]
    return dict(kernel_shape=taps, strides=strides, pads=pads * 2), extents


def convolution(graph):
    name, shape, kind = graph.taken({FLOAT, HALF, BYTE}, rank=4)
    outputs, channels = int(graph.choose([1, 4, 16, 40])), shape[1]
    depthwise = channels > 1 and graph.rng.integers(3) == 0
    outputs, groups = (channels, channels) if depthwise else (outputs, 1)
    attributes, extents = window(graph, shape)
    weights = graph.constant(f"v{len(graph.initializers) + len(graph.inputs)}",
                             graph.array((outputs, channels // groups, *attributes["kernel_shape"]), kind))
    op, result = ("ConvInteger", INT) if kind == BYTE else ("Conv", kind)
    graph.keep(graph.node(op, name, weights, group=groups, **attributes), (shape[0], outputs, *extents), result)


def requantization(graph):
    """What a layer of bytes does with its sums."""
    name, shape, _ = graph.taken({INT}, rank=4)
    number = len(graph.initializers) + len(graph.inputs)
    scaled = graph.node("Mul", graph.node("Cast", name, to=TensorProto.FLOAT),
                        graph.constant(f"v{number}", np.full((1, shape[1], 1, 1), 0.01, np.float32)))
    graph.keep(graph.node("QuantizeLinear", scaled, graph.constant(f"scale{number}", np.float32(0.5)),
                          graph.constant(f"zero{number}", np.int8(3))), shape, BYTE)


def pooling(graph):
    name, shape, kind = graph.taken({FLOAT}, rank=4)
    attributes, extents = window(graph, shape)
    graph.keep(graph.node(graph.choose(["MaxPool", "AveragePool"]), name, **attributes), (*shape[:2], *extents), kind)


IMAGE_OPERATORS = [convolution, convolution, convolution, requantization, requantization, pooling, unary, cast, binary,
                   compare, reduction]


def images(seed):
    """The same of images of some channels."""
    graph = RandomGraph(seed)
    shape = (1, int(graph.choose([1, 3, 16, 32, 64])), int(graph.choose([3, 7, 14])), int(graph.choose([3, 7, 14, 28])))
    kind = graph.choose([BYTE, BYTE, HALF, FLOAT])
    graph.keep(graph.input("x", graph.array(shape, kind)), shape, kind)
    convolution(graph)
    return finish(graph, IMAGE_OPERATORS, 1)


#===----------------------------------------------------------------------===#


def build(seed, widest=330, products=True):
    """(model, inputs) as the builders of models.py, of rows of at most `widest` elements at the start; with or without
    contractions."""
    graph = RandomGraph(seed)
    operators = [operator for operator in OPERATORS if products or operator not in (product, attention)]
    for number in range(int(graph.rng.integers(1, 3))):
        columns = [width for width in (1, 3, 16, 32, 50, 100, 330) if width <= widest]
        shape = (int(graph.choose([1, 2, 7, 16, 40])), int(graph.choose(columns)))
        kind = graph.choose([FLOAT, FLOAT, INT, BYTE, UBYTE, HALF])
        graph.keep(graph.input(f"x{number}", graph.array(shape, kind)), shape, kind)
    return finish(graph, operators, len(graph.values))


def finish(graph, operators, inputs):
    """The model with some more operators, of which some results leave; the first `inputs` values are none."""
    for _ in range(int(graph.rng.integers(1, 9))):
        graph.choose(operators)(graph)
    results = graph.values[inputs:] or graph.values
    leaving = [v for number, v in enumerate(results) if v[0] not in graph.read and graph.rng.integers(4)
               or graph.rng.integers(6) == 0]
    for number, (name, shape, kind) in enumerate(leaving or results[-1:]):
        graph.output(name, shape, kind, name=f"y{number}")
    return graph.finish()
