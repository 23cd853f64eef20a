//===- Trees.cpp - Ensembles of decision trees ----------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Trees.h"

#include "Families.h"
#include "Learning.h"
#include "Scores.h"

#include "llvm/ADT/STLExtras.h"

#include <limits>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// One comparison of a feature with a split.
static Value compare(Scalars &s, BranchMode mode, Value x, Value split) {
  switch (mode) {
  case BranchMode::lessOrEqual:
    return s.lessOrEqual(x, split);
  case BranchMode::less:
    return s.less(x, split);
  case BranchMode::greaterOrEqual:
    return s.greaterOrEqual(x, split);
  case BranchMode::greater:
    return s.greater(x, split);
  case BranchMode::notEqual:
    return s.logicalNot(s.equal(x, split));
  default:
    return s.equal(x, split);
  }
}

/// The features [N, F] that each branch looks at, [N, branches].
static Tensor featuresOf(Node &node, const Tensor &rows, llvm::ArrayRef<Branch> branches) {
  Shape features;
  for (const Branch &branch : branches)
    features.push_back(branch.feature);
  return takeKnown(node, rows, 1, features);
}

/// Whether each branch's comparison holds, i1 [N, branches].
static Tensor compareAll(Node &node, const Tensor &rows, llvm::ArrayRef<Branch> branches) {
  Type i32 = node.getBuilder().getI32Type();
  int64_t count = branches.size();
  llvm::SmallVector<double> splits;
  llvm::SmallVector<int64_t> modes;
  llvm::SmallVector<BranchMode> used;
  for (const Branch &branch : branches) {
    splits.push_back(branch.split);
    modes.push_back(static_cast<int64_t>(branch.mode));
    if (!llvm::is_contained(used, branch.mode))
      used.push_back(branch.mode);
  }
  Tensor mode = used.size() == 1 ? node.splat(i32, {}, 0) : node.integers({1, count}, modes, i32);
  return node.map({featuresOf(node, rows, branches), node.reals({1, count}, splits, rows.element), mode},
                  node.getBuilder().getI1Type(), [&](Scalars &s, llvm::ArrayRef<Value> x) {
                    Value result = compare(s, used.front(), x[0], x[1]);
                    for (BranchMode other : llvm::drop_begin(used))
                      result = s.select(s.equal(x[2], s.integer(static_cast<int64_t>(other))),
                                        compare(s, other, x[0], x[1]), result);
                    return result;
                  });
}

/// Whether each branch's feature is one of its members, i1 [N, branches].
static Tensor findMembers(Node &node, const Tensor &rows, llvm::ArrayRef<Branch> branches) {
  OpBuilder &builder = node.getBuilder();
  int64_t count = branches.size(), most = 1;
  for (const Branch &branch : branches)
    most = std::max<int64_t>(most, branch.members.size());
  if (!node.canList({count, most}))
    return node.splat(builder.getI1Type(), {1, count}, 0);
  llvm::SmallVector<double> members(count * most, std::numeric_limits<double>::quiet_NaN());
  for (auto [index, branch] : llvm::enumerate(branches))
    llvm::copy(branch.members, members.begin() + index * most);
  Tensor features = node.reshape(featuresOf(node, rows, branches), {rows.shape[0], count, 1});
  Tensor hits =
      node.map({features, node.reals({1, count, most}, members, rows.element)}, builder.getI32Type(),
               [](Scalars &s, llvm::ArrayRef<Value> x) { return s.toNumber(s.equal(x[0], x[1])); });
  hits = node.reduce(ReduceKind::max, hits, 2);
  return node.cast(node.reshape(hits, {rows.shape[0], count}), builder.getI1Type());
}

/// 1 where a row takes a branch's true side, i8 [N, branches].
static Tensor decide(Node &node, const Tensor &rows, llvm::ArrayRef<Branch> branches) {
  Tensor holds = compareAll(node, rows, branches);
  int64_t count = branches.size();
  llvm::SmallVector<Branch> withMembers;
  Shape source;
  llvm::SmallVector<int64_t> missing;
  for (auto [index, branch] : llvm::enumerate(branches)) {
    bool isMember = branch.mode == BranchMode::member;
    source.push_back(isMember ? count + withMembers.size() : index);
    if (isMember)
      withMembers.push_back(branch);
    missing.push_back(branch.missingIsTrue);
  }
  if (!withMembers.empty())
    holds = takeKnown(node, node.concat({holds, findMembers(node, rows, withMembers)}, 1), 1, source);
  Type i8 = node.getBuilder().getI8Type();
  if (!llvm::is_contained(missing, 1))
    return node.cast(holds, i8);
  Tensor flags = node.integers({1, count}, missing, holds.element);
  return node.map({holds, featuresOf(node, rows, branches), flags}, i8,
                  [](Scalars &s, llvm::ArrayRef<Value> x) {
                    Value isMissing = s.bitAnd(s.logicalNot(s.equal(x[1], x[1])), x[2]);
                    return s.toNumber(s.bitOr(x[0], isMissing));
                  });
}

