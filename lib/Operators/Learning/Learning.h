//===- Learning.h - Families of classical models ----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_OPERATORS_LEARNING_LEARNING_H
#define SLUICE_LIB_OPERATORS_LEARNING_LEARNING_H

#include "OperatorTable.h"

namespace sluice::conversion {

void addFeatures(OperatorTable &table);
void addLinearModels(OperatorTable &table);
void addNGrams(OperatorTable &table);
void addTrees(OperatorTable &table);

} // namespace sluice::conversion

#endif // SLUICE_LIB_OPERATORS_LEARNING_LEARNING_H
