//===- LinearModels.cpp - Linear models and support vector machines -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Learning.h"
#include "Scores.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// Rows [N, K] times a matrix [M, K] of known elements: f32 [N, M].
static Tensor multiply(Node &node, const Tensor &rows, llvm::ArrayRef<double> matrix, int64_t results) {
  int64_t count = rows.shape[0], columns = rows.shape[1];
  Tensor known = node.reals({1, results, 1, columns}, matrix, node.getBuilder().getF32Type());
  return node.reshape(contractReals(node, node.reshape(rows, {1, count, 1, columns}), known),
                      {count, results});
}

/// One number added to each column, or one to all.
static Tensor addRow(Node &node, const Tensor &x, llvm::ArrayRef<double> row) {
  if (row.empty())
    return x;
  return node.map({x, node.reals({1, static_cast<int64_t>(row.size())}, row, x.element)}, x.element,
                  [](Scalars &s, llvm::ArrayRef<Value> v) { return s.add(v[0], v[1]); });
}

static Tensor negated(Node &node, const Tensor &x) {
  return node.map(x, x.element, [](Scalars &s, llvm::ArrayRef<Value> v) { return s.negate(v[0]); });
}

static llvm::SmallVector<double> reals(Node &node, llvm::StringRef name) {
  return node.realsAttr(name).value_or(llvm::SmallVector<double>());
}

/// rows * coefficients + intercepts, [N, results]; refuses numbers that do not fit.
static Tensor linearScores(Node &node, const Tensor &rows, int64_t results) {
  llvm::SmallVector<double> coefficients = reals(node, "coefficients"),
                            intercepts = reals(node, "intercepts");
  bool fits = intercepts.empty() || static_cast<int64_t>(intercepts.size()) == results;
  if (node.refused() || !fits || static_cast<int64_t>(coefficients.size()) != results * rows.shape[1]) {
    (void)node.refuse("'coefficients' and 'intercepts' do not fit the input's features");
    return rows;
  }
  return addRow(node, multiply(node, rows, coefficients, results), intercepts);
}

static Results convertLinearRegressor(Node &node) {
  int64_t targets = node.integerAttr("targets", 1);
  llvm::StringRef transform = node.stringAttr("post_transform", "NONE");
  Tensor scores = linearScores(node, featureRows(node), targets);
  return {{postTransform(node, scores, transform)}};
}

static Results convertLinearClassifier(Node &node) {
  constexpr llvm::StringLiteral integers = "classlabels_ints", strings = "classlabels_strings";
  llvm::StringRef transform = node.stringAttr("post_transform", "NONE");
  node.ignoreAttr("multi_class"); // the scores are the same either way
  Tensor rows = featureRows(node);
  if (node.refused() || rows.shape[1] == 0)
    return node.refuse("the input has no features");
  int64_t scored = reals(node, "coefficients").size() / rows.shape[1],
          classes = countLabels(node, integers, strings);
  Tensor scores = linearScores(node, rows, scored);
  if (node.refused())
    return failure();
  if (scored == 1 && classes == 2)
    scores = node.concat({negated(node, scores), scores}, 1);
  if (scores.shape[1] < 2 || (classes != 0 && classes != scores.shape[1]))
    return node.refuse(llvm::Twine(scored) + " scores for " + llvm::Twine(classes) + " classes");
  Tensor winner = indexOfExtremum(node, scores, 1, ReduceKind::max, /*last=*/false);
  Tensor labels = labelsOf(node, node.reshape(winner, {rows.shape[0]}), integers, strings);
  return {{labels, postTransform(node, scores, transform)}};
}

