//===- Narrow.h - Floats of 16 bits and less in maps ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// bfloat16 and the floats of 8 and 4 bits are bit patterns to the machine: a map that reads one turns it
// into the f32 of the same value, a map that makes one rounds an f32, both in integer and f32 arithmetic
// that is exact. docs/numerics.md states the rules.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_NARROW_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_NARROW_H

#include "Scalars.h"

namespace sluice::conversion {

/// How a scale, a float8e8m0, is rounded: to a power of two that is not below, not above, or the nearest by
/// value, the upper of two equally near.
enum class ScaleRounding { Up, Down, Nearest };

/// What becomes of numbers that an 8-bit float does not have.
struct NarrowRounding {
  /// Whether what is out of range becomes the nearest number there is, or else an infinity or NaN.
  bool saturate = true;
  ScaleRounding scale = ScaleRounding::Up;
};

/// The f32 of the bit pattern `bits`, an i32 that is sign extended from the storage, of floating-point type
/// `element`; 1 to 7 operations.
mlir::Value decodeNarrow(Scalars &s, mlir::Value bits, mlir::Type element);

/// The bit pattern, in the low bits of an i32, of the number of `element` that is nearest to the f32 `real`;
/// 7 to 16 operations.
mlir::Value encodeNarrow(Scalars &s, mlir::Value real, mlir::Type element,
                         const NarrowRounding &rounding = {});

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_NARROW_H
