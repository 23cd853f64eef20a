# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of the shapes that users have, with seeded noise for weights: image classifiers as ONNX Runtime's static
quantisation writes them (QDQ) and in fp32, an encoder as PyTorch's exporter writes it, decoders as the builder of
onnxruntime-genai does (GroupQueryAttention). What they compute means nothing; shapes, sizes and bits do.

Each builder returns (model, inputs), inputs empty: these are not run.
"""

import numpy as np

from models import Graph

NOISE = np.random.default_rng(7).standard_normal(1 << 20).astype(np.float32)


def noise(*shape, scale=1.0, dtype=np.float32):
    return (np.resize(NOISE, shape) * np.float32(scale)).astype(dtype)


class Images:
    """A convolutional network on one image, in fp32 or quantised: values are between QuantizeLinear and DequantizeLinear,
    weights have a scale a channel."""

    def __init__(self, name, size, quantised, opset=13):
        self.graph, self.quantised, self.scales = Graph(name, opset), quantised, {}
        self.zero = self.graph.constant("zero_point", np.array(0, np.int8)) if quantised else None
        self.image = self.rounded(self.graph.input("x", np.zeros((1, 3, size, size), np.float32)), 0.02)

    def finish(self, value, shape):
        """The model; the image it is made with is no input to run it with."""
        self.graph.output(value, shape, name="y")
        return self.graph.finish()[0], {}

    def rounded(self, value, scale):
        if not self.quantised:
            return value
        factor = self.graph.constant(f"{value}_scale", np.array(scale, np.float32))
        narrow = self.graph.node("QuantizeLinear", value, factor, self.zero)
        result = self.graph.node("DequantizeLinear", narrow, factor, self.zero)
        self.scales[result] = scale
        return result

    def constant(self, numbers, scales, dtype):
        name = f"c{len(self.graph.initializers)}"
        parts = [np.clip(np.rint(numbers), np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype), scales, np.zeros(scales.shape, dtype)]
        parts = [self.graph.constant(f"{name}_{i}", part) for i, part in enumerate(parts)]
        return self.graph.node("DequantizeLinear", *parts, axis=0)

    def weighted(self, op, value, shape, **attributes):
        """`op` with weights of `shape`, whose first dimension is the outputs', and a bias."""
        columns, fan = shape[0], int(np.prod(shape[1:]))
        if self.quantised:
            scales = (1 + 0.2 * np.abs(noise(columns))) * np.float32(1.2 / (32 * fan**0.5))
            operands = [self.constant(noise(*shape, scale=32), scales, np.int8)]
            scales = (scales * np.float32(self.scales[value])).astype(np.float32)
            operands.append(self.constant(noise(columns, scale=0.1) / scales, scales, np.int32))
        else:
            number = len(self.graph.initializers)
            operands = [self.graph.constant(f"w{number}", noise(*shape, scale=fan**-0.5)), self.graph.constant(f"b{number}", noise(columns, scale=0.1))]
        return self.graph.node(op, value, *operands, **attributes)

    def convolution(self, value, inputs, outputs, kernel, stride=1, groups=1, active=True):
        result = self.weighted("Conv", value, [outputs, inputs // groups, kernel, kernel], kernel_shape=[kernel] * 2,
                               strides=[stride] * 2, pads=[kernel // 2] * 4, group=groups)
        return self.rounded(self.graph.node("Relu", result), 0.03) if active else self.rounded(result, 0.04)

    def sum(self, left, right, active):
        result = self.graph.node("Add", left, right)
        return self.rounded(self.graph.node("Relu", result) if active else result, 0.05)

    def classifier(self, value, features):
        """The mean of each channel, and a layer."""
        mean = self.rounded(self.graph.node("GlobalAveragePool", value), 0.02)
        flat = self.rounded(self.graph.node("Flatten", mean, axis=1), 0.02)
        scores = self.rounded(self.weighted("Gemm", flat, [1000, features], transB=1), 0.05)
        return self.finish(scores, [1, 1000])


def resnet50(quantised=True, size=224):
    net = Images("resnet50", size, quantised)
    x = net.convolution(net.image, 3, 64, 7, 2)
    x = net.rounded(net.graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), 0.03)
    inputs = 64
    for blocks, width, first in (3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2):
        for block in range(blocks):
            stride = 1 if block else first
            y = net.convolution(x, inputs, width, 1)
            y = net.convolution(y, width, width, 3, stride)
            y = net.convolution(y, width, 4 * width, 1, active=False)
            x = x if block else net.convolution(x, inputs, 4 * width, 1, stride, active=False)
            x, inputs = net.sum(y, x, active=True), 4 * width
    return net.classifier(x, inputs)


def mobilenet_v2(quantised=True, size=224):
    net = Images("mobilenet", size, quantised)
    x, inputs = net.convolution(net.image, 3, 32, 3, 2), 32
    for factor, outputs, blocks, first in (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1):
        for block in range(blocks):
            inner, stride = factor * inputs, 1 if block else first
            y = net.convolution(x, inputs, inner, 1) if factor > 1 else x
            y = net.convolution(y, inner, inner, 3, stride, groups=inner)
            y = net.convolution(y, inner, outputs, 1, active=False)
            x, inputs = net.sum(x, y, active=False) if block else y, outputs
    return net.classifier(net.convolution(x, inputs, 1280, 1), 1280)


def u_net(size=256, width=16, depth=3, quantised=False):
    """An encoder and a decoder of images with what the encoder made beside what comes back up."""
    net = Images("u_net", size, quantised)

    def pair(value, inputs, outputs):
        return net.convolution(net.convolution(value, inputs, outputs, 3), outputs, outputs, 3)

    x, inputs, kept = net.image, 3, []
    for level in range(depth):
        outputs = width << level
        x, inputs = pair(x, inputs, outputs), outputs
        kept.append(x)
        x = net.rounded(net.graph.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]), 0.03)
    x, inputs = pair(x, inputs, 2 * inputs), 2 * inputs
    for level in reversed(range(depth)):
        outputs = width << level
        scales = net.graph.constant(f"scales{level}", np.array([1, 1, 2, 2], np.float32))
        x = net.graph.node("Resize", x, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        x, inputs = pair(net.graph.node("Concat", kept[level], x, axis=1), outputs + inputs, outputs), outputs
    return net.finish(net.convolution(x, inputs, 2, 1, active=False), [1, 2, size, size])


def bert(layers=12, vocabulary=30522, hidden=768, heads=12, length=128, dtype=np.float32):
    graph = Graph("bert", opset=17)
    size = hidden // heads
    number = iter(range(1 << 20))

    def constant(array, dtype=dtype):
        return graph.constant(f"c{next(number)}", np.asarray(array, dtype))

    def weights(*shape, scale):
        return constant(noise(*shape, scale=scale, dtype=dtype))

    def linear(value, rows, columns):
        return graph.node("Add", weights(columns, scale=0.02), graph.node("MatMul", value, weights(rows, columns, scale=rows**-0.5)))

    def norm(value):
        return graph.node("LayerNormalization", value, constant(1 + noise(hidden, scale=0.1)), weights(hidden, scale=0.02), axis=-1, epsilon=1e-12)

    def split(value, order):
        shaped = graph.node("Reshape", linear(value, hidden, hidden), shape)
        return graph.node("Transpose", shaped, perm=order)

    tokens, mask, kinds = (graph.input(name, np.zeros((1, length), np.int64)) for name in ("input_ids", "attention_mask", "token_type_ids"))
    x = graph.node("Gather", weights(vocabulary, hidden, scale=0.5), tokens, axis=0)
    x = graph.node("Add", x, graph.node("Gather", weights(2, hidden, scale=0.5), kinds, axis=0))
    x = norm(graph.node("Add", x, weights(1, length, hidden, scale=0.5)))
    one, axes = constant(1), constant([1, 2], np.int64)
    mask = graph.node("Cast", graph.node("Unsqueeze", mask, axes), to=1 if dtype == np.float32 else 10)
    mask = graph.node("Mul", graph.node("Sub", one, mask), constant(-10000))
    shape, flat = constant([1, length, heads, size], np.int64), constant([1, length, hidden], np.int64)
    for _ in range(layers):
        q, k, v = split(x, [0, 2, 1, 3]), split(x, [0, 2, 3, 1]), split(x, [0, 2, 1, 3])
        scores = graph.node("Div", graph.node("MatMul", q, k), constant(size**0.5))
        scores = graph.node("Softmax", graph.node("Add", scores, mask), axis=-1)
        y = graph.node("Transpose", graph.node("MatMul", scores, v), perm=[0, 2, 1, 3])
        x = norm(graph.node("Add", linear(graph.node("Reshape", y, flat), hidden, hidden), x))
        y = linear(x, hidden, 4 * hidden)
        gelu = graph.node("Add", graph.node("Erf", graph.node("Div", y, constant(2**0.5))), one)
        y = graph.node("Mul", graph.node("Mul", y, gelu), constant(0.5))
        x = norm(graph.node("Add", linear(y, 4 * hidden, hidden), x))
    graph.output(x, [1, length, hidden], dtype, name="hidden")
    first = graph.node("Gather", x, constant(0, np.int64), axis=1)
    graph.output(graph.node("Tanh", linear(first, hidden, hidden)), [1, hidden], dtype, name="pooled")
    return graph.finish()[0], {}


def decoder(layers, hidden, heads, kv, size, inner, vocabulary, dtype=np.float16):
    """A step of a decoder: some tokens behind others, whose keys and values are inputs."""
    graph = Graph("decoder", opset=21)
    graph.imports["com.microsoft"] = 1
    batch, past, total = "batch_size", "past_sequence_length", "total_sequence_length"

    def weights(name, *shape):
        return graph.constant(name, noise(*shape, scale=shape[0]**-0.5, dtype=dtype))

    def scales(name):
        return graph.constant(name, (1 + noise(hidden, scale=0.1)).astype(dtype))

    def skip_norm(name, residual, value):
        """The normalised sum, and the sum."""
        normed, _, _, added = graph.node("SkipSimplifiedLayerNormalization", residual, value, scales(name), outputs=4, domain="com.microsoft", epsilon=1e-5)
        return normed, added

    tokens = graph.input("input_ids", np.zeros((1, 1), np.int64), [batch, "sequence_length"])
    mask = graph.input("attention_mask", np.zeros((1, 1), np.int64), [batch, total])
    one, axis = graph.constant("one", np.array([1], np.int64)), graph.constant("axis", np.array(1, np.int64))
    lengths = graph.node("Cast", graph.node("Sub", graph.node("ReduceSum", mask, one), one), to=6)
    longest = graph.node("Cast", graph.node("Gather", graph.node("Shape", mask), axis, axis=0), to=6)
    angles = np.outer(np.arange(4096), 10000.0 ** (-np.arange(0, size, 2) / size))
    tables = [graph.constant(name, table(angles).astype(dtype)) for name, table in (("cos", np.cos), ("sin", np.sin))]
    x = graph.node("Gather", weights("embedding", vocabulary, hidden), tokens, axis=0)
    residual = x
    normed = graph.node("SimplifiedLayerNormalization", x, scales("norm"), axis=-1, epsilon=1e-5, stash_type=1)
    caches = []
    for layer in range(layers):
        state = [graph.input(f"past_key_values.{layer}.{part}", np.zeros((1, kv, 1, size), dtype), [batch, kv, past, size]) for part in ("key", "value")]
        q, k, v = (graph.node("MatMul", normed, weights(f"{part}{layer}", hidden, width)) for part, width in (("q", heads * size), ("k", kv * size), ("v", kv * size)))
        y, *cache = graph.node("GroupQueryAttention", q, k, v, *state, lengths, longest, *tables, outputs=3, domain="com.microsoft",
                               num_heads=heads, kv_num_heads=kv, do_rotary=1, rotary_interleaved=0, scale=size**-0.5)
        caches += zip((f"present.{layer}.{part}" for part in ("key", "value")), cache)
        y = graph.node("MatMul", y, weights(f"o{layer}", heads * size, hidden))
        normed, residual = skip_norm(f"norm_mlp{layer}", residual, y)
        gate, up = (graph.node("MatMul", normed, weights(f"{part}{layer}", hidden, inner)) for part in ("gate", "up"))
        y = graph.node("Mul", graph.node("Mul", gate, graph.node("Sigmoid", gate)), up)
        y = graph.node("MatMul", y, weights(f"down{layer}", inner, hidden))
        normed, residual = skip_norm(f"norm{layer}", residual, y)
    graph.output(graph.node("MatMul", normed, weights("head", hidden, vocabulary)), [batch, "sequence_length", vocabulary], dtype, name="logits")
    for name, value in caches:
        graph.output(value, [batch, kv, total, size], dtype, name=name)
    return graph.finish()[0], {}


def decoder_512():
    return decoder(8, 512, 8, 4, 64, 1408, 2048)


def llama_2_7b(layers=1, vocabulary=2048):
    return decoder(layers, 4096, 32, 32, 128, 11008, vocabulary)


def llama_3_8b(layers=1, vocabulary=2048):
    return decoder(layers, 4096, 32, 8, 128, 14336, vocabulary)
