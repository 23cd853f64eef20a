//===- ScalarTest.cpp - Arithmetic, comparison and integer operations -----===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Reference.h"

#include "gtest/gtest.h"

#include <random>
#include <vector>

using namespace sluice::numerics;
using namespace sluice::numerics::test;

namespace {

constexpr ScalarOp allOps[] = {
#define SLUICE_SCALAR(Name, mnemonic, number, operands, latency, description) ScalarOp::Name,
#include "sluice/Numerics/ScalarOps.def"
};

constexpr uint32_t interesting[] = {
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x3f800000, 0xbf800000,
    0x3f7fffff, 0x3f000000, 0xbf000000, 0x3fc00000, 0xbfc00000, 0x40200000, 0x4b000000, 0x4affffff,
    0x4b000001, 0x4f000000, 0xcf000000, 0xcf000001, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000,
    0x7fc00000, 0xffc00000, 0x7f800001, 0xff812345, 0x0000001f, 0x00000020, 0x000000ff, 0x00008000};

/// All triples of interesting patterns, then `count` random ones: uniform patterns, and
/// values near each other, where sums cancel.
struct Operands {
  std::vector<uint32_t> a, b, c;
  explicit Operands(size_t count) {
    for (uint32_t x : interesting)
      for (uint32_t y : interesting)
        for (uint32_t z : interesting)
          add(x, y, z);
    std::mt19937 random(20240607);
    for (size_t i = 0; i < count; ++i) {
      uint32_t x = random(), y = random(), z = random();
      add(x, y, z);
      float product = asFloat(x) * asFloat(y);
      add(x, y, asBits(-product) ^ (z & 3));
      add(x, x ^ (y & 0x80000003), z);
    }
  }
  void add(uint32_t x, uint32_t y, uint32_t z) {
    a.push_back(x);
    b.push_back(y);
    c.push_back(z);
  }
};

/// fp32 bits of an MPFR result.
uint32_t finish(Real &value, int inexact) {
  if (mpfr_nan_p(static_cast<mpfr_ptr>(value)))
    return canonicalNaN;
  bound(value, inexact, -148, 128);
  return asBits(mpfr_get_flt(value, MPFR_RNDN));
}

} // namespace

// All instruction sets of this host give the same bits for every operation, also when
// the result overwrites an operand and when the count is no multiple of a vector.
TEST(Scalar, KernelsOfAllInstructionSetsAgree) {
  Operands in(20001);
  for (ScalarOp op : allOps) {
    std::vector<uint32_t> expected(in.a.size());
    supportedKernels().front()->evaluate(op, in.a.data(), in.b.data(), in.c.data(), expected.data(),
                                         in.a.size());
    for (const Kernels *kernels : supportedKernels()) {
      std::vector<uint32_t> a = in.a, b = in.b, c = in.c;
      kernels->evaluate(op, a.data(), b.data(), c.data(), a.data(), a.size());
      EXPECT_EQ(a, expected) << kernels->name << ", opcode " << int(op);
      a = in.a;
      kernels->evaluate(op, a.data(), b.data(), c.data(), b.data(), b.size());
      EXPECT_EQ(b, expected) << kernels->name << ", opcode " << int(op);
    }
  }
}

TEST(Scalar, ConversionKernelsOfAllInstructionSetsAgree) {
  Operands in(20001);
  std::vector<uint16_t> halves(in.a.size()), expectedHalves(in.a.size());
  std::vector<uint32_t> singles(in.a.size()), expectedSingles(in.a.size());
  const Kernels &baseline = *supportedKernels().front();
  size_t overflows = baseline.floatToHalf(in.a.data(), expectedHalves.data(), in.a.size());
  std::vector<uint16_t> patterns(in.b.begin(), in.b.end());
  baseline.halfToFloat(patterns.data(), expectedSingles.data(), patterns.size());
  for (const Kernels *kernels : supportedKernels()) {
    EXPECT_EQ(kernels->floatToHalf(in.a.data(), halves.data(), in.a.size()), overflows) << kernels->name;
    EXPECT_EQ(halves, expectedHalves) << kernels->name;
    kernels->halfToFloat(patterns.data(), singles.data(), patterns.size());
    EXPECT_EQ(singles, expectedSingles) << kernels->name;
  }
}

