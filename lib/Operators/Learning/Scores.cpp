//===- Scores.cpp - From scores to classes --------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scores.h"

#include "Families.h"

#include "sluice/Conversion/BeyondMachine.h"

#include <cmath>
#include <numbers>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

Tensor featureRows(Node &node) {
  const Tensor &input = node.input(0);
  Tensor numbers = node.cast(input, node.getBuilder().getF32Type());
  if (input.rank() == 1)
    return node.reshape(numbers, {1, input.count()});
  if (input.rank() != 2)
    (void)node.refuse("the input is no matrix");
  return numbers;
}

/// sqrt(2) times the inverse error function of 2 x - 1, by Winitzki's formula with a = 0.147.
static Value probit(Scalars &s, Value x) {
  constexpr double a = 0.147;
  Value y = s.fma(x, s.real(2), s.real(-1));
  Value log = s.log(s.mul(s.sub(s.real(1), y), s.add(s.real(1), y)));
  Value half = s.fma(log, s.real(0.5), s.real(2 / (std::numbers::pi * a)));
  Value root = s.sqrt(s.sub(s.mul(half, half), s.mul(log, s.real(1 / a))));
  Value magnitude = s.mul(s.sqrt(s.sub(root, half)), s.real(std::numbers::sqrt2));
  return s.select(s.less(y, s.real(0)), s.negate(magnitude), magnitude);
}

/// The softmax of what is not zero; zeros stay.
static Tensor softmaxZero(Node &node, const Tensor &scores) {
  Tensor greatest = node.reduce(ReduceKind::max, scores, 1);
  Tensor powers = node.map({scores, greatest}, scores.element, [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value isZero = s.lessOrEqual(s.absolute(x[0]), s.real(1e-7));
    return s.select(isZero, s.mul(x[0], s.exp(s.negate(x[1]))), s.exp(s.sub(x[0], x[1])));
  });
  Tensor sum = node.reduce(ReduceKind::add, powers, 1);
  return node.map({powers, sum}, scores.element, [](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.equal(x[1], s.real(0)), s.real(0.5), s.div(x[0], x[1]));
  });
}

Tensor postTransform(Node &node, const Tensor &scores, llvm::StringRef name) {
  auto each = [&](Value (*function)(Scalars &, Value)) {
    return node.map(scores, scores.element,
                    [&](Scalars &s, llvm::ArrayRef<Value> x) { return function(s, x[0]); });
  };
  if (name == "LOGISTIC")
    return each(sigmoid);
  if (name == "PROBIT")
    return each(probit);
  if (name == "SOFTMAX")
    return softmax(node, scores, 1);
  if (name == "SOFTMAX_ZERO")
    return softmaxZero(node, scores);
  if (name != "NONE")
    (void)node.refuse("post_transform = '" + name + "' is not supported");
  return scores;
}

int64_t countLabels(Node &node, llvm::StringRef integers, llvm::StringRef strings) {
  Shape numbers = node.numbersAttr(integers).value_or(Shape());
  auto names = node.stringsAttr(strings).value_or(llvm::SmallVector<llvm::StringRef>());
  return std::max(numbers.size(), names.size());
}

Tensor labelsOf(Node &node, const Tensor &indices, llvm::StringRef integers, llvm::StringRef strings) {
  Shape numbers = node.numbersAttr(integers).value_or(Shape());
  if (numbers.empty()) {
    if (node.hasAttribute(strings) && node.isUsed(0))
      (void)node.refuse(kBeyondMachine + "labels that are strings");
    return node.hasAttribute(strings) ? Tensor() : node.cast(indices, node.getBuilder().getI64Type());
  }
  return node.gather(node.integers(numbers), indices);
}

} // namespace sluice::conversion
