# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Transformer blocks as exporters for ONNX Runtime write them, in float32 and float16."""

import numpy as np
from cases import MICROSOFT, Case, Numbers, computed_in_float32
from onnx import helper
from rotary_embedding import tables

WIDTH, HEADS, GROUPS, INNER = 32, 2, 1, 48
DEPTH = WIDTH // HEADS


def node(op, inputs, outputs, domain="", **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), domain=domain, **attributes)


def decoder(name, steps, past, dtype):
    """A Llama's: grouped attention over a cache, RMS normalization, gated feed-forward."""
    numbers = Numbers(name)

    def weights(*shape):
        return numbers.reals(*shape, scale=1 / np.sqrt(shape[0]), dtype=dtype)

    cosines, sines = tables(12, DEPTH // 2, dtype)
    held = {"gamma": numbers.reals(WIDTH, dtype=dtype), "w_qkv": weights(WIDTH, WIDTH + 2 * GROUPS * DEPTH),
            "w_out": weights(WIDTH, WIDTH), "gamma2": numbers.reals(WIDTH, dtype=dtype),
            "w_gate": weights(WIDTH, INNER), "w_up": weights(WIDTH, INNER), "w_down": weights(INNER, WIDTH),
            "total": np.array([past + steps], np.int32), "cosines": cosines, "sines": sines}
    inputs = {"x": numbers.reals(1, steps, WIDTH, dtype=dtype), "lengths": np.array([past + steps - 1], np.int32)}
    if past:
        for key in ("past_key", "past_value"):
            inputs[key] = numbers.reals(1, GROUPS, past, DEPTH, dtype=dtype)
    attention = helper.make_node("GroupQueryAttention", [
        "qkv", "", "", *(("past_key", "past_value") if past else ("", "")), "lengths", "total", "cosines", "sines"],
        ["attended", "keys", "values"], domain=MICROSOFT, num_heads=HEADS, kv_num_heads=GROUPS, do_rotary=1)
    nodes = [node("SimplifiedLayerNormalization", "x gamma", "n", axis=-1, epsilon=1e-5),
             node("MatMul", "n w_qkv", "qkv"), attention, node("MatMul", "attended w_out", "o"),
             helper.make_node("SkipSimplifiedLayerNormalization", ["x", "o", "gamma2"], ["m", "", "", "r"],
                              domain=MICROSOFT, epsilon=1e-5),
             node("MatMul", "m w_gate", "gate"), node("MatMul", "m w_up", "up"), node("Sigmoid", "gate", "s"),
             node("Mul", "gate s", "silu"), node("Mul", "silu up", "inner"), node("MatMul", "inner w_down", "f"),
             node("Add", "r f", "y")]
    return Case(name, nodes, inputs, ["y", "keys", "values"], held)


def encoder(name, steps, dtype):
    """A BERT's: attention with a padding mask, layer normalization, GELU."""
    numbers = Numbers(name)

    def weights(*shape):
        return numbers.reals(*shape, scale=1 / np.sqrt(shape[0]), dtype=dtype)

    held = {f"w_{key}": weights(WIDTH, WIDTH) for key in "qkvo"}
    held |= {key: numbers.reals(WIDTH, dtype=dtype) for key in ("gamma", "beta", "gamma2", "beta2", "b_down", "b_o")}
    held |= {"bias": numbers.reals(3 * WIDTH, dtype=dtype), "w_up": weights(WIDTH, INNER),
             "b_up": numbers.reals(INNER, dtype=dtype), "w_down": weights(INNER, WIDTH)}
    mask = np.ones((1, steps), np.int32)
    mask[0, steps - 2 :] = 0
    nodes = [*(node("MatMul", f"x w_{key}", key) for key in "qkv"),
             helper.make_node("MultiHeadAttention", ["q", "k", "v", "bias", "mask"], ["attended"], domain=MICROSOFT,
                              num_heads=HEADS),
             node("MatMul", "attended w_o", "o"),
             node("SkipLayerNormalization", "x o gamma beta b_o", "n", MICROSOFT, epsilon=1e-6),
             node("MatMul", "n w_up", "up"), node("FastGelu", "up b_up", "g", MICROSOFT),
             node("MatMul", "g w_down", "f"),
             node("SkipLayerNormalization", "n f gamma2 beta2 b_down", "y", MICROSOFT, epsilon=1e-6)]
    return Case(name, nodes, {"x": numbers.reals(1, steps, WIDTH, dtype=dtype), "mask": mask}, ["y"], held)


def cases():
    for kind, dtype in {"f32": np.float32, "f16": np.float16}.items():
        yield decoder(f"decoder_prompt_{kind}", 4, 0, dtype)
        yield decoder(f"decoder_step_{kind}", 1, 5, dtype)
    yield encoder("encoder_f32", 5, np.float32)
    yield computed_in_float32(encoder("encoder_f16", 5, np.float16))  # which MultiHeadAttention does not take there
