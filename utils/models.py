# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small ONNX models, made here, for the demo, the benchmark and the tests.

Each builder returns (model, inputs): an onnx.ModelProto and {name: array}. Weights and inputs
come from a seeded generator: the same on every machine.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

IR_VERSION, OPSET = 8, 13

ELEMENT = {np.dtype(numpy): onnx for numpy, onnx in [
    (np.float32, TensorProto.FLOAT), (np.float16, TensorProto.FLOAT16), (np.int8, TensorProto.INT8),
    (np.uint8, TensorProto.UINT8), (np.int16, TensorProto.INT16), (np.uint16, TensorProto.UINT16),
    (np.int32, TensorProto.INT32), (np.uint32, TensorProto.UINT32), (np.int64, TensorProto.INT64),
    (np.uint64, TensorProto.UINT64), (np.float64, TensorProto.DOUBLE), (np.bool_, TensorProto.BOOL)]}


class Graph:
    """An ONNX graph under construction; value names are Python strings."""

    def __init__(self, name, opset=OPSET, seed=7):
        self.name, self.imports = name, {"": opset}
        self.rng = np.random.default_rng(seed)
        self.nodes, self.initializers, self.inputs, self.feeds, self.outputs = [], [], [], {}, []

    def input(self, name, array, shape=None):
        """An input fed with `array`; `shape` where axes are dynamic."""
        array = np.asarray(array)
        self.inputs.append(helper.make_tensor_value_info(name, ELEMENT[array.dtype], shape or array.shape))
        self.feeds[name] = array
        return name

    def normal(self, name, *size, scale=1.0, dtype=np.float32, shape=None):
        return self.input(name, (self.rng.standard_normal(size) * scale).astype(dtype), shape)

    def constant(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weights(self, name, *shape, scale=1.0, dtype=np.float32):
        return self.constant(name, (self.rng.standard_normal(shape) * scale).astype(dtype))

    def node(self, op, *inputs, outputs=1, **attributes):
        """Adds a node named after its operator and place; its result's name, or names."""
        name = f"{op}_{len(self.nodes)}"
        results = [name if outputs == 1 else f"{name}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, results, name=name, **attributes))
        return results[0] if outputs == 1 else results

    def output(self, value, shape, dtype=np.float32, name=None):
        """Makes `value` an output, under `name` if given."""
        if name:
            self.nodes.append(helper.make_node("Identity", [value], [name], name=f"{name}_output"))
        self.outputs.append(helper.make_tensor_value_info(name or value, ELEMENT[np.dtype(dtype)], shape))

    def finish(self):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.initializers)
        imports = [helper.make_opsetid(domain, version) for domain, version in self.imports.items()]
        model = helper.make_model(graph, opset_imports=imports, producer_name="sluice")
        model.ir_version = IR_VERSION
        return model, self.feeds


def matmul(m, k, n, dtype):
    """[m, k] times a constant [k, n]: int8 to int32, or float16."""
    graph = Graph("matmul")
    if np.dtype(dtype) == np.int8:
        x = graph.input("x", graph.rng.integers(-128, 128, (m, k), np.int8))
        w = graph.constant("w", graph.rng.integers(-128, 128, (k, n), np.int8))
        graph.output(graph.node("MatMulInteger", x, w), [m, n], np.int32)
    else:
        x, w = graph.normal("x", m, k, dtype=dtype), graph.weights("w", k, n, scale=0.05, dtype=dtype)
        graph.output(graph.node("MatMul", x, w), [m, n], dtype)
    return graph.finish()


def transposed_product(size=256):
    """Bytes plus their transposition, where the bytes are computed."""
    graph = Graph("transposed", opset=14)
    x = graph.input("x", graph.rng.integers(-2, 3, (size, size), np.int8))
    product = graph.node("MatMulInteger", x, graph.constant("w", graph.rng.integers(-8, 8, (size, size), np.int8)))
    low, high = graph.constant("low", np.array(-60, np.int32)), graph.constant("high", np.array(60, np.int32))
    narrow = graph.node("Cast", graph.node("Clip", product, low, high), to=TensorProto.INT8)
    graph.output(graph.node("Add", narrow, graph.node("Transpose", narrow, perm=[1, 0])), [size, size], np.int8, name="y")
    return graph.finish()


def two_layers(rows=64, features=1280, hidden=5120):
    """A perceptron of fp16."""
    graph = Graph("layers", opset=14)
    x = graph.normal("x", rows, features, dtype=np.float16)
    x = graph.node("MatMul", x, graph.weights("up", features, hidden, scale=0.02, dtype=np.float16))
    x = graph.node("MatMul", graph.node("Relu", x), graph.weights("down", hidden, features, scale=0.02, dtype=np.float16))
    graph.output(x, [rows, features], np.float16, name="y")
    return graph.finish()


def layer():
    """relu(x w + b): the smallest model that uses every unit but the links."""
    graph = Graph("layer")
    product = graph.node("MatMul", graph.normal("x", 2, 8), graph.weights("w", 8, 4))
    graph.output(graph.node("Relu", graph.node("Add", product, graph.weights("b", 4))), [2, 4], name="y")
    return graph.finish()


def perceptron(rows=16, features=64, hidden=640, classes=10):
    """Two layers and a softmax: the demo."""
    graph = Graph("perceptron")
    x = graph.normal("x", rows, features)
    x = graph.node("MatMul", x, graph.weights("up", features, hidden, scale=features**-0.5))
    x = graph.node("Relu", graph.node("Add", x, graph.weights("up_bias", hidden)))
    x = graph.node("MatMul", x, graph.weights("down", hidden, classes, scale=hidden**-0.5))
    x = graph.node("Softmax", graph.node("Add", x, graph.weights("down_bias", classes)), axis=-1)
    graph.output(x, [rows, classes], name="probabilities")
    return graph.finish()


def attention_block(tokens=16, width=64, heads=4):
    """A transformer block: normalisation, self-attention, residuals and a two-layer perceptron."""
    graph = Graph("block", opset=17)
    size = width // heads
    shape = graph.constant("heads", np.array([tokens, heads, size], np.int64))
    flat = graph.constant("flat", np.array([tokens, width], np.int64))

    def linear(value, name, rows, columns):
        return graph.node("MatMul", value, graph.weights(name, rows, columns, scale=rows**-0.5))

    def norm(value, name):
        return graph.node("LayerNormalization", value, graph.constant(f"{name}_scale", np.ones(width, np.float32)), axis=-1)

    def split_heads(value, order):
        return graph.node("Transpose", graph.node("Reshape", value, shape), perm=order)

    x = graph.normal("x", tokens, width)
    y = norm(x, "norm1")
    q = split_heads(linear(y, "q", width, width), [1, 0, 2])
    k = split_heads(linear(y, "k", width, width), [1, 2, 0])
    v = split_heads(linear(y, "v", width, width), [1, 0, 2])
    scores = graph.node("Mul", graph.node("MatMul", q, k), graph.constant("scale", np.float32(size**-0.5)))
    y = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), v)
    y = graph.node("Reshape", graph.node("Transpose", y, perm=[1, 0, 2]), flat)
    x = graph.node("Add", x, linear(y, "o", width, width))
    y = graph.node("Relu", linear(norm(x, "norm2"), "up", width, 4 * width))
    graph.output(graph.node("Add", x, linear(y, "down", 4 * width, width)), [tokens, width], name="y")
    return graph.finish()


