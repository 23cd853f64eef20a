//===- FootprintTest.cpp - Memory that interpreting a program takes -------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Run.h"

#include "sluice/Golden/Footprint.h"

using namespace sluice::golden;

/// What is said of a program on cards of so many bytes; empty if they are enough.
static std::string refusal(const char *text, uint64_t bytes) {
  Program program(text);
  bool fits = succeeded(checkFootprint(program.main(), {2, bytes}));
  EXPECT_EQ(fits, program.errors.empty());
  return program.errors;
}

// Each byte of an input allows 8 more, so these two have 16 bytes less in the cards than they need.
static constexpr char chain[] = R"(
  func.func @main(%x: tensor<1xi8>) -> tensor<100xi8> {
    %0 = stensor.broadcast %x : tensor<1xi8> -> tensor<100xi8>
    %1 = stensor.transpose %0 {permutation = array<i64: 0>} : tensor<100xi8> -> tensor<100xi8>
    %2 = stensor.transpose %1 {permutation = array<i64: 0>} : tensor<100xi8> -> tensor<100xi8>
    return %2 : tensor<100xi8>
  })";

TEST(Footprint, WhatIsReadNoMoreIsGone) {
  // Two tensors at once, and at the end one and its copy.
  EXPECT_EQ(refusal(chain, 192), "");
  EXPECT_EQ(refusal(chain, 191), "the tensors that are alive at once need 200 bytes; 2 cards have 191\n");
}

TEST(Footprint, OneTensorIsTooLarge) {
  EXPECT_EQ(refusal(chain, 91), "a tensor of 100 int8 elements needs 100 bytes; 2 cards have 91\n");
}

TEST(Footprint, ReshapedTensorsShareBytes) {
  constexpr char text[] = R"(
    func.func @main(%x: tensor<1xi8>) -> tensor<1xi8> {
      %0 = stensor.broadcast %x : tensor<1xi8> -> tensor<100xi8>
      %1 = stensor.reshape %0 : tensor<100xi8> -> tensor<10x10xi8>
      %2 = stensor.reshape %1 : tensor<10x10xi8> -> tensor<5x20xi8>
      %3 = stensor.slice %2 {offsets = array<i64: 0, 0>, strides = array<i64: 1, 1>} : tensor<5x20xi8> -> tensor<1x1xi8>
      %4 = stensor.reshape %3 : tensor<1x1xi8> -> tensor<1xi8>
      return %4 : tensor<1xi8>
    })";
  EXPECT_EQ(refusal(text, 93), "");
  EXPECT_NE(refusal(text, 92), "");
}

TEST(Footprint, ResultsAreCopiedInTheUsersType) {
  constexpr char text[] = R"(
    func.func @main(%x: tensor<1xi32>) -> (tensor<100xi32> {stensor.type = i64}) {
      %0 = stensor.broadcast %x : tensor<1xi32> -> tensor<100xi32>
      return %0 : tensor<100xi32>
    })";
  EXPECT_EQ(refusal(text, 1200 - 32), "");
  EXPECT_NE(refusal(text, 1200 - 33), "");
}

TEST(Footprint, SizesBeyondAllNumbers) {
  EXPECT_EQ(refusal(R"(
    func.func @main(%x: tensor<1x1x1xf32>) -> tensor<1xf32> {
      %0 = stensor.broadcast %x : tensor<1x1x1xf32> -> tensor<4294967296x4294967296x0xf32>
      %1 = stensor.broadcast %x : tensor<1x1x1xf32> -> tensor<4194304x4194304x4194304xf32>
      %2 = stensor.reshape %x : tensor<1x1x1xf32> -> tensor<1xf32>
      return %2 : tensor<1xf32>
    })",
                    1000),
            "a tensor of more than 2^63 float32 elements needs more bytes than there are "
            "numbers for; 2 "
            "cards have 1000\n");
}
