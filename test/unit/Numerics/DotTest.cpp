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

/// The exact dot product in 512 bits, rounded once to fp32: a product with a zero factor is zero, infinities
/// and NaNs follow IEEE 754 else.
uint32_t exactDot(const uint16_t *a, const uint16_t *b, size_t k) {
  Real sum(512), x(11), y(11), product(22);
  mpfr_set_zero(sum, 1);
  for (size_t i = 0; i < k; ++i) {
    mpfr_set_flt(x, asFloat(halfToFloat(a[i])), MPFR_RNDN);
    mpfr_set_flt(y, asFloat(halfToFloat(b[i])), MPFR_RNDN);
    if (mpfr_zero_p(static_cast<mpfr_ptr>(x)) || mpfr_zero_p(static_cast<mpfr_ptr>(y)))
      continue;
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

// The same between zeros, as packing leaves them: of rows and of weights, of both signs.
TEST(HalfTile, InfinitiesAndNaNBesideZeros) {
  std::mt19937 random(8);
  for (unsigned rarity : {300u, 8u, 2u})
    for (auto [k, n] : shapes)
      checkTile(k, n, [&] {
        if (random() % rarity == 0)
          return uint16_t((random() & 0x8000) | 0x7c00 | (random() % 8 == 0 ? 0x3ff : 0));
        return uint16_t(random() % 2 ? random() & 0x8000 : random() & 0xbbff);
      });
}

// The product of one row with one column, both as tile and in the plain form.
static uint32_t product(const std::vector<uint16_t> &row, const std::vector<uint16_t> &column) {
  HalfTile tile(column.data(), row.size(), 1, row.size());
  float out;
  tile.multiply(row.data(), &out);
  EXPECT_EQ(asBits(out), asBits(dotHalf(row.data(), column.data(), row.size())));
  return asBits(out);
}

// Whatever meets a zero gives zero, and a dot product of zeros is +0 whatever their signs.
TEST(HalfTile, AProductWithAZeroFactorIsZero) {
  constexpr uint16_t zero = 0, minusZero = 0x8000, one = 0x3c00, infinity = 0x7c00, minusInfinity = 0xfc00,
                     quiet = 0x7e00, signaling = 0xfd01;
  for (uint16_t special : {infinity, minusInfinity, quiet, signaling})
    for (uint16_t none : {zero, minusZero}) {
      EXPECT_EQ(product({special}, {none}), 0u);
      EXPECT_EQ(product({none}, {special}), 0u);
      EXPECT_EQ(product({special, one}, {none, one}), asBits(1.0f));
      EXPECT_EQ(product({one, none}, {minusZero, special}), 0u);
    }
  EXPECT_EQ(product({minusZero, one, minusZero}, {one, minusZero, minusZero}), 0u);
  // What is not multiplied by zero counts as ever, the smallest subnormal too.
  EXPECT_EQ(product({infinity, infinity}, {zero, 0x8001}), 0xff800000u);
  EXPECT_EQ(product({infinity, one}, {one, minusInfinity}), canonicalNaN);
  EXPECT_EQ(product({infinity, quiet}, {one, zero}), 0x7f800000u);
  EXPECT_EQ(product({one, signaling}, {zero, one}), canonicalNaN);
}

// A column keeps every bit beside an infinity that meets a zero: double precision alone would round here.
TEST(HalfTile, InfinityTimesZeroLeavesTheRestExact) {
  EXPECT_EQ(product({half(32768), half(32768), 1, 0}, {half(32768), half(-32768), 1, 0x7c00}),
            asBits(0x1p-48f));
  EXPECT_EQ(product({half(32768), half(32768), 1, 0xfc00}, {half(32768), half(-32768), 1, 0x8000}),
            asBits(0x1p-48f));
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

// Against sums in 64 bits, with the extremes of int8 and odd sizes: the kernels of all instruction sets, many
// rows at any distance, set and added to what was there, and nothing besides.
TEST(ByteTile, ExactIntegers) {
  std::mt19937 random(6);
  for (const Kernels *kernels : supportedKernels())
    for (bool extreme : {false, true})
      for (auto [k, n] : shapes) {
        auto draw = [&] { return int8_t(extreme ? (random() % 4 ? -128 : 127) : random()); };
        const size_t stride = k + 1, count = 1 + random() % 11, outStride = n + random() % 3;
        const ptrdiff_t rowStride = random() % 2 ? -ptrdiff_t(k + 2) : ptrdiff_t(k);
        std::vector<int8_t> weights(n * stride), rows(count * (k + 2));
        for (int8_t &weight : weights)
          weight = draw();
        for (int8_t &activation : rows)
          activation = draw();
        std::vector<uint8_t> tile(byteTileBytes(k, n));
        kernels->packBytes(weights.data(), k, n, stride, tile.data());
        const int8_t *first = rows.data() + (rowStride < 0 ? (count - 1) * (k + 2) : 0);
        std::vector<int32_t> before(count * outStride);
        for (int32_t &value : before)
          value = int32_t(random());
        for (bool accumulates : {false, true}) {
          std::vector<int32_t> out = before;
          // Added where the sums go, or from elsewhere.
          const bool inPlace = random() % 2;
          if (accumulates && !inPlace)
            for (size_t r = 0; r < count; ++r)
              std::fill_n(out.begin() + ptrdiff_t(r * outStride), n, 7);
          const int32_t *addend = inPlace ? out.data() : before.data();
          kernels->multiplyBytes({tile.data(), k, n}, first, rowStride, count, {out.data(), outStride},
                                 {accumulates ? addend : nullptr, outStride});
          for (size_t r = 0; r < count; ++r)
            for (size_t c = 0; c < outStride; ++c) {
              int64_t sum = c < n && !accumulates ? 0 : before[r * outStride + c];
              for (size_t i = 0; i < (c < n ? k : 0); ++i)
                sum += int64_t(first[ptrdiff_t(r) * rowStride + ptrdiff_t(i)]) * weights[c * stride + i];
              ASSERT_EQ(out[r * outStride + c], int32_t(uint32_t(uint64_t(sum))))
                  << kernels->name << ", row " << r << " of " << count << ", column " << c << " of " << n
                  << ", k = " << k;
            }
        }
      }
}

TEST(ByteTile, KnowsItsSizeAndTakesOneRow) {
  const std::vector<int8_t> weights = {1, 2, 3, -4, -5, -6}, row = {7, 8, 9};
  ByteTile tile(weights.data(), 3, 2, 3);
  EXPECT_EQ(tile.k(), 3u);
  EXPECT_EQ(tile.n(), 2u);
  int32_t out[2];
  tile.multiply(row.data(), 0, 1, out, 0);
  EXPECT_EQ(out[0], 50);
  EXPECT_EQ(out[1], -122);
}
