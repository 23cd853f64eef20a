//===- Scores.h - From scores to classes ------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_OPERATORS_LEARNING_SCORES_H
#define SLUICE_LIB_OPERATORS_LEARNING_SCORES_H

#include "Node.h"

namespace sluice::conversion {

/// The first operand of an ai.onnx.ml operator as rows of features, f32 [N, F]; refuses other ranks.
Tensor featureRows(Node &node);

/// A 'post_transform' (NONE, LOGISTIC, SOFTMAX, SOFTMAX_ZERO, PROBIT) of scores [N, C]; refuses others.
Tensor postTransform(Node &node, const Tensor &scores, llvm::StringRef name);

/// The label, i64 [N], that each index, i32 [N], names. Labels are the integers of attribute `integers` or
/// the strings of `strings`: absent if there are only strings, refused if something reads them.
Tensor labelsOf(Node &node, const Tensor &indices, llvm::StringRef integers, llvm::StringRef strings);
/// How many labels there are.
int64_t countLabels(Node &node, llvm::StringRef integers, llvm::StringRef strings);

} // namespace sluice::conversion

#endif // SLUICE_LIB_OPERATORS_LEARNING_SCORES_H
