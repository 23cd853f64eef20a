#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Narrow element types, the whole way, against exact rational arithmetic: every pattern to float32, every float16
and all borders of float32 back, integers, quantization in each form, and the edges of tools and package."""

import bisect
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import sluice
from harness import assert_same_bits, tool
from onnx_types import NAMES, NAN, TYPES, Float, Integer, as_numbers, to_array

FLOAT, HALF, OPSET = TensorProto.FLOAT, TensorProto.FLOAT16, 25
REALS = [number for number, kind in TYPES.items() if isinstance(kind, Float)]
INTEGERS = [number for number, kind in TYPES.items() if isinstance(kind, Integer)]
BFLOAT16, SCALE, FLOAT4 = 16, 24, 23


def pack(number, array):
    """A TensorProto of a narrow type, or of float32."""
    proto = TensorProto(data_type=number, dims=array.shape)
    if number not in TYPES or TYPES[number].bits >= 8:
        proto.raw_data = array.tobytes()
        return proto
    bits = TYPES[number].bits
    flat = array.reshape(-1).astype(np.uint8) & ((1 << bits) - 1)
    flat = np.append(flat, np.zeros(-len(flat) % (8 // bits), np.uint8)).reshape(-1, 8 // bits)
    proto.raw_data = np.bitwise_or.reduce(flat << (np.arange(8 // bits) * bits).astype(np.uint8), 1).tobytes()
    return proto


def model_of(op, inputs, output, shape, **attributes):
    """A model of one node; `inputs` are (name, type, shape)."""
    graph = helper.make_graph([helper.make_node(op, [name for name, _, _ in inputs], ["y"], name=op, **attributes)], op,
                              [helper.make_tensor_value_info(*edge) for edge in inputs],
                              [helper.make_tensor_value_info("y", output, shape)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = 10
    return model


# ------------------------------------------------------------------------------------------------------------
# The reference: nearest numbers in rational arithmetic
# ------------------------------------------------------------------------------------------------------------


class Rounding:
    """From exact numbers to patterns of a float type."""

    def __init__(self, number):
        self.kind = TYPES[number]
        signless = range(1 << self.kind.bits) if self.kind.special == "scale" else range(1 << (self.kind.bits - 1))
        finite = [(self.kind.value(p), p) for p in signless if isinstance(self.kind.value(p), Fraction)]
        self.values = [value for value, _ in finite]
        self.patterns = [pattern for _, pattern in finite]

    def borders(self):
        """Numbers, midpoints and what float32 has next to them, of both signs."""
        step = self.values[-1] - self.values[-2]
        ends = self.values + [self.values[-1] + step]
        points = ends + [(a + b) / 2 for a, b in zip(ends, ends[1:])] + [self.values[0] / 2]
        with np.errstate(over="ignore", under="ignore"):
            exact = np.array([float(point) for point in points], np.float64).astype(np.float32)
            near = np.concatenate([exact, np.nextafter(exact, np.float32(np.inf)), np.nextafter(exact, np.float32(0))])
        return np.concatenate([near, -near])

    def nearest(self, x, saturate):
        """The pattern for a float x; None if it is a NaN."""
        kind, sign = self.kind, 1 << (self.kind.bits - 1)
        if np.isnan(x):
            return sign if kind == TYPES[FLOAT4] else None
        saturate = (saturate and kind != TYPES[BFLOAT16]) or kind == TYPES[FLOAT4]
        index = len(self.values)
        if np.isfinite(x):
            magnitude = abs(Fraction(float(x)))
            ends = self.values + [2 * self.values[-1] - self.values[-2]]
            index = bisect.bisect_right(ends, magnitude) - 1
            if index + 1 < len(ends):
                twice = 2 * magnitude - ends[index] - ends[index + 1]
                index += twice > 0 or (twice == 0 and index % 2 == 1)
        overflows = index >= len(self.values)
        if overflows and not saturate and kind.special != "ieee":
            return None
        pattern = sign - (1 << kind.fraction) if overflows and not saturate else self.patterns[min(index, len(self.values) - 1)]
        negative = np.signbit(x) and not (kind.special == "fnuz" and pattern == 0)
        return pattern | sign if negative else pattern

    def scale(self, x, saturate, mode):
        """As nearest, for powers of two. What is not positive counts as out of range."""
        if np.isnan(x) or (not saturate and not self.values[0] <= x <= self.values[-1]):
            return None
        exact = min(max(Fraction(float(np.clip(x, 0, 2.0**127))), self.values[0]), self.values[-1])
        low = bisect.bisect_right(self.values, exact) - 1
        if mode == "down" or exact == self.values[low]:
            return self.patterns[low]
        up = mode == "up" or 2 * exact >= self.values[low] + self.values[low + 1]
        return self.patterns[low + up]


# ------------------------------------------------------------------------------------------------------------
# Tests
# ------------------------------------------------------------------------------------------------------------


class Fixture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = Path(cls.temporary.name)

    def run_model(self, model, feeds):
        """Output y of the binary, which has the interpreter's bits."""
        path = self.folder / "model.onnx"
        onnx.save(model, str(path))
        outputs = sluice.compile(path).run(feeds)
        assert_same_bits(outputs, sluice.interpret(path, feeds), "interpreter")
        return outputs["y"]

    def cast(self, source, x, to, **attributes):
        model = model_of("Cast", [("x", source, x.shape)], to, x.shape, to=to, **attributes)
        return self.run_model(model, {"x": x})

    def assert_patterns(self, number, have, want, x):
        """Patterns are equal, None standing for the NaNs."""
        kind = TYPES[number]
        for pattern, expected, value in zip(have.tolist(), want, x.tolist()):
            if expected is None:
                self.assertEqual(kind.value(pattern), NAN, f"{value} is {pattern:#x}, not a NaN")
            else:
                self.assertEqual(pattern, expected, f"{value} is {pattern:#x} instead of {expected:#x}")


