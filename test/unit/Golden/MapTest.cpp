//===- MapTest.cpp - Elementwise functions ---------------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Run.h"

#include <cmath>
#include <limits>

using namespace sluice::golden;

// Inputs of size 1 repeat along their dimension: a row, a column and one number.
TEST(Map, BroadcastsInputs) {
  Program program(R"(
    func.func @main(%x: tensor<2x3xi32>, %row: tensor<1x3xi32>, %column: tensor<2x1xi32>, %one: tensor<1x1xi32>)
        -> tensor<2x3xi32> {
      %0 = stensor.map ins(%x, %row, %column, %one
          : tensor<2x3xi32>, tensor<1x3xi32>, tensor<2x1xi32>, tensor<1x1xi32>) outs(tensor<2x3xi32>) {
      ^bb0(%a: i32, %b: i32, %c: i32, %d: i32):
        %0 = arith.addi %a, %b : i32
        %1 = arith.addi %0, %c : i32
        %2 = arith.subi %1, %d : i32
        stensor.yield %2 : i32
      }
      return %0 : tensor<2x3xi32>
    })");
  program.with<int32_t>({0, 1, 2, 3, 4, 5})
      .with<int32_t>({10, 20, 30})
      .with<int32_t>({100, 200})
      .with<int32_t>({7});
  EXPECT_EQ(program.run<int32_t>(), (std::vector<int32_t>{103, 114, 125, 206, 217, 228}));
}

// Every element of a map that is large enough for several threads is the sum of its row and column.
TEST(Map, CoversLargeShapes) {
  Program program(R"(
    func.func @main(%row: tensor<1x1x777xi32>, %column: tensor<3x200x1xi32>) -> tensor<3x200x777xi32> {
      %0 = stensor.map ins(%row, %column : tensor<1x1x777xi32>, tensor<3x200x1xi32>) outs(tensor<3x200x777xi32>) {
      ^bb0(%a: i32, %b: i32):
        %0 = arith.addi %a, %b : i32
        stensor.yield %0 : i32
      }
      return %0 : tensor<3x200x777xi32>
    })");
  std::vector<int32_t> row(777), column(600);
  for (int32_t i = 0; i < 777; ++i)
    row[i] = i;
  for (int32_t i = 0; i < 600; ++i)
    column[i] = 1000 * i;
  std::vector<int32_t> result = program.with(row).with(column).run<int32_t>();
  ASSERT_EQ(result.size(), 600u * 777u);
  for (int32_t i = 0; i < 600; ++i)
    for (int32_t j = 0; j < 777; ++j)
      ASSERT_EQ(result[i * 777 + j], 1000 * i + j);
}

// Narrow integers are sign extended, and zero extended where the operation says so; stores keep low bits.
TEST(Map, ConvertsIntegers) {
  Program program(R"(
    func.func @main(%x: tensor<4xi8>, %y: tensor<4xi16>, %z: tensor<4xi32>)
        -> (tensor<4xi32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi8>, tensor<4xi16>, tensor<4xi1>) {
      %0:7 = stensor.map ins(%x, %y, %z : tensor<4xi8>, tensor<4xi16>, tensor<4xi32>)
          outs(tensor<4xi32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi8>, tensor<4xi16>, tensor<4xi1>) {
      ^bb0(%a: i8, %b: i16, %c: i32):
        %0 = arith.extsi %a : i8 to i32
        %1 = arith.extui %a : i8 to i32
        %2 = arith.extsi %b : i16 to i32
        %3 = arith.extui %b : i16 to i32
        %4 = arith.trunci %c : i32 to i8
        %5 = arith.trunci %c : i32 to i16
        %6 = arith.trunci %c : i32 to i1
        stensor.yield %0, %1, %2, %3, %4, %5, %6 : i32, i32, i32, i32, i8, i16, i1
      }
      return %0#0, %0#1, %0#2, %0#3, %0#4, %0#5, %0#6
          : tensor<4xi32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi8>, tensor<4xi16>, tensor<4xi1>
    })");
  program.with<int8_t>({0, 127, -128, -1})
      .with<int16_t>({0, 32767, -32768, -1})
      .with<int32_t>({0, 0x12345678, -1, 128});
  EXPECT_EQ(program.run<int32_t>(0), (std::vector<int32_t>{0, 127, -128, -1}));
  EXPECT_EQ(program.run<int32_t>(1), (std::vector<int32_t>{0, 127, 128, 255}));
  EXPECT_EQ(program.run<int32_t>(2), (std::vector<int32_t>{0, 32767, -32768, -1}));
  EXPECT_EQ(program.run<int32_t>(3), (std::vector<int32_t>{0, 32767, 32768, 65535}));
  EXPECT_EQ(program.run<int8_t>(4), (std::vector<int8_t>{0, 0x78, -1, -128}));
  EXPECT_EQ(program.run<int16_t>(5), (std::vector<int16_t>{0, 0x5678, -1, 128}));
  EXPECT_EQ(program.run<uint8_t>(6), (std::vector<uint8_t>{0, 0, 1, 0}));
}

