# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""com.microsoft's RotaryEmbedding, whose operands come in another order than those of ONNX's."""

import itertools

import numpy as np
from cases import Numbers, node_case


def tables(positions, width, dtype=np.float32):
    angles = np.outer(np.arange(positions), 100.0 ** (-np.arange(width) / width))
    return np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)


def cases():
    for interleaved, ranked, places, kind in itertools.product(
            (0, 1), ("flat", "heads"), ("start", "each"), ("f32", "f16")):
        name = f"{ranked}_{places}_{kind}{'_interleaved' if interleaved else ''}"
        numbers = Numbers(name)
        dtype = np.float16 if kind == "f16" else np.float32
        cosines, sines = tables(12, 4, dtype)
        yield node_case(name, "RotaryEmbedding", {
            "x": numbers.reals(*((2, 3, 16) if ranked == "flat" else (2, 2, 3, 8)), dtype=dtype),
            "position_ids": np.array([4]) if places == "start" else numbers.integers(0, 12, 2, 3),
            "cosines": cosines, "sines": sines}, held=("cosines", "sines"), interleaved=interleaved)
    for interleaved, ranked in itertools.product((0, 1), ("flat", "heads")):
        name = f"partial_{ranked}{'_interleaved' if interleaved else ''}"
        numbers = Numbers(name)
        cosines, sines = tables(12, 2)
        yield node_case(name, "RotaryEmbedding", {
            "x": numbers.reals(*((2, 3, 16) if ranked == "flat" else (2, 2, 3, 8))),
            "position_ids": numbers.integers(0, 12, 2, 3), "cosines": cosines, "sines": sines},
            held=("cosines", "sines"), interleaved=interleaved, rotary_embedding_dim=4, num_heads=2)
    for name, attributes in {"scale": {"scale": 2.0}, "heads_given": {"num_heads": 2},
                             "tables_at_run_time": {}, "packed_batching": {"is_packed_batching": 1}}.items():
        numbers = Numbers(name)
        cosines, sines = tables(12, 4)
        yield node_case(name, "RotaryEmbedding", {
            "x": numbers.reals(2, 3, 16), "position_ids": numbers.integers(0, 12, 2, 3), "cosines": cosines,
            "sines": sines}, held=() if name == "tables_at_run_time" else ("cosines", "sines"), **attributes)