namespace {
/// Every tree with as many branches and leaves as the largest has.
struct Layout {
  int64_t trees, branches, leaves;
  llvm::SmallVector<Branch> all;            ///< [trees, branches]
  llvm::SmallVector<int64_t> paths, wanted; ///< [trees, leaves, branches], [trees, leaves]
};
} // namespace

/// A path is 1 where it takes the true side, -1 where the false one: their product with the decisions reaches
/// the number of true sides only if all agree.
/// None, refused, if that is too large.
static std::optional<Layout> layOut(Node &node, const Forest &forest) {
  Layout layout = {static_cast<int64_t>(forest.trees.size()), 1, 1, {}, {}, {}};
  for (const Tree &tree : forest.trees) {
    layout.branches = std::max<int64_t>(layout.branches, tree.branches.size());
    layout.leaves = std::max<int64_t>(layout.leaves, tree.leaves.size());
  }
  if (!node.canList({layout.trees, layout.leaves, std::max(layout.branches, forest.targets)}))
    return std::nullopt;
  layout.all.resize(layout.trees * layout.branches);
  layout.paths.resize(layout.trees * layout.leaves * layout.branches, 0);
  layout.wanted.resize(layout.trees * layout.leaves,
                       layout.branches + 1); // out of reach where there is no leaf
  for (auto [index, tree] : llvm::enumerate(forest.trees)) {
    llvm::copy(tree.branches, layout.all.begin() + index * layout.branches);
    for (auto [position, leaf] : llvm::enumerate(tree.leaves)) {
      int64_t place = index * layout.leaves + position;
      layout.wanted[place] = 0;
      for (auto [branch, side] : leaf.path) {
        layout.paths[place * layout.branches + branch] = side ? 1 : -1;
        layout.wanted[place] += side;
      }
    }
  }
  return layout;
}

/// Whether each row ends in each leaf, i1 [N, trees * leaves]. The products are of small integers, so exact.
static Tensor findLeaves(Node &node, const Tensor &rows, const Layout &layout) {
  OpBuilder &builder = node.getBuilder();
  int64_t count = rows.shape[0];
  Tensor decisions = node.reshape(decide(node, rows, layout.all), {count, layout.trees, 1, layout.branches});
  Tensor paths =
      node.integers({layout.trees, layout.leaves, 1, layout.branches}, layout.paths, builder.getI8Type());
  Tensor agreements = node.contract(node.transpose(decisions, {1, 0, 2, 3}), paths);
  Tensor reached = node.map(
      {agreements, node.integers({layout.trees, 1, layout.leaves}, layout.wanted, builder.getI32Type())},
      builder.getI1Type(), [](Scalars &s, llvm::ArrayRef<Value> x) { return s.equal(x[0], x[1]); });
  return node.reshape(node.transpose(reached, {1, 0, 2}), {count, layout.trees * layout.leaves});
}

Tensor evaluateForest(Node &node, const Tensor &rows, const Forest &forest, llvm::StringRef aggregate) {
  constexpr double greatest = std::numeric_limits<float>::max();
  bool isLeast = aggregate == "MIN", isGreatest = aggregate == "MAX";
  if (!isLeast && !isGreatest && aggregate != "SUM" && aggregate != "AVERAGE")
    (void)node.refuse("aggregate_function = '" + aggregate + "' is not supported");
  for (const Tree &tree : forest.trees)
    for (const Branch &branch : tree.branches)
      if (branch.feature < 0 || branch.feature >= rows.shape[1])
        (void)node.refuse("a tree looks at feature " + llvm::Twine(branch.feature) + ", which there is not");
  if (node.refused())
    return rows;
  double neutral = isLeast ? greatest : isGreatest ? -greatest : 0;
  std::optional<Layout> arranged = layOut(node, forest);
  if (!arranged)
    return rows;
  const Layout &layout = *arranged;
  int64_t leaves = layout.trees * layout.leaves, count = rows.shape[0];
  llvm::SmallVector<double> weights(forest.targets * leaves, neutral);
  for (auto [index, tree] : llvm::enumerate(forest.trees))
    for (auto [position, leaf] : llvm::enumerate(tree.leaves))
      for (auto [target, weight] : leaf.weights) {
        double &sum = weights[target * leaves + index * layout.leaves + position];
        sum = isLeast ? std::min(sum, weight) : isGreatest ? std::max(sum, weight) : sum + weight;
      }
  Tensor reached = node.reshape(findLeaves(node, rows, layout), {count, 1, leaves});
  Tensor values =
      node.map({reached, node.reals({1, forest.targets, leaves}, weights, rows.element)}, rows.element,
               [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.select(x[0], x[1], s.real(neutral)); });
  ReduceKind kind = isLeast ? ReduceKind::min : isGreatest ? ReduceKind::max : ReduceKind::add;
  Tensor result = node.reshape(node.reduce(kind, values, 2), {count, forest.targets});
  if (aggregate == "AVERAGE")
    result = node.map(result, rows.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      return s.div(x[0], s.real(static_cast<double>(layout.trees)));
    });
  return result;
}

