//===- ConvolveTest.cpp - Products of sliding windows ------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Run.h"

using namespace sluice::golden;

// Two images of 5 x 6 pixels in 2 groups of 3 channels, strides, dilations and padding, against plain loops.
TEST(Convolve, FollowsItsDefinition) {
  constexpr int images = 2, height = 5, width = 6, channels = 6, outputs = 4, groups = 2, taps = 2, lines = 3,
                columns = 5, padding = 7;
  Program program(R"(
    func.func @main(%x: tensor<2x5x6x6xi8>, %w: tensor<4x2x2x3xi8>) -> tensor<2x3x5x4xi32> {
      %0 = stensor.convolve %x, %w {strides = array<i64: 2, 1>, dilations = array<i64: 1, 3>, low = array<i64: 1, 1>,
        groups = 2 : i64, padding = 7 : i8} : (tensor<2x5x6x6xi8>, tensor<4x2x2x3xi8>) -> tensor<2x3x5x4xi32>
      return %0 : tensor<2x3x5x4xi32>
    })");
  std::vector<int8_t> x, w;
  for (int i = 0; i < images * height * width * channels; ++i)
    x.push_back(static_cast<int8_t>(i * 37 % 256 - 128));
  for (int i = 0; i < outputs * taps * taps * channels / groups; ++i)
    w.push_back(static_cast<int8_t>(i * 91 % 256 - 128));
  std::vector<int32_t> expected;
  for (int n = 0; n < images; ++n)
    for (int line = 0; line < lines; ++line)
      for (int column = 0; column < columns; ++column)
        for (int o = 0; o < outputs; ++o) {
          int32_t sum = 0;
          for (int i = 0; i < taps; ++i)
            for (int j = 0; j < taps; ++j)
              for (int c = 0; c < channels / groups; ++c) {
                int row = line * 2 + i - 1, at = column + j * 3 - 1,
                    channel = o / (outputs / groups) * (channels / groups) + c;
                bool isInside = row >= 0 && row < height && at >= 0 && at < width;
                int value = isInside ? x[((n * height + row) * width + at) * channels + channel] : padding;
                sum += value * w[((o * taps + i) * taps + j) * (channels / groups) + c];
              }
          expected.push_back(sum);
        }
  EXPECT_EQ(program.with(x).with(w).run<int32_t>(), expected);
}

// Sums of more products than a chunk has: 9 taps of 64 channels, all -128 * -128.
TEST(Convolve, AddsLongSumsExactly) {
  Program program(R"(
    func.func @main(%x: tensor<1x3x3x64xi8>, %w: tensor<1x3x3x64xi8>) -> tensor<1x1x1x1xi32> {
      %0 = stensor.convolve %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, low = array<i64: 0, 0>,
        groups = 1 : i64, padding = 0 : i8} : (tensor<1x3x3x64xi8>, tensor<1x3x3x64xi8>) -> tensor<1x1x1x1xi32>
      return %0 : tensor<1x1x1x1xi32>
    })");
  std::vector<int8_t> lowest(3 * 3 * 64, -128);
  EXPECT_EQ(program.with(lowest).with(lowest).run<int32_t>(), std::vector<int32_t>{576 * 16384});
}
