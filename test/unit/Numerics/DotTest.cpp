//===- DotTest.cpp - Dot products against exact sums ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Numerics/Dot.h"
#include "Kernels.h"
#include "Reference.h"

#include "gtest/gtest.h"

#include <functional>
#include <random>
#include <vector>

using namespace sluice::numerics;
using namespace sluice::numerics::test;

namespace {

uint16_t half(float value) { return floatToHalf(asBits(value)); }

/// The exact dot product in 512 bits, rounded once to fp32; IEEE 754 for the rest.
uint32_t exactDot(const uint16_t *a, const uint16_t *b, size_t k) {
  Real sum(512), x(11), y(11), product(22);
  mpfr_set_zero(sum, 1);
  for (size_t i = 0; i < k; ++i) {
    mpfr_set_flt(x, asFloat(halfToFloat(a[i])), MPFR_RNDN);
    mpfr_set_flt(y, asFloat(halfToFloat(b[i])), MPFR_RNDN);
    EXPECT_EQ(mpfr_mul(product, x, y, MPFR_RNDN), 0);
    EXPECT_EQ(mpfr_add(sum, sum, product, MPFR_RNDN), 0);
  }
  if (mpfr_nan_p(static_cast<mpfr_ptr>(sum)))
    return canonicalNaN;
  return mpfr_zero_p(static_cast<mpfr_ptr>(sum)) ? 0 : asBits(mpfr_get_flt(sum, MPFR_RNDN));
}

/// Compares tile and plain form, with K = `k` and N = `n`, to the exact sum, for rows and
/// weights drawn from `draw`.
void checkTile(size_t k, size_t n, const std::function<uint16_t()> &draw) {
  size_t stride = k + 3;
  std::vector<uint16_t> weights(n * stride), row(k);
  for (uint16_t &weight : weights)
    weight = draw();
  HalfTile tile(weights.data(), k, n, stride);
  std::vector<float> out(n);
  for (int repeat = 0; repeat < 2; ++repeat) {
    for (uint16_t &activation : row)
      activation = draw();
    tile.multiply(row.data(), out.data());
    for (size_t c = 0; c < n; ++c) {
      uint32_t expected = exactDot(row.data(), &weights[c * stride], k);
      ASSERT_EQ(asBits(out[c]), expected) << "column " << c << " of " << n << ", k = " << k;
      ASSERT_EQ(asBits(dotHalf(row.data(), &weights[c * stride], k)), expected);
    }
  }
}

const std::pair<size_t, size_t> shapes[] = {{1, 1},   {2, 31},  {7, 33},    {16, 64},
                                            {32, 32}, {319, 3}, {320, 320}, {600, 2}};

} // namespace

// What networks compute: normally distributed values, where double precision is exact.
TEST(HalfTile, NormalValues) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (auto [k, n] : shapes)
    checkTile(k, n, [&] { return half(normal(random)); });
}

// All finite patterns alike: exponents from subnormal to the largest, 80 bits of range.
TEST(HalfTile, UniformFinitePatterns) {
  std::mt19937 random(2);
  for (auto [k, n] : shapes)
    checkTile(k, n, [&] {
      uint16_t bits = uint16_t(random());
      return (bits & 0x7c00) == 0x7c00 ? uint16_t(bits & 0x83ff) : bits;
    });
}

// Sparse rows, subnormals and both zeros.
TEST(HalfTile, SubnormalsAndZeros) {
  std::mt19937 random(3);
  for (auto [k, n] : shapes)
    checkTile(k, n, [&] { return uint16_t(random() % 3 ? random() & 0x8000 : random() & 0x83ff); });
}

// Now and then an infinity or a NaN, in rows and in weights, among values that are so
// far apart that the plain sum would round.
TEST(HalfTile, InfinitiesAndNaN) {
  std::mt19937 random(4);
  for (unsigned rarity : {2000u, 300u, 3u})
    for (auto [k, n] : shapes)
      checkTile(k, n, [&] {
        if (random() % rarity == 0)
          return uint16_t((random() & 0x8000) | 0x7c00 | (random() % 8 == 0 ? 0x155 : 0));
        return uint16_t(random() & 0xbbff);
      });
}

// Largest magnitudes: every product 65504^2, 320 of them.
TEST(HalfTile, LargestSum) {
  std::vector<uint16_t> largest(320, 0x7bff);
  HalfTile tile(largest.data(), 320, 1, 320);
  float out;
  tile.multiply(largest.data(), &out);
  EXPECT_EQ(out, float(320.0 * 65504 * 65504));
}

