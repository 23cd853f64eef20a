//===- Trees.h - Decision trees as attributes hold them ---------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_OPERATORS_LEARNING_TREES_H
#define SLUICE_LIB_OPERATORS_LEARNING_TREES_H

#include "Node.h"

#include <utility>

namespace sluice::conversion {

/// Numbered as version 5 does.
enum class BranchMode { lessOrEqual, less, greaterOrEqual, greater, equal, notEqual, member };

/// A node that looks at one feature.
struct Branch {
  int64_t feature = 0;
  BranchMode mode = BranchMode::lessOrEqual;
  double split = 0;
  llvm::SmallVector<double> members; ///< of mode member
  bool missingIsTrue = false;        ///< NaN takes the true side
};

/// An end of a tree.
struct Leaf {
  /// The tree's branches that lead here and which side each of them takes.
  llvm::SmallVector<std::pair<int64_t, bool>> path;
  /// What it adds to which target.
  llvm::SmallVector<std::pair<int64_t, double>> weights;
};

struct Tree {
  llvm::SmallVector<Branch> branches;
  llvm::SmallVector<Leaf> leaves;
};

struct Forest {
  llvm::SmallVector<Tree> trees;
  int64_t targets = 0;
};

/// The trees of a TreeEnsemble; none, refused, if its attributes do not fit one another.
std::optional<Forest> readForest(Node &node);

/// The trees of a TreeEnsembleRegressor or -Classifier, whose leaves' weights are in attributes that begin
/// with `what` ("target" or "class").
std::optional<Forest> readNamedForest(Node &node, llvm::StringRef what, int64_t targets);

/// Real numbers of the attribute or of the tensor `name` + "_as_tensor"; empty if there is neither.
llvm::SmallVector<double> readReals(Node &node, llvm::StringRef name);

/// The weights of the leaves that the rows [N, F] reach, [N, targets]: their "SUM", "AVERAGE" over trees,
/// "MIN" or "MAX".
Tensor evaluateForest(Node &node, const Tensor &rows, const Forest &forest, llvm::StringRef aggregate);

} // namespace sluice::conversion

#endif // SLUICE_LIB_OPERATORS_LEARNING_TREES_H
