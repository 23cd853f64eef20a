//===- ScalarKernels.h - The loops behind evaluate() ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled once for each instruction set, like Elementary.h. Each operation is one
// function of 32-bit patterns without branches; the loops over them vectorise. The
// result may stand in an operand's place: no element depends on another.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_NUMERICS_SCALARKERNELS_H
#define SLUICE_LIB_NUMERICS_SCALARKERNELS_H

#include "Elementary.h"
#include "HalfKernels.h"
#include "sluice/Numerics/Scalar.h"

namespace sluice::numerics {

SLUICE_INLINE float asFloat(uint32_t bits) { return bitsAs<float>(bits); }

/// The bits of a result, with one NaN for all.
SLUICE_INLINE uint32_t canonical(float value) {
  return value != value ? canonicalNaN : bitsAs<uint32_t>(value);
}

SLUICE_INLINE bool isNaN(uint32_t bits) { return (bits & 0x7fffffff) > floatInfinity; }

/// a + b rounded once to fp32: the sum is rounded to odd in double precision, after
/// which rounding to fp32 is as good as from the exact sum.
SLUICE_INLINE uint32_t roundSum(double a, double b) {
  double sum = a + b, virtualB = sum - a;
  double error = (a - (sum - virtualB)) + (b - virtualB);
  uint64_t bits = bitsAs<uint64_t>(sum);
  uint64_t towardsError = (error > 0) == (sum > 0) ? uint64_t(1) : ~uint64_t(0);
  bool inexact = error > 0 || error < 0; // not for infinity and NaN, where error is NaN
  bits += inexact && !(bits & 1) ? towardsError : 0;
  return canonical(float(bitsAs<double>(bits)));
}

/// a * b + c rounded once: the product is exact in double precision.
SLUICE_INLINE uint32_t fusedMultiplyAdd(uint32_t a, uint32_t b, uint32_t c) {
  return roundSum(double(asFloat(a)) * double(asFloat(b)), asFloat(c));
}

/// Maps fp32 bits to int32 in the order of IEEE 754 totalOrder, and back.
SLUICE_INLINE int32_t ordered(uint32_t bits) { return int32_t(bits ^ (uint32_t(int32_t(bits) >> 31) >> 1)); }

SLUICE_INLINE uint32_t minimum(uint32_t a, uint32_t b) {
  uint32_t smaller = ordered(a) < ordered(b) ? a : b;
  return isNaN(a) || isNaN(b) ? canonicalNaN : smaller;
}

SLUICE_INLINE uint32_t maximum(uint32_t a, uint32_t b) {
  uint32_t larger = ordered(a) < ordered(b) ? b : a;
  return isNaN(a) || isNaN(b) ? canonicalNaN : larger;
}

/// To an integer, ties to even; from 2^23 on all values are integers.
SLUICE_INLINE uint32_t roundToIntegral(uint32_t a) {
  uint32_t magnitude = a & 0x7fffffff;
  float rounded = (asFloat(magnitude) + 0x1p23f) - 0x1p23f;
  uint32_t result = magnitude < 0x4b000000 ? bitsAs<uint32_t>(rounded) : magnitude;
  return isNaN(a) ? canonicalNaN : result | (a & 0x80000000);
}

/// roundToIntegral(a) corrected by `step` (1 or -1) where it lies on the wrong side.
SLUICE_INLINE uint32_t roundDirected(uint32_t a, float step) {
  float value = asFloat(a), rounded = asFloat(roundToIntegral(a));
  bool wrongSide = step < 0 ? rounded > value : rounded < value;
  uint32_t magnitude = bitsAs<uint32_t>(wrongSide ? rounded + step : rounded) & 0x7fffffff;
  return isNaN(a) ? canonicalNaN : magnitude | (a & 0x80000000);
}

SLUICE_INLINE uint32_t truncate(uint32_t a) {
  uint32_t magnitude = roundDirected(a & 0x7fffffff, -1.0f);
  return isNaN(a) ? canonicalNaN : magnitude | (a & 0x80000000);
}

SLUICE_INLINE uint32_t floatToInt(uint32_t a) {
  float value = asFloat(a);
  bool inside = value >= -0x1p31f && value < 0x1p31f;
  uint32_t converted = uint32_t(int32_t(inside ? value : 0.0f));
  uint32_t saturated = a >> 31 ? 0x80000000 : 0x7fffffff;
  return isNaN(a) ? 0 : inside ? converted : saturated;
}

SLUICE_INLINE uint32_t reciprocalSquareRoot(uint32_t a) {
  return canonical(float(1.0 / __builtin_sqrt(double(asFloat(a)))));
}

SLUICE_INLINE uint32_t exponentialF(uint32_t a) {
  double x = asFloat(a);
  x = x > 150.0 ? 150.0 : x; // e^150 and e^-150 round to infinity and 0
  x = x < -150.0 ? -150.0 : x;
  return isNaN(a) ? canonicalNaN : canonical(float(exponential(x)));
}

SLUICE_INLINE uint32_t logarithmF(uint32_t a) {
  uint32_t result = bitsAs<uint32_t>(float(logarithm(asFloat(a))));
  result = (a & 0x7fffffff) == 0 ? 0xff800000 : result; // ln 0 = -infinity
  result = a == floatInfinity ? floatInfinity : result;
  return a > 0x80000000 || isNaN(a) ? canonicalNaN : result;
}

SLUICE_INLINE uint32_t hyperbolicTangentF(uint32_t a) {
  uint32_t magnitude = bitsAs<uint32_t>(float(hyperbolicTangent(asFloat(a & 0x7fffffff))));
  return isNaN(a) ? canonicalNaN : magnitude | (a & 0x80000000);
}

/// sin(a + quarters * pi/2) for |a| < smallAngle; a sine keeps its operand's sign.
SLUICE_INLINE uint32_t sineF(QuarterTurns angle, uint32_t a, bool cosine) {
  angle.quarters += cosine;
  uint32_t result = bitsAs<uint32_t>(float(sineOf(angle)));
  return cosine ? result : result ^ (a & 0x80000000);
}

/// The sine or cosine of each element: small angles in a loop that vectorises, large
/// ones by themselves after it. Which way an element goes depends on its value alone.
static void sineLoop(const uint32_t *a, uint32_t *out, size_t count, bool cosine) {
  constexpr size_t block = 64;
  uint32_t results[block];
  for (size_t first = 0; first < count; first += block) {
    size_t size = count - first < block ? count - first : block;
    const uint32_t *in = a + first;
    uint32_t largest = 0;
    for (size_t i = 0; i < size; ++i) {
      uint32_t magnitude = in[i] & 0x7fffffff;
      largest = magnitude > largest ? magnitude : largest;
      results[i] = sineF(reduceSmallAngle(asFloat(magnitude)), in[i], cosine);
    }
    if (asFloat(largest) < smallAngle)
      largest = 0;
    for (size_t i = 0; largest != 0 && i < size; ++i) {
      uint32_t magnitude = in[i] & 0x7fffffff;
      if (magnitude >= floatInfinity)
        results[i] = canonicalNaN;
      else if (asFloat(magnitude) >= smallAngle)
        results[i] = sineF(reduceAnyAngle(magnitude), in[i], cosine);
    }
    for (size_t i = 0; i < size; ++i)
      out[first + i] = results[i];
  }
}

template <typename Function>
SLUICE_INLINE void map1(const uint32_t *a, uint32_t *out, size_t count, Function function) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; ++i)
    out[i] = function(a[i]);
}

