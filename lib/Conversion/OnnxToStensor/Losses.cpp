//===- Losses.cpp - Losses of classification ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// The element of `values` (broadcast to [N, C, ...]) in the class that `target` [N, 1, ...] names, as [N, 1,
/// ...].
static Tensor takeClass(Node &node, const Tensor &values, const Tensor &target, int64_t classes) {
  Shape shape(target.rank(), 1);
  shape[1] = classes;
  Tensor positions = node.countUp(shape);
  Tensor chosen =
      node.map({target, positions, values}, values.element, [](Scalars &s, llvm::ArrayRef<Value> x) {
        return s.select(s.equal(x[0], x[1]), x[2], s.real(0));
      });
  return node.reduce(ReduceKind::add, chosen, 1);
}

static Tensor sumOfAll(Node &node, const Tensor &input) {
  return node.reshape(node.reduce(ReduceKind::add, node.reshape(input, {input.count()}), 0), {});
}

static Shape dropAxis(Shape shape, int64_t axis) {
  shape.erase(shape.begin() + axis);
  return shape;
}

/// The negative log-likelihood of classes: `logs` [N, C, ...] in f32.
static Results likelihoodLoss(Node &node, const Tensor &logs, const Tensor &targets, const Tensor &weights,
                              Type element) {
  llvm::StringRef reduction = node.stringAttr("reduction", "mean");
  std::optional<int64_t> ignored;
  if (node.hasAttribute("ignore_index"))
    ignored = node.numberAttr("ignore_index", 0);
  if (reduction != "none" && reduction != "sum" && reduction != "mean")
    return node.refuse("reduction = '" + reduction + "' is not supported");
  if (failed(node.needShape(1, dropAxis(logs.shape, 1))) || failed(node.needShape(2, {logs.shape[1]})))
    return failure();
  Type f32 = logs.element;
  int64_t classes = logs.shape[1];
  Shape expanded = targets.shape, perClass(logs.rank(), 1);
  expanded.insert(expanded.begin() + 1, 1);
  perClass[1] = classes;
  Tensor target = node.cast(node.reshape(targets, expanded), node.getBuilder().getI32Type());
  Tensor weight = node.splat(f32, {}, 1);
  if (weights)
    weight = takeClass(node, node.cast(node.reshape(weights, perClass), f32), target, classes);
  weight = node.map({target, weight}, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return ignored ? s.select(s.equal(x[0], s.integer(*ignored)), s.real(0), x[1]) : x[1];
  });
  Tensor loss = node.map({takeClass(node, logs, target, classes), weight}, f32,
                         [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(s.negate(x[0]), x[1]); });
  if (reduction == "none")
    return {{node.cast(node.reshape(loss, targets.shape), element)}};
  Tensor sum = sumOfAll(node, loss);
  if (reduction == "mean")
    sum = node.map({sum, sumOfAll(node, weight)}, f32,
                   [](Scalars &s, llvm::ArrayRef<Value> x) { return s.div(x[0], x[1]); });
  return {{node.cast(sum, element)}};
}

static Results convertLikelihoodLoss(Node &node) {
  const Tensor &input = node.input(0);
  Tensor logs = node.cast(input, node.getBuilder().getF32Type());
  return likelihoodLoss(node, logs, node.input(1), node.input(2), input.element);
}

static Results convertCrossEntropyLoss(Node &node) {
  const Tensor &input = node.input(0);
  Tensor logs = logSoftmax(node, node.cast(input, node.getBuilder().getF32Type()), 1);
  Results results = likelihoodLoss(node, logs, node.input(1), node.input(2), input.element);
  if (succeeded(results))
    results->push_back(node.cast(logs, input.element));
  return results;
}

void addLosses(OperatorTable &table) {
  table.add("NegativeLogLikelihoodLoss", 12, "input:real[2..] target:integer weight?:real[1]",
            convertLikelihoodLoss);
  table.add("SoftmaxCrossEntropyLoss", 12, "scores:real[2..] labels:integer weights?:real[1]",
            convertCrossEntropyLoss);
}

} // namespace sluice::conversion
