# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""QuantizeLinear and DequantizeLinear of both domains, by tensor, axis and block, to and from every type that ONNX Runtime
has. What they make between them is cast to float32, so that it is compared exactly."""

import itertools

import numpy as np
from cases import Case, Numbers, packed_tensor
from onnx import TensorProto, helper
from quantized import BYTES, Bytes

VERSION = 25
WIDE = {"u8": (2, np.uint8), "s8": (3, np.int8), "u16": (4, np.uint16), "s16": (5, np.int16)}
PACKED = {"u4": (21, 4, 0), "s4": (22, 4, -8), "u2": (25, 2, 0), "s2": (26, 2, -2)}  # type, bits, least
FLOATS = {"f8e4m3fn": 17, "f8e4m3fnuz": 18, "f8e5m2": 19, "f8e5m2fnuz": 20}
KINDS = {kind: form[0] for kind, form in (WIDE | PACKED).items()} | FLOATS
# The scales' shape and the attributes for an input of [2, 6, 8].
FORMS = {"tensor": ((), {}), "axis": ((6,), {"axis": 1}), "last_axis": ((8,), {"axis": -1}),
         "block": ((2, 2, 8), {"axis": 1, "block_size": 4}), "last_block": ((2, 6, 3), {"axis": -1, "block_size": 3}),
         "first_block": ((1, 6, 8), {"axis": 0, "block_size": 2})}
SHAPE = (2, 6, 8)


def zeros(n, kind, shape):
    """Zero points near the middle; of floats, zeros."""
    if kind in WIDE:
        dtype = WIDE[kind][1]
        middle = (int(np.iinfo(dtype).min) + int(np.iinfo(dtype).max) + 1) // 2
        return n.integers(middle - 20, middle + 20, *shape, dtype=dtype)
    if kind in PACKED:
        data_type, bits, low = PACKED[kind]
        return packed_tensor(data_type, n.integers(low, low + (1 << bits), *shape), bits)
    return TensorProto(data_type=FLOATS[kind], dims=shape, raw_data=bytes(int(np.prod(shape))))


def there_and_back(name, kind, form="tensor", points=True, known=True, dtype=np.float32, far=False, exact=False,
                   quantize=None, dequantize=None, version=VERSION):
    """A QuantizeLinear, what it gives, and its DequantizeLinear. `exact`: scales are powers of two. `far`: half of
    the elements are beyond the range."""
    n = Numbers(name)
    by, attributes = FORMS[form]
    scales = 2.0 ** n.integers(-6, 0, *by) if exact else n.integers(1, 64, *by) / np.float32(200)
    inputs, held = {"x": n.reals(*SHAPE, scale=3.0, dtype=dtype)}, {}
    if far:
        inputs["x"] *= 2.0 ** (22 * n.integers(0, 2, *SHAPE, dtype=np.float32))
    (held if known else inputs)["s"] = np.asarray(scales, dtype)
    names = ["s"]
    quantize = dict(quantize or {})
    if points:
        names.append("z")
        (held if known or kind not in WIDE else inputs)["z"] = zeros(n, kind, by)
    else:
        quantize["output_dtype"] = KINDS[kind]
    nodes = [helper.make_node("QuantizeLinear", ["x", *names], ["q"], **attributes, **quantize),
             helper.make_node("Cast", ["q"], ["numbers"], to=TensorProto.FLOAT),
             helper.make_node("DequantizeLinear", ["q", *names], ["y"], **attributes, **(dequantize or {}))]
    return Case(name, nodes, inputs, ["numbers", "y"], held, version)


def forms():
    for kind, (form, points) in itertools.product(KINDS, zip(FORMS, itertools.cycle((True, False)))):
        if kind in ("u2", "s2") and form == "last_axis":
            continue  # ONNX Runtime takes the wrong scales
        yield there_and_back(f"{kind}_{form}", kind, form, points)
        yield there_and_back(f"{kind}_{form}_run_time", kind, form, not points, known=False)
    for kind, saturate in itertools.product(FLOATS, (0, 1)):
        for form in ("tensor", "last_block"):
            # Without saturation ONNX Runtime makes now the greatest number, now NaN of what is just beyond it.
            yield there_and_back(f"{kind}_{form}_{'saturated' if saturate else 'unsaturated'}", kind, form, exact=True,
                                 far=True, quantize={"saturate": saturate})


def types():
    for kind in KINDS:
        # ONNX Runtime divides in float32 unless the quotient is exact or told to be that.
        yield there_and_back(f"{kind}_f16", kind, dtype=np.float16, exact=True)
        yield there_and_back(f"{kind}_f16_precision", kind, "last_block", dtype=np.float16, quantize={"precision": 1})
        # ONNX Runtime has no DequantizeLinear to another type than the scale's.
        case = there_and_back(f"{kind}_to_f16", kind, dequantize={"output_dtype": TensorProto.FLOAT16})
        plain = there_and_back(f"{kind}_to_f16", kind)
        plain.model.graph.node[2].output[0] = "wide"
        plain.model.graph.node.append(helper.make_node("Cast", ["wide"], ["y"], to=TensorProto.FLOAT16))
        case.reference = plain
        yield case
    for version in (10, 13, 19, 21, 23, 24):
        form = "axis" if version >= 13 else "tensor"
        for kind in ("u8", "s8") + (("f8e4m3fn",) if version >= 19 else ()) + (("u16", "s4") if version >= 21 else ()):
            yield there_and_back(f"{kind}_version{version}", kind, form, version=version)


def weights():
    """Products with weights that are quantized by block, and sums of products dequantized."""
    for kind, axis, points, known in itertools.product((*WIDE, *PACKED), (0, 1), (False, True), (False, True)):
        if points != (axis == 1) and kind not in ("u4", "s8"):
            continue
        name = f"weights_{kind}_{axis}_{'zeros' if points else 'none'}_{'known' if known else 'run_time'}"
        n = Numbers(name)
        shape, by = (24, 18), [24, 18]
        by[axis] = 2
        if kind in PACKED:
            data_type, bits, low = PACKED[kind]
            held = {"w": packed_tensor(data_type, n.integers(low, low + (1 << bits), *shape), bits)}
        else:
            dtype = WIDE[kind][1]
            held = {"w": n.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, *shape, dtype=dtype)}
        inputs = {"x": n.reals(3, 24)}
        (held if known else inputs)["s"] = n.integers(1, 64, *by).astype(np.float32) / np.float32(1 << (17 if "16" in kind else 9))
        if points:
            held["z"] = zeros(n, kind, by)
        nodes = [helper.make_node("DequantizeLinear", ["w", "s", "z"][: 2 + points], ["d"], axis=axis, block_size=16),
                 helper.make_node("MatMul", ["x", "d"], ["y"])]
        yield Case(name, nodes, inputs, ["y"], held, VERSION)
    for points in (False, True):
        name = f"sums_{'zeros' if points else 'none'}"
        n = Numbers(name)
        held = {"s": np.float32(0.37)} | ({"z": np.int32(0)} if points else {})
        yield Case(name, [helper.make_node("DequantizeLinear", ["q", *held], ["y"])],
                   {"q": n.integers(-10_000_000, 10_000_000, 3, 4, dtype=np.int32)}, ["y"],
                   {key: np.asarray(value) for key, value in held.items()})


def microsoft():
    for dtype, axis in itertools.product(BYTES, (None, 1)):
        name = f"microsoft_{dtype}_{'tensor' if axis is None else 'axis'}"
        n = Bytes(name)
        shape, attributes = ((), {}) if axis is None else ((4,), {"axis": axis})
        nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], domain="com.microsoft", **attributes),
                 helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], domain="com.microsoft", **attributes)]
        yield Case(name, nodes, {"x": n.reals(3, 4, 5)}, ["q", "y"],
                   {"s": n.scales(*shape), "z": n.zero(BYTES[dtype], *shape)})


def cases():
    for family in (forms, types, weights, microsoft):
        yield from family()