class Casts(Fixture):
    def test_every_pattern_to_float32(self):
        for number in REALS:
            with self.subTest(type=NAMES[number]):
                patterns = np.arange(1 << TYPES[number].bits).astype(TYPES[number].array)
                have, want = self.cast(number, patterns, FLOAT), as_numbers(number, patterns).astype(np.float32)
                np.testing.assert_array_equal(have, want)
                np.testing.assert_array_equal(np.signbit(have[have == 0]), np.signbit(want[want == 0]))
                if number != BFLOAT16:  # whose NaNs only move
                    self.assertTrue(np.all(have.view(np.uint32)[np.isnan(want)] == 0x7FC00000))

    def test_borders_of_float32(self):
        """Numbers, ties and their neighbours, infinities, NaNs, subnormal and random float32."""
        rng = np.random.default_rng(5)
        others = np.concatenate([np.array([0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 1e-40, 3.4e38, -3.4e38], np.float32),
                                 rng.integers(0, 1 << 32, 3000, np.uint32).view(np.float32)])
        for number in REALS:
            rounding = Rounding(number)
            x = rounding.borders()
            x = np.concatenate([x if number != BFLOAT16 else rng.choice(x, 6000), others])
            for saturate in (1, 0):
                modes = ("up", "down", "nearest") if number == SCALE else ("up",)
                for mode in modes:
                    with self.subTest(type=NAMES[number], saturate=saturate, mode=mode):
                        have = self.cast(FLOAT, x, number, saturate=saturate, round_mode=mode)
                        want = [rounding.scale(value, saturate, mode) if number == SCALE
                                else rounding.nearest(value, saturate) for value in x]
                        self.assert_patterns(number, have, want, x)

    def test_every_float16(self):
        x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
        for number in (17, 18, 19, 20, FLOAT4):
            with self.subTest(type=NAMES[number]):
                rounding = Rounding(number)
                self.assert_patterns(number, self.cast(HALF, x, number), [rounding.nearest(v, 1) for v in x], x)

    def test_integers(self):
        """Every value widens to itself; numbers round to even and keep their low bits."""
        for number in INTEGERS:
            kind = TYPES[number]
            least = -(1 << (kind.bits - 1)) if kind.signed else 0
            values = np.arange(least, least + (1 << kind.bits)).astype(kind.array)

            def wrap(numbers):
                return ((numbers - least) % (1 << kind.bits) + least).astype(kind.array)

            with self.subTest(type=NAMES[number]):
                np.testing.assert_array_equal(self.cast(number, values, FLOAT), values.astype(np.float32))
                reals = (np.arange(-80, 81) / 4).astype(np.float32)
                np.testing.assert_array_equal(self.cast(FLOAT, reals, number), wrap(np.rint(reals).astype(np.int64)))
                bytes_ = np.arange(-128, 128).astype(np.int8)
                np.testing.assert_array_equal(self.cast(TensorProto.INT8, bytes_, number), wrap(bytes_.astype(np.int64)))
                np.testing.assert_array_equal(self.cast(number, values, TensorProto.INT8), values.astype(np.int8))

    def test_bfloat16_arithmetic(self):
        """Each operator computes in float32 and rounds once."""
        rng = np.random.default_rng(6)
        a, b = ((rng.standard_normal(500) * 10).astype(np.float32).view(np.uint32) >> 16 for _ in "ab")
        a, b = a.astype(np.uint16), b.astype(np.uint16)
        x, y = (as_numbers(BFLOAT16, v).astype(np.float32) for v in (a, b))
        rounding = Rounding(BFLOAT16)
        for op, exact in {"Add": x + y, "Sub": x - y, "Mul": x * y, "Div": x / y, "Max": np.maximum(x, y)}.items():
            with self.subTest(op=op):
                model = model_of(op, [("a", BFLOAT16, a.shape), ("b", BFLOAT16, b.shape)], BFLOAT16, a.shape)
                have = self.run_model(model, {"a": a, "b": b})
                self.assert_patterns(BFLOAT16, have, [rounding.nearest(value, 1) for value in exact], exact)