/// The kernel of each row [N, F] with each of `count` support vectors, [N, count].
static Tensor evaluateKernel(Node &node, const Tensor &rows, int64_t count) {
  llvm::StringRef kernel = node.stringAttr("kernel_type", "LINEAR");
  llvm::SmallVector<double> parameters = reals(node, "kernel_params"),
                            vectors = reals(node, "support_vectors");
  parameters.resize(std::max<size_t>(parameters.size(), 3), 0);
  double gamma = parameters[0], coefficient = parameters[1], degree = parameters[2];
  int64_t features = rows.shape[1];
  if (static_cast<int64_t>(vectors.size()) != count * features) {
    (void)node.refuse("'support_vectors' does not have " + llvm::Twine(features) + " numbers for each of " +
                      llvm::Twine(count) + " vectors");
    return rows;
  }
  Type f32 = rows.element;
  if (kernel == "RBF") {
    Tensor known = node.reals({1, count, features}, vectors, f32);
    Tensor squares = node.map({node.reshape(rows, {rows.shape[0], 1, features}), known}, f32,
                              [](Scalars &s, llvm::ArrayRef<Value> x) {
                                Value difference = s.sub(x[0], x[1]);
                                return s.mul(difference, difference);
                              });
    Tensor distance = node.reshape(node.reduce(ReduceKind::add, squares, 2), {rows.shape[0], count});
    return node.map(distance, f32,
                    [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.exp(s.mul(x[0], s.real(-gamma))); });
  }
  bool isPoly = kernel == "POLY", isSigmoid = kernel == "SIGMOID";
  constexpr double greatestDegree = 64;
  if (isPoly && (degree != std::floor(degree) || degree < 0 || degree > greatestDegree))
    (void)node.refuse("a polynomial kernel of degree " + std::to_string(degree) + " is not supported");
  else if (!isPoly && !isSigmoid && kernel != "LINEAR")
    (void)node.refuse("kernel_type = '" + kernel + "' is not supported");
  Tensor products = multiply(node, rows, vectors, count);
  if (node.refused() || (!isPoly && !isSigmoid))
    return products;
  return node.map(products, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) -> Value {
    Value inner = s.fma(x[0], s.real(gamma), s.real(coefficient));
    if (isSigmoid)
      return s.tanh(inner);
    Value power = s.real(1);
    for (int64_t i = 0; i < static_cast<int64_t>(degree); ++i)
      power = i == 0 ? inner : s.mul(power, inner);
    return power;
  });
}

static Results convertSvmRegressor(Node &node) {
  int64_t supports = node.integerAttr("n_supports", 0), targets = node.integerAttr("n_targets", 1);
  bool oneClass = node.integerAttr("one_class", 0);
  llvm::StringRef transform = node.stringAttr("post_transform", "NONE");
  llvm::SmallVector<double> coefficients = reals(node, "coefficients"), rho = reals(node, "rho");
  for (llvm::StringRef name : {"kernel_type", "kernel_params", "support_vectors"})
    node.ignoreAttr(name);
  Tensor rows = featureRows(node);
  if (node.refused())
    return failure();
  Tensor kernels = supports > 0 ? evaluateKernel(node, rows, supports) : rows;
  if (node.refused() || static_cast<int64_t>(coefficients.size()) != kernels.shape[1] || rho.empty() ||
      targets != 1)
    return node.refuse("'coefficients', 'rho' and 'n_targets' do not fit one target");
  Tensor scores = addRow(node, multiply(node, kernels, coefficients, 1), rho.front());
  if (oneClass)
    scores = node.map(scores, scores.element, [](Scalars &s, llvm::ArrayRef<Value> x) {
      return s.select(s.less(s.real(0), x[0]), s.real(1), s.real(-1));
    });
  return {{postTransform(node, scores, transform)}};
}

namespace {
/// The comparisons of every two classes, as matrices.
struct Duels {
  int64_t count = 0;
  llvm::SmallVector<double> coefficients; ///< [duels, support vectors]
  llvm::SmallVector<int64_t> votes;       ///< [classes, duels]: 1 for the first of the two, -1 for the second
  llvm::SmallVector<int64_t> losses;      ///< [classes]: duels in which a class is the second
};
} // namespace

/// `coefficients` is [classes - 1, support vectors]; the vectors of a class are side by side.
static Duels arrangeDuels(llvm::ArrayRef<double> coefficients, llvm::ArrayRef<int64_t> perClass) {
  int64_t classes = perClass.size(), vectors = std::accumulate(perClass.begin(), perClass.end(), int64_t(0));
  Duels duels;
  duels.count = classes * (classes - 1) / 2;
  duels.coefficients.resize(duels.count * vectors, 0);
  duels.votes.resize(classes * duels.count, 0);
  duels.losses.resize(classes, 0);
  llvm::SmallVector<int64_t> starts = {0};
  for (int64_t size : perClass)
    starts.push_back(starts.back() + size);
  int64_t duel = 0;
  for (int64_t i = 0; i < classes; ++i)
    for (int64_t j = i + 1; j < classes; ++j, ++duel) {
      auto take = [&](int64_t row, int64_t ofClass) {
        for (int64_t v = starts[ofClass]; v < starts[ofClass + 1]; ++v)
          duels.coefficients[duel * vectors + v] = coefficients[row * vectors + v];
      };
      take(j - 1, i);
      take(i, j);
      duels.votes[i * duels.count + duel] = 1;
      duels.votes[j * duels.count + duel] = -1;
      ++duels.losses[j];
    }
  return duels;
}

