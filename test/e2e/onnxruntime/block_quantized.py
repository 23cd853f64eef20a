# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Weights and tables of few bits, with a scale for each block: MatMulNBits and GatherBlockQuantized."""

import itertools

import numpy as np
from cases import Case, Numbers, node_case, packed_tensor, unpack
from onnx import TensorProto, helper
from quantized import Bytes

def product(name, bits, block, depth, zeros="none", order=None, bias=False, held=True, dtype=np.float32):
    """MatMulNBits. `order` says where g_idx puts the elements: "natural" or "mixed"."""
    n = Bytes(name)
    columns, count = 6, -(-depth // block)
    operands = {"a": n.reals(2, 3, depth, dtype=dtype), "b": n.bytes(np.uint8, columns, count, block * bits // 8),
                "scales": n.scales(columns * count).astype(dtype), "zeros": None, "groups": None, "bias": None}
    if zeros == "packed":
        operands["zeros"] = n.bytes(np.uint8, columns * -(-count * bits // 8))
    elif zeros == "real":
        operands["zeros"] = n.integers(0, 1 << bits, columns * count).astype(dtype)
    groups = np.arange(depth, dtype=np.int32) // block
    if order:
        operands["groups"] = groups if order == "natural" else n.integers(0, count, depth, dtype=np.int32)
    if bias:
        operands["bias"] = n.reals(columns, dtype=dtype)
    while list(operands.values())[-1] is None:
        operands.popitem()
    known = [key for key in operands if key != "a" and operands[key] is not None]
    case = node_case(name, "MatMulNBits", operands, held=known if held else ["groups"] * bool(order), K=depth, N=columns,
                     bits=bits, block_size=block)
    if order:
        case.reference = plain_product(name, bits, operands, groups if order == "natural" else operands["groups"])
        case.narrowed = dtype == np.float16
    return case


def plain_product(name, bits, operands, groups):
    """The reference for g_idx, of which ONNX Runtime's CPU provider leaves zero points or bits out of account: a product
    with the numbers that the weights stand for."""
    depth, (columns, count, _) = len(groups), operands["b"].shape
    zeros = operands.get("zeros")
    if zeros is None:
        zeros = np.full((columns, count), 1 << (bits - 1))
    elif zeros.dtype == np.uint8:
        zeros = unpack(zeros.reshape(columns, -1), bits)[:, :count]
    numbers = unpack(operands["b"].reshape(columns, -1), bits)[:, :depth].astype(np.float32)
    by_block = [parameter.reshape(columns, count)[:, groups].astype(np.float32)
                for parameter in (zeros, operands["scales"])]
    return Case(name, [helper.make_node("MatMul", ["a", "w"], ["y"])], {"a": operands["a"].astype(np.float32)}, ["y"],
                {"w": ((numbers - by_block[0]) * by_block[1]).T.copy()})


def products():
    for bits, block, depth, zeros in itertools.product((2, 4, 8), (16, 32, 128), (64, 100), ("none", "packed", "real")):
        if (block == 128) != (zeros == "packed") and block != 32:
            continue
        # ONNX Runtime has no kernel for real zero points of others.
        if bits != 4 and zeros == "real":
            continue
        yield product(f"matmul_nbits_{bits}_{block}_{depth}_{zeros}", bits, block, depth, zeros)
    for bits in (2, 4, 8):
        for block in (64, 256):
            yield product(f"matmul_nbits_{bits}_{block}", bits, block, 2 * block, "packed")
        for zeros in ("none", "packed"):
            yield product(f"matmul_nbits_{bits}_f16_{zeros}", bits, 32, 100, zeros, dtype=np.float16)
        for kind, dtype in {"f32": np.float32, "f16": np.float16}.items():
            yield product(f"matmul_nbits_{bits}_bias_{kind}", bits, 16, 40, "packed", bias=True, dtype=dtype)
        for order, zeros in itertools.product(("natural", "mixed"), ("none", "packed", "real")):
            yield product(f"matmul_nbits_{bits}_{order}_{zeros}", bits, 16, 40, zeros, order)
        yield product(f"matmul_nbits_{bits}_mixed_f16", bits, 16, 40, "packed", "mixed", dtype=np.float16)
        if bits != 8:  # whose weights ONNX Runtime wants to know
            yield product(f"matmul_nbits_{bits}_run_time", bits, 16, 40, "packed", held=False)
            yield product(f"matmul_nbits_{bits}_run_time_real", bits, 16, 40, "real", held=False)


def rows(name, bits, shape=(10,), zeros=False, dtype=np.float32):
    """Rows of a table of bytes, two blocks each."""
    n = Bytes(name)
    operands = {"data": n.bytes(np.uint8, *shape, 64 * bits // 8), "indices": n.integers(-shape[0], shape[0], 2, 3),
                "scales": n.scales(*shape, 2).astype(dtype)}
    if zeros:
        operands["zeros"] = n.bytes(np.uint8, *shape, -(-2 * bits // 8))
    return node_case(name, "GatherBlockQuantized", operands, held=[key for key in operands if key != "indices"],
                     gather_axis=0, quantize_axis=len(shape), block_size=32, bits=bits)


def nibbles(name, data_type, low, gather, quantize, zeros, indices=(2, 3), known=False, dtype=np.float32):
    """A table of 4-bit integers with two blocks along `quantize`."""
    n = Numbers(name)
    shape = [20 if axis == quantize % 3 else 5 for axis in range(3)]
    blocks = [2 if axis == quantize % 3 else 5 for axis in range(3)]

    def packed(*dims):
        return packed_tensor(data_type, n.integers(low, low + 16, *dims), 4)

    size = shape[gather]
    operands = {"data": packed(*shape), "indices": n.integers(-size, size, *indices, dtype=np.int32 if known else np.int64),
                "scales": n.reals(*blocks, dtype=dtype)}
    if zeros:
        operands["zeros"] = packed(*blocks)
    return node_case(name, "GatherBlockQuantized", operands,
                     held=[key for key in operands if key != "indices" or known], gather_axis=gather,
                     quantize_axis=quantize, block_size=16, bits=4)


def tables():
    for bits, zeros in itertools.product((4, 8, 2), (False, True)):
        form = "zeros" if zeros else "none"
        yield rows(f"gather_block_quantized_{bits}_{form}", bits, zeros=zeros)
        yield rows(f"gather_block_quantized_{bits}_{form}_rank3", bits, (5, 3), zeros)
    yield rows("gather_block_quantized_f16", 4, zeros=True, dtype=np.float16)
    for (kind, (data_type, low)), gather, quantize, zeros in itertools.product(
            {"u4": (21, 0), "s4": (22, -8)}.items(), range(3), range(3), (False, True)):
        yield nibbles(f"gather_block_quantized_{kind}_{gather}_{quantize}_{'zeros' if zeros else 'none'}", data_type, low,
                      gather, quantize, zeros)
    for gather, quantize in ((-1, -2), (-2, -2)):
        yield nibbles(f"gather_block_quantized_negative{gather}{quantize}".replace("-", "_"), 22, -8, gather, quantize, True)
    for gather in (0, 1):
        yield nibbles(f"gather_block_quantized_known_{gather}", 21, 0, gather, 1, True, known=True)
    yield nibbles("gather_block_quantized_scalar_index", 21, 0, 1, 1, True, indices=())
    yield nibbles("gather_block_quantized_s4_f16", 22, -8, 1, 1, False, dtype=np.float16)


def cases():
    yield from products()
    yield from tables()
