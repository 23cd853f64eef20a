//===- FaultTest.cpp - What cannot be computed is reported ------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Run.h"

using namespace sluice::golden;

static constexpr char gather[] = R"(
  func.func @main(%table: tensor<3x2xi8>, %ids: tensor<3xi32>) -> tensor<3x2xi8> {
    %0 = stensor.gather %table, %ids : (tensor<3x2xi8>, tensor<3xi32>) -> tensor<3x2xi8>
    return %0 : tensor<3x2xi8>
  })";

TEST(Fault, GatherAboveTheTable) {
  Program program(gather);
  program.with<int8_t>({0, 1, 2, 3, 4, 5}).with<int32_t>({0, 1, 3});
  EXPECT_TRUE(program.run<int8_t>().empty());
  EXPECT_EQ(program.errors, "'stensor.gather' op index 3 at position 2 is outside the table's 3 rows\n");
}

TEST(Fault, GatherBelowTheTable) {
  Program program(gather);
  program.with<int8_t>({0, 1, 2, 3, 4, 5}).with<int32_t>({0, -1, 0});
  EXPECT_TRUE(program.run<int8_t>().empty());
  EXPECT_EQ(program.errors, "'stensor.gather' op index -1 at position 1 is outside the table's 3 rows\n");
}

TEST(Fault, NumberOfInputs) {
  Program program(gather);
  program.with<int8_t>({0, 1, 2, 3, 4, 5});
  EXPECT_TRUE(program.run<int8_t>().empty());
  EXPECT_EQ(program.errors, "'func.func' op takes 2 inputs, but has 1\n");
}

TEST(Fault, ForeignOperation) {
  Program program(R"(
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = arith.negf %x : tensor<2xf32>
      return %0 : tensor<2xf32>
    })");
  program.with<float>({1, 2});
  EXPECT_TRUE(program.run<float>().empty());
  EXPECT_EQ(program.errors, "'arith.negf' op is not an operation that the interpreter runs\n");
}