template <typename Function>
SLUICE_INLINE void map2(const uint32_t *a, const uint32_t *b, uint32_t *out, size_t count,
                        Function function) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; ++i)
    out[i] = function(a[i], b[i]);
}

template <typename Function>
SLUICE_INLINE void map3(const uint32_t *a, const uint32_t *b, const uint32_t *c, uint32_t *out, size_t count,
                        Function function) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; ++i)
    out[i] = function(a[i], b[i], c[i]);
}

static void evaluateLoop(ScalarOp op, const uint32_t *a, const uint32_t *b, const uint32_t *c, uint32_t *out,
                         size_t count) {
// One case: the operation's name, how many operands it has, its value.
#define UNARY(Name, value)                                                                                   \
  case ScalarOp::Name:                                                                                       \
    return map1(a, out, count, [](uint32_t x) -> uint32_t { return value; });
#define BINARY(Name, value)                                                                                  \
  case ScalarOp::Name:                                                                                       \
    return map2(a, b, out, count, [](uint32_t x, uint32_t y) -> uint32_t { return value; });
#define TERNARY(Name, value)                                                                                 \
  case ScalarOp::Name:                                                                                       \
    return map3(a, b, c, out, count, [](uint32_t x, uint32_t y, uint32_t z) -> uint32_t { return value; });

  switch (op) {
    UNARY(Move, x)
    BINARY(AddF, canonical(asFloat(x) + asFloat(y)))
    BINARY(SubF, canonical(asFloat(x) - asFloat(y)))
    BINARY(MulF, canonical(asFloat(x) * asFloat(y)))
    TERNARY(FmaF, fusedMultiplyAdd(x, y, z))
    BINARY(MinF, minimum(x, y))
    BINARY(MaxF, maximum(x, y))
    UNARY(NegF, isNaN(x) ? canonicalNaN : x ^ 0x80000000)
    UNARY(AbsF, isNaN(x) ? canonicalNaN : x & 0x7fffffff)
    BINARY(EqF, asFloat(x) == asFloat(y))
    BINARY(LtF, asFloat(x) < asFloat(y))
    BINARY(LeF, asFloat(x) <= asFloat(y))
    UNARY(FloorF, roundDirected(x, -1.0f))
    UNARY(CeilF, roundDirected(x, 1.0f))
    UNARY(RintF, roundToIntegral(x))
    UNARY(TruncF, truncate(x))
    BINARY(AddI, x + y)
    BINARY(SubI, x - y)
    BINARY(MulI, x * y)
    BINARY(MinI, int32_t(x) < int32_t(y) ? x : y)
    BINARY(MaxI, int32_t(x) < int32_t(y) ? y : x)
    BINARY(EqI, x == y)
    BINARY(LtI, int32_t(x) < int32_t(y))
    BINARY(LeI, int32_t(x) <= int32_t(y))
    BINARY(And, x & y)
    BINARY(Or, x | y)
    BINARY(Xor, x ^ y)
    BINARY(Shl, y < 32 ? x << (y & 31) : 0)
    BINARY(ShrS, uint32_t(int32_t(x) >> (y < 32 ? y : 31)))
    BINARY(ShrU, y < 32 ? x >> (y & 31) : 0)
    TERNARY(Select, x != 0 ? y : z)
    UNARY(IntToFloat, bitsAs<uint32_t>(float(int32_t(x))))
    UNARY(FloatToInt, floatToInt(x))
    UNARY(RoundToInt, floatToInt(roundToIntegral(x)))
    UNARY(RoundHalf, widenHalf(narrowToHalf(x)))
    UNARY(SextI8, uint32_t(int32_t(int8_t(x))))
    UNARY(SextI16, uint32_t(int32_t(int16_t(x))))
    BINARY(DivF, canonical(asFloat(x) / asFloat(y)))
    UNARY(SqrtF, canonical(__builtin_sqrtf(asFloat(x))))
    UNARY(RsqrtF, reciprocalSquareRoot(x))
    UNARY(ExpF, exponentialF(x))
    UNARY(LogF, logarithmF(x))
    UNARY(TanhF, hyperbolicTangentF(x))
  case ScalarOp::SinF:
    return sineLoop(a, out, count, /*cosine=*/false);
  case ScalarOp::CosF:
    return sineLoop(a, out, count, /*cosine=*/true);
  }
#undef UNARY
#undef BINARY
#undef TERNARY
}

} // namespace sluice::numerics

#endif // SLUICE_LIB_NUMERICS_SCALARKERNELS_H
