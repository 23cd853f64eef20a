//===- ElementaryTest.cpp - Transcendentals against MPFR ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A dense sample; nightly-numerics does the same for every fp32 value.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "gtest/gtest.h"

#include <vector>

using namespace sluice::numerics;
using namespace sluice::numerics::test;

namespace {

class ElementaryTest : public testing::TestWithParam<Elementary> {};

/// Every 20011th pattern (a prime, so that all exponents and low bits are met), the
/// neighbours of all powers of two and of multiples of pi/2.
std::vector<uint32_t> sample() {
  std::vector<uint32_t> bits;
  for (uint64_t x = 0; x < uint64_t(1) << 32; x += 20011)
    bits.push_back(uint32_t(x));
  for (uint32_t exponent = 0; exponent < 256; ++exponent)
    for (uint32_t low : {0x000000u, 0x000001u, 0x7fffffu, 0x400000u, 0x3504f3u})
      for (uint32_t sign : {0u, 0x80000000u})
        bits.push_back(sign | exponent << 23 | low);
  for (int n = 1; n < 1000; ++n) {
    uint32_t multiple = asBits(float(n * 1.57079632679489661923));
    bits.insert(bits.end(), {multiple - 1, multiple, multiple + 1, multiple | 0x80000000});
  }
  return bits;
}

} // namespace

// The promise of docs/numerics.md: within one ulp; NaN and infinity as IEEE 754 has them.
TEST_P(ElementaryTest, WithinOneUlpOfMpfr) {
  std::vector<uint32_t> in = sample(), out(in.size());
  evaluate(GetParam().op, in.data(), nullptr, nullptr, out.data(), in.size());
  double largest = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    uint32_t expected = correctlyRounded(GetParam().exact, in[i]);
    if (expected == out[i])
      continue;
    ASSERT_FALSE(std::isnan(asFloat(expected)) || std::isnan(asFloat(out[i])))
        << std::hex << in[i] << " gives " << out[i] << ", expected " << expected;
    double error = errorInUlps(GetParam().exact, in[i], out[i]);
    ASSERT_LE(error, 1.0) << std::hex << in[i] << " gives " << out[i] << ", expected " << expected;
    largest = std::max(largest, error);
  }
  // All of these evaluate in double precision: far better than promised.
  EXPECT_LE(largest, 0.5001);
}

INSTANTIATE_TEST_SUITE_P(, ElementaryTest, testing::ValuesIn(elementaryFunctions),
                         [](const auto &info) { return info.param.name; });

// Values close to multiples of pi/2 (16367173 * 2^72 is the closest of all fp32), and
// both sides of the border between the two argument reductions.
TEST(Elementary, HardestArgumentsOfSineAndCosine) {
  for (uint32_t x :
       {asBits(0x1.6ac5b2p+2f), asBits(0x1.921fb6p+0f), asBits(0x1.921fb6p+1f), asBits(0x1.2d97c8p+1f),
        asBits(16367173.0f * 0x1p72f), asBits(0x1.fffffep127f), asBits(0x1p20f), asBits(0x1p20f) - 1}) {
    EXPECT_EQ(evaluate(ScalarOp::SinF, x), correctlyRounded(mpfr_sin, x)) << asFloat(x);
    EXPECT_EQ(evaluate(ScalarOp::CosF, x), correctlyRounded(mpfr_cos, x)) << asFloat(x);
  }
}

// Signs of zero, infinities and NaN by hand.
TEST(Elementary, SpecialValues) {
  constexpr uint32_t inf = 0x7f800000, minusInf = 0xff800000, minusZero = 0x80000000, one = 0x3f800000;
  constexpr uint32_t smallest = 1, signallingNaN = 0xff800001;
  struct {
    ScalarOp op;
    uint32_t in, out;
  } cases[] = {
      {ScalarOp::ExpF, 0, one},
      {ScalarOp::ExpF, minusZero, one},
      {ScalarOp::ExpF, inf, inf},
      {ScalarOp::ExpF, minusInf, 0},
      {ScalarOp::ExpF, asBits(89.0f), inf},
      {ScalarOp::ExpF, asBits(-103.0f), smallest},
      {ScalarOp::ExpF, asBits(-104.0f), 0},
      {ScalarOp::LogF, 0, minusInf},
      {ScalarOp::LogF, minusZero, minusInf},
      {ScalarOp::LogF, one, 0},
      {ScalarOp::LogF, inf, inf},
      {ScalarOp::LogF, asBits(-1.0f), canonicalNaN},
      {ScalarOp::LogF, minusInf, canonicalNaN},
      {ScalarOp::TanhF, minusZero, minusZero},
      {ScalarOp::TanhF, inf, one},
      {ScalarOp::TanhF, minusInf, one | 0x80000000},
      {ScalarOp::TanhF, smallest, smallest},
      {ScalarOp::SinF, minusZero, minusZero},
      {ScalarOp::SinF, smallest, smallest},
      {ScalarOp::SinF, inf, canonicalNaN},
      {ScalarOp::CosF, minusZero, one},
      {ScalarOp::CosF, minusInf, canonicalNaN},
      {ScalarOp::SqrtF, minusZero, minusZero},
      {ScalarOp::SqrtF, asBits(-1.0f), canonicalNaN},
      {ScalarOp::RsqrtF, 0, inf},
      {ScalarOp::RsqrtF, minusZero, minusInf},
      {ScalarOp::RsqrtF, inf, 0},
      {ScalarOp::RsqrtF, asBits(-4.0f), canonicalNaN},
      {ScalarOp::RsqrtF, asBits(4.0f), asBits(0.5f)},
  };
  for (const auto &c : cases)
    EXPECT_EQ(evaluate(c.op, c.in), c.out) << "opcode " << int(c.op) << " of " << asFloat(c.in);
  for (const Elementary &function : elementaryFunctions)
    EXPECT_EQ(evaluate(function.op, signallingNaN), canonicalNaN) << function.name;
}
