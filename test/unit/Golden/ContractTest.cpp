//===- ContractTest.cpp - Batched products ----------------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Run.h"

#include "llvm/ADT/STLExtras.h"

using namespace sluice::golden;

/// fp16 bits of small integers and powers of two, from their definition: no rounding is needed.
static uint16_t half(double value) {
  if (value == 0)
    return 0;
  uint16_t sign = value < 0 ? 0x8000 : 0;
  int exponent;
  double fraction = std::frexp(std::abs(value), &exponent);
  auto mantissa = static_cast<uint16_t>(fraction * 2048);
  EXPECT_EQ(mantissa / 2048.0, fraction) << value << " is not an fp16 number";
  return sign | static_cast<uint16_t>((exponent + 14) << 10) | (mantissa & 0x3ff);
}

static std::vector<uint16_t> halves(const std::vector<double> &values) {
  std::vector<uint16_t> result;
  for (double value : values)
    result.push_back(half(value));
  return result;
}

// result[b, m, n] = sum over (t, k) of lhs[b, m, t, k] * rhs[b, n, t, k], against exact integers.
TEST(Contract, IndexesAllDimensions) {
  constexpr int b = 2, m = 3, n = 5, t = 2, k = 7;
  Program program(R"(
    func.func @main(%x: tensor<2x3x2x7xi8>, %y: tensor<2x5x2x7xi8>) -> tensor<2x3x5xi32> {
      %0 = stensor.contract %x, %y : (tensor<2x3x2x7xi8>, tensor<2x5x2x7xi8>) -> tensor<2x3x5xi32>
      return %0 : tensor<2x3x5xi32>
    })");
  std::vector<int8_t> lhs, rhs;
  for (int i = 0; i < b * m * t * k; ++i)
    lhs.push_back(static_cast<int8_t>(i * 37 % 256 - 128));
  for (int i = 0; i < b * n * t * k; ++i)
    rhs.push_back(static_cast<int8_t>(i * 91 % 256 - 128));
  std::vector<int32_t> expected;
  for (int ib = 0; ib < b; ++ib)
    for (int im = 0; im < m; ++im)
      for (int in = 0; in < n; ++in) {
        int32_t sum = 0;
        for (int i = 0; i < t * k; ++i)
          sum += lhs[(ib * m + im) * t * k + i] * rhs[(ib * n + in) * t * k + i];
        expected.push_back(sum);
      }
  EXPECT_EQ(program.with(lhs).with(rhs).run<int32_t>(), expected);
}

// More columns and depth than one tile has, over more than one thread: exact integers.
TEST(Contract, CutsLargeShapes) {
  constexpr int m = 20, n = 700, k = 1000;
  Program program(R"(
    func.func @main(%x: tensor<1x20x1x1000xi8>, %y: tensor<1x700x1x1000xi8>) -> tensor<1x20x700xi32> {
      %0 = stensor.contract %x, %y : (tensor<1x20x1x1000xi8>, tensor<1x700x1x1000xi8>) -> tensor<1x20x700xi32>
      return %0 : tensor<1x20x700xi32>
    })");
  std::vector<int8_t> lhs(m * k), rhs(n * k);
  for (auto [i, value] : llvm::enumerate(lhs))
    value = static_cast<int8_t>(i * 2654435761u >> 24);
  for (auto [i, value] : llvm::enumerate(rhs))
    value = static_cast<int8_t>(i * 2246822519u >> 24);
  std::vector<int32_t> result = program.with(lhs).with(rhs).run<int32_t>();
  ASSERT_EQ(result.size(), static_cast<size_t>(m * n));
  for (int im = 0; im < m; ++im)
    for (int in = 0; in < n; ++in) {
      int32_t sum = 0;
      for (int i = 0; i < k; ++i)
        sum += lhs[im * k + i] * rhs[in * k + i];
      ASSERT_EQ(result[im * n + in], sum) << im << ", " << in;
    }
}

