#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""selection.py [CASE...]: operators that order, choose and place elements by what a run holds, through the
whole way, against NumPy or plain loops."""

import os

import numpy as np

from models import Graph
from operators import RNG, case, node, reals, run, sizes, wholes


def top(x, k, axis=-1, largest=True):
    """Values and indices by a stable sort."""
    key = x.astype(np.float64)
    chosen = np.take(np.argsort(-key if largest else key, axis, kind="stable"), range(k), axis)
    return [np.take_along_axis(x, chosen, axis), chosen]


@case
def greatest_elements():
    x = reals(3, 7, 5)
    for axis in (0, 1, -1):
        for largest in (0, 1):
            yield node("TopK", [x], top(x, 3, axis, largest), [sizes(3)], outputs=2, axis=axis, largest=largest)
    ties = wholes(4, 30, low=-3, high=3, dtype=np.int32)
    yield node("TopK", [ties], top(ties, 30), [sizes(30)], outputs=2)
    yield node("TopK", [ties], top(ties, 7, 1, False), [sizes(7)], outputs=2, largest=0)
    zeros = np.array([[0.0, -0.0, 1, -np.inf, np.inf, -0.0, 0.0]], np.float32)
    yield node("TopK", [zeros], top(zeros, 7), [sizes(7)], outputs=2)
    yield node("TopK", [zeros], top(zeros, 7, 1, False), [sizes(7)], outputs=2, largest=0)
    for dtype in (np.uint8, np.int8, np.int16, np.uint32, np.int64):
        i = wholes(2, 20, low=0 if dtype in (np.uint8, np.uint32) else -50, high=120, dtype=dtype)
        if dtype == np.uint32:
            i[0, :4] = [0xffffffff, 0x80000000, 0x7fffffff, 0xfffffffe]
        yield node("TopK", [i], top(i, 6), [sizes(6)], outputs=2)
    half = reals(3, 40).astype(np.float16)
    yield node("TopK", [half], top(half, 2, 0), [sizes(2)], outputs=2, axis=0)
    yield node("TopK", [x[0]], top(x[0], 2), opset=9, outputs=2, k=2)
    # A NaN is greater than everything.
    odd = np.array([3, np.nan, np.inf, -np.inf], np.float32)
    yield node("TopK", [odd], [odd[[1, 2, 0]], np.array([1, 2, 0])], [sizes(3)], outputs=2)
    yield node("TopK", [odd], [odd[[3, 0, 2]], np.array([3, 0, 2])], [sizes(3)], outputs=2, largest=0)


@case
def greatest_of_many():
    """Rows longer than a vector, by themselves and abreast; the least number there is comes before what fills up."""
    x = wholes(2, 1100, low=-400, high=400, dtype=np.int32)
    x[0, :3] = [np.iinfo(np.int32).min, np.iinfo(np.int32).max, np.iinfo(np.int32).min]
    for largest in (0, 1):
        yield node("TopK", [x], top(x, 5, 1, largest), [sizes(5)], outputs=2, largest=largest)
    for extreme in (np.iinfo(np.int32).min, np.iinfo(np.int32).max):
        equal = np.full((1, 1100), extreme, np.int32)
        for largest in (0, 1):
            yield node("TopK", [equal], top(equal, 4), [sizes(4)], outputs=2, largest=largest)
    least = wholes(40, 11, low=-2, high=2, dtype=np.int32)
    least[least == -2] = np.iinfo(np.int32).min
    yield node("TopK", [least], top(least, 11), [sizes(11)], outputs=2)


@case
def greatest_of_any_shape():
    """SLUICE_TOPK_CASES random shapes, types, directions and axes, most with many equal elements."""
    rng = np.random.default_rng(5)
    for _ in range(int(os.environ.get("SLUICE_TOPK_CASES", 30))):
        size = int(2 ** rng.uniform(0, 12))
        outer = int(2 ** rng.uniform(0, min(8, 13 - np.log2(size))))
        k = int(min(size, 2 ** rng.uniform(0, 7))) if rng.integers(4) else size
        dtype = rng.choice([np.float32, np.float16, np.int8, np.uint8, np.int32, np.uint32, np.int64])
        span = int(rng.choice([3, 100, 30000]))
        shape = (outer, size) if rng.integers(2) else (size, outer)
        low = 0 if np.issubdtype(dtype, np.unsignedinteger) else -span
        x = rng.integers(low, span, shape)
        if np.issubdtype(dtype, np.integer):
            x = x.clip(np.iinfo(dtype).min, np.iinfo(dtype).max)
        x, axis, largest = x.astype(dtype), shape.index(size), int(rng.integers(2))
        yield node("TopK", [x], top(x, k, axis, largest), [sizes(k)], outputs=2, axis=axis, largest=largest)


@case
def extrema():
    x = reals(4, 9)
    x[1, 5] = np.nan
    i = wholes(3, 8, low=0, high=4, dtype=np.uint32)
    i[0, 3] = 0xffffffff
    yield node("ArgMax", [x], x.argmax(1)[:, None], axis=1)
    yield node("ArgMax", [i], i.argmax(1), axis=1, keepdims=0)
    yield node("ArgMin", [i], 7 - i[:, ::-1].argmin(1), axis=1, keepdims=0, select_last_index=1)


@case
def bits():
    x = np.array([0.0, -0.0, 1, -2.5, 1e-40, 3e38, np.inf, -np.inf], np.float32)
    for to, dtype in ((6, np.int32), (12, np.uint32)):
        yield node("BitCast", [x], x.view(dtype), opset=26, to=to)
        yield node("BitCast", [x.view(dtype)], x, opset=26, to=1)
    half = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    half = half[~np.isnan(half)]
    for to, dtype in ((5, np.int16), (4, np.uint16)):
        yield node("BitCast", [half], half.view(dtype), opset=26, to=to)
        yield node("BitCast", [half.view(dtype)], half, opset=26, to=10)
    b = np.arange(256, dtype=np.uint8)
    yield node("BitCast", [b], b.view(np.int8), opset=26, to=3)
    yield node("BitCast", [b.view(np.int8)], b, opset=26, to=2)


@case
def cache_rows():
    cache, update = reals(3, 2, 6, 4), reals(3, 2, 2, 4)
    starts = np.array([0, 4, 2], np.int64)
    want = cache.copy()
    for b, start in enumerate(starts):
        want[b, :, start:start + 2] = update[b]
    yield node("TensorScatter", [cache, update, starts], want, opset=24)
    yield node("TensorScatter", [cache, update], want, [starts], opset=24)
    circular, late = cache.copy(), np.array([5, 0, 3], np.int64)
    for b, start in enumerate(late):
        for row in range(2):
            circular[b, :, (start + row) % 6] = update[b, :, row]
    yield node("TensorScatter", [cache, update, late], circular, opset=24, mode="circular")
    first, flat = cache.copy(), reals(3, 1, 6, 4)
    first[:, :1] = flat
    yield node("TensorScatter", [cache, flat], first, opset=24, axis=1)


@case
def reversed_sequences():
    x, lengths = reals(4, 5, 3), np.array([1, 4, 2, 3, 0], np.int64)
    want = x.copy()
    for b, length in enumerate(lengths):
        want[:length, b] = x[:length, b][::-1]
    yield node("ReverseSequence", [x, lengths], want)
    yield node("ReverseSequence", [x], want, [lengths])
    swapped = np.ascontiguousarray(x.transpose(1, 0, 2))
    yield node("ReverseSequence", [swapped, lengths], want.transpose(1, 0, 2), batch_axis=0, time_axis=1)


@case
def triangles():
    x = reals(2, 4, 6)
    for k in (-2, 0, 3):
        yield node("Trilu", [x, np.array(k, np.int64)], np.triu(x, k))
        yield node("Trilu", [x, np.array(k, np.int64)], np.tril(x, k), upper=0)
    yield node("Trilu", [x], np.triu(x))


@case
def padding():
    x = reals(3, 5)
    for data, value in ((x, np.float32(2.5)), (wholes(3, 5, dtype=np.int32), np.int32(7))):
        graph = Graph("pad", opset=18)
        names = [graph.input("x", data), graph.constant("pads", sizes(1, -2, 0, 3)), graph.input("value", value)]
        want = np.pad(data[:, 2:], [(1, 0), (0, 3)], constant_values=value)
        graph.output(graph.node("Pad", *names), want.shape, want.dtype, name="y0")
        yield (*graph.finish(), [want])
    yield node("CenterCropPad", [x], np.pad(x[:, 1:4], [(1, 2), (0, 0)]), [sizes(6, 3)], opset=18)
    yield node("CenterCropPad", [x], np.pad(x, [(0, 0), (1, 1)]), [sizes(7)], opset=18, axes=[-1])
    i = wholes(3, 5, dtype=np.int32)
    yield node("CenterCropPad", [i], i[1:2, 1:3], [sizes(1, 2)], opset=18)


@case
def places_of_greatest():
    x = wholes(2, 3, 5, 6, low=-9, high=9, dtype=np.int32).astype(np.float32)
    for storage in (0, 1):
        for kernel, stride, pad in ((2, 2, 0), (3, 1, 1), (3, 2, 1)):
            rows, columns = ((size + 2 * pad - kernel) // stride + 1 for size in (5, 6))
            best, where = np.zeros((2, 3, rows, columns), np.float32), np.zeros((2, 3, rows, columns), np.int64)
            for n, c, i, j in np.ndindex(best.shape):
                # Of equal elements, the first row by row.
                seen = [(-x[n, c, h, w], h * 6 + w, h + w * 5)
                        for h in range(i * stride - pad, i * stride - pad + kernel) if 0 <= h < 5
                        for w in range(j * stride - pad, j * stride - pad + kernel) if 0 <= w < 6]
                value, *place = min(seen)
                best[n, c, i, j], where[n, c, i, j] = -value, (n * 3 + c) * 30 + place[storage]
            yield node("MaxPool", [x], [best, where], outputs=2, kernel_shape=[kernel] * 2, strides=[stride] * 2,
                       pads=[pad] * 4, storage_order=storage)


@case
def places_filled():
    """Each window's element has a place of its own, so nothing is written twice."""
    x = reals(2, 3, 3, 4)
    where = np.zeros(x.shape, np.int64)
    want = np.zeros((2, 3, 6, 8), np.float32)
    for n, c, i, j in np.ndindex(x.shape):
        h, w = 2 * i + RNG.integers(2), 2 * j + RNG.integers(2)
        where[n, c, i, j], want[n, c, h, w] = (n * 3 + c) * 48 + h * 8 + w, x[n, c, i, j]
    flags = dict(kernel_shape=[2, 2], strides=[2, 2], opset=11)
    yield node("MaxUnpool", [x, where], want, **flags)
    yield node("MaxUnpool", [x, where], np.pad(want, [(0, 0), (0, 0), (0, 1), (0, 2)]), [sizes(2, 3, 7, 10)], **flags)


