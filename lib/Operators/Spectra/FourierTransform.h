//===- FourierTransform.h - Discrete Fourier transforms ---------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_OPERATORS_SPECTRA_FOURIERTRANSFORM_H
#define SLUICE_LIB_OPERATORS_SPECTRA_FOURIERTRANSFORM_H

#include "Node.h"

#include <utility>

namespace sluice::conversion {

/// A discrete Fourier transform. Numbers have one part (real) or two.
struct Transform {
  int64_t length;               ///< of the transform
  int64_t inputs, inputParts;   ///< numbers that are given, the first of `length` or of half of it
  int64_t outputs, outputParts; ///< numbers that are asked for, the first of `length`
  bool inverse;                 ///< the sign of the exponent, and whether to divide by the length
  bool hermitian = false;       ///< what is given stands for its conjugate in the other half, too
};

/// The cosine and sine of r / n turns; exact at quarters.
std::pair<double, double> onUnitCircle(int64_t r, int64_t n);

/// Rows [R, inputs, inputParts], their inputs multiplied by `weights` if there are any, transformed:
/// [R, outputs, outputParts], f32. Complex numbers whose length has small prime factors only are transformed
/// by butterflies in fp32; all others by the matrix of cosines and sines, as exact as other products, which
/// is a fourth as large for real numbers.
Tensor applyTransform(Node &node, const Tensor &rows, const Transform &transform,
                      llvm::ArrayRef<double> weights = {});

} // namespace sluice::conversion

#endif // SLUICE_LIB_OPERATORS_SPECTRA_FOURIERTRANSFORM_H
