# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX's element types that NumPy has not: what their patterns mean, and how TensorProtos hold them.

Written from the formats' definitions, in exact rational numbers, so that it can judge what the compiler makes.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

NAN, INFINITY = "nan", "inf"


@dataclass(frozen=True)
class Integer:
    bits: int
    signed: bool

    @property
    def array(self):
        return np.dtype(np.int8 if self.signed else np.uint8)


@dataclass(frozen=True)
class Float:
    bits: int
    exponent: int
    fraction: int
    bias: int
    special: str = ""  # "ieee": infinities and NaNs; "fn": NaN is all ones; "fnuz": NaN is -0; "scale": ditto, no sign

    @property
    def array(self):
        return np.dtype(np.uint16 if self.bits == 16 else np.uint8)

    def value(self, pattern):
        """The Fraction that a pattern stands for, or NAN, or (sign, INFINITY)."""
        signed = self.special != "scale"
        sign = -1 if signed and pattern >> (self.bits - 1) else 1
        exponent = (pattern >> self.fraction) & ((1 << self.exponent) - 1)
        fraction = pattern & ((1 << self.fraction) - 1)
        ones = exponent == (1 << self.exponent) - 1
        if self.special == "ieee" and ones:
            return NAN if fraction else (sign, INFINITY)
        if self.special == "fn" and ones and fraction == (1 << self.fraction) - 1:
            return NAN
        if self.special == "fnuz" and pattern == 1 << (self.bits - 1):
            return NAN
        if self.special == "scale":
            return NAN if ones else Fraction(2) ** (exponent - self.bias)
        unit = Fraction(2) ** (max(exponent, 1) - self.bias - self.fraction)
        return sign * unit * (fraction + (1 << self.fraction if exponent else 0))


# By the number of TensorProto.DataType.
TYPES = {
    16: Float(16, 8, 7, 127, "ieee"),
    17: Float(8, 4, 3, 7, "fn"),
    18: Float(8, 4, 3, 8, "fnuz"),
    19: Float(8, 5, 2, 15, "ieee"),
    20: Float(8, 5, 2, 16, "fnuz"),
    21: Integer(4, False),
    22: Integer(4, True),
    23: Float(4, 2, 1, 1),
    24: Float(8, 8, 0, 127, "scale"),
    25: Integer(2, False),
    26: Integer(2, True),
}
NAMES = {16: "bfloat16", 17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz",
         21: "uint4", 22: "int4", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2"}


def unpack(kind, packed, count):
    """`count` elements of a byte each from bytes that hold several, the first in the lowest bits."""
    per_byte = 8 // kind.bits
    packed = np.frombuffer(packed, np.uint8)
    fields = [(packed >> (place * kind.bits)) & ((1 << kind.bits) - 1) for place in range(per_byte)]
    elements = np.stack(fields, -1).reshape(-1)[:count]
    if isinstance(kind, Integer) and kind.signed:
        sign = 1 << (kind.bits - 1)
        return ((elements.astype(np.int8) ^ sign) - sign).astype(np.int8)
    return elements.astype(kind.array)


def to_array(tensor):
    """The array that stands for a TensorProto of a narrow type: integers as they are, floats as patterns."""
    kind, shape = TYPES[tensor.data_type], tuple(tensor.dims)
    data = tensor.raw_data
    if not tensor.HasField("raw_data"):
        stored = kind.array if kind.bits >= 8 else np.dtype(np.uint8)
        data = np.array(tensor.int32_data, np.int64).astype(stored).tobytes()
    if kind.bits < 8:
        return unpack(kind, data, int(np.prod(shape, dtype=np.int64))).reshape(shape)
    return np.frombuffer(data, kind.array).reshape(shape)


def as_numbers(data_type, array):
    """The numbers that patterns stand for, as float64, which has them all."""
    kind = TYPES[data_type]
    if isinstance(kind, Integer):
        return array.astype(np.float64)

    def number(pattern):
        value = kind.value(pattern)
        if value == NAN:
            return np.nan
        if value == 0 and pattern != 0:
            return -0.0
        return value[0] * np.inf if isinstance(value, tuple) else float(value)

    known = {pattern: number(pattern) for pattern in set(array.reshape(-1).tolist())}
    return np.array([known[pattern] for pattern in array.reshape(-1).tolist()], np.float64).reshape(array.shape)
