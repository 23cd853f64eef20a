//===- TensorBoundTest.cpp - What no tiling can beat ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Expected cycles are worked out by hand for target tsp1: four planes of 320 x 320 cells, 64 streams and 88
// slices of 320 bytes, 16 ALUs of 320 lanes.
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Bounds.h"

#include "dialects/stensor/StensorDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace sluice;

namespace {

class TensorBound : public testing::Test {
protected:
  TensorBound() {
    context.loadDialect<stensor::StensorDialect, mlir::arith::ArithDialect, mlir::math::MathDialect,
                        mlir::func::FuncDialect>();
  }

  /// Computes the bound of a function of `arguments` and `body`; whether it could be read.
  bool read(const std::string &arguments, const std::string &results, const std::string &body,
            unsigned cards = 1) {
    module = mlir::parseSourceString<mlir::ModuleOp>(
        "func.func @main(" + arguments + ") -> " + results + " {\n" + body + "}\n", &context);
    if (module)
      computeTensorBound(*module, *target::targetByName("tsp1"), cards);
    return bool(module);
  }

  /// Cycles for which `what` is busy.
  int64_t busy(llvm::StringRef what) {
    auto bounds = (*module)->getAttrOfType<mlir::DictionaryAttr>(kTensorBoundsAttr);
    auto cycles = llvm::dyn_cast_or_null<mlir::IntegerAttr>(bounds.get(what));
    return cycles ? cycles.getInt() : 0;
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

const std::string product = "%y = stensor.contract %x, %w : (tensor<1x1280x1x640xi8>, "
                            "tensor<1x320x1x640xi8>) -> tensor<1x1280x320xi32>\n";

} // namespace

// 1280 x 640 x 320 products at 409,600 a cycle; 1,024,000 bytes of operands and four times 409,600 of results
// at 20,480 a cycle, which are written at 28,160 a cycle.
TEST_F(TensorBound, AProductOfBytes) {
  ASSERT_TRUE(read("%x: tensor<1x1280x1x640xi8>, %w: tensor<1x320x1x640xi8>", "tensor<1x1280x320xi32>",
                   product + "return %y : tensor<1x1280x320xi32>\n"));
  EXPECT_EQ(busy("multiplies"), 640);
  EXPECT_EQ(busy("plane_operands"), 50);
  EXPECT_EQ(busy("plane_results"), 80);
  EXPECT_EQ(busy("writes"), 59);
  EXPECT_EQ(busy("alus"), 0);
  EXPECT_EQ(boundOf(*module, kTensorBoundsAttr), 640);
}

TEST_F(TensorBound, CardsShareTheWork) {
  ASSERT_TRUE(read("%x: tensor<1x1280x1x640xi8>, %w: tensor<1x320x1x640xi8>", "tensor<1x1280x320xi32>",
                   product + "return %y : tensor<1x1280x320xi32>\n", 8));
  EXPECT_EQ(busy("multiplies"), 80);
}

// A tandem takes a row of fp16 every second cycle: a fourth of the products a cycle.
TEST_F(TensorBound, AProductOfHalves) {
  ASSERT_TRUE(read("%x: tensor<1x1280x1x640xf16>, %w: tensor<1x320x1x640xf16>", "tensor<1x1280x320xf32>",
                   "%y = stensor.contract %x, %w : (tensor<1x1280x1x640xf16>, tensor<1x320x1x640xf16>) -> "
                   "tensor<1x1280x320xf32>\nreturn %y : tensor<1x1280x320xf32>\n"));
  EXPECT_EQ(busy("multiplies"), 2560);
  EXPECT_EQ(busy("plane_operands"), 100);
}

// Of 1280 rows 64 leave: the others need not be computed, nor what they are made of be brought.
TEST_F(TensorBound, OnlyWhatIsWantedCounts) {
  ASSERT_TRUE(
      read("%x: tensor<1x1280x1x640xi8>, %w: tensor<1x320x1x640xi8>", "tensor<1x64x320xi32>",
           product + "%z = stensor.slice %y {offsets = array<i64: 0, 8, 0>, strides = array<i64: 1, 2, 1>} : "
                     "tensor<1x1280x320xi32> -> tensor<1x64x320xi32>\nreturn %z : tensor<1x64x320xi32>\n"));
  EXPECT_EQ(busy("multiplies"), 32);
  EXPECT_EQ(busy("plane_results"), 4);
}

// The square of a scale is computed for 320 columns, not for all rows, and nothing of what depends on
// constants only; a narrowing is none. 2 x 160 x 320 operations and 320, at 5,120 a cycle.
TEST_F(TensorBound, OperationsOfWhatDiffers) {
  ASSERT_TRUE(
      read("%x: tensor<160x320xf32>, %s: tensor<1x320xf32>", "tensor<160x320xf16>",
           "%c = stensor.constant dense<2.0> : tensor<1x1xf32>\n"
           "%y = stensor.map ins(%x, %s, %c : tensor<160x320xf32>, tensor<1x320xf32>, tensor<1x1xf32>) "
           "outs(tensor<160x320xf16>) {\n^bb0(%a: f32, %b: f32, %d: f32):\n"
           "%0 = arith.mulf %b, %b : f32\n%1 = arith.mulf %a, %0 : f32\n%2 = arith.mulf %d, %d : f32\n"
           "%3 = arith.addf %1, %2 : f32\n%4 = arith.truncf %3 : f32 to f16\nstensor.yield %4 : f16\n}\n"
           "return %y : tensor<160x320xf16>\n"));
  EXPECT_EQ(busy("alus"), 21);
  // Four bytes of each element of x, and of s.
  EXPECT_EQ(busy("alu_operands"), 11);
}

// 99 comparisons for each of 512 greatest.
TEST_F(TensorBound, AReduction) {
  ASSERT_TRUE(read("%x: tensor<512x100xf32>", "tensor<512x1xf32>",
                   "%y = stensor.reduce max %x {dim = 1 : i64} : tensor<512x100xf32> -> tensor<512x1xf32>\n"
                   "return %y : tensor<512x1xf32>\n"));
  EXPECT_EQ(busy("alus"), 10);
}

// A 3 x 3 window over 30 x 30 pixels with a border of zeros: along a line 28 pixels are under three taps and
// two under two. (3 x 28 + 2 x 2)^2 pairs of 64 x 64 products.
TEST_F(TensorBound, AConvolutionDoesNotMultiplyItsBorder) {
  ASSERT_TRUE(
      read("%x: tensor<1x30x30x64xi8>, %w: tensor<64x3x3x64xi8>", "tensor<1x30x30x64xi32>",
           "%y = stensor.convolve %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, low = "
           "array<i64: 1, 1>, groups = 1 : i64, padding = 0 : i8} : (tensor<1x30x30x64xi8>, "
           "tensor<64x3x3x64xi8>) -> tensor<1x30x30x64xi32>\nreturn %y : tensor<1x30x30x64xi32>\n"));
  EXPECT_EQ(busy("multiplies"), 78); // 31,719,424 / 409,600 = 77.4
  EXPECT_EQ(busy("plane_operands"), 5);
}

// The same as a contraction over windows of an image with a border: zeros of the border are left out, all
// that windows show of them.
TEST_F(TensorBound, WindowsOverABorder) {
  ASSERT_TRUE(read(
      "%x: tensor<1x30x30x64xf16>, %w: tensor<1x64x9x64xf16>", "tensor<1x900x64xf32>",
      "%p = stensor.pad %x {low = array<i64: 0, 1, 1, 0>, value = 0.0 : f16} : tensor<1x30x30x64xf16> -> "
      "tensor<1x32x32x64xf16>\n"
      "%v = stensor.window %p {first = 1 : i64, sizes = array<i64: 3, 3>, strides = array<i64: 1, 1>, "
      "dilations = "
      "array<i64: 1, 1>} : tensor<1x32x32x64xf16> -> tensor<1x30x30x3x3x64xf16>\n"
      "%r = stensor.reshape %v : tensor<1x30x30x3x3x64xf16> -> tensor<1x900x9x64xf16>\n"
      "%y = stensor.contract %r, %w : (tensor<1x900x9x64xf16>, tensor<1x64x9x64xf16>) -> "
      "tensor<1x900x64xf32>\n"
      "return %y : tensor<1x900x64xf32>\n"));
  // 900 x 9 x 64 x 64 products, but for 124 pixels of border that nine windows show at most; at 102,400 a
  // cycle.
  EXPECT_EQ(busy("multiplies"), 280);
  // 57,600 elements of the image and 36,864 weights, once.
  EXPECT_EQ(busy("plane_operands"), 10);
}
