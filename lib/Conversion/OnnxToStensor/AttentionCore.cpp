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

Tensor countAlong(Node &node, int64_t dim, int64_t size) {
  Shape shape(4, 1);
  shape[dim] = size;
  return node.countUp(shape);
}

Tensor addIntegers(Node &node, const Tensor &a, const Tensor &b) {
  return node.map({a, b}, node.getBuilder().getI32Type(),
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
}

Tensor compare(Node &node, const Tensor &a, const Tensor &b, bool orEqual) {
  return node.map({a, b}, node.getBuilder().getI1Type(), [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return orEqual ? s.lessOrEqual(x[0], x[1]) : s.less(x[0], x[1]);
  });
}

Tensor sumOfBiases(Node &node, llvm::ArrayRef<Tensor> parts) {
  if (parts.size() < 2)
    return parts.empty() ? Tensor() : parts.front();
  return node.map(parts, node.getBuilder().getF32Type(), [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value sum = x[0];
    for (Value part : x.drop_front())
      sum = s.add(sum, part);
    return sum;
  });
}

bool fitTogether(const AttentionOperands &operands) {
  const Shape &query = operands.query.shape, &key = operands.key.shape, &value = operands.value.shape;
  return query.size() == 4 && key.size() == 4 && value.size() == 4 && query[0] == key[0] &&
         key[0] == value[0] && key[1] == value[1] && key[2] == value[2] && query[3] == key[3] && key[1] > 0 &&
         query[1] % key[1] == 0;
}

/// For each place of a cache the new vector [B, G, S, D] that stands there: the first before them, the last
/// behind.
static Tensor spreadFresh(Node &node, const Tensor &fresh, const Tensor &start, const Tensor &place,
                          int64_t present) {
  int64_t heads = fresh.shape[0] * fresh.shape[1], steps = fresh.shape[2], depth = fresh.shape[3];
  // Vectors are counted through all batch elements and heads.
  Type i32 = node.getBuilder().getI32Type();
  Tensor base = node.map(node.countUp({fresh.shape[0], fresh.shape[1], 1, 1}), i32,
                         [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], s.integer(steps)); });
  Tensor row = node.map({place, start, base}, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value step = s.max(s.integer(0), s.min(s.sub(x[0], x[1]), s.integer(steps - 1)));
    return s.add(step, x[2]);
  });
  Tensor rows = node.gather(node.reshape(fresh, {heads * steps, depth}), node.reshape(row, {row.count()}));
  return node.reshape(rows, {fresh.shape[0], fresh.shape[1], present, depth});
}

/// The same numbers; a run in which one is negative or above `limit` ends with a fault, an index outside its
/// table.
static Tensor checkStart(Node &node, const Tensor &start, int64_t limit) {
  if (start.constant) {
    for (int64_t known : readDistinctIntegers(start.constant))
      if (known < 0 || known > limit)
        (void)node.refuseAt("the cache has no room at position " + llvm::Twine(known));
    return start;
  }
  Tensor isOutside = node.map(start, start.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.toNumber(s.bitOr(s.less(x[0], s.integer(0)), s.less(s.integer(limit), x[0])));
  });
  Tensor nothing = node.gather(node.integers({1, 1}, Shape{0}, start.element),
                               node.reshape(isOutside, {isOutside.count()}));
  return addIntegers(node, start, node.reshape(nothing, start.shape));
}

Tensor extendCache(Node &node, const Tensor &past, const Tensor &fresh, const Tensor &start,
                   int64_t present) {
  int64_t steps = fresh.shape[2];
  Tensor from = checkStart(node, start, present - steps), place = countAlong(node, 2, present);
  Tensor before = node.pad(past, {0, 0, 0, 0}, {0, 0, present - past.shape[2], 0}, 0);
  Tensor rows = steps == 1 ? fresh : spreadFresh(node, fresh, from, place, present);
  return node.map({before, rows, place, from}, fresh.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value isNew = s.less(x[2], s.add(x[3], s.integer(steps)));
    Value written = s.select(isNew, x[1], s.real(0));
    return s.select(s.less(x[2], x[3]), x[0], written);
  });
}

/// Softmax over the last dimension, in whose sum the sink counts too if there is one; zeros for a row of
/// -infinity.
static Tensor maskedSoftmax(Node &node, const Tensor &x, const Tensor &sink) {
  int64_t last = x.rank() - 1;
  Tensor greatest = node.reduce(ReduceKind::max, x, last);
  if (sink)
    greatest = node.map({greatest, sink}, x.element,
                        [](Scalars &s, llvm::ArrayRef<Value> v) { return s.max(v[0], v[1]); });
  Tensor powers = node.map({x, greatest}, x.element, [](Scalars &s, llvm::ArrayRef<Value> v) {
    Value shift = s.select(s.equal(v[1], s.real(-infinity)), s.real(0), v[1]);
    return s.exp(s.sub(v[0], shift));
  });
  Tensor sum = node.reduce(ReduceKind::add, powers, last);
  if (sink)
    sum = node.map({sum, sink, greatest}, x.element,
                   [](Scalars &s, llvm::ArrayRef<Value> v) { return s.add(v[0], s.exp(s.sub(v[1], v[2]))); });
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
  if (operands.changeScores)
    steps.biased = operands.changeScores(steps.biased);
  steps.probabilities = maskedSoftmax(node, steps.biased, operands.sink);
  if (operands.changeProbabilities)
    steps.probabilities = operands.changeProbabilities(steps.probabilities);
  Tensor weights = node.cast(node.reshape(steps.probabilities, {batch, rows, 1, keys}), query.element);
  Tensor vectors = node.transpose(node.reshape(value, {batch, keys, columns}), {0, 2, 1});
  product = contractReals(node, weights, node.reshape(vectors, {batch, columns, 1, keys}));
  shape.back() = columns;
  steps.output = node.reshape(product, shape);
  return steps;
}

} // namespace sluice::conversion
