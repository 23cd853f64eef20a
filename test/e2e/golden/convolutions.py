#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""convolutions.py [CASE...]: convolutions and pooling of bytes through the whole way, against exact integers."""

import os

import numpy as np

from operators import case, node, run


def convolved(x, w, strides, dilations, pads, group):
    """Exact sums of the windows of `x`, already less its zero point and padded with zeros by `pads` (low, high)."""
    rank = w.ndim - 2
    x = np.pad(x.astype(np.int64), [(0, 0), (0, 0), *pads])
    positions = [(x.shape[2 + d] - (w.shape[2 + d] - 1) * dilations[d] - 1) // strides[d] + 1 for d in range(rank)]
    result = np.zeros([x.shape[0], w.shape[0], *positions], np.int64)
    outputs, depth = w.shape[0] // group, w.shape[1]
    for tap in np.ndindex(*w.shape[2:]):
        taken = x[(slice(None), slice(None), *[slice(t * dilations[d], t * dilations[d] + (positions[d] - 1) * strides[d] + 1, strides[d])
                                               for d, t in enumerate(tap)])]
        for g in range(group):
            out, channels = slice(g * outputs, (g + 1) * outputs), slice(g * depth, (g + 1) * depth)
            result[:, out] += np.einsum("nc...,oc->no...", taken[:, channels], w[(out, slice(None), *tap)].astype(np.int64))
    return result.astype(np.int32)


def convolution(rng, x_shape, w_shape, strides, dilations, pads, group, dtype=np.int8, zero=0, filter_zero=0):
    """A ConvInteger node of random bytes and its exact result."""
    low, high = (0, 256) if dtype == np.uint8 else (-128, 128)
    x = rng.integers(low, high, x_shape).astype(dtype)
    w = rng.integers(-128, 128, w_shape).astype(np.int8)
    expected = convolved(x.astype(np.int64) - zero, w.astype(np.int64) - filter_zero, strides, dilations, pads, group)
    return node("ConvInteger", [x], [expected], [w, np.array(zero, dtype), np.array(filter_zero, np.int8)],
                strides=strides, dilations=dilations, pads=[p[0] for p in pads] + [p[1] for p in pads], group=group)


@case
def shapes_of_networks():
    rng = np.random.default_rng(1)
    for x, w, stride, pad, group in [
            ((1, 3, 32, 32), (64, 3, 7, 7), 2, 3, 1), ((1, 64, 14, 14), (64, 64, 3, 3), 1, 1, 1),
            ((1, 128, 9, 14), (128, 128, 3, 3), 2, 1, 1), ((1, 64, 8, 8), (256, 64, 1, 1), 1, 0, 1),
            ((1, 256, 8, 8), (64, 256, 1, 1), 1, 0, 1), ((1, 96, 15, 15), (96, 1, 3, 3), 2, 1, 96),
            ((1, 400, 5, 6), (700, 400, 3, 3), 1, 1, 1), ((1, 24, 31, 31), (144, 24, 1, 1), 1, 0, 1)]:
        yield convolution(rng, x, w, [stride] * 2, [1, 1], [(pad, pad)] * 2, group, zero=-3)


@case
def any_shape():
    """SLUICE_CONVOLUTION_CASES random shapes of one to three dimensions."""
    rng = np.random.default_rng(2)
    for _ in range(int(os.environ.get("SLUICE_CONVOLUTION_CASES", 40))):
        rank = int(rng.integers(1, 4))
        group = int(rng.choice([1, 1, 1, 2, 3, 5]))
        depth, outputs = int(2 ** rng.uniform(0, 6)), int(2 ** rng.uniform(0, 6))
        taps = [int(rng.integers(1, 5)) for _ in range(rank)]
        strides = [int(rng.integers(1, 4)) for _ in range(rank)]
        dilations = [int(rng.choice([1, 1, 2, 3])) for _ in range(rank)]
        pads = [(int(rng.integers(0, 3)), int(rng.integers(0, 3))) for _ in range(rank)]
        extents = [int(rng.integers(1, 40 if rank == 1 else 14)) for _ in range(rank)]
        extents = [max(e, (t - 1) * d + 1 - sum(p)) for e, t, d, p in zip(extents, taps, dilations, pads)]
        dtype = rng.choice([np.int8, np.uint8])
        zero = int(rng.integers(0, 100)) if rng.integers(2) else 0
        yield convolution(rng, (int(rng.integers(1, 3)), group * depth, *extents), (group * outputs, depth, *taps), strides,
                          dilations, pads, group, dtype, zero, int(rng.integers(-5, 5)) if rng.integers(4) == 0 else 0)


@case
def greatest_of_windows():
    rng = np.random.default_rng(3)
    for shape, size, stride, pad in [((1, 64, 16, 17), 3, 2, 1), ((2, 5, 9, 8), 2, 2, 0), ((1, 20, 7, 7), 3, 1, 1)]:
        for dtype in (np.int8, np.uint8):
            low, high = (0, 256) if dtype == np.uint8 else (-128, 128)
            x = rng.integers(low, high, shape).astype(dtype)
            padded = np.pad(x.astype(np.int64), [(0, 0), (0, 0), (pad, pad), (pad, pad)], constant_values=-1000)
            windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), (2, 3))[:, :, ::stride, ::stride]
            yield node("MaxPool", [x], [windows.max((-1, -2)).astype(dtype)], opset=12, kernel_shape=[size] * 2,
                       strides=[stride] * 2, pads=[pad] * 4)


run(whole_way=True)