/// The class that wins most of the duels, i32 [N]: a small integer product counts them.
static Tensor countVotes(Node &node, const Tensor &scores, const Duels &duels) {
  OpBuilder &builder = node.getBuilder();
  int64_t count = scores.shape[0], classes = duels.losses.size();
  Tensor wins = node.map(scores, builder.getI8Type(), [](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.toNumber(s.less(s.real(0), x[0]));
  });
  Tensor balance =
      node.contract(node.reshape(wins, {1, count, 1, duels.count}),
                    node.integers({1, classes, 1, duels.count}, duels.votes, builder.getI8Type()));
  Tensor votes =
      node.map({node.reshape(balance, {count, classes}),
                node.integers({1, classes}, duels.losses, builder.getI32Type())},
               builder.getI32Type(), [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
  return node.reshape(indexOfExtremum(node, votes, 1, ReduceKind::max, /*last=*/false), {count});
}

static Results convertSvmClassifier(Node &node) {
  constexpr llvm::StringLiteral integers = "classlabels_ints", strings = "classlabels_strings";
  llvm::StringRef transform = node.stringAttr("post_transform", "NONE");
  Shape perClass = node.integersAttr("vectors_per_class").value_or(Shape());
  llvm::SmallVector<double> coefficients = reals(node, "coefficients"), rho = reals(node, "rho");
  int64_t classes = countLabels(node, integers, strings), vectors = 0;
  for (llvm::StringRef name : {"kernel_type", "kernel_params", "support_vectors"})
    node.ignoreAttr(name);
  if (node.hasAttribute("prob_a") || node.hasAttribute("prob_b"))
    return node.refuse("probabilities ('prob_a', 'prob_b') are not supported");
  for (int64_t size : perClass)
    vectors += size;
  Tensor rows = featureRows(node);
  if (node.refused())
    return failure();
  auto isNegative = [](int64_t size) { return size < 0; };
  if (vectors == 0 || classes < 2 || static_cast<int64_t>(perClass.size()) != classes ||
      llvm::any_of(perClass, isNegative))
    return node.refuse("a support vector machine of " + llvm::Twine(classes) + " classes and " +
                       llvm::Twine(vectors) + " vectors is not supported");
  if (static_cast<int64_t>(coefficients.size()) != (classes - 1) * vectors ||
      static_cast<int64_t>(rho.size()) != classes * (classes - 1) / 2)
    return node.refuse("'coefficients' and 'rho' do not fit the classes");
  if (!node.canList({static_cast<int64_t>(rho.size()), std::max(vectors, classes)}))
    return failure();
  Duels duels = arrangeDuels(coefficients, perClass);
  Tensor kernels = evaluateKernel(node, rows, vectors);
  if (node.refused())
    return failure();
  Tensor scores = addRow(node, multiply(node, kernels, duels.coefficients, duels.count), rho);
  Tensor labels = labelsOf(node, countVotes(node, scores, duels), integers, strings);
  if (classes == 2) {
    if (transform != "NONE" && transform != "LOGISTIC")
      return node.refuse("post_transform = '" + transform + "' of two classes is not supported");
    scores = node.concat({negated(node, scores), scores}, 1);
  }
  return {{labels, postTransform(node, scores, transform)}};
}

void addLinearModels(OperatorTable &table) {
  table.add("LinearRegressor", 1, "X:number[1..2]", convertLinearRegressor, kMlDomain);
  table.add("LinearClassifier", 1, "X:number[1..2]", convertLinearClassifier, kMlDomain);
  table.add("SVMRegressor", 1, "X:number[1..2]", convertSvmRegressor, kMlDomain);
  table.add("SVMClassifier", 1, "X:number[1..2]", convertSvmClassifier, kMlDomain);
}

} // namespace sluice::conversion