// Within a chunk nothing is lost before the one rounding: 2^30 + 2^-30 - 2^30 is 2^-30.
TEST(Contract, RoundsAChunkOnce) {
  Program program(R"(
    func.func @main(%x: tensor<1x1x1x3xf16>, %y: tensor<1x1x1x3xf16>) -> tensor<1x1x1xf32> {
      %0 = stensor.contract %x, %y : (tensor<1x1x1x3xf16>, tensor<1x1x1x3xf16>) -> tensor<1x1x1xf32>
      return %0 : tensor<1x1x1xf32>
    })");
  program.with(halves({0x1p15, 0x1p-14, -0x1p15})).with(halves({0x1p15, 0x1p-14, 0x1p15}));
  EXPECT_EQ(program.run<float>(), (std::vector<float>{0x1p-28f}));
}

// Chunks of 320 are added in fp32 in ascending order: 2^24 + 1 + 1 rounds to 2^24 twice, while
// 1 + 1 + 2^24, the ones in the chunks before, is exact.
TEST(Contract, AddsChunksInOrder) {
  Program program(R"(
    func.func @main(%x: tensor<1x2x1x641xf16>, %y: tensor<1x1x1x641xf16>) -> tensor<1x2x1xf32> {
      %0 = stensor.contract %x, %y : (tensor<1x2x1x641xf16>, tensor<1x1x1x641xf16>) -> tensor<1x2x1xf32>
      return %0 : tensor<1x2x1xf32>
    })");
  std::vector<double> rows(2 * 641, 0.0), column(641, 0.0);
  column[0] = column[320] = column[640] = 1;
  column[1] = column[321] = column[639] = 0x1p12;
  rows[1] = 0x1p12, rows[320] = 1, rows[640] = 1;
  rows[641 + 0] = 1, rows[641 + 320] = 1, rows[641 + 640] = 0x1p15;
  program.with(halves(rows)).with(halves(column));
  EXPECT_EQ(program.run<float>(), (std::vector<float>{0x1p24f, 0x1p15f + 2}));
}

// Each t begins a chunk of its own: as one chunk 2^24 + 1 + 1 would be exact.
TEST(Contract, CutsAtEveryT) {
  Program program(R"(
    func.func @main(%x: tensor<1x1x3x1xf16>, %y: tensor<1x1x3x1xf16>) -> tensor<1x1x1xf32> {
      %0 = stensor.contract %x, %y : (tensor<1x1x3x1xf16>, tensor<1x1x3x1xf16>) -> tensor<1x1x1xf32>
      return %0 : tensor<1x1x1xf32>
    })");
  program.with(halves({0x1p12, 1, 1})).with(halves({0x1p12, 1, 1}));
  EXPECT_EQ(program.run<float>(), (std::vector<float>{0x1p24f}));
}

// A product with a zero factor is zero, so zeros beside a block leave it alone whatever they meet.
TEST(Contract, ZeroTimesInfinityIsZero) {
  constexpr uint16_t infinity = 0x7c00, nan = 0x7e00, minusZero = 0x8000;
  const uint16_t one = half(1), two = half(2);
  Program program(R"(
    func.func @main(%x: tensor<1x3x1x3xf16>, %y: tensor<1x2x1x3xf16>) -> tensor<1x3x2xf32> {
      %0 = stensor.contract %x, %y : (tensor<1x3x1x3xf16>, tensor<1x2x1x3xf16>) -> tensor<1x3x2xf32>
      return %0 : tensor<1x3x2xf32>
    })");
  program.with<uint16_t>({one, infinity, 0, nan, one, minusZero, 0, minusZero, 0})
      .with<uint16_t>({two, 0, infinity, 0, two, nan});
  EXPECT_EQ(program.run<uint32_t>(),
            (std::vector<uint32_t>{0x40000000, 0x7f800000, 0x7fc00000, 0x40000000, 0, 0}));
}

// A sum of nothing is +0.
TEST(Contract, Empty) {
  Program program(R"(
    func.func @main(%x: tensor<1x2x1x0xf16>, %y: tensor<1x1x1x0xf16>) -> tensor<1x2x1xf32> {
      %0 = stensor.contract %x, %y : (tensor<1x2x1x0xf16>, tensor<1x1x1x0xf16>) -> tensor<1x2x1xf32>
      return %0 : tensor<1x2x1xf32>
    })");
  program.with<uint16_t>({}).with<uint16_t>({});
  EXPECT_EQ(program.run<uint32_t>(), (std::vector<uint32_t>{0, 0}));
}