// fp32 to int32 truncates, saturates and takes NaN to 0; fp16 rounds to nearest even and overflows to
// infinity.
TEST(Map, ConvertsFloats) {
  Program program(R"(
    func.func @main(%x: tensor<6xf32>) -> (tensor<6xi32>, tensor<6xf16>, tensor<6xf32>) {
      %0:3 = stensor.map ins(%x : tensor<6xf32>) outs(tensor<6xi32>, tensor<6xf16>, tensor<6xf32>) {
      ^bb0(%a: f32):
        %0 = arith.fptosi %a : f32 to i32
        %1 = arith.truncf %a : f32 to f16
        %2 = arith.extf %1 : f16 to f32
        stensor.yield %0, %1, %2 : i32, f16, f32
      }
      return %0#0, %0#1, %0#2 : tensor<6xi32>, tensor<6xf16>, tensor<6xf32>
    })");
  float nan = std::numeric_limits<float>::quiet_NaN();
  program.with<float>({-1.75f, 1e10f, -1e10f, nan, 0.1f, 2049.0f});
  EXPECT_EQ(program.run<int32_t>(0), (std::vector<int32_t>{-1, INT32_MAX, INT32_MIN, 0, 0, 2049}));
  EXPECT_EQ(program.run<uint16_t>(1),
            (std::vector<uint16_t>{0xbf00, 0x7c00, 0xfc00, 0x7e00, 0x2e66, 0x6800}));
  // What the body goes on with is the rounded value: 2049 lies between two fp16 numbers, 2048 is even.
  EXPECT_EQ(program.run<float>(2)[5], 2048.0f);
}

// Comparisons are false on NaN, whichever side is greater; booleans combine and select.
TEST(Map, ComparesAndSelects) {
  Program program(R"(
    func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xi1>, tensor<4xi1>, tensor<4xf32>) {
      %0:3 = stensor.map ins(%x, %y : tensor<4xf32>, tensor<4xf32>) outs(tensor<4xi1>, tensor<4xi1>, tensor<4xf32>) {
      ^bb0(%a: f32, %b: f32):
        %true = arith.constant true
        %0 = arith.cmpf ogt, %a, %b : f32
        %1 = arith.cmpf ole, %a, %b : f32
        %2 = arith.xori %1, %true : i1
        %3 = arith.select %0, %a, %b : f32
        stensor.yield %0, %2, %3 : i1, i1, f32
      }
      return %0#0, %0#1, %0#2 : tensor<4xi1>, tensor<4xi1>, tensor<4xf32>
    })");
  float nan = std::numeric_limits<float>::quiet_NaN();
  program.with<float>({1, 2, 3, nan}).with<float>({2, 2, 1, 5});
  EXPECT_EQ(program.run<uint8_t>(0), (std::vector<uint8_t>{0, 0, 1, 0}));
  EXPECT_EQ(program.run<uint8_t>(1), (std::vector<uint8_t>{0, 0, 1, 1}));
  EXPECT_EQ(program.run<float>(2), (std::vector<float>{2, 2, 3, 5}));
}

// What a body computes from constants alone is the machine's arithmetic, not the host's: a NaN is canonical.
TEST(Map, CanonicalNaN) {
  Program program(R"(
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<2xf32>) {
      ^bb0(%a: f32):
        %0 = arith.subf %a, %a : f32
        stensor.yield %0 : f32
      }
      return %0 : tensor<2xf32>
    })");
  float infinity = std::numeric_limits<float>::infinity();
  program.with<float>({infinity, -infinity});
  EXPECT_EQ(program.run<uint32_t>(), (std::vector<uint32_t>{0x7fc00000, 0x7fc00000}));
}
