//===- Elementary.h - exp, log, tanh, sin, cos in double precision -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every function takes an fp32 value widened to double, reduces it, evaluates one
// polynomial by Horner's rule and is rounded to fp32 once by its caller. The error
// before that rounding is below 2^-40 relative, so the result is within 1 ulp and
// nearly always correctly rounded. Only +, -, *, / and integer operations are used,
// in the order that is written here. docs/numerics.md states the reductions.
//
// Compiled once for each instruction set: everything here has internal linkage and
// nothing comes from the standard library but constants and types.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_NUMERICS_ELEMENTARY_H
#define SLUICE_LIB_NUMERICS_ELEMENTARY_H

#include <cstddef>
#include <cstdint>

#define SLUICE_INLINE static inline __attribute__((always_inline))

namespace sluice::numerics {

template <typename To, typename From>
SLUICE_INLINE To bitsAs(From from) {
  return __builtin_bit_cast(To, from);
}

/// Adding this rounds a double of magnitude below 2^51 to an integer, ties to even,
/// which then stands in the low bits in two's complement.
static constexpr double roundingBias = 0x1.8p52;

/// coefficients[0] + x * (coefficients[1] + x * ...).
template <size_t N>
SLUICE_INLINE double polynomial(double x, const double (&coefficients)[N]) {
  double sum = coefficients[N - 1];
#pragma clang loop unroll(full)
  for (size_t i = N - 1; i > 0; --i)
    sum = sum * x + coefficients[i - 1];
  return sum;
}

/// e^x for |x| <= 700: x = n ln 2 + r, |r| <= ln 2 / 2, Taylor series of e^r.
SLUICE_INLINE double exponential(double x) {
  constexpr double log2e = 0x1.71547652b82fep+0;
  constexpr double ln2High = 0x1.62e42fee00000p-1; // 32 bits: n * ln2High is exact
  constexpr double ln2Low = 0x1.a39ef35793c76p-33;
  constexpr double series[] = {1.0,         1.0,          1.0 / 2,       1.0 / 6,
                               1.0 / 24,    1.0 / 120,    1.0 / 720,     1.0 / 5040,
                               1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800};
  double biased = x * log2e + roundingBias;
  double n = biased - roundingBias;
  double r = (x - n * ln2High) - n * ln2Low;
  return bitsAs<double>(bitsAs<uint64_t>(polynomial(r, series)) + (bitsAs<uint64_t>(biased) << 52));
}

/// ln x for normal positive x: x = 2^e m, sqrt(1/2) <= m < sqrt(2),
/// ln m = 2 artanh((m - 1) / (m + 1)).
SLUICE_INLINE double logarithm(double x) {
  constexpr double ln2High = 0x1.62e42fee00000p-1;
  constexpr double ln2Low = 0x1.a39ef35793c76p-33;
  constexpr double series[] = {2.0,      2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,
                               2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19};
  constexpr uint64_t one = 0x3ff0000000000000, sqrtHalf = 0x3fe6a09e667f3bcd;
  uint64_t bits = bitsAs<uint64_t>(x);
  uint64_t biasedExponent = (bits + (one - sqrtHalf)) >> 52; // e + 1023
  // The exponent as a double without a 64-bit conversion, which AVX2 lacks.
  double e = bitsAs<double>(biasedExponent | 0x4330000000000000) - (0x1p52 + 1023);
  double m = bitsAs<double>(bits - ((biasedExponent - 1023) << 52));
  double s = (m - 1) / (m + 1);
  return e * ln2High + (e * ln2Low + s * polynomial(s * s, series));
}

/// tanh y for y >= 0, from e^(2y) or, near 0, where that cancels, from its series.
SLUICE_INLINE double hyperbolicTangent(double y) {
  constexpr double series[] = {1.0, -1.0 / 3, 2.0 / 15};
  double clamped = y > 20.0 ? 20.0 : y;
  double e = exponential(clamped + clamped);
  double quotient = (e - 1) / (e + 1);
  double small = y * polynomial(y * y, series);
  return y < 0x1p-8 ? small : quotient;
}

/// y modulo pi/2.
struct QuarterTurns {
  double rest;       ///< in [-pi/4, pi/4] but for rounding
  uint64_t quarters; ///< modulo 4 in the low bits
};

/// Below this, fewer than 2^20 quarter turns are subtracted in three parts.
static constexpr double smallAngle = 0x1p20;

/// Reduces 0 <= y < smallAngle. The first two parts of pi/2 have 33 bits, so that the
/// products, and the first difference, are exact.
SLUICE_INLINE QuarterTurns reduceSmallAngle(double y) {
  constexpr double twoOverPi = 0x1.45f306dc9c883p-1;
  constexpr double first = 0x1.921fb544p+0, second = 0x1.0b4611a6p-34, third = 0x1.3198a2e037073p-69;
  double biased = y * twoOverPi + roundingBias;
  double n = biased - roundingBias;
  return {((y - n * first) - n * second) - n * third, bitsAs<uint64_t>(biased)};
}

/// Reduces any finite fp32 y >= 1/8, given by its bits, with 126 bits of the fraction
/// of y * 2/pi.
SLUICE_INLINE QuarterTurns reduceAnyAngle(uint32_t bits) {
  // 2/pi = 0.a2f9836e..., behind 64 zero bits that keep all positions positive.
  constexpr uint64_t twoOverPi[] = {0, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041,
                                    0xfe5163abdebbc561};
  constexpr double piOver2 = 0x1.921fb54442d18p+0;
  uint64_t mantissa = (bits & 0x7fffff) | 0x800000;
  int exponent = int(bits >> 23) - 150; // y = mantissa * 2^exponent
  // Bits of 2/pi above this one only add multiples of four quarters.
  unsigned start = unsigned(exponent + 62);
  unsigned word = start / 64, shift = start % 64;
  using Wide = unsigned __int128;
  Wide window = Wide(twoOverPi[word]) << 64 | twoOverPi[word + 1];
  if (shift != 0)
    window = window << shift | twoOverPi[word + 2] >> (64 - shift);
  Wide turns = mantissa * window; // in units of 2^-126 quarters, modulo 4
  uint64_t quarters = uint64_t((turns + (Wide(1) << 125)) >> 126);
  Wide fraction = turns - (Wide(quarters) << 126);
  double rest = double(int64_t(fraction >> 64)) * 0x1p-62 + double(uint64_t(fraction)) * 0x1p-126;
  return {rest * piOver2, quarters};
}

/// sin(rest + quarters * pi/2), by Taylor series.
SLUICE_INLINE double sineOf(QuarterTurns angle) {
  constexpr double sine[] = {-1.0 / 6,        1.0 / 120,        -1.0 / 5040,         1.0 / 362880,
                             -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000};
  constexpr double cosine[] = {-1.0 / 2,       1.0 / 24,        -1.0 / 720,          1.0 / 40320,
                               -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200.0};
  double r = angle.rest, z = r * r;
  double s = r + r * z * polynomial(z, sine);
  double c = 1 + z * polynomial(z, cosine);
  uint64_t magnitude = bitsAs<uint64_t>(angle.quarters & 1 ? c : s);
  return bitsAs<double>(magnitude ^ (angle.quarters & 2) << 62);
}

} // namespace sluice::numerics

#endif // SLUICE_LIB_NUMERICS_ELEMENTARY_H
