#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks over fp32 images: small ones give the reference interpreter's bits, and what float64 gives
within the tolerance; larger ones compile in a minute."""

import tempfile
import time
from pathlib import Path

import numpy as np
from onnx import helper, numpy_helper

import models
from harness import assert_same_bits, execute, golden, run_cases, save_model, tool

INVERTED = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 1, 2)]
SMALL = {
    "mobilenet": lambda: models.mobilenet(size=32, classes=10, blocks=INVERTED),
    "unet": lambda: models.unet(size=32, widths=(16, 24, 48)),
    "unet-linear": lambda: models.unet(size=16, widths=(16, 32), upsample="linear"),
    "unet-nearest": lambda: models.unet(size=16, widths=(16, 32), upsample="nearest"),
}
WHOLE = {"mobilenet-224": models.mobilenet, "unet-256": models.unet}
# Relative to the largest value.
TOLERANCE = {"f16": 1e-2, "f32": 1e-5}
SECONDS = 60


def convolve(x, weights, bias=None, *, strides, group=1, pads=(0, 0, 0, 0), kernel_shape=None):
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[2:], axis=(2, 3))[:, :, ::strides[0], ::strides[1]]
    channels, outputs = x.shape[1] // group, weights.shape[0] // group
    parts = [np.einsum("nchwij,ocij->nohw", windows[:, g * channels:(g + 1) * channels], weights[g * outputs:(g + 1) * outputs])
             for g in range(group)]
    return np.concatenate(parts, axis=1) + (0 if bias is None else bias[:, None, None])


def convolve_transposed(x, weights, *, strides, kernel_shape):
    """Windows that do not overlap."""
    assert strides == kernel_shape
    batch, _, height, width = x.shape
    blocks = np.einsum("nchw,coij->nohiwj", x, weights)
    return blocks.reshape(batch, weights.shape[1], height * strides[0], width * strides[1])


def resize(x, _, scales, *, mode):
    """Spatial axes at half-pixel coordinates."""
    for axis in (2, 3):
        size, scale = x.shape[axis], scales[axis]
        at = np.clip((np.arange(int(size * scale)) + 0.5) / scale - 0.5, 0, size - 1)
        if mode == "nearest":
            x = x.take(np.ceil(at - 0.5).astype(int), axis)
            continue
        low = np.floor(at).astype(int)
        part = (at - low).reshape([-1 if a == axis else 1 for a in range(4)])
        x = x.take(low, axis) * (1 - part) + x.take(np.minimum(low + 1, size - 1), axis) * part
    return x


OPERATORS = {
    "Add": np.add,
    "Clip": np.clip,
    "Concat": lambda *parts, axis: np.concatenate(parts, axis),
    "Conv": convolve,
    "ConvTranspose": convolve_transposed,
    "Flatten": lambda x: x.reshape(x.shape[0], -1),
    "Gemm": lambda x, weights, bias: x @ weights + bias,
    "GlobalAveragePool": lambda x: x.mean(axis=(2, 3), keepdims=True),
    "Identity": lambda x: x,
    "MaxPool": lambda x, **_: np.maximum.reduce([x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)]),
    "Resize": resize,
}


def in_doubles(model, feeds):
    """The results, computed in float64."""
    values = {tensor.name: numpy_helper.to_array(tensor).astype(np.float64) for tensor in model.graph.initializer}
    values.update({name: array.astype(np.float64) for name, array in feeds.items()})
    for node in model.graph.node:
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        attributes = {name: value.decode() if isinstance(value, bytes) else value for name, value in attributes.items()}
        values[node.output[0]] = OPERATORS[node.op_type](*[values.get(name) for name in node.input], **attributes)
    return {output.name: values[output.name] for output in model.graph.output}


def check_small(name, mode):
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        model, feeds = SMALL[name]()
        path = save_model(root / "model.onnx", model)
        tool("sluice-compile", path, "-o", root / "model.slu", f"--f32-matmul={mode}")
        outputs = execute(root, root / "model.slu", feeds)
        assert_same_bits(outputs, golden(root, path, feeds, f"--f32-matmul={mode}"), "executor and interpreter")
        for output, expected in in_doubles(model, feeds).items():
            error = np.abs(outputs[output] - expected).max() / np.abs(expected).max()
            assert error <= TOLERANCE[mode], f"{output}: error {error:.1e} of the largest value"


def check_whole(name):
    with tempfile.TemporaryDirectory() as root:
        path = save_model(Path(root, "model.onnx"), WHOLE[name]()[0])
        start = time.monotonic()
        tool("sluice-compile", path, "-o", Path(root, "model.slu"))
        took = time.monotonic() - start
        assert took <= SECONDS, f"compiled in {took:.0f} s"


cases = [(f"{name} {mode}", lambda name=name, mode=mode: check_small(name, mode)) for name in SMALL for mode in TOLERANCE]
cases += [(name, lambda name=name: check_whole(name)) for name in WHOLE]
run_cases(cases)
