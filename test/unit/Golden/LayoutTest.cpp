//===- LayoutTest.cpp - Operations that only move elements ------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Run.h"

#include <numeric>

using namespace sluice::golden;

static std::vector<int32_t> iota(size_t count) {
  std::vector<int32_t> values(count);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

/// Runs one operation on the numbers 0, 1, 2, ... in `from`.
static std::vector<int32_t> run(const std::string &op, const std::string &attributes, const std::string &from,
                                const std::string &to, size_t count) {
  Program program("func.func @main(%x: " + from + ") -> " + to + " {\n  %0 = stensor." + op + " %x " +
                  attributes + " : " + from + " -> " + to + "\n  return %0 : " + to + "\n}");
  return program.with(iota(count)).run<int32_t>();
}

// Expected elements are NumPy's: x = arange(24).reshape(2, 3, 4), x.transpose(2, 0, 1).
TEST(Layout, Transpose) {
  EXPECT_EQ(
      run("transpose", "{permutation = array<i64: 2, 0, 1>}", "tensor<2x3x4xi32>", "tensor<4x2x3xi32>", 24),
      (std::vector<int32_t>{0, 4, 8,  12, 16, 20, 1, 5, 9,  13, 17, 21,
                            2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23}));
}

// x[::-1, 0::2, 3:0:-2]
TEST(Layout, Slice) {
  EXPECT_EQ(run("slice", "{offsets = array<i64: 1, 0, 3>, strides = array<i64: -1, 2, -2>}",
                "tensor<2x3x4xi32>", "tensor<2x2x2xi32>", 24),
            (std::vector<int32_t>{15, 13, 23, 21, 3, 1, 11, 9}));
}

// numpy.pad(arange(6).reshape(2, 3), ((1, 0), (0, 2)), constant_values=9)
TEST(Layout, Pad) {
  EXPECT_EQ(run("pad", "{low = array<i64: 1, 0>, value = 9 : i32}", "tensor<2x3xi32>", "tensor<3x5xi32>", 6),
            (std::vector<int32_t>{9, 9, 9, 9, 9, 0, 1, 2, 9, 9, 3, 4, 5, 9, 9}));
}

// fp16 padding is fp16 in memory: -1.5 is 0xbe00.
TEST(Layout, PadHalf) {
  Program program(R"(
    func.func @main(%x: tensor<1xf16>) -> tensor<3xf16> {
      %0 = stensor.pad %x {low = array<i64: 1>, value = -1.5 : f16} : tensor<1xf16> -> tensor<3xf16>
      return %0 : tensor<3xf16>
    })");
  EXPECT_EQ(program.with<uint16_t>({0x3c00}).run<uint16_t>(),
            (std::vector<uint16_t>{0xbe00, 0x3c00, 0xbe00}));
}

// numpy.broadcast_to(arange(6).reshape(2, 1, 3), (2, 2, 3))
TEST(Layout, Broadcast) {
  EXPECT_EQ(run("broadcast", "", "tensor<2x1x3xi32>", "tensor<2x2x3xi32>", 6),
            (std::vector<int32_t>{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}));
}

// sliding_window_view(x, (3, 2), axis=(1, 2))[:, ::1, ::2][..., ::2, :].transpose(0, 1, 2, 4, 5, 3) of
// x = arange(80).reshape(2, 4, 5, 2): 2 x 2 windows, dilated in y, two apart in x.
TEST(Layout, Window) {
  EXPECT_EQ(run("window",
                "{first = 1 : i64, sizes = array<i64: 2, 2>, strides = array<i64: 1, 2>, dilations = "
                "array<i64: 2, 1>}",
                "tensor<2x4x5x2xi32>", "tensor<2x2x2x2x2x2xi32>", 80),
            (std::vector<int32_t>{0,  1,  2,  3,  20, 21, 22, 23, 4,  5,  6,  7,  24, 25, 26, 27,
                                  10, 11, 12, 13, 30, 31, 32, 33, 14, 15, 16, 17, 34, 35, 36, 37,
                                  40, 41, 42, 43, 60, 61, 62, 63, 44, 45, 46, 47, 64, 65, 66, 67,
                                  50, 51, 52, 53, 70, 71, 72, 73, 54, 55, 56, 57, 74, 75, 76, 77}));
}

// A reshape keeps row-major order; reversing afterwards shows it.
TEST(Layout, Reshape) { EXPECT_EQ(run("reshape", "", "tensor<2x3xi32>", "tensor<3x2xi32>", 6), iota(6)); }

// numpy.concatenate([arange(4).reshape(2, 2), [[10], [11]]], 1)
TEST(Layout, Concat) {
  Program program(R"(
    func.func @main(%x: tensor<2x2xi32>, %y: tensor<2x1xi32>) -> tensor<2x3xi32> {
      %0 = stensor.concat %x, %y {dim = 1 : i64} : (tensor<2x2xi32>, tensor<2x1xi32>) -> tensor<2x3xi32>
      return %0 : tensor<2x3xi32>
    })");
  program.with(iota(4)).with<int32_t>({10, 11});
  EXPECT_EQ(program.run<int32_t>(), (std::vector<int32_t>{0, 1, 10, 2, 3, 11}));
}

// Rows 2, 0, 2 of a table of bytes.
TEST(Layout, Gather) {
  Program program(R"(
    func.func @main(%table: tensor<3x2xi8>, %ids: tensor<3xi32>) -> tensor<3x2xi8> {
      %0 = stensor.gather %table, %ids : (tensor<3x2xi8>, tensor<3xi32>) -> tensor<3x2xi8>
      return %0 : tensor<3x2xi8>
    })");
  program.with<int8_t>({0, 1, 10, 11, 20, 21}).with<int32_t>({2, 0, 2});
  EXPECT_EQ(program.run<int8_t>(), (std::vector<int8_t>{20, 21, 0, 1, 20, 21}));
}
