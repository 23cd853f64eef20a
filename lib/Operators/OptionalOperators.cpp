//===- OptionalOperators.cpp - Operators beyond the core ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Conversion/OptionalOperators.h"

void sluice::registerOptionalOperators() {
  registerLearningOperators();
  registerOptimizerOperators();
  registerSequenceOperators();
  registerSpectralOperators();
}
