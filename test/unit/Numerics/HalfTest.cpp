//===- HalfTest.cpp - fp16 conversions against MPFR -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "gtest/gtest.h"

#include <vector>

using namespace sluice::numerics;
using namespace sluice::numerics::test;

namespace {

/// The value of finite fp16 bits, from the definition of the format.
double halfValue(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/// fp32 bits to the nearest fp16 as MPFR rounds 11 bits with fp16's exponents, as a float.
float nearestHalf(uint32_t bits) {
  Real y(11);
  int inexact = mpfr_set_flt(y, asFloat(bits), MPFR_RNDN);
  bound(y, inexact, -23, 16);
  return mpfr_get_flt(y, MPFR_RNDN);
}

} // namespace

// Every fp16 value widens to exactly itself, and narrows back to itself.
TEST(Half, EveryValueWidensExactly) {
  std::vector<uint16_t> halves(65536), narrowed(65536);
  std::vector<uint32_t> singles(65536);
  for (uint32_t i = 0; i < 65536; ++i)
    halves[i] = uint16_t(i);
  halfToFloat(halves.data(), singles.data(), halves.size());
  EXPECT_EQ(floatToHalf(singles.data(), narrowed.data(), singles.size()), 0u);
  for (uint32_t i = 0; i < 65536; ++i) {
    EXPECT_EQ(halfToFloat(uint16_t(i)), singles[i]);
    EXPECT_EQ(floatToHalf(singles[i]), narrowed[i]);
    if ((i & 0x7c00) == 0x7c00) {
      uint32_t infinity = i & 0x8000 ? 0xff800000 : 0x7f800000;
      EXPECT_EQ(singles[i], i & 0x3ff ? canonicalNaN : infinity);
      EXPECT_EQ(narrowed[i], i & 0x3ff ? 0x7e00 : i);
      continue;
    }
    EXPECT_EQ(asFloat(singles[i]), halfValue(uint16_t(i)));
    EXPECT_EQ(std::signbit(asFloat(singles[i])), (i & 0x8000) != 0);
    EXPECT_EQ(narrowed[i], i);
  }
}

// Around every fp16 value and every tie between neighbours, fp32 rounds as in MPFR.
TEST(Half, NarrowingRoundsToNearestEven) {
  std::vector<uint32_t> in;
  for (uint32_t i = 0; i < 0x7c00; ++i) {
    uint32_t exact = asBits(float(halfValue(uint16_t(i))));
    uint32_t next = i == 0x7bff ? asBits(65536.0f) : asBits(float(halfValue(uint16_t(i + 1))));
    uint32_t tie = asBits((asFloat(exact) + asFloat(next)) / 2);
    for (uint32_t bits : {exact, exact + 1, tie - 1, tie, tie + 1, next - 1})
      in.insert(in.end(), {bits, bits | 0x80000000});
  }
  for (uint64_t x = 0; x < 0x7f800000; x += 40009)
    in.insert(in.end(), {uint32_t(x), uint32_t(x) | 0x80000000});

  std::vector<uint16_t> out(in.size());
  size_t overflows = floatToHalf(in.data(), out.data(), in.size()), expectedOverflows = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    float expected = nearestHalf(in[i]);
    expectedOverflows += std::isinf(expected);
    EXPECT_EQ(halfToFloat(out[i]), asBits(expected)) << std::hex << in[i];
    EXPECT_EQ(evaluate(ScalarOp::RoundHalf, in[i]), asBits(expected)) << std::hex << in[i];
  }
  EXPECT_EQ(overflows, expectedOverflows);
}

// Only finite values that become infinite count as overflow.
TEST(Half, OverflowsAreCounted) {
  const uint32_t in[] = {asBits(65519.996f), asBits(65520.0f), asBits(-65520.0f), asBits(3e38f),
                         0x7f800000,         0xff800000,       0x7fc00000,        asBits(1.0f)};
  const uint16_t expected[] = {0x7bff, 0x7c00, 0xfc00, 0x7c00, 0x7c00, 0xfc00, 0x7e00, 0x3c00};
  uint16_t out[8];
  EXPECT_EQ(floatToHalf(in, out, 8), 3u);
  for (size_t i = 0; i < 8; ++i)
    EXPECT_EQ(out[i], expected[i]) << i;
}