// IEEE 754 arithmetic rounds once, from the exact value: against MPFR.
TEST(Scalar, ArithmeticIsCorrectlyRounded) {
  Operands in(50000);
  Real x(24), y(24), z(24), result(24);
  for (size_t i = 0; i < in.a.size(); ++i) {
    uint32_t a = in.a[i], b = in.b[i], c = in.c[i];
    mpfr_set_flt(x, asFloat(a), MPFR_RNDN);
    mpfr_set_flt(y, asFloat(b), MPFR_RNDN);
    mpfr_set_flt(z, asFloat(c), MPFR_RNDN);
    SCOPED_TRACE(testing::Message() << std::hex << a << " " << b << " " << c);
    int inexact = mpfr_add(result, x, y, MPFR_RNDN);
    ASSERT_EQ(evaluate(ScalarOp::AddF, a, b), finish(result, inexact));
    inexact = mpfr_sub(result, x, y, MPFR_RNDN);
    ASSERT_EQ(evaluate(ScalarOp::SubF, a, b), finish(result, inexact));
    inexact = mpfr_mul(result, x, y, MPFR_RNDN);
    ASSERT_EQ(evaluate(ScalarOp::MulF, a, b), finish(result, inexact));
    inexact = mpfr_div(result, x, y, MPFR_RNDN);
    ASSERT_EQ(evaluate(ScalarOp::DivF, a, b), finish(result, inexact));
    inexact = mpfr_fma(result, x, y, z, MPFR_RNDN);
    ASSERT_EQ(evaluate(ScalarOp::FmaF, a, b, c), finish(result, inexact));
  }
}

// The double-based fused multiply-add where rounding twice would go wrong: a tie in
// fp32 that only bits far below decide, and subnormal results.
TEST(Scalar, FusedMultiplyAddRoundsOnce) {
  // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24; with 2^-60 more the tie goes up, with less down.
  uint32_t a = asBits(1 + 0x1p-12f);
  EXPECT_EQ(evaluate(ScalarOp::FmaF, a, a, asBits(0x1p-60f)), asBits(1 + 0x1p-11f + 0x1p-23f));
  EXPECT_EQ(evaluate(ScalarOp::FmaF, a, a, asBits(-0x1p-60f)), asBits(1 + 0x1p-11f));
  EXPECT_EQ(evaluate(ScalarOp::FmaF, a, a, 0), asBits(1 + 0x1p-11f));
  // 2^-150 is half of the smallest subnormal: up only with something more.
  EXPECT_EQ(evaluate(ScalarOp::FmaF, asBits(0x1p-75f), asBits(0x1p-75f), 0), 0u);
  EXPECT_EQ(evaluate(ScalarOp::FmaF, asBits(0x1.000002p-75f), asBits(0x1p-75f), 0), 1u);
  EXPECT_EQ(evaluate(ScalarOp::FmaF, asBits(0x1p-75f), asBits(0x1p-75f), 1), 2u);
}

// IEEE 754-2019 minimum and maximum, clause 9.6, by hand.
TEST(Scalar, MinimumAndMaximum) {
  constexpr uint32_t zero = 0, minusZero = 0x80000000, inf = 0x7f800000, nan = 0x7fa00001;
  uint32_t one = asBits(1.0f), minusTwo = asBits(-2.0f), minusOne = asBits(-1.0f);
  struct {
    uint32_t a, b, minimum, maximum;
  } cases[] = {{zero, minusZero, minusZero, zero},
               {minusZero, zero, minusZero, zero},
               {one, minusTwo, minusTwo, one},
               {minusTwo, minusOne, minusTwo, minusOne},
               {inf, one, one, inf},
               {nan, one, canonicalNaN, canonicalNaN},
               {inf, nan, canonicalNaN, canonicalNaN}};
  for (const auto &c : cases) {
    EXPECT_EQ(evaluate(ScalarOp::MinF, c.a, c.b), c.minimum);
    EXPECT_EQ(evaluate(ScalarOp::MaxF, c.a, c.b), c.maximum);
  }
}

// Rounding to integers against the C library's, which keep the sign of zero.
TEST(Scalar, RoundingToIntegers) {
  Operands in(200000);
  for (uint32_t a : in.a) {
    auto expected = [](float value) { return std::isnan(value) ? canonicalNaN : asBits(value); };
    ASSERT_EQ(evaluate(ScalarOp::FloorF, a), expected(std::floor(asFloat(a)))) << asFloat(a);
    ASSERT_EQ(evaluate(ScalarOp::CeilF, a), expected(std::ceil(asFloat(a)))) << asFloat(a);
    ASSERT_EQ(evaluate(ScalarOp::RintF, a), expected(std::nearbyint(asFloat(a)))) << asFloat(a);
    ASSERT_EQ(evaluate(ScalarOp::TruncF, a), expected(std::trunc(asFloat(a)))) << asFloat(a);
  }
}

