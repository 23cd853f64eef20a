//===- OptionalOperators.h - Operators beyond the core ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_CONVERSION_OPTIONALOPERATORS_H
#define SLUICE_CONVERSION_OPTIONALOPERATORS_H

namespace sluice {

/// Each adds the operators of its library to those that convert, once and for all; comes before any
/// conversion.
/// @{
void registerLearningOperators();  ///< Trees, support vectors, linear models, features, n-grams.
void registerOptimizerOperators(); ///< Steps of optimizers.
void registerSequenceOperators();  ///< Sequences and optional values.
void registerSpectralOperators();  ///< Fourier transforms and filter banks.
/// @}

/// All of them.
void registerOptionalOperators();

} // namespace sluice

#endif // SLUICE_CONVERSION_OPTIONALOPERATORS_H