class Images(Graph):
    """A network over one image; values are (name, channels, size)."""

    def image(self, channels, size):
        return self.normal("image", 1, channels, size, size), channels, size

    def convolution(self, value, filters, taps=3, stride=1, groups=1, activation=True):
        """Filters with a bias, padded so that strides alone make it smaller, and ReLU6."""
        name, channels, size = value
        number = len(self.nodes)
        weights = self.weights(f"w{number}", filters, channels // groups, taps, taps, scale=(2 * groups / channels)**0.5 / taps)
        name = self.node("Conv", name, weights, self.weights(f"b{number}", filters, scale=0.1), strides=[stride] * 2, group=groups,
                         pads=[taps // 2] * 4, kernel_shape=[taps] * 2)
        if activation:
            name = self.node("Clip", name, self.constant(f"least{number}", np.float32(0)), self.constant(f"most{number}", np.float32(6)))
        return name, filters, (size - 1) // stride + 1

    def add(self, a, b):
        return self.node("Add", a[0], b[0]), a[1], a[2]

    def concat(self, a, b):
        return self.node("Concat", a[0], b[0], axis=1), a[1] + b[1], a[2]


def mobilenet(size=224, classes=1000, blocks=None):
    """MobileNet-v2 in fp32: inverted residuals of (expansion, channels, repeats, stride)."""
    net = Images("mobilenet")
    value = net.convolution(net.image(3, size), 32, stride=2)
    for expansion, channels, repeats, stride in blocks or [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                                           (6, 160, 3, 2), (6, 320, 1, 1)]:
        for repeat in range(repeats):
            step, wide = stride if repeat == 0 else 1, value[1] * expansion
            inner = net.convolution(value, wide, taps=1) if expansion > 1 else value
            inner = net.convolution(inner, wide, stride=step, groups=wide)
            inner = net.convolution(inner, channels, taps=1, activation=False)
            value = net.add(value, inner) if step == 1 and value[1] == channels else inner
    name, channels, _ = net.convolution(value, 1280, taps=1)
    pooled = net.node("Flatten", net.node("GlobalAveragePool", name))
    scores = net.node("Gemm", pooled, net.weights("classes", channels, classes, scale=channels**-0.5), net.weights("offsets", classes))
    net.output(scores, [1, classes], name="scores")
    return net.finish()


def unet(size=256, widths=(32, 64, 128, 256), classes=2, upsample="transposed"):
    """A U-Net in fp32: two convolutions a level, joined with what the way down had. On the way up images grow by transposed
    convolutions, or by Resize in the mode that `upsample` names."""
    net = Images("unet")
    value, levels = net.image(3, size), []
    for width in widths:
        if levels:
            value = net.node("MaxPool", value[0], kernel_shape=[2, 2], strides=[2, 2]), value[1], value[2] // 2
        value = net.convolution(net.convolution(value, width), width)
        levels.append(value)
    for level in reversed(levels[:-1]):
        width, number = level[1], len(net.nodes)
        if upsample == "transposed":
            up = net.weights(f"up{number}", value[1], width, 2, 2, scale=(1 / value[1])**0.5)
            value = net.node("ConvTranspose", value[0], up, kernel_shape=[2, 2], strides=[2, 2]), width, level[2]
        else:
            scales = net.constant(f"scales{number}", np.array([1, 1, 2, 2], np.float32))
            value = net.node("Resize", value[0], "", scales, mode=upsample), value[1], level[2]
        value = net.convolution(net.convolution(net.concat(level, value), width), width)
    name, _, _ = net.convolution(value, classes, taps=1, activation=False)
    net.output(name, [1, classes, size, size], name="mask")
    return net.finish()