// Saturation, NaN to 0, and ties of the integer conversions, by hand.
TEST(Scalar, Conversions) {
  auto toInt = [](float value) { return int32_t(evaluate(ScalarOp::FloatToInt, asBits(value))); };
  EXPECT_EQ(toInt(2.9f), 2);
  EXPECT_EQ(toInt(-2.9f), -2);
  EXPECT_EQ(toInt(2147483520.0f), 2147483520);
  EXPECT_EQ(toInt(2147483648.0f), INT32_MAX);
  EXPECT_EQ(toInt(-2147483648.0f), INT32_MIN);
  EXPECT_EQ(toInt(-3e9f), INT32_MIN);
  EXPECT_EQ(toInt(INFINITY), INT32_MAX);
  EXPECT_EQ(toInt(-INFINITY), INT32_MIN);
  EXPECT_EQ(toInt(NAN), 0);
  EXPECT_EQ(toInt(-NAN), 0);
  auto toNearest = [](float value) { return int32_t(evaluate(ScalarOp::RoundToInt, asBits(value))); };
  EXPECT_EQ(toNearest(2.5f), 2);
  EXPECT_EQ(toNearest(3.5f), 4);
  EXPECT_EQ(toNearest(-2.9f), -3);
  EXPECT_EQ(toNearest(-0.5f), 0);
  EXPECT_EQ(toNearest(0.49999997f), 0);
  EXPECT_EQ(toNearest(8388609.0f), 8388609);
  EXPECT_EQ(toNearest(2147483648.0f), INT32_MAX);
  EXPECT_EQ(toNearest(-3e9f), INT32_MIN);
  EXPECT_EQ(toNearest(-INFINITY), INT32_MIN);
  EXPECT_EQ(toNearest(NAN), 0);
  auto toFloat = [](int32_t value) { return asFloat(evaluate(ScalarOp::IntToFloat, uint32_t(value))); };
  EXPECT_EQ(toFloat(16777217), 16777216.0f);
  EXPECT_EQ(toFloat(16777219), 16777220.0f);
  EXPECT_EQ(toFloat(INT32_MIN), -2147483648.0f);
  EXPECT_EQ(toFloat(INT32_MAX), 2147483648.0f);
  EXPECT_EQ(evaluate(ScalarOp::SextI8, 0x12345680), 0xffffff80u);
  EXPECT_EQ(evaluate(ScalarOp::SextI8, 0xffffff7f), 0x7fu);
  EXPECT_EQ(evaluate(ScalarOp::SextI16, 0x12348000), 0xffff8000u);
  EXPECT_EQ(evaluate(ScalarOp::SextI16, 0xffff7fff), 0x7fffu);
}

// Integer operations, comparisons and selection, by hand.
TEST(Scalar, IntegersAndComparisons) {
  constexpr uint32_t min = 0x80000000, max = 0x7fffffff, minusOne = 0xffffffff;
  struct {
    ScalarOp op;
    uint32_t a, b, result;
  } cases[] = {
      {ScalarOp::AddI, max, 1, min},
      {ScalarOp::SubI, min, 1, max},
      {ScalarOp::MulI, 0x10001, 0x10001, 0x20001},
      {ScalarOp::MulI, min, minusOne, min},
      {ScalarOp::MinI, minusOne, 1, minusOne},
      {ScalarOp::MaxI, minusOne, 1, 1},
      {ScalarOp::EqI, 5, 5, 1},
      {ScalarOp::EqI, 5, 6, 0},
      {ScalarOp::LtI, min, max, 1},
      {ScalarOp::LtI, 3, 3, 0},
      {ScalarOp::LeI, 3, 3, 1},
      {ScalarOp::LeI, max, min, 0},
      {ScalarOp::And, 0xf0f0, 0xff00, 0xf000},
      {ScalarOp::Or, 0xf0f0, 0xff00, 0xfff0},
      {ScalarOp::Xor, 0xf0f0, 0xff00, 0x0ff0},
      {ScalarOp::Shl, 1, 31, min},
      {ScalarOp::Shl, 1, 32, 0},
      {ScalarOp::Shl, 1, minusOne, 0},
      {ScalarOp::ShrS, min, 31, minusOne},
      {ScalarOp::ShrS, min, 32, minusOne},
      {ScalarOp::ShrS, max, 99, 0},
      {ScalarOp::ShrU, min, 31, 1},
      {ScalarOp::ShrU, min, 32, 0},
      {ScalarOp::EqF, 0, min, 1},
      {ScalarOp::EqF, canonicalNaN, canonicalNaN, 0},
      {ScalarOp::LtF, min, 0, 0},
      {ScalarOp::LtF, 0xbf800000, 0x3f800000, 1},
      {ScalarOp::LtF, canonicalNaN, 0, 0},
      {ScalarOp::LeF, min, 0, 1},
      {ScalarOp::LeF, 0, canonicalNaN, 0},
      {ScalarOp::Move, 0x7f800001, 0, 0x7f800001},
      {ScalarOp::NegF, 0, 0, min},
      {ScalarOp::NegF, 0xff800001, 0, canonicalNaN},
      {ScalarOp::AbsF, min, 0, 0},
      {ScalarOp::AbsF, 0xffc00000, 0, canonicalNaN},
  };
  for (const auto &c : cases)
    EXPECT_EQ(evaluate(c.op, c.a, c.b), c.result)
        << "opcode " << int(c.op) << std::hex << " " << c.a << " " << c.b;
  EXPECT_EQ(evaluate(ScalarOp::Select, 0x80000000, 7, 9), 7u);
  EXPECT_EQ(evaluate(ScalarOp::Select, 0, 7, 9), 9u);
}