@case
def places_filled_of_any_shape():
    """SLUICE_UNPOOL_CASES random images, so large that a sum over what may lie in a place is long."""
    rng = np.random.default_rng(7)
    for _ in range(int(os.environ.get("SLUICE_UNPOOL_CASES", 4))):
        n, c, h, w = (int(rng.integers(1, most)) for most in (3, 4, 11, 11))
        kernel = [int(rng.integers(1, 4)) for _ in range(2)]
        x = rng.standard_normal((n, c, h, w)).astype(np.float32)
        rows, columns = h * kernel[0], w * kernel[1]
        where, want = np.zeros(x.shape, np.int64), np.zeros((n, c, rows, columns), np.float32)
        for b, p, i, j in np.ndindex(x.shape):
            y, z = kernel[0] * i + rng.integers(kernel[0]), kernel[1] * j + rng.integers(kernel[1])
            where[b, p, i, j], want[b, p, y, z] = ((b * c + p) * rows + y) * columns + z, x[b, p, i, j]
        yield node("MaxUnpool", [x, where], want, kernel_shape=kernel, strides=kernel, opset=11)


@case
def greatest_of_regions():
    x = reals(2, 3, 9, 12)
    regions = np.array([[0, 0, 0, 11, 8], [1, 2, 3, 7, 6], [1, 5, 5, 5, 5], [0, 4, 0, 10, 3]], np.float32)
    for scale, (rows, columns) in ((1.0, (2, 3)), (0.5, (3, 2))):
        want = np.zeros((4, 3, rows, columns), np.float32)
        for r, (batch, *corners) in enumerate(regions):
            left, top_, right, bottom = (int(np.floor(c * scale + 0.5)) for c in corners)
            height, width = max(bottom - top_ + 1, 1), max(right - left + 1, 1)
            for i, j in np.ndindex(rows, columns):
                h = [int(np.floor(i * height / rows)) + top_, int(np.ceil((i + 1) * height / rows)) + top_]
                w = [int(np.floor(j * width / columns)) + left, int(np.ceil((j + 1) * width / columns)) + left]
                part = x[int(batch), :, max(h[0], 0):h[1], max(w[0], 0):w[1]]
                want[r, :, i, j] = part.max((1, 2)) if part.size else 0
        yield node("MaxRoiPool", [x, regions], want, pooled_shape=[rows, columns], spatial_scale=scale)


