//===- Learning.cpp - Operators of classical models -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Learning.h"

#include "sluice/Conversion/OptionalOperators.h"

void sluice::registerLearningOperators() {
  conversion::OperatorTable::extend([](conversion::OperatorTable &table) {
    conversion::addFeatures(table);
    conversion::addLinearModels(table);
    conversion::addNGrams(table);
    conversion::addTrees(table);
  });
}
