# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Quantized operators of both domains. Where ONNX Runtime computes with integers, results are equal in every bit."""

import itertools

import numpy as np
from cases import Numbers, node_case

BYTES = {"u8": np.uint8, "s8": np.int8}


def scalar(value, dtype=np.float32):
    return np.array(value, dtype)


class Bytes(Numbers):
    def bytes(self, dtype, *shape):
        return self.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, *shape, dtype=dtype)

    def zero(self, dtype, *shape):
        middle = 128 if dtype == np.uint8 else 0
        return self.integers(middle - 20, middle + 20, *shape, dtype=dtype)

    def scales(self, *shape):
        return self.integers(1, 64, *shape).astype(np.float32) / np.float32(1000)


def products():
    for (a, b), columns in itertools.product((("u8", "s8"), ("u8", "u8"), ("s8", "s8")), (0, 5)):
        name = f"qlinear_matmul_{a}{b}_{'columns' if columns else 'tensor'}"
        n = Bytes(name)
        shape = (columns,) if columns else ()
        yield node_case(name, "QLinearMatMul", {
            "a": n.bytes(BYTES[a], 2, 3, 40), "sa": n.scales(), "za": n.zero(BYTES[a]),
            "b": n.bytes(BYTES[b], 40, 5), "sb": n.scales(*shape), "zb": n.zero(BYTES[b], *shape),
            "sy": scalar(0.9), "zy": n.zero(BYTES[a])}, held=("sa", "za", "b", "sb", "zb", "sy", "zy"), domain="")
        name = f"matmul_integer_to_float_{a}{b}_{'columns' if columns else 'tensor'}"
        n = Bytes(name)
        yield node_case(name, "MatMulIntegerToFloat", {
            "a": n.bytes(BYTES[a], 3, 40), "b": n.bytes(BYTES[b], 40, 5), "sa": n.scales(), "sb": n.scales(*shape),
            "za": n.zero(BYTES[a]), "zb": n.zero(BYTES[b], *shape), "bias": n.reals(5) if columns else None},
            held=("b", "sb", "zb"))
        name = f"dynamic_quantize_matmul_{b}_{a}_{'columns' if columns else 'tensor'}"
        n = Bytes(name)
        yield node_case(name, "DynamicQuantizeMatMul", {
            "a": n.reals(3, 40), "b": n.bytes(BYTES[b], 40, 5), "sb": n.scales(*shape),
            "zb": n.zero(BYTES[b], *shape), "bias": n.reals(5) if columns else None}, held=("b", "sb", "zb"))
    for dtype, zeros in itertools.product(BYTES, ((), (5,), None)):
        name = f"matmul_integer_{dtype}_{'none' if zeros is None else 'columns' if zeros else 'tensor'}"
        n = Bytes(name)
        yield node_case(name, "MatMulInteger", {
            "a": n.bytes(np.uint8, 3, 330), "b": n.bytes(BYTES[dtype], 330, 5),
            "za": None if zeros is None else n.zero(np.uint8),
            "zb": None if zeros is None else n.zero(BYTES[dtype], *zeros)}, domain="")


def gemms():
    for (a, b), trans_a, trans_b, result in itertools.product((("u8", "s8"), ("s8", "s8")), (0, 1), (0, 1),
                                                              ("byte", "real")):
        name = f"qgemm_{a}{b}_{'t' if trans_a else 'n'}{'t' if trans_b else 'n'}_{result}"
        n = Bytes(name)
        columns = () if trans_a else (6,)
        operands = {
            "a": n.bytes(BYTES[a], *((40, 3) if trans_a else (3, 40))), "sa": n.scales(), "za": n.zero(BYTES[a]),
            "b": n.bytes(BYTES[b], *((6, 40) if trans_b else (40, 6))), "sb": n.scales(*columns),
            "zb": n.zero(BYTES[b], *columns), "c": n.integers(-5000, 5000, 6, dtype=np.int32)}
        if result == "byte":
            operands |= {"sy": scalar(0.8), "zy": n.zero(BYTES[a])}
        held = tuple(key for key in operands if key != "a")
        yield node_case(name, "QGemm", operands, held=held, alpha=1.5 if trans_b else 1.0, transA=trans_a, transB=trans_b)


