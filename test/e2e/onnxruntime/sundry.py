# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small operators of com.microsoft: distances, windows, layouts and sampling."""

import itertools

import numpy as np
from cases import Numbers, node_case


def cases():
    for metric, depth in itertools.product(("sqeuclidean", "euclidean"), (1, 5, 40)):
        name = f"cdist_{metric}_{depth}"
        numbers = Numbers(name)
        yield node_case(name, "CDist", {"a": numbers.reals(4, depth), "b": numbers.reals(3, depth)}, metric=metric)
    for dim, size, step in ((1, 3, 1), (1, 3, 2), (0, 2, 1), (-1, 4, 3)):
        name = f"unfold_dim{dim}_size{size}_step{step}"
        yield node_case(name, "UnfoldTensor", {"x": Numbers(name).reals(3, 8)}, dim=dim, size=size, step=step)
    for axis in (0, 1, -1):
        name = f"expand_dims_{axis}"
        yield node_case(name, "ExpandDims", {"x": Numbers(name).reals(2, 3), "axis": np.array(axis, np.int32)},
                        held=("axis",))
    for mode, padding in itertools.product(("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")):
        name = f"grid_sample_{mode}_{padding}"
        numbers = Numbers(name)
        yield node_case(name, "GridSample", {"x": numbers.reals(1, 2, 4, 5), "grid": numbers.reals(1, 3, 3, 2, scale=0.7)},
                        mode=mode, padding_mode=padding)
    for mode in ("constant", "edge", "reflect"):
        name = f"pad_{mode}"
        yield node_case(name, "Pad", {"x": Numbers(name).reals(3, 4), "pads": np.array([1, 2, 0, 1])}, held=("pads",),
                        mode=mode)
