# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layer normalizations of ONNX Runtime's own domain, and those that exporters put into the default one."""

import itertools

import numpy as np
from cases import Numbers, node_case

TYPES = {"f32": np.float32, "f16": np.float16}
# The last is wider than a vector of the machine.
SHAPES = {"rank2": (3, 16), "rank3": (2, 3, 24), "wide": (2, 1, 330)}


def forms(*flags):
    """Type, shape and truths for each of the flags, with a suffix for the name. Wide rows get all flags."""
    for (kind, dtype), (rank, shape), *truths in itertools.product(TYPES.items(), SHAPES.items(),
                                                                  *[(False, True)] * len(flags)):
        if rank != "wide" or (dtype == np.float32 and all(truths)):
            yield dtype, shape, *truths, "_".join([rank, kind, *itertools.compress(flags, truths)])


def simplified():
    for dtype, shape, suffix in forms():
        name = f"simplified_{suffix}"
        numbers = Numbers(name)
        yield node_case(name, "SimplifiedLayerNormalization",
                        {"x": numbers.reals(*shape, dtype=dtype), "scale": numbers.reals(shape[-1], dtype=dtype)},
                        domain="", axis=-1, epsilon=1e-5, stash_type=1)
    name = "simplified_axis1"
    numbers = Numbers(name)
    yield node_case(name, "SimplifiedLayerNormalization",
                    {"x": numbers.reals(2, 3, 8), "scale": numbers.reals(3, 8)}, domain="", axis=1, epsilon=1e-3)
    name = "simplified_inverse_deviation"
    numbers = Numbers(name)
    yield node_case(name, "SimplifiedLayerNormalization",
                    {"x": numbers.reals(2, 3, 8), "scale": numbers.reals(8)}, ("y", "inverse"), domain="", axis=-1)


def layer_normalization():
    for dtype, shape, bias, suffix in forms("bias"):
        name = f"layer_{suffix}"
        numbers = Numbers(name)
        yield node_case(name, "LayerNormalization",
                        {"x": numbers.reals(*shape, dtype=dtype), "scale": numbers.reals(shape[-1], dtype=dtype),
                         "bias": numbers.reals(shape[-1], dtype=dtype) if bias else None}, domain="", axis=-1)


def skip_simplified():
    for dtype, shape, bias, with_sum, suffix in forms("bias", "sum"):
        name = f"skip_simplified_{suffix}"
        numbers = Numbers(name)
        operands = {"x": numbers.reals(*shape, dtype=dtype), "skip": numbers.reals(*shape, dtype=dtype),
                    "gamma": numbers.reals(shape[-1], dtype=dtype)}
        if bias:
            operands["bias"] = numbers.reals(shape[-1], dtype=dtype)
        yield node_case(name, "SkipSimplifiedLayerNormalization", operands,
                        ("y", "", "", "sum") if with_sum else ("y",), epsilon=1e-5)


def skip_layer():
    for dtype, shape, beta, bias, suffix in forms("beta", "bias"):
        name = f"skip_layer_{suffix}"
        numbers = Numbers(name)
        operands = {"x": numbers.reals(*shape, dtype=dtype), "skip": numbers.reals(*shape, dtype=dtype),
                    "gamma": numbers.reals(shape[-1], dtype=dtype),
                    "beta": numbers.reals(shape[-1], dtype=dtype) if beta else None}
        if bias:
            operands["bias"] = numbers.reals(shape[-1], dtype=dtype)
        yield node_case(name, "SkipLayerNormalization", operands,
                        ("y", "", "", "sum") if beta else ("y",), epsilon=1e-5)


def broadcast_skip():
    for rows in ((1, 3, 16), (3, 16)):
        for op in ("SkipLayerNormalization", "SkipSimplifiedLayerNormalization"):
            name = f"broadcast_rank{len(rows)}_{op}"
            numbers = Numbers(name)
            yield node_case(name, op, {"x": numbers.reals(2, 3, 16), "skip": numbers.reals(*rows),
                                       "gamma": numbers.reals(16)}, ("y", "", "", "sum"))


def embed_layer():
    """The operator's second output, how many tokens the mask keeps, is not optional."""
    choices = {"plain": (), "segments": ("segments",), "mask": ("segments", "mask"),
               "positions": ("segments", "position_ids"), "sum": ("segments", "mask", "sum"), "mask_alone": ("mask",)}
    for kind, chosen in choices.items():
        name = f"embed_layer_{kind}"
        numbers = Numbers(name)
        operands = {"ids": numbers.integers(0, 20, 2, 5, dtype=np.int32),
                    "segment_ids": numbers.integers(0, 2, 2, 5, dtype=np.int32) if "segments" in chosen else None,
                    "words": numbers.reals(20, 8), "positions": numbers.reals(6, 8),
                    "segments": numbers.reals(2, 8) if "segments" in chosen else None, "gamma": numbers.reals(8),
                    "beta": numbers.reals(8),
                    "mask": np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 0]], np.int32) if "mask" in chosen else None,
                    "position_ids": numbers.integers(0, 6, 2, 5, dtype=np.int32) if "position_ids" in chosen else None}
        held = [key for key in ("words", "positions", "segments", "gamma", "beta") if operands[key] is not None]
        yield node_case(name, "EmbedLayerNormalization", operands,
                        ("y", "lengths", "sum") if "sum" in chosen else ("y", "lengths"), held, epsilon=1e-6)


def cases():
    yield from simplified()
    yield from layer_normalization()
    yield from skip_simplified()
    yield from skip_layer()
    yield from broadcast_skip()
    yield from embed_layer()