def convolutions():
    forms = {"plain": {}, "pads": {"pads": [1, 1, 1, 1]}, "strides": {"strides": [2, 2], "pads": [1, 0, 1, 2]},
             "dilations": {"dilations": [2, 2]}, "same": {"auto_pad": "SAME_UPPER"}}
    for (form, attributes), (group, channels, outputs), weights in itertools.product(
            forms.items(), ((1, 3, 5), (2, 4, 6), (8, 8, 8)), BYTES):
        name = f"qlinear_conv_{form}_{group}_{weights}"
        n = Bytes(name)
        columns = (outputs,) if form in ("plain", "pads") else ()
        yield node_case(name, "QLinearConv", {
            "x": n.bytes(np.uint8, 1, channels, 7, 8), "sx": n.scales(), "zx": n.zero(np.uint8),
            "w": n.bytes(BYTES[weights], outputs, channels // group, 3, 3), "sw": n.scales(*columns),
            # Weights of several zero points are not ONNX Runtime's.
            "zw": np.full(columns, n.zero(BYTES[weights])), "sy": scalar(0.4), "zy": n.zero(np.uint8),
            "bias": n.integers(-5000, 5000, outputs, dtype=np.int32)},
            held=("sx", "zx", "w", "sw", "zw", "sy", "zy", "bias"), domain="", group=group, **attributes)
    for form, group in itertools.product(forms, (1, 4)):
        name = f"conv_integer_{form}_{group}_run_time_zero"
        n = Bytes(name)
        yield node_case(name, "ConvInteger", {
            "x": n.bytes(np.uint8, 2, 4, 7, 8), "w": n.bytes(np.uint8, 8, 4 // group, 3, 3),
            "zx": n.zero(np.uint8), "zw": n.zero(np.uint8)}, held=("w", "zw"), domain="", group=group, **forms[form])


def elementwise():
    shapes = {"same": ((2, 3, 35), (2, 3, 35)), "broadcast": ((2, 3, 35), (1, 3, 1)), "one": ((2, 35), (1,)),
              "row": ((2, 3, 35), (35,)), "scalar": ((), (35,)), "both_sides": ((3, 1), (1, 35)),
              # Many numbers, so that some are near the middle between two results.
              "runs": ((5, 200), (5, 1)), "runs_left": ((5, 1), (5, 200))}
    for op, dtype, (form, (left, right)), known in itertools.product(
            ("QLinearAdd", "QLinearMul"), BYTES, shapes.items(), (True, False)):
        name = f"{op.lower()}_{dtype}_{form}_{'known' if known else 'run_time'}"
        n = Bytes(name)
        operands = {"a": n.bytes(BYTES[dtype], *left), "sa": n.scales(), "za": n.zero(BYTES[dtype]),
                    "b": n.bytes(BYTES[dtype], *right), "sb": n.scales(), "zb": n.zero(BYTES[dtype]),
                    "sy": scalar(0.05 if op == "QLinearAdd" else 1.7), "zy": n.zero(BYTES[dtype])}
        yield node_case(name, op, operands, held=("sa", "za", "sb", "zb", "sy", "zy") if known else ())
    for op, dtype, attributes in (("QLinearSigmoid", "u8", {}), ("QLinearSigmoid", "s8", {}),
                                  ("QLinearLeakyRelu", "u8", {"alpha": 0.3}), ("QLinearLeakyRelu", "s8", {}),
                                  ("QLinearSoftmax", "u8", {"axis": -1, "opset": 13}),
                                  ("QLinearSoftmax", "u8", {"axis": 1, "opset": 11}),
                                  ("QLinearSoftmax", "s8", {"axis": 1, "opset": 13})):
        name = f"{op.lower()}_{dtype}_{'_'.join(str(value) for value in attributes.values())}".replace("-", "m")
        n = Bytes(name)
        wide = op != "QLinearLeakyRelu"
        least = 0 if dtype == "u8" else -128
        yield node_case(name, op, {
            "x": n.bytes(BYTES[dtype], 2, 5, 9), "sx": scalar(0.03), "zx": n.zero(BYTES[dtype]),
            "sy": scalar(1 / 256 if wide else 0.02), "zy": scalar(least if wide else 3, BYTES[dtype])},
            held=("sx", "zx", "sy", "zy"), **attributes)
    for dtype, axis in itertools.product(BYTES, (0, 1, -1)):
        name = f"qlinearconcat_{dtype}_{axis}".replace("-", "m")
        n = Bytes(name)
        zero = n.zero(BYTES[dtype])
        operands = {"sy": scalar(0.02), "zy": zero}
        for number, scale in enumerate((0.02, 0.03, 0.015)):
            same = number == 0
            operands |= {f"x{number}": n.bytes(BYTES[dtype], 2, 3, 4), f"s{number}": scalar(scale),
                         f"z{number}": zero if same else n.zero(BYTES[dtype])}
        yield node_case(name, "QLinearConcat", operands, held=[key for key in operands if key[0] != "x"], axis=axis)
    for dtype, known in itertools.product(BYTES, (True, False)):
        name = f"qlinearconcat_{dtype}_sizes_{'known' if known else 'run_time'}"
        n = Bytes(name)
        operands = {"sy": scalar(0.02), "zy": n.zero(BYTES[dtype])}
        for number, size in enumerate((1, 4, 2)):
            operands |= {f"x{number}": n.bytes(BYTES[dtype], 3, size), f"s{number}": n.scales(),
                         f"z{number}": n.zero(BYTES[dtype])}
        yield node_case(name, "QLinearConcat", operands, held=[key for key in operands if key[0] != "x" and known], axis=1)


def pooling_case(op, name, dtype, last, shape, known=True, scale=0.043, **attributes):
    """`shape` is N, C, spatial...; channels come last in the case if `last`."""
    n = Bytes(name)
    dims = (shape[0], *shape[2:], shape[1]) if last else shape
    operands = {"x": n.bytes(BYTES[dtype], *dims), "sx": scalar(0.05), "zx": n.zero(BYTES[dtype]),
                "sy": scalar(scale), "zy": n.zero(BYTES[dtype])}
    held = [key for key in operands if key != "x"]
    return node_case(name, op, operands, held=held if known else (), channels_last=last, **attributes)


def pooling():
    for dtype, last in itertools.product(BYTES, (0, 1)):
        order = "last" if last else "first"
        prefix = f"qlinearglobalaveragepool_{dtype}_{order}"
        for suffix, shape in {"": (2, 9, 5, 7), "_rank3": (2, 4, 9), "_rank5": (1, 4, 3, 2, 5)}.items():
            yield pooling_case("QLinearGlobalAveragePool", f"{prefix}{suffix}", dtype, last, shape, scale=0.013,
                               known=suffix != "_rank3")
        forms = {"plain": {}, "pads": {"pads": [1, 1, 1, 1]},
                 "counted": {"pads": [1, 0, 1, 1], "count_include_pad": 1},
                 "strides": {"strides": [2, 2], "ceil_mode": 1},
                 "same": {"auto_pad": "SAME_UPPER", "strides": [2, 2]}, "same_lower": {"auto_pad": "SAME_LOWER"},
                 # What lies beyond the padding counts as well.
                 "counted_beyond": {"pads": [1, 1, 1, 1], "strides": [2, 2], "ceil_mode": 1, "count_include_pad": 1}}
        prefix = f"qlinearaveragepool_{dtype}_{order}"
        for form, attributes in forms.items():
            yield pooling_case("QLinearAveragePool", f"{prefix}_{form}", dtype, last, (1, 4, 6, 7), kernel_shape=[3, 2],
                               **attributes)
        yield pooling_case("QLinearAveragePool", f"{prefix}_rank3", dtype, last, (2, 4, 9), kernel_shape=[3], pads=[1, 1])
        yield pooling_case("QLinearAveragePool", f"{prefix}_rank5", dtype, last, (1, 4, 5, 6, 7), kernel_shape=[2, 3, 2],
                           pads=[1, 1, 0, 0, 1, 1], strides=[1, 2, 2])
        # Fourths in units of 0.05 / 0.043 are often halves.
        for known in (True, False):
            yield pooling_case("QLinearAveragePool", f"{prefix}_halves_{'known' if known else 'run_time'}", dtype, last,
                               (3, 4, 6, 7), known=known, kernel_shape=[2, 2])


def cases():
    for family in (products, gemms, convolutions, elementwise, pooling):
        yield from family()
