# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MoE and QMoE: rows of the input go through the experts that their router likes best."""

import itertools
from dataclasses import dataclass

import numpy as np
from cases import MICROSOFT, Case, Numbers, computed_in_float32, node_case, unpack
from onnx import helper


@dataclass
class Layer:
    """What the experts have of one layer: its operands, and the weights and biases that they stand for."""
    operands: list
    weights: np.ndarray
    bias: np.ndarray


def plain_layer(numbers, shape, biases, dtype):
    weights = numbers.reals(*shape, scale=0.25, dtype=dtype)
    bias = numbers.reals(*shape[:2], dtype=dtype) if biases else None
    return Layer([weights, bias], weights, bias)


def quantized_layer(numbers, shape, biases, dtype, bits, block, zeros):
    """Operands: weights, scales, bias, and last the zero points, which stand elsewhere in the node."""
    experts, columns, depth = shape
    blocks = depth // block if block else 1
    packed = numbers.integers(0, 256, experts, columns, depth * bits // 8, dtype=np.uint8)
    by_block = (experts, columns, blocks) if block else (experts, columns)
    scales = (numbers.integers(1, 32, *by_block) / 4.0 ** (bits / 2 + 2)).astype(dtype)
    points = None
    if zeros:
        # Of columns, the zero points of an expert's columns are packed.
        points = numbers.integers(0, 256, *by_block[:-1], -(-by_block[-1] * bits // 8), dtype=np.uint8)
    bias = numbers.reals(experts, columns, dtype=dtype) if biases else None
    zero = unpack(points, bits)[..., : by_block[-1]] if zeros else np.full(by_block, 1 << (bits - 1))

    def for_each(parameter):
        return np.repeat(parameter.reshape(experts, columns, blocks), depth // blocks, 2)

    weights = (unpack(packed, bits).astype(np.float32) - for_each(zero)) * for_each(scales)
    return Layer([packed, scales, bias, points], weights.astype(np.float32), bias)


def softmax_shares(router, k, normalize):
    """The shares [rows, experts] that the k best of each row get, 0 for others; no two scores are equal."""
    powers = np.exp(router - router.max(1, keepdims=True))
    chosen = np.where(router >= np.sort(router, 1)[:, -k:][:, :1], powers, 0)
    return chosen / (chosen if normalize else powers).sum(1, keepdims=True)


def sparse_shares(router):
    """Those of SparseMixer, as Phi-3.5-MoE defines it: each of two experts, the second without the first, has its part
    in the softmax over the experts that are near it."""
    shares, left = np.zeros_like(router), router.copy()
    for _ in range(2):
        best = left.max(1, keepdims=True)
        near = (best - left) / np.maximum(np.abs(router), best) <= 0.02
        parts = np.where(near, np.exp(left - best), 0)
        shares = np.where(left == best, parts / parts.sum(1, keepdims=True), shares)
        left = np.where(left == best, -np.inf, left)
    return shares


def written_out(name, x, up, down, third, shares, activation, alpha=1.0, beta=0.0):
    """The reference for what ONNX Runtime's CPU provider leaves out: all experts as products of matrices, each row's
    outputs weighed with its shares. `third` holds the factors of activated numbers."""
    width = x.shape[-1]
    held = {"shares": shares.T[:, :, None].astype(np.float32), "rows": np.array([-1, width]), "first": np.array([0]),
            "shape": np.array(x.shape), "beta": np.float32(beta)}
    nodes = []

    def node(op, inputs, output, domain="", **attributes):
        nodes.append(helper.make_node(op, inputs.split(), [output], domain=domain, **attributes))
        return output

    def layer(operand, layer, key):
        held[key] = layer.weights.transpose(0, 2, 1)
        product = node("MatMul", f"{operand} {key}", f"{key}.product")
        if layer.bias is None:
            return product
        held[f"{key}.bias"] = layer.bias[:, None]
        return node("Add", f"{product} {key}.bias", f"{key}.sum")

    rows = node("Reshape", "x rows", "x.rows")
    inner = layer(rows, up, "up")
    inner = {"relu": lambda: node("Relu", inner, "activated"),
             "gelu": lambda: node("FastGelu", inner, "activated", MICROSOFT),
             "silu": lambda: node("QuickGelu", inner, "activated", MICROSOFT, alpha=1.0),
             "swiglu": lambda: node("QuickGelu", inner, "activated", MICROSOFT, alpha=alpha)}[activation]()
    if third:
        factor = layer(rows, third, "third")
        if activation == "swiglu":
            factor = node("Add", f"{factor} beta", "third.beta")
        inner = node("Mul", f"{inner} {factor}", "inner")
    weighed = node("Mul", f"{layer(inner, down, 'down')} shares", "weighed")
    node("Reshape", f"{node('ReduceSum', f'{weighed} first', 'sum', keepdims=0)} shape", "y")
    return Case(name, nodes, {"x": x}, ["y"], held)


def halves(layer):
    """A layer of gates and then linear numbers as two."""
    inner = layer.weights.shape[1] // 2
    return [Layer([], layer.weights[:, part], None if layer.bias is None else layer.bias[:, part])
            for part in (slice(inner), slice(inner, None))]


def mixture(name, rows=(4,), experts=4, width=8, inner=8, biases=True, activation="relu", gated=False, ties=False,
            shares=False, held=True, dtype=np.float32, quantized=None, **attributes):
    """A case of MoE or, with `quantized` (bits, block, zeros), of QMoE."""
    numbers = Numbers(name)
    fused = activation == "swiglu" and not gated
    outer = 2 * inner if fused else inner
    count = int(np.prod(rows))
    x = numbers.reals(*rows, width, dtype=dtype)
    router = (numbers.integers(0, 2, count, experts) if ties else numbers.reals(count, experts)).astype(dtype)

    def layer(columns, depth):
        shape = (experts, columns, depth)
        if quantized:
            return quantized_layer(numbers, shape, biases, dtype, *quantized)
        return plain_layer(numbers, shape, biases, dtype)

    up, down, third = layer(outer, width), layer(width, inner), layer(inner, width) if gated else None
    keys = ("weights", "scales", "bias") if quantized else ("weights", "bias")
    operands = {"x": x, "router": router}
    for number, present in enumerate((up, down, third)):
        operands |= {f"{key}{number}": present.operands[place] if present else None for place, key in enumerate(keys)}
    if quantized:
        operands |= {f"zeros{number}": present.operands[3] if present else None
                     for number, present in enumerate((up, down, third))}
        if shares:
            operands["shares"] = ((np.abs(router) + 1) / 4).astype(dtype)
        attributes |= {"expert_weight_bits": quantized[0]}
        attributes |= {"block_size": quantized[1]} if quantized[1] else {}
    while list(operands.values())[-1] is None:
        operands.popitem()
    if fused:
        attributes = {"swiglu_fusion": 1, **attributes}
    weights = [key for key in operands if key not in ("x", "router", "shares") and operands[key] is not None]
    case = node_case(name, "QMoE" if quantized else "MoE", operands, held=weights if held else (),
                     activation_type=activation, **attributes)
    if gated or attributes.get("swiglu_fusion") == 2 or attributes.get("use_sparse_mixer"):
        parts = [up, down, third] if not fused else [halves(up)[0], down, halves(up)[1]]
        weighing = (sparse_shares(router) if attributes.get("use_sparse_mixer") else
                    softmax_shares(router, attributes["k"], quantized or attributes.get("normalize_routing_weights")))
        case.reference = written_out(name, x, *parts, weighing, activation, attributes.get("activation_alpha", 1.0),
                                     attributes.get("activation_beta", 0.0))
    return case


def plain():
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
    yield mixture("swiglu_halves", activation="swiglu", k=2, activation_alpha=1.702, activation_beta=1.0, swiglu_fusion=2)
    yield computed_in_float32(mixture("f16", dtype=np.float16, activation="silu", k=2))
    yield computed_in_float32(mixture("f16_one_row", rows=(1,), dtype=np.float16, activation="silu", k=2))


def gated():
    """A third layer, and the routing of SparseMixer: neither is ONNX Runtime's on a CPU."""
    for activation, rows in itertools.product(("relu", "gelu", "silu", "swiglu"), (1, 4)):
        yield mixture(f"gated_{activation}_{rows}", rows=(rows,), activation=activation, gated=True, k=2,
                      normalize_routing_weights=rows % 2)
    yield mixture("gated_no_bias", biases=False, activation="silu", gated=True, k=2)
    yield mixture("gated_quantized", activation="silu", gated=True, k=2, quantized=(4, 0, True))
    yield mixture("gated_quantized_one_row", rows=(1,), width=32, inner=16, activation="swiglu", gated=True, k=2,
                  quantized=(4, 16, True))
    # Steps of 1/64 among some 16 scores: several are near the best.
    for rows in (1, 16):
        yield mixture(f"sparse_mixer_{rows}", rows=(rows,), experts=16, k=2, use_sparse_mixer=1)


def packed():
    for bits, block, zeros, rows in itertools.product((2, 4, 8), (0, 16), (False, True), (1, 4)):
        yield mixture(f"quantized_{bits}_{block}_{'zeros' if zeros else 'none'}_{rows}", rows=(rows,), width=32, inner=32,
                      activation="silu", k=1 + bits % 3, quantized=(bits, block, zeros))
    for activation, k in itertools.product(("relu", "gelu", "identity", "swiglu"), (1, 3)):
        yield mixture(f"quantized_{activation}_{k}", activation=activation, k=k, quantized=(4, 0, False))
    for rows, normalize in itertools.product((1, 4), (0, 1)):
        yield mixture(f"quantized_shares_{rows}{'_normalized' if normalize else ''}", rows=(rows,), activation="silu", k=2,
                      shares=True, normalize_routing_weights=normalize, quantized=(8, 0, False))
    form = {"width": 32, "inner": 16, "activation": "swiglu", "k": 2, "quantized": (4, 16, False)}
    yield mixture("quantized_swiglu_constants", activation_alpha=1.702, activation_beta=1.0, swiglu_limit=1.0, **form)
    yield mixture("quantized_swiglu_halves", swiglu_fusion=2, **form)
    yield mixture("quantized_ties", rows=(6,), ties=True, **form)
    yield mixture("quantized_no_bias", biases=False, **form)
    yield mixture("quantized_rank3", rows=(2, 3), **form)
    yield mixture("quantized_run_time", held=False, **form)
    yield mixture("quantized_run_time_one_row", rows=(1,), held=False, **form)
    yield mixture("quantized_f16", dtype=np.float16, **form)
    yield mixture("quantized_f16_one_row", rows=(1,), dtype=np.float16, **form)
    # Rows of several vectors.
    yield mixture("quantized_wide", rows=(1,), experts=3, width=704, inner=16, activation="silu", k=1,
                  quantized=(4, 16, False))


def cases():
    for family in (plain, gated, packed):
        yield from family()