class Quantization(Fixture):
    """x / scale rounded to even, plus the zero point, saturated; and back."""

    SHAPE, AXIS, BLOCK = (3, 10, 4), 1, 4

    def forms(self, rng):
        """Name, attributes and shape of the parameters, and how they spread to the data's shape."""
        blocks = -(-self.SHAPE[self.AXIS] // self.BLOCK)
        yield "tensor", {}, (), lambda p: p
        yield "axis", {"axis": -2}, (10,), lambda p: p[None, :, None]
        yield "blocks", {"axis": 1, "block_size": self.BLOCK}, (3, blocks, 4), \
            lambda p: np.repeat(p, self.BLOCK, 1)[:, :10]

    def limits(self, number):
        if number in INTEGERS:
            kind = TYPES[number]
            return (-(1 << (kind.bits - 1)), (1 << (kind.bits - 1)) - 1) if kind.signed else (0, (1 << kind.bits) - 1)
        info = np.iinfo(helper.mapping.TENSOR_TYPE_TO_NP_TYPE[number])
        return info.min, info.max

    def array(self, number):
        return TYPES[number].array if number in TYPES else helper.mapping.TENSOR_TYPE_TO_NP_TYPE[number]

    def test_quantize_to_integers(self):
        rng = np.random.default_rng(1)
        for number in (2, 3, 4, 5, *INTEGERS):
            low, high = self.limits(number)
            for form, attributes, shape, spread in self.forms(rng):
                with self.subTest(type=NAMES.get(number, number), form=form):
                    scale = np.asarray(2.0 ** rng.integers(-3, 3, shape), np.float32)
                    zero = np.asarray(rng.integers(low, high + 1, shape)).astype(self.array(number))
                    # Quarters of the scale: ties among them; now and then far out of range.
                    x = rng.integers(-8 * high, 8 * high, self.SHAPE) / 4 * spread(scale)
                    x = np.where(rng.random(self.SHAPE) < 0.1, x * 1e9, x).astype(np.float32)
                    model = model_of("QuantizeLinear", [("x", FLOAT, x.shape), ("s", FLOAT, shape), ("z", number, shape)],
                                     number, x.shape, **attributes)
                    want = np.rint(x.astype(np.float64) / spread(scale)) + spread(zero).astype(np.float64)
                    have = self.run_model(model, {"x": x, "s": scale, "z": zero})
                    np.testing.assert_array_equal(have, np.clip(want, low, high).astype(self.array(number)))

    def test_quantize_to_floats(self):
        rng = np.random.default_rng(2)
        for number in (17, 18, 19, 20, FLOAT4):
            for saturate in (1, 0):
                with self.subTest(type=NAMES[number], saturate=saturate):
                    rounding, scale = Rounding(number), np.float32(0.37)
                    x = np.concatenate([rounding.borders() * scale, (rng.standard_normal(500) * 100).astype(np.float32)])
                    model = model_of("QuantizeLinear", [("x", FLOAT, x.shape), ("s", FLOAT, ())], number, x.shape,
                                     output_dtype=number, saturate=saturate)
                    want = [rounding.nearest(value, saturate) for value in x / scale]
                    have = self.run_model(model, {"x": x, "s": scale})
                    self.assert_patterns(number, have, want, x)

    def test_precision(self):
        """The quotient is rounded to the stated type, here float16, before it is rounded to an integer."""
        x = np.arange(-3000, 3000, dtype=np.float32) / 7
        scale = np.float32(0.3)
        model = model_of("QuantizeLinear", [("x", FLOAT, x.shape), ("s", FLOAT, ())], TensorProto.INT16, x.shape,
                         precision=HALF, output_dtype=TensorProto.INT16)
        want = np.rint((x.astype(np.float16) / scale.astype(np.float16)).astype(np.float16)).astype(np.int16)
        np.testing.assert_array_equal(self.run_model(model, {"x": x, "s": scale}), want)

    def test_dequantize(self):
        rng = np.random.default_rng(3)
        for number in (2, 3, 4, 5, *INTEGERS):
            low, high = self.limits(number)
            for form, attributes, shape, spread in self.forms(rng):
                for real, dtype in ((FLOAT, np.float32), (HALF, np.float16)):
                    with self.subTest(type=NAMES.get(number, number), form=form, scale=dtype.__name__):
                        x = rng.integers(low, high + 1, self.SHAPE).astype(self.array(number))
                        zero = np.asarray(rng.integers(low, high + 1, shape)).astype(self.array(number))
                        scale = np.asarray(rng.random(shape) + 0.01).astype(dtype)
                        model = model_of("DequantizeLinear", [("x", number, x.shape), ("s", real, shape), ("z", number, shape)],
                                         real, x.shape, **attributes)
                        # Differences of 17 bits and scales of 11 or 24: the product rounds once to float32.
                        exact = (x.astype(np.int64) - spread(zero)) * spread(scale).astype(np.float64)
                        have = self.run_model(model, {"x": x, "s": scale, "z": zero})
                        np.testing.assert_array_equal(have, exact.astype(np.float32).astype(dtype))

    def test_dequantize_floats(self):
        for number in (17, 18, 19, 20, FLOAT4):
            with self.subTest(type=NAMES[number]):
                x = np.arange(1 << TYPES[number].bits).astype(np.uint8)
                model = model_of("DequantizeLinear", [("x", number, x.shape), ("s", FLOAT, ())], FLOAT, x.shape)
                want = as_numbers(number, x).astype(np.float32) * np.float32(0.3)
                np.testing.assert_array_equal(self.run_model(model, {"x": x, "s": np.float32(0.3)}), want)

    def test_int32(self):
        """Accumulators dequantize, without a zero point."""
        x = np.array([0, 1, -1, 16777217, -2147483648, 2147483647], np.int32)
        model = model_of("DequantizeLinear", [("x", TensorProto.INT32, x.shape), ("s", FLOAT, ())], FLOAT, x.shape)
        have = self.run_model(model, {"x": x, "s": np.float32(0.1)})
        np.testing.assert_array_equal(have, x.astype(np.float32) * np.float32(0.1))


class Edges(Fixture):
    """Arrays, files and constants of narrow types."""

    def test_pass_unchanged(self):
        """Through the package and through files that pack them, odd numbers of elements included."""
        for number, kind in TYPES.items():
            with self.subTest(type=NAMES[number]):
                low = -(1 << (kind.bits - 1)) if isinstance(kind, Integer) and kind.signed else 0
                x = (np.arange(7, dtype=np.int64) % (1 << kind.bits) + low).astype(kind.array)
                model = model_of("Identity", [("x", number, x.shape)], number, x.shape)
                assert_same_bits({"y": self.run_model(model, {"x": x})}, {"y": x}, "package")
                binary, given = self.folder / "model.slu", self.folder / "x.pb"
                tool("sluice-compile", self.folder / "model.onnx", "-o", binary)
                given.write_bytes(pack(number, x).SerializeToString())
                for ending, read in (("pb", lambda path: to_array(onnx.load_tensor(str(path)))), ("npy", np.load)):
                    tool("sluice-run", binary, "--input", f"x={given}", "--format", ending, "--output-dir", self.folder)
                    assert_same_bits({"y": read(self.folder / f"y.{ending}")}, {"y": x}, ending)

    def test_constants(self):
        """Initialisers of less than a byte lie a byte each in the binary."""
        count = 64000
        values = (np.arange(count) % 16).astype(np.uint8)
        model = model_of("Gather", [("w", 21, (count // 320, 320)), ("i", TensorProto.INT32, (2,))], 21, (2, 320))
        weights = pack(21, values.reshape(-1, 320))
        weights.name = "w"
        model.graph.initializer.append(weights)
        del model.graph.input[0]
        rows = np.array([3, 150], np.int32)
        have = self.run_model(model, {"i": rows})
        np.testing.assert_array_equal(have, values.reshape(-1, 320)[rows])
        path = self.folder / "weights.slu"
        sluice.compile(self.folder / "model.onnx").save(path)
        self.assertLess(path.stat().st_size, 1.5 * count)

    def test_refusals(self):
        """What is no element of the type is refused, with type and place."""
        for number, array, words in (
                (21, np.array([1, 16], np.uint8), "beyond uint4: 16 at element 1"),
                (22, np.array([-9, 7], np.int8), "beyond int4: -9 at element 0"),
                (FLOAT4, np.array([16, 7], np.uint8), "beyond float4e2m1: 16 at element 0"),
                (17, np.array([1, 2], np.float32), "needs type float8e4m3fn (an array of uint8), has float32"),
        ):
            with self.subTest(words=words):
                model = model_of("Identity", [("x", number, array.shape)], number, array.shape)
                onnx.save(model, str(self.folder / "model.onnx"))
                for run in (sluice.compile(self.folder / "model.onnx").run,
                            lambda feeds: sluice.interpret(self.folder / "model.onnx", feeds)):
                    with self.assertRaises(sluice.Error) as raised:
                        run({"x": array})
                    self.assertIn(words, str(raised.exception))

    def test_description(self):
        model = model_of("Identity", [("x", 17, (2,))], 17, (2,))
        onnx.save(model, str(self.folder / "model.onnx"))
        shape, dtype = sluice.compile(self.folder / "model.onnx").inputs["x"]
        self.assertEqual((shape, dtype, dict(dtype.metadata)), ((2,), np.dtype(np.uint8), {"onnx": "float8e4m3fn"}))


if __name__ == "__main__":
    unittest.main(verbosity=2)