@case
def folds():
    for image, block, strides, pads, dilations in [((5, 5), (2, 3), (1, 1), (0, 0, 0, 0), (1, 1)),
                                                   ((6, 7), (3, 2), (2, 1), (1, 0, 1, 2), (1, 2)),
                                                   ((9,), (3,), (2,), (1, 1), (2,))]:
        rank = len(image)
        count = [(image[d] + pads[d] + pads[rank + d] - (block[d] - 1) * dilations[d] - 1) // strides[d] + 1
                 for d in range(rank)]
        x = reals(2, 3 * int(np.prod(block)), int(np.prod(count)))
        want = np.zeros((2, 3, *image))
        taps = x.reshape(2, 3, *block, *count)
        for tap in np.ndindex(*block):
            for position in np.ndindex(*count):
                at = [position[d] * strides[d] - pads[d] + tap[d] * dilations[d] for d in range(rank)]
                if all(0 <= a < size for a, size in zip(at, image)):
                    want[(slice(None), slice(None), *at)] += taps[(slice(None), slice(None), *tap, *position)]
        yield node("Col2Im", [x], want, [sizes(*image), sizes(*block)], opset=18, strides=strides, pads=pads,
                   dilations=dilations)


@case
def determinants():
    for shape in ((1, 1), (3, 2, 2), (2, 3, 3), (5, 5), (2, 2, 6, 6)):
        x = reals(*shape)
        yield node("Det", [x], np.asarray(np.linalg.det(x.astype(np.float64))))
    singular = np.array([[0, 2, 1], [0, 4, 5], [0, 1, 1]], np.float32)
    yield node("Det", [singular], np.float64(0))
    swap = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], np.float32)
    yield node("Det", [swap], np.float64(1))


run(whole_way=True)
