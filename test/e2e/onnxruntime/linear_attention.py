# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""com.microsoft's LinearAttention and CausalConvWithState, which became ONNX's."""

import itertools

import numpy as np
from cases import Numbers, node_case

BATCH, DEPTH = 2, 8


def attention(name, rule, steps=3, query_heads=2, heads=2, state=False, decay_each=False, dtype=np.float32, **attributes):
    numbers = Numbers(name)
    operands = {"query": numbers.reals(BATCH, steps, query_heads * DEPTH, dtype=dtype),
                "key": numbers.reals(BATCH, steps, heads * DEPTH, scale=0.5, dtype=dtype),
                "value": numbers.reals(BATCH, steps, heads * DEPTH, dtype=dtype),
                "state": numbers.reals(BATCH, heads, DEPTH, DEPTH, scale=0.5, dtype=dtype) if state else None,
                "decay": -np.abs(numbers.reals(BATCH, steps, heads * (DEPTH if decay_each else 1), dtype=dtype))
                if rule.startswith("gated") else None,
                "beta": np.abs(numbers.reals(BATCH, steps, heads, scale=0.25, dtype=dtype))
                if rule.endswith("delta") else None}
    while list(operands.values())[-1] is None:
        operands.popitem()
    return node_case(name, "LinearAttention", operands, ("y", "after"), update_rule=rule, q_num_heads=query_heads,
                     kv_num_heads=heads, **attributes)


def convolution(name, steps=5, taps=4, bias=False, state=False, dtype=np.float32, **attributes):
    numbers = Numbers(name)
    operands = {"x": numbers.reals(BATCH, 6, steps, dtype=dtype), "w": numbers.reals(6, 1, taps, dtype=dtype),
                "b": numbers.reals(6, dtype=dtype) if bias else None,
                "state": numbers.reals(BATCH, 6, taps - 1, dtype=dtype) if state else None}
    while list(operands.values())[-1] is None:
        operands.popitem()
    return node_case(name, "CausalConvWithState", operands, ("y", "after"), held=("w",), **attributes)


def cases():
    for rule, (way, form) in itertools.product(
            ("linear", "gated", "delta", "gated_delta"),
            {"prompt": {}, "continued": {"state": True}, "step": {"steps": 1, "state": True}}.items()):
        yield attention(f"{rule}_{way}", rule, **form)
    for rule in ("linear", "gated_delta"):
        yield attention(f"{rule}_shared", rule, query_heads=4, state=True)
        yield attention(f"{rule}_scale", rule, scale=0.7)
    for rule in ("gated", "gated_delta"):
        yield attention(f"{rule}_each", rule, decay_each=True)
    yield attention("gated_delta_f16", "gated_delta", dtype=np.float16, state=True)
    for activation, bias, state in itertools.product(("none", "silu"), (False, True), (False, True)):
        yield convolution(f"conv_{activation}{'_bias' if bias else ''}{'_state' if state else ''}", bias=bias, state=state,
                          activation=activation)
    yield convolution("conv_step", steps=1, bias=True, state=True, activation="silu")
    yield convolution("conv_f16", dtype=np.float16, bias=True, state=True, activation="silu")