// Cancellation: 2^30 - 2^30 leaves the product of the smallest subnormals, 2^-48.
TEST(HalfTile, CancellationLeavesTheSmallestProduct) {
  std::vector<uint16_t> weights = {half(32768), half(32768), 1};
  std::vector<uint16_t> row = {half(32768), half(-32768), 1};
  HalfTile tile(weights.data(), 3, 1, 3);
  float out;
  tile.multiply(row.data(), &out);
  EXPECT_EQ(out, 0x1p-48f);
  row[2] = 0;
  tile.multiply(row.data(), &out);
  EXPECT_EQ(asBits(out), 0u); // an exact zero is +0
}

// 2^24 + 1 is a tie between two fp32 values; 2^-48 more or less decides it.
TEST(HalfTile, TiesAreDecidedByTheSmallestProduct) {
  std::vector<uint16_t> weights = {half(4096), half(1), 1};
  HalfTile tile(weights.data(), 3, 1, 3);
  auto product = [&](std::vector<uint16_t> row) {
    float out;
    tile.multiply(row.data(), &out);
    EXPECT_EQ(out, dotHalf(row.data(), weights.data(), 3));
    return out;
  };
  EXPECT_EQ(product({half(4096), half(1), 0}), 16777216.0f);
  EXPECT_EQ(product({half(4096), half(1), 1}), 16777218.0f);
  EXPECT_EQ(product({half(4096), half(1), 0x8001}), 16777216.0f);
  EXPECT_EQ(product({half(-4096), half(-1), 0x8001}), -16777218.0f);
  EXPECT_EQ(product({half(4096), half(3), 0}), 16777220.0f);
  EXPECT_EQ(product({half(4096), half(3), 0x8001}), 16777218.0f);
}

// The kernels of all instruction sets, plain and split, agree.
TEST(HalfTile, KernelsOfAllInstructionSetsAgree) {
  constexpr size_t depth = 320;
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> block(depth * halfBlockColumns), expected(halfBlockColumns), out(halfBlockColumns);
  std::vector<double> values(depth);
  std::vector<uint32_t> rows(depth);
  for (float &weight : block)
    weight = asFloat(halfToFloat(half(normal(random))));
  for (uint32_t i = 0; i < depth; ++i) {
    values[i] = asFloat(halfToFloat(half(normal(random))));
    rows[i] = i;
  }
  for (size_t count : {depth, depth - 1, size_t(0)}) {
    RowTerms row = {values.data(), rows.data(), count};
    supportedKernels().front()->dotHalfSplit(block.data(), row, expected.data());
    for (const Kernels *kernels : supportedKernels()) {
      kernels->dotHalfPlain(block.data(), row, out.data());
      EXPECT_EQ(out, expected) << kernels->name;
      kernels->dotHalfSplit(block.data(), row, out.data());
      EXPECT_EQ(out, expected) << kernels->name;
    }
  }
}

// Against sums in 64 bits, with the extremes of int8 and odd sizes.
TEST(ByteTile, ExactIntegers) {
  std::mt19937 random(6);
  for (bool extreme : {false, true})
    for (auto [k, n] : shapes) {
      auto draw = [&] { return int8_t(extreme ? (random() % 4 ? -128 : 127) : random()); };
      size_t stride = k + 1;
      std::vector<int8_t> weights(n * stride), row(k);
      for (int8_t &weight : weights)
        weight = draw();
      for (int8_t &activation : row)
        activation = draw();
      ByteTile tile(weights.data(), k, n, stride);
      EXPECT_EQ(tile.k(), k);
      EXPECT_EQ(tile.n(), n);
      std::vector<int32_t> out(n);
      tile.multiply(row.data(), out.data());
      for (size_t c = 0; c < n; ++c) {
        int64_t sum = 0;
        for (size_t i = 0; i < k; ++i)
          sum += int64_t(row[i]) * weights[c * stride + i];
        ASSERT_EQ(out[c], sum) << "column " << c << ", k = " << k;
      }
    }
}

TEST(ByteTile, KernelsOfAllInstructionSetsAgree) {
  constexpr size_t pairs = 160;
  std::mt19937 random(7);
  std::vector<int16_t> block(pairs * byteBlockColumns * 2);
  std::vector<int32_t> row(pairs), expected(byteBlockColumns), out(byteBlockColumns);
  for (int16_t &weight : block)
    weight = int8_t(random());
  for (int32_t &pair : row)
    pair = int32_t(uint32_t(uint16_t(int8_t(random()))) | uint32_t(uint16_t(int8_t(random()))) << 16);
  supportedKernels().front()->dotByte(block.data(), row.data(), pairs, expected.data());
  for (const Kernels *kernels : supportedKernels()) {
    kernels->dotByte(block.data(), row.data(), pairs, out.data());
    EXPECT_EQ(out, expected) << kernels->name;
  }
}
