# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""GroupQueryAttention: prompts and decoding steps over a cache of keys and values."""

import itertools

import numpy as np
from cases import Numbers, node_case
from rotary_embedding import tables


def attention(name, steps, past, lengths=None, heads=2, groups=1, batch=2, depth=16, packed=False, rotary=None, bias=False,
              positions=False, sink=False, dtype=np.float32, total=None, outputs=("y", "keys", "values"), held=("total",),
              **attributes):
    """One case. `lengths` of the past differ from `past` where the cache is not full; `rotary` is the width of the
    tables."""
    numbers = Numbers(name)
    lengths = [past] * batch if lengths is None else lengths
    batch = len(lengths)
    total = past + steps if total is None else total
    width = heads + 2 * groups if packed else heads
    operands = {"query": numbers.reals(batch, steps, width * depth, dtype=dtype),
                "key": None if packed else numbers.reals(batch, steps, groups * depth, dtype=dtype),
                "value": None if packed else numbers.reals(batch, steps, groups * depth, dtype=dtype),
                "past_key": None, "past_value": None}
    if past:
        for key in ("past_key", "past_value"):
            operands[key] = numbers.reals(batch, groups, past, depth, dtype=dtype)
            for row, length in zip(operands[key], lengths):
                row[:, length:] = 0
    operands["lengths"] = np.array([length + steps - 1 for length in lengths], np.int32)
    operands["total"] = np.array([total], np.int32)
    cosines, sines = tables(12, (rotary or 2) // 2, dtype)
    optional = {"cosines": cosines if rotary else None, "sines": sines if rotary else None,
                # For several steps ONNX Runtime looks at the first position alone.
                "position_ids": np.tile(np.arange(4, 4 + steps), (batch, 1)) if positions else None,
                "bias": numbers.reals(batch, heads, steps, total, dtype=dtype) if bias else None,
                "sink": numbers.reals(heads, dtype=dtype) if sink else None}
    while optional and list(optional.values())[-1] is None:
        optional.popitem()
    operands |= optional
    held = [key for key in (*held, "cosines", "sines") if operands.get(key) is not None]
    return node_case(name, "GroupQueryAttention", operands, outputs, held, num_heads=heads, kv_num_heads=groups,
                     **({"do_rotary": 1} if rotary else {}), **attributes)


# Steps, positions of the past and how many of them are filled. ONNX Runtime takes several steps on top of a past of
# one batch element alone.
WAYS = {"prompt": (3, 0, None), "decode": (1, 5, None), "uneven": (1, 5, [2, 5]), "chunk": (3, 4, [4])}


def cases():
    features = {"plain": {}, "packed": {"packed": True}, "rotary": {"rotary": 16},
                "rotary_interleaved": {"rotary": 16, "rotary_interleaved": 1},
                "rotary_part": {"rotary": 16, "depth": 32, "heads": 1}, "grouped": {"heads": 4, "groups": 2},
                "packed_rotary": {"packed": True, "rotary": 16}, "softcap": {"softcap": 1.5},
                "scale": {"scale": 0.7}, "window": {"local_window_size": 2},
                "smooth": {"smooth_softmax": 1}, "bias": {"bias": True}}
    for (way, (steps, past, lengths)), (feature, options) in itertools.product(WAYS.items(), features.items()):
        yield attention(f"{way}_{feature}", steps, past, lengths, **options)
    for way in ("prompt", "decode", "uneven"):
        steps, past, lengths = WAYS[way]
        yield attention(f"{way}_sink", steps, past, lengths, sink=True)
        yield attention(f"{way}_sink_window_softcap", steps, past, lengths, sink=True, local_window_size=3, softcap=2.0)
        yield attention(f"{way}_positions", steps, past, lengths, rotary=16, positions=True)
        yield attention(f"{way}_f16", steps, past, lengths, rotary=16, dtype=np.float16)
        yield attention(f"{way}_multi_head", steps, past, lengths, groups=2, rotary=16)
        yield attention(f"{way}_one_group", steps, past, lengths, heads=4, packed=True)
        yield attention(f"{way}_one_batch", steps, past, [lengths[0] if lengths else past], packed=True, rotary=16)
        for shown in (1, 2):
            yield attention(f"{way}_qk{shown}", steps, past, lengths, outputs=("y", "keys", "values", "qk"),
                            qk_output=shown)
    # The cache has room for more than there is.
    yield attention("room_decode", 1, 8, [3, 5], total=6, rotary=16)
    yield attention("room_chunk", 2, 8, [5], total=7, packed=True, rotary=16)
    yield attention("room_prompt", 3, 8, [0, 0], total=3, rotary=16)
    # Lengths and total are inputs of the run.
    yield attention("run_time_decode", 1, 8, [3, 5], total=6, rotary=16, held=())
    yield attention("run_time_chunk", 2, 8, [5], total=7, rotary=16, held=())
    yield attention("run_time_prompt", 3, 8, [0, 0], total=3, rotary=16, held=())
    yield attention("run_time_grown", 1, 5, [2, 5], rotary=16, held=())
    # Batch elements end before the prompt does.
    for feature, options in {"padded": {}, "padded_rotary": {"rotary": 16}, "padded_window": {"local_window_size": 2}}.items():
        case = attention(f"prompt_{feature}", 4, 0, [0, 0, 0], **options)
        case.inputs["lengths"] = np.array([0, 3, 2], np.int32)
        yield case
    # Everything is known but what attends.
    yield attention("known_lengths", 1, 5, [2, 5], rotary=16, held=("total", "lengths"))
