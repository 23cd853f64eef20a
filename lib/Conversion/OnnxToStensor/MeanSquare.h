//===- MeanSquare.h - Root mean squares of bounded numbers ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_MEANSQUARE_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_MEANSQUARE_H

#include "Families.h"

namespace sluice::conversion {

/// The greatest number of f16.
inline constexpr double kMostHalf = 65504;

/// rmsNormalize of numbers none of which is greater than `most`, which makes the mean cheaper; 0: that is not
/// known.
Normalized rmsNormalizeBounded(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims, double epsilon,
                               const Tensor &scale, mlir::Type element, double most);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_MEANSQUARE_H
