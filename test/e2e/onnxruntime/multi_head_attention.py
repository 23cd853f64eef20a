# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""com.microsoft's MultiHeadAttention and Attention, with padding masks, biases and pasts."""

import numpy as np
from cases import Numbers, node_case

BATCH, HEADS, DEPTH = 2, 2, 8
WIDTH = HEADS * DEPTH


def masks(numbers, batch, steps, keys):
    """Padding masks by name, as both operators take them."""
    padding = np.ones((batch, keys), np.int32)
    padding[0, keys - 1 :] = 0
    return {"lengths": np.array([keys - 1, keys], np.int32), "keys": padding,
            "queries": np.maximum(numbers.integers(0, 2, batch, steps, keys, dtype=np.int32),
                                  np.eye(steps, keys, dtype=np.int32))}


def multi_head(name, steps=3, keys=None, past=0, value_width=WIDTH, bias=False, mask=None, extra=None, split=False,
               outputs=("y", "keys", "values"), dtype=np.float32, **attributes):
    """`extra` is the shape of attention_bias before its last two dimensions."""
    numbers = Numbers(name)
    keys = keys or steps
    operands = {"query": numbers.reals(BATCH, steps, WIDTH, dtype=dtype),
                "key": numbers.reals(*((BATCH, HEADS, keys, DEPTH) if split else (BATCH, keys, WIDTH)), dtype=dtype),
                "value": numbers.reals(*((BATCH, HEADS, keys, value_width // HEADS) if split
                                         else (BATCH, keys, value_width)), dtype=dtype)}
    optional = {"bias": numbers.reals(2 * WIDTH + value_width, dtype=dtype) if bias else None,
                "mask": masks(numbers, BATCH, steps, past + keys)[mask] if mask else None,
                "extra": numbers.reals(*extra, steps, past + keys, dtype=dtype) if extra else None,
                "past_key": numbers.reals(BATCH, HEADS, past, DEPTH, dtype=dtype) if past else None,
                "past_value": numbers.reals(BATCH, HEADS, past, value_width // HEADS, dtype=dtype) if past else None}
    while optional and list(optional.values())[-1] is None:
        optional.popitem()
    return node_case(name, "MultiHeadAttention", operands | optional, outputs, num_heads=HEADS, **attributes)


def pack(flat, what):
    """The case with query, key and value, or the latter two, in one operand, which ONNX Runtime's CPU provider does
    not take."""
    parts = [flat.inputs[key].reshape(BATCH, -1, HEADS, DEPTH) for key in ("query", "key", "value")]
    if what == "qkv":
        operands = {"query": np.stack(parts, 3)}
    else:
        operands = {"query": flat.inputs["query"], "key": np.stack(parts[1:], 3)}
    case = node_case(flat.name, "MultiHeadAttention", operands, flat.outputs, num_heads=HEADS)
    case.reference = flat
    return case


def attention(name, steps=3, past=0, value_width=WIDTH, mask=None, extra=None, outputs=("y", "present"),
              held=("weights",), **attributes):
    numbers = Numbers(name)
    operands = {"x": numbers.reals(BATCH, steps, 12), "weights": numbers.reals(12, 2 * WIDTH + value_width, scale=0.25)}
    # ONNX Runtime does not survive a node without a bias.
    optional = {"bias": numbers.reals(2 * WIDTH + value_width),
                "mask": mask(numbers, past + steps) if callable(mask) else
                masks(numbers, BATCH, steps, past + steps)[mask] if mask else None,
                "past": numbers.reals(2, BATCH, HEADS, past, DEPTH) if past else None,
                "extra": numbers.reals(*extra, steps, past + steps) if extra else None}
    while optional and list(optional.values())[-1] is None:
        optional.popitem()
    return node_case(name, "Attention", operands | optional, outputs, held, num_heads=HEADS, **attributes)


def decoder_masked(name, past=3, bias=False, mask=False, extra=None, **attributes):
    """One position in a cache of 6."""
    numbers = Numbers(name)
    padding = np.ones((BATCH, past + 1), np.int32)
    padding[0, 0] = 0
    operands = {"query": numbers.reals(BATCH, 1, WIDTH), "key": numbers.reals(BATCH, 1, WIDTH),
                "value": numbers.reals(BATCH, 1, WIDTH), "mask": padding if mask else None,
                "extra": numbers.reals(*extra, 1, past + 1) if extra else None,
                "past_key": numbers.reals(BATCH, HEADS, 6, DEPTH), "past_value": numbers.reals(BATCH, HEADS, 6, DEPTH),
                "past": np.array([past], np.int32)}
    for key in ("past_key", "past_value"):
        operands[key][:, :, past:] = 0
    if bias:
        operands |= {"beams": None, "indirection": None, "bias": numbers.reals(3 * WIDTH)}
    return node_case(name, "DecoderMaskedMultiHeadAttention", operands, ("y", "keys", "values"), num_heads=HEADS,
                     past_present_share_buffer=1, **attributes)


def cases():
    # What may be combined, on prompts, decoding steps and other keys than queries.
    for way, form in {"self": {}, "cross": {"keys": 5}, "decode": {"steps": 1, "past": 4},
                      "chunk": {"past": 3}}.items():
        for feature, options in {
                "plain": {}, "bias": {"bias": True}, "mask_keys": {"mask": "keys"},
                "mask_queries": {"mask": "queries"}, "causal": {"unidirectional": 1}, "scale": {"scale": 0.6},
                "extra": {"extra": (1, 1)}, "extra_heads": {"extra": (BATCH, HEADS)},
                "filter": {"mask": "keys", "mask_filter_value": -3.0},
                "everything": {"bias": True, "mask": "keys", "extra": (1, HEADS), "unidirectional": 1}}.items():
            if way == "cross" and "unidirectional" in options:
                continue
            yield multi_head(f"{way}_{feature}", **form, **options)
    yield multi_head("lengths", mask="lengths")
    yield multi_head("lengths_cross", keys=5, mask="lengths")
    yield multi_head("one_output", outputs=("y",))
    yield multi_head("wide_values", value_width=2 * WIDTH)
    yield multi_head("wide_values_bias", value_width=2 * WIDTH, bias=True)
    for packed in ("qkv", "kv"):
        flat = multi_head(f"packed_{packed}", outputs=("y",))
        yield pack(flat, packed)
    yield multi_head("split", keys=5, split=True, outputs=("y",))
    yield multi_head("split_one_step", steps=1, keys=5, split=True, outputs=("y",))

    yield decoder_masked("decoder_masked")
    yield decoder_masked("decoder_masked_last", past=5)
    yield decoder_masked("decoder_masked_bias", bias=True)
    yield decoder_masked("decoder_masked_mask", mask=True)
    yield decoder_masked("decoder_masked_extra", extra=(1, HEADS))
    yield decoder_masked("decoder_masked_scale", scale=0.6)

    for way, form in {"prompt": {}, "decode": {"steps": 1, "past": 4}, "chunk": {"past": 3}}.items():
        for feature, options in {
                "plain": {}, "mask_lengths": {"mask": "lengths"},
                "mask_keys": {"mask": "keys"}, "mask_queries": {"mask": "queries"}, "causal": {"unidirectional": 1},
                "causal_mask": {"unidirectional": 1, "mask": "keys"}, "scale": {"scale": 0.6}}.items():
            yield attention(f"attention_{way}_{feature}", **form, **options)
    yield attention("attention_extra", extra=(BATCH, HEADS))
    yield attention("attention_start_end", mask=lambda numbers, keys: np.array([keys - 1, keys, 0, 1], np.int32))
    yield attention("attention_no_mask", mask=lambda numbers, keys: np.ones((BATCH, 1), np.int32))
    yield attention("attention_hidden_sizes", value_width=2 * WIDTH, outputs=("y",),
                    qkv_hidden_sizes=[WIDTH, WIDTH, 2 * WIDTH])
    yield attention("attention_run_time_weights", held=())
