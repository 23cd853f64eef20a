//===- ReduceTest.cpp - The stated tree -------------------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Run.h"

using namespace sluice::golden;

/// Numbers in [-0.5, 0.5) whose sum depends on the order of the additions.
static std::vector<float> spread(size_t count, float offset = 0) {
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(static_cast<uint32_t>(i * 2654435761u)) * 0x1p-32f - 0.5f + offset);
  return values;
}

static uint32_t reduce(const std::string &kind, const std::vector<float> &values) {
  std::string type = "tensor<" + std::to_string(values.size()) + "xf32>";
  Program program("func.func @main(%x: " + type + ") -> tensor<1xf32> {\n  %0 = stensor.reduce " + kind +
                  " %x {dim = 0 : i64} : " + type + " -> tensor<1xf32>\n  return %0 : tensor<1xf32>\n}");
  return program.with(values).run<uint32_t>().at(0);
}

// The bits of the stated tree, by a NumPy float32 program that follows its definition; sums from left
// to right differ from 5 elements on.
TEST(Reduce, FollowsTheTree) {
  EXPECT_EQ(reduce("add", spread(1)), 0xbf000000u);
  EXPECT_EQ(reduce("add", spread(2)), 0xbec3910cu);
  EXPECT_EQ(reduce("add", spread(5)), 0xbea3aa7eu);
  EXPECT_EQ(reduce("add", spread(64)), 0xbd321a70u);
  EXPECT_EQ(reduce("add", spread(320)), 0xbf0b99b2u);
  EXPECT_EQ(reduce("add", spread(321)), 0xbe8c832du);
  EXPECT_EQ(reduce("add", spread(1000)), 0xbcc16780u);
  EXPECT_EQ(reduce("mul", spread(333, 1)), 0x33f19088u);
}

// A dimension in the middle: every outer and inner position is reduced by itself.
TEST(Reduce, KeepsTheOtherDimensions) {
  Program program(R"(
    func.func @main(%x: tensor<2x3x2xi32>) -> (tensor<2x1x2xi32>, tensor<2x1x2xi32>, tensor<2x1x2xi32>,
                                               tensor<2x1x2xi32>) {
      %0 = stensor.reduce add %x {dim = 1 : i64} : tensor<2x3x2xi32> -> tensor<2x1x2xi32>
      %1 = stensor.reduce mul %x {dim = 1 : i64} : tensor<2x3x2xi32> -> tensor<2x1x2xi32>
      %2 = stensor.reduce max %x {dim = 1 : i64} : tensor<2x3x2xi32> -> tensor<2x1x2xi32>
      %3 = stensor.reduce min %x {dim = 1 : i64} : tensor<2x3x2xi32> -> tensor<2x1x2xi32>
      return %0, %1, %2, %3 : tensor<2x1x2xi32>, tensor<2x1x2xi32>, tensor<2x1x2xi32>, tensor<2x1x2xi32>
    })");
  program.with<int32_t>({1, -2, 3, -4, 5, -6, 7, 8, 9, 10, 11, 12});
  EXPECT_EQ(program.run<int32_t>(0), (std::vector<int32_t>{9, -12, 27, 30}));
  EXPECT_EQ(program.run<int32_t>(1), (std::vector<int32_t>{15, -48, 693, 960}));
  EXPECT_EQ(program.run<int32_t>(2), (std::vector<int32_t>{5, -2, 11, 12}));
  EXPECT_EQ(program.run<int32_t>(3), (std::vector<int32_t>{1, -6, 7, 8}));
}
