//===- FractionalPowers.h - Integers to real powers -------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an integer to a positive power that is not whole is cut to. Multiples of 1/4 (known ones: 1/256) are
// products of square roots in pairs of f32, which hold 46 bits; others are by exp and log in f32.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_FRACTIONALPOWERS_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_FRACTIONALPOWERS_H

#include "Scalars.h"

namespace sluice::conversion {

/// x of ONNX type `element`, above 0, to the known power `exponent` = whole + fraction; `whole` is x to the
/// exponent's whole part.
mlir::Value fractionalPower(Scalars &s, mlir::Value x, mlir::Value whole, double exponent,
                            mlir::Type element);

/// The same to a power, f32, of a run; some 50 operations.
mlir::Value fractionalPower(Scalars &s, mlir::Value x, mlir::Value whole, mlir::Value exponent,
                            mlir::Type element);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_FRACTIONALPOWERS_H
