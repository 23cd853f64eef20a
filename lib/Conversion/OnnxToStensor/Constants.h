//===- Constants.h - Constants on the host ----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_CONSTANTS_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_CONSTANTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace sluice::conversion {

using Shape = llvm::SmallVector<int64_t, 6>;

/// Elements of the largest tensor that is converted, and of the largest constant whose elements are listed
/// one by one: sizes in a model cost nothing to write down, so they are bounded before memory is taken for
/// them.
inline constexpr int64_t kMaxElements = int64_t{1} << 32, kMaxListed = int64_t{1} << 24;

/// Product of the dimensions, which are not negative; 1 for a scalar, the largest number if it is beyond
/// that.
int64_t countElements(llvm::ArrayRef<int64_t> shape);

/// The integer part of a number, or the nearest integer that there is; 0 for NaN.
int64_t saturatingInteger(double number);

/// The integer of type `element` that a real number is cut to, as its bits: the nearest that there is of
/// int32, uint32 or the type's own 64 bits, of which a narrower type has the low bits; 0 for NaN.
int64_t cutToInteger(double number, mlir::Type element);

/// A number that rounds to every type of at most 24 fraction bits (of the float: 22) as the given one does.
double roundToOdd(int64_t number, bool isUnsigned);
float roundToOdd(double number);

/// Elements of an integer constant in row-major order, sign extended, or zero extended where the element
/// type is unsigned or i1. Real numbers are cut; without a constant there are none.
llvm::SmallVector<int64_t> readIntegers(mlir::ElementsAttr constant);

/// Elements of a floating-point constant, or of an integer one as real numbers; none without a constant.
llvm::SmallVector<double> readFloats(mlir::ElementsAttr constant);

/// The same, but one element where all are that one: constants may be larger than memory.
llvm::SmallVector<int64_t> readDistinctIntegers(mlir::ElementsAttr constant);
llvm::SmallVector<double> readDistinctFloats(mlir::ElementsAttr constant);

/// The greatest finite magnitude in an f32 constant; 0 if there is none.
double greatestMagnitude(mlir::ElementsAttr constant);

/// A constant of an integer type; values keep their low bits. One value stands for all.
mlir::ElementsAttr makeIntegers(llvm::ArrayRef<int64_t> shape, mlir::Type element,
                                llvm::ArrayRef<int64_t> values);

/// A constant of a floating-point type, values rounded to nearest even.
mlir::ElementsAttr makeFloats(llvm::ArrayRef<int64_t> shape, mlir::Type element,
                              llvm::ArrayRef<double> values);

/// The same bytes under another type; both take the same number of bytes. Large constants are shared, not
/// copied.
mlir::ElementsAttr reinterpret(mlir::ElementsAttr constant, llvm::ArrayRef<int64_t> shape,
                               mlir::Type element);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_CONSTANTS_H
