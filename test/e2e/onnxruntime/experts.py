# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MoE: rows of the input go through the experts that their router likes best."""

import itertools

import numpy as np
from cases import Numbers, computed_in_float32, node_case


def mixture(name, rows=(4,), experts=4, width=8, inner=8, biases=True, activation="relu", ties=False, held=True,
            dtype=np.float32, **attributes):
    numbers = Numbers(name)
    outer = 2 * inner if activation == "swiglu" else inner
    count = int(np.prod(rows))
    operands = {"x": numbers.reals(*rows, width, dtype=dtype),
                "router": (numbers.integers(0, 2, count, experts) if ties else numbers.reals(count, experts)).astype(dtype),
                "up": numbers.reals(experts, outer, width, scale=0.25, dtype=dtype),
                "up_bias": numbers.reals(experts, outer, dtype=dtype) if biases else None,
                "down": numbers.reals(experts, width, inner, scale=0.25, dtype=dtype),
                "down_bias": numbers.reals(experts, width, dtype=dtype) if biases else None}
    if not biases:
        del operands["down_bias"]
    weights = [key for key in ("up", "up_bias", "down", "down_bias") if operands.get(key) is not None]
    if activation == "swiglu":
        attributes = {"swiglu_fusion": 1, **attributes}
    return node_case(name, "MoE", operands, held=weights if held else (), activation_type=activation, **attributes)


def cases():
    for activation, k, normalize in itertools.product(("relu", "gelu", "silu", "identity", "swiglu"), (1, 2), (0, 1)):
        yield mixture(f"{activation}_k{k}{'_normalized' if normalize else ''}", activation=activation, k=k,
                      normalize_routing_weights=normalize)
    # One row, of which only the chosen experts are computed.
    for activation, k in itertools.product(("relu", "silu", "swiglu"), (1, 2)):
        yield mixture(f"one_row_{activation}_k{k}", rows=(1,), experts=6, activation=activation, k=k,
                      normalize_routing_weights=1)
    yield mixture("one_row_no_bias", rows=(1,), biases=False, k=2)
    yield mixture("one_row_run_time_weights", rows=(1,), held=False, k=2)
    yield mixture("no_bias", biases=False, k=2)
    yield mixture("rank3", rows=(2, 3), k=2)
    yield mixture("all_experts", k=4)
    yield mixture("ties", rows=(6,), ties=True, k=2, normalize_routing_weights=1)
    yield mixture("ties_one_row", rows=(1,), experts=8, ties=True, k=3)
    yield mixture("swiglu_constants", activation="swiglu", k=2, activation_alpha=1.702, activation_beta=1.0,
                  swiglu_limit=1.0)
    yield computed_in_float32(mixture("f16", dtype=np.float16, activation="silu", k=2))
    yield computed_in_float32(mixture("f16_one_row", rows=(1,), dtype=np.float16, activation="silu", k=2))