/// One number for each target added to the scores [N, targets].
static Tensor addBaseValues(Node &node, const Tensor &scores, llvm::ArrayRef<double> base) {
  if (base.empty())
    return scores;
  int64_t count = base.size();
  if (count != 1 && count != scores.shape.back()) {
    (void)node.refuse("'base_values' has " + llvm::Twine(count) + " numbers for " +
                      llvm::Twine(scores.shape.back()) + " targets");
    return scores;
  }
  return node.map({scores, node.reals({1, count}, base, scores.element)}, scores.element,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
}

/// Version 5: trees of plain arrays, enumerations by number.
static Results convertTreeEnsemble(Node &node) {
  static constexpr llvm::StringLiteral aggregates[] = {"AVERAGE", "SUM", "MIN", "MAX"};
  static constexpr llvm::StringLiteral transforms[] = {"NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO",
                                                       "PROBIT"};
  int64_t aggregate = node.integerAttr("aggregate_function", 1),
          transform = node.integerAttr("post_transform", 0);
  std::optional<Forest> forest = readForest(node);
  Tensor rows = featureRows(node);
  if (!forest || node.refused())
    return failure();
  if (aggregate < 0 || aggregate > 3 || transform < 0 || transform > 4)
    return node.refuse("aggregate_function or post_transform is not one that there is");
  Tensor scores = evaluateForest(node, rows, *forest, aggregates[aggregate]);
  return {{node.cast(postTransform(node, scores, transforms[transform]), node.input(0).element)}};
}

static Results convertTreeEnsembleRegressor(Node &node) {
  llvm::StringRef aggregate = node.stringAttr("aggregate_function", "SUM"),
                  transform = node.stringAttr("post_transform", "NONE");
  llvm::SmallVector<double> base = readReals(node, "base_values");
  int64_t targets = node.integerAttr("n_targets", 1);
  std::optional<Forest> forest = readNamedForest(node, "target", targets);
  Tensor rows = featureRows(node);
  if (!forest || node.refused())
    return failure();
  Tensor scores = addBaseValues(node, evaluateForest(node, rows, *forest, aggregate), base);
  return {{postTransform(node, scores, transform)}};
}

/// Scores of two classes from the one that the trees give, and which of them wins, i1 [N, 1].
static std::pair<Tensor, Tensor> splitInTwo(Node &node, const Tensor &score, bool allPositive,
                                            llvm::StringRef transform) {
  double border = allPositive ? 0.5 : 0;
  Tensor wins = node.map(score, node.getBuilder().getI1Type(),
                         [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.less(s.real(border), x[0]); });
  Tensor other = node.map(score, score.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return allPositive ? s.sub(s.real(1), x[0]) : s.negate(x[0]);
  });
  Tensor scores = node.concat({other, score}, 1);
  // Positive weights are probabilities already.
  if (allPositive && transform == "LOGISTIC")
    return {scores, wins};
  return {postTransform(node, scores, transform), wins};
}

static Results convertTreeEnsembleClassifier(Node &node) {
  constexpr llvm::StringLiteral integers = "classlabels_int64s", strings = "classlabels_strings";
  llvm::StringRef transform = node.stringAttr("post_transform", "NONE");
  llvm::SmallVector<double> base = readReals(node, "base_values");
  int64_t classes = countLabels(node, integers, strings);
  std::optional<Forest> forest = readNamedForest(node, "class", classes);
  Tensor rows = featureRows(node);
  if (!forest || node.refused())
    return failure();
  if (classes < 2)
    return node.refuse("a classifier of " + llvm::Twine(classes) + " classes is not supported");
  std::optional<int64_t> only;
  bool isSingle = classes == 2, allPositive = true;
  for (const Tree &tree : forest->trees)
    for (const Leaf &leaf : tree.leaves)
      for (auto [target, weight] : leaf.weights) {
        isSingle &= only.value_or(target) == target;
        only = target;
        allPositive &= weight >= 0;
      }
  Type i32 = node.getBuilder().getI32Type();
  int64_t count = rows.shape[0];
  Tensor scores = evaluateForest(node, rows, *forest, "SUM"), winner;
  if (isSingle && only) {
    if (base.size() > 1)
      return node.refuse("'base_values' of two classes of which the trees score one is not supported");
    Tensor score = addBaseValues(node, node.slice(scores, 1, *only, 1), base);
    std::tie(scores, winner) = splitInTwo(node, score, allPositive, transform);
    winner = node.cast(winner, i32);
  } else {
    scores = addBaseValues(node, scores, base);
    winner = indexOfExtremum(node, scores, 1, ReduceKind::max, /*last=*/false);
    scores = postTransform(node, scores, transform);
  }
  return {{labelsOf(node, node.reshape(winner, {count}), integers, strings), scores}};
}

void addTrees(OperatorTable &table) {
  table.add("TreeEnsemble", 5, "X:real[1..2]", convertTreeEnsemble, kMlDomain);
  table.add("TreeEnsembleRegressor", 1, "X:number[1..2]", convertTreeEnsembleRegressor, kMlDomain);
  table.add("TreeEnsembleClassifier", 1, "X:number[1..2]", convertTreeEnsembleClassifier, kMlDomain);
}

} // namespace sluice::conversion
