//===- AttentionCore.cpp - Scaled dot-product attention -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionCore.h"

#include "Families.h"

#include <limits>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

static constexpr double infinity = std::numeric_limits<double>::infinity();

Tensor splitHeads(Node &node, const Tensor &input, int64_t heads) {
  Shape shape = {input.shape[0], input.shape[1], heads, input.shape[2] / heads};
  return node.transpose(node.reshape(input, shape), {0, 2, 1, 3});
}

Tensor joinHeads(Node &node, const Tensor &input) {
  Shape shape = {input.shape[0], input.shape[2], input.shape[1] * input.shape[3]};
  return node.reshape(node.transpose(input, {0, 2, 1, 3}), shape);
}

Tensor maskBias(Node &node, const Tensor &allowed) {
  return node.map(allowed, node.getBuilder().getF32Type(), [](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(x[0], s.real(0), s.real(-infinity));
  });
}

/// Softmax over the last dimension; zeros for a row of -infinity.
static Tensor maskedSoftmax(Node &node, const Tensor &x) {
  int64_t last = x.rank() - 1;
  Tensor greatest = node.reduce(ReduceKind::max, x, last);
  Tensor powers = node.map({x, greatest}, x.element, [](Scalars &s, llvm::ArrayRef<Value> v) {
    Value shift = s.select(s.equal(v[1], s.real(-infinity)), s.real(0), v[1]);
    return s.exp(s.sub(v[0], shift));
  });
  Tensor sum = node.reduce(ReduceKind::add, powers, last);
  return node.map({powers, sum}, x.element, [](Scalars &s, llvm::ArrayRef<Value> v) {
    return s.select(s.equal(v[1], s.real(0)), s.real(0), s.div(v[0], v[1]));
  });
}

AttentionSteps attend(Node &node, const AttentionOperands &operands) {
  const Tensor &query = operands.query, &key = operands.key, &value = operands.value;
  Type f32 = node.getBuilder().getF32Type();
  int64_t batch = query.shape[0] * key.shape[1], rows = query.shape[1] / key.shape[1] * query.shape[2],
          depth = key.shape[3], keys = key.shape[2], columns = value.shape[3];
  // Heads that share keys are more rows of one product.
  Tensor product = contractReals(node, node.reshape(query, {batch, rows, 1, depth}),
                                 node.reshape(key, {batch, keys, 1, depth}));
  AttentionSteps steps;
  Shape shape = {query.shape[0], query.shape[1], query.shape[2], keys};
  steps.scores = node.map(node.reshape(product, shape), f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.mul(x[0], s.real(operands.scale));
  });
  steps.biased = steps.capped = steps.scores;
  if (operands.softcap != 0)
    steps.biased = steps.capped = node.map(steps.scores, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      Value cap = s.real(operands.softcap);
      return s.mul(cap, s.tanh(s.div(x[0], cap)));
    });
  if (operands.bias)
    steps.biased = node.map({steps.capped, operands.bias}, f32,
                            [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
  steps.probabilities = maskedSoftmax(node, steps.biased);
  Tensor weights = node.cast(node.reshape(steps.probabilities, {batch, rows, 1, keys}), query.element);
  Tensor vectors = node.transpose(node.reshape(value, {batch, keys, columns}), {0, 2, 1});
  product = contractReals(node, weights, node.reshape(vectors, {batch, columns, 1, keys}));
  shape.back() = columns;
  steps.output = node.reshape(product, shape);
  return steps;
}

} // namespace sluice::conversion
