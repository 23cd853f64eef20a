#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A small network in QDQ form computes what exact integer arithmetic does: convolutions with weights' scales by
channel, depthwise too, a clamp that the range does not imply, pooling, a residual sum, a concatenation, layout operations
between DequantizeLinear and QuantizeLinear, and a product with a bias."""

import tempfile
from pathlib import Path

import numpy as np
from onnx import helper, numpy_helper
from onnx import TensorProto as Proto

from harness import assert_same_bits, execute, golden, save_model, tool

random = np.random.default_rng(7)
nodes, initializers = [], []


def held(name, array):
    initializers.append(numpy_helper.from_array(np.asarray(array), name))
    return name


def node(op, inputs, output, **attributes):
    nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
    return output


class Scheme:
    """How a tensor is quantized to uint8."""

    def __init__(self, name, scale, zero):
        self.scale, self.zero = np.float32(scale), zero
        self.names = [held(f"{name}.scale", self.scale), held(f"{name}.zero", np.uint8(zero))]

    def pair(self, value, name):
        """QuantizeLinear and DequantizeLinear of `value`."""
        node("QuantizeLinear", [value, *self.names], f"{name}.q")
        return node("DequantizeLinear", [f"{name}.q", *self.names], f"{name}.dq")

    def requantize(self, sums, scale):
        """Exact sums, multiplied in float32, rounded to even."""
        scaled = np.clip(sums.astype(np.float32) * scale, np.float32(-self.zero), np.float32(255 - self.zero))
        return (np.rint(scaled) + self.zero).astype(np.int64)


class Weights:
    """int8 weights with a scale for each row, a bias with the product of scales."""

    def __init__(self, name, shape, source, bias=True):
        self.values = random.integers(-127, 128, shape)
        self.scales = (random.integers(2, 9, shape[0]) / 1000).astype(np.float32)
        self.bias = random.integers(-3000, 3000, shape[0]) if bias else np.zeros(shape[0], np.int64)
        zeros = held(f"{name}.zeros", np.zeros(shape[0], np.int8))
        held(f"{name}.w", self.values.astype(np.int8))
        held(f"{name}.ws", self.scales)
        held(f"{name}.b", self.bias.astype(np.int32))
        held(f"{name}.bs", source.scale * self.scales)
        held(f"{name}.bz", np.zeros(shape[0], np.int32))
        self.inputs = [node("DequantizeLinear", [f"{name}.w", f"{name}.ws", zeros], f"{name}.wdq", axis=0)]
        if bias:
            self.inputs.append(node("DequantizeLinear", [f"{name}.b", f"{name}.bs", f"{name}.bz"], f"{name}.bdq", axis=0))
        self.factors = source.scale * self.scales


def convolve(x, zero, weights, groups, pad, stride):
    """x less its zero point, padded with zeros, by the weights: sums as int64."""
    x = np.pad(x - zero, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    outputs, depth, height, width = weights.values.shape
    positions = [(size - tap) // stride + 1 for size, tap in zip(x.shape[2:], (height, width))]
    result = np.zeros((x.shape[0], outputs, *positions), np.int64)
    for o in range(outputs):
        first = o // (outputs // groups) * depth
        for i in range(height):
            for j in range(width):
                taps = x[:, first:first + depth, i:i + stride * positions[0]:stride, j:j + stride * positions[1]:stride]
                result[:, o] += np.einsum("nchw,c->nhw", taps, weights.values[o, :, i, j])
        result[:, o] += weights.bias[o]
    return result


def by_channel(factors):
    return factors.reshape(-1, 1, 1)


image = random.standard_normal((1, 3, 10, 12)).astype(np.float32)
entry, first, second, third = (Scheme(f"scheme{i}", *parameters) for i, parameters in
                               enumerate([(0.02, 121), (0.045, 3), (0.06, 128), (0.11, 77)]))

# Convolution, a clamp from above, depthwise convolution.
x = entry.pair("image", "x")
q = np.clip(np.rint(image / entry.scale), -entry.zero, 255 - entry.zero).astype(np.int64) + entry.zero
wide = Weights("wide", (8, 3, 3, 3), entry)
node("Conv", [x, *wide.inputs], "c1", pads=[1, 1, 1, 1])
node("Clip", ["c1", held("low", np.float32(0)), held("high", np.float32(6))], "c1.clip")
x = first.pair("c1.clip", "x1")
q = first.requantize(convolve(q, entry.zero, wide, 1, 1, 1), by_channel(wide.factors / first.scale))
q = np.clip(q, first.zero, int(np.rint(np.float32(6) / first.scale)) + first.zero)
deep = Weights("deep", (8, 1, 3, 3), first)
node("Conv", [x, *deep.inputs], "c2", pads=[1, 1, 1, 1], strides=[2, 2], group=8)
x = second.pair("c2", "x2")
q = second.requantize(convolve(q, first.zero, deep, 8, 1, 2), by_channel(deep.factors / second.scale))

# A residual sum around a convolution of one tap.
point = Weights("point", (8, 8, 1, 1), second, bias=False)
node("Conv", [x, *point.inputs], "c3")
y = third.pair("c3", "x3")
p = third.requantize(convolve(q, second.zero, point, 1, 0, 1), by_channel(point.factors / third.scale))
node("Add", [x, y], "sum")
x = second.pair("sum", "x4")
left, right = np.float32(1), third.scale / second.scale
fixed = np.float32(second.zero - np.float64(np.float32(left * second.zero + np.float64(np.float32(right * np.float32(third.zero))))))
rest = (p.astype(np.float64) * right + fixed).astype(np.float32)
q = np.rint((q.astype(np.float64) * left + rest).astype(np.float32))
q = np.clip(q, 0, 255).astype(np.int64)

# The largest, moved, beside itself in another scale, and a product.
node("MaxPool", [x], "max", kernel_shape=[2, 2], strides=[1, 2])
x = second.pair("max", "x5")
q = np.stack([np.stack([q[:, :, i:i + 2, j:j + 2].max((2, 3)) for j in range(0, 5, 2)], 2) for i in range(4)], 2)
node("Transpose", [x], "moved", perm=[0, 2, 3, 1])
x = second.pair("moved", "x6")
q = q.transpose(0, 2, 3, 1)
y = third.pair(x, "x7")
wider = (q - second.zero).astype(np.float32) * second.scale
p = np.clip(np.rint(wider / third.scale), -third.zero, 255 - third.zero).astype(np.int64) + third.zero
node("Concat", [x, y], "both", axis=3)
x = second.pair("both", "x8")
again = (p - third.zero).astype(np.float32) * third.scale
again = np.clip(np.rint(again / second.scale), -second.zero, 255 - second.zero).astype(np.int64) + second.zero
q = np.concatenate([q, again], 3)
node("Reshape", [x, held("shape", np.array([12, 16], np.int64))], "rows")
x = second.pair("rows", "x9")
q = q.reshape(12, 16)
last = Weights("last", (5, 16), second)
node("Gemm", [x, *last.inputs], "product", transB=1)
y = third.pair("product", "y")
q = third.requantize((q - second.zero) @ last.values.T + last.bias, last.factors / third.scale)
node("Identity", [y], "result")
expected = {"result": (q - third.zero).astype(np.float32) * third.scale}

graph = helper.make_graph(nodes, "qdq", [helper.make_tensor_value_info("image", Proto.FLOAT, image.shape)],
                          [helper.make_tensor_value_info("result", Proto.FLOAT, [12, 5])], initializers)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
with tempfile.TemporaryDirectory() as temporary:
    root = Path(temporary)
    path = save_model(root / "qdq.onnx", model)
    computed = golden(root, path, {"image": image})
    assert_same_bits(computed, expected, "interpreter and integer arithmetic")
    tool("sluice-compile", path, "-o", root / "qdq.slu")
    assert_same_bits(execute(root, root / "qdq.slu", {"image": image}), computed, "executor and interpreter")
    stensor = tool("sluice-compile", path, "--compile-to=stensor").stdout
    operations = [stensor.count(f"stensor.{name}") for name in ("convolve", "contract")]
    assert operations == [3, 1] and "xf16>" not in stensor, "a product is not one of integers"
