//===- ConvolveTest.cpp - Products of sliding windows ------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Run.h"

#include <bit>
#include <cmath>
#include <random>

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

namespace {

/// fp16 numbers of both signs whose products are multiples of 2^-24 below 2^14.
std::vector<uint16_t> drawHalves(std::mt19937 &random, int count) {
  std::vector<uint16_t> halves;
  for (int i = 0; i < count; ++i) {
    int mantissa = std::uniform_int_distribution(-2047, 2047)(random),
        exponent = std::uniform_int_distribution(-12, -4)(random);
    halves.push_back(std::bit_cast<uint16_t>(static_cast<_Float16>(std::ldexp(mantissa, exponent))));
  }
  return halves;
}

double valueOf(uint16_t half) { return static_cast<double>(std::bit_cast<_Float16>(half)); }

} // namespace

// fp16: 3 taps of 400 channels, chunks of 320 and 80 of each tap in order. Sums of a chunk are exact in
// double precision.
TEST(Convolve, RoundsEachTapsChunks) {
  constexpr int taps = 3, channels = 400, width = 5, positions = 3;
  Program program(R"(
    func.func @main(%x: tensor<1x5x400xf16>, %w: tensor<1x3x400xf16>) -> tensor<1x3x1xf32> {
      %0 = stensor.convolve %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, low = array<i64: 0>,
        groups = 1 : i64, padding = 0.0 : f16} : (tensor<1x5x400xf16>, tensor<1x3x400xf16>) -> tensor<1x3x1xf32>
      return %0 : tensor<1x3x1xf32>
    })");
  std::mt19937 random(1);
  std::vector<uint16_t> x = drawHalves(random, width * channels), w = drawHalves(random, taps * channels);
  std::vector<float> expected;
  for (int position = 0; position < positions; ++position) {
    float sum = 0;
    for (int tap = 0; tap < taps; ++tap)
      for (int first : {0, 320}) {
        double chunk = 0;
        for (int c = first; c < std::min(first + 320, channels); ++c)
          chunk += valueOf(x[(position + tap) * channels + c]) * valueOf(w[tap * channels + c]);
        sum += static_cast<float>(chunk);
      }
    expected.push_back(sum);
  }
  EXPECT_EQ(program.with(x).with(w).run<float>(), expected);
}

// The taps of the last dimension are one dot product with the channels: lines are added.
TEST(Convolve, JoinsTapsOfTheLastDimensions) {
  constexpr int size = 4, taps = 2, channels = 6, outputs = 4, groups = 2;
  Program program(R"(
    func.func @main(%x: tensor<1x4x4x6xf16>, %w: tensor<4x2x2x3xf16>) -> tensor<1x3x3x4xf32> {
      %0 = stensor.convolve %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, low = array<i64: 0, 0>,
        groups = 2 : i64, joined = 1 : i64, padding = 0.0 : f16} : (tensor<1x4x4x6xf16>, tensor<4x2x2x3xf16>) -> tensor<1x3x3x4xf32>
      return %0 : tensor<1x3x3x4xf32>
    })");
  std::mt19937 random(2);
  std::vector<uint16_t> x = drawHalves(random, size * size * channels),
                        w = drawHalves(random, outputs * taps * taps * channels / groups);
  std::vector<float> expected;
  for (int line = 0; line < size - 1; ++line)
    for (int column = 0; column < size - 1; ++column)
      for (int o = 0; o < outputs; ++o) {
        float sum = 0;
        for (int i = 0; i < taps; ++i) {
          double dot = 0;
          for (int j = 0; j < taps; ++j)
            for (int c = 0; c < channels / groups; ++c)
              dot += valueOf(x[((line + i) * size + column + j) * channels + o / 2 * 3 + c]) *
                     valueOf(w[((o * taps + i) * taps + j) * 3 + c]);
          sum += static_cast<float>(dot);
        }
        expected.push_back(sum);
      }
  EXPECT_EQ(program.with(x).with(w).run<float>(), expected);
}

// Many groups of one channel, as many blocks as share a tile and some more: a product of a tap is exact, a
// sum is rounded.
TEST(Convolve, AddsTheTapsOfEachChannel) {
  constexpr int channels = 70, width = 6, taps = 3;
  Program program(R"(
    func.func @main(%x: tensor<1x6x70xf16>, %w: tensor<70x3x1xf16>) -> tensor<1x6x70xf32> {
      %0 = stensor.convolve %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, low = array<i64: 1>,
        groups = 70 : i64, padding = 0.0 : f16} : (tensor<1x6x70xf16>, tensor<70x3x1xf16>) -> tensor<1x6x70xf32>
      return %0 : tensor<1x6x70xf32>
    })");
  std::mt19937 random(3);
  std::vector<uint16_t> x = drawHalves(random, width * channels), w = drawHalves(random, channels * taps);
  std::vector<float> expected;
  for (int position = 0; position < width; ++position)
    for (int c = 0; c < channels; ++c) {
      float sum = 0;
      for (int tap = 0; tap < taps; ++tap)
        if (int at = position + tap - 1; at >= 0 && at < width)
          sum += static_cast<float>(valueOf(x[at * channels + c]) * valueOf(w[c * taps + tap]));
      expected.push_back(sum);
    }
  EXPECT_EQ(program.with(x).with(w).run<float>(), expected);
}
