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
  // What a place holds is the same for all caches of a model.
  Tensor isOld = compare(node, place, from, /*orEqual=*/false);
  Tensor isNew = node.map({place, from}, isOld.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.less(x[0], s.add(x[1], s.integer(steps)));
  });
  return node.map({before, rows, isOld, isNew}, fresh.element, [](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(x[2], x[0], s.select(x[3], x[1], s.real(0)));
  });
}

/// A row's greatest score, [B, H, S, 1], or the sink if that is greater.
static Tensor greatestScore(Node &node, const Tensor &x, const Tensor &sink) {
  Tensor greatest = node.reduce(ReduceKind::max, x, x.rank() - 1);
  if (!sink)
    return greatest;
  return node.map({greatest, sink}, x.element,
                  [](Scalars &s, llvm::ArrayRef<Value> v) { return s.max(v[0], v[1]); });
}

/// e to what x is above the greatest score, of which a row of -infinity has none.
static Value powerOf(Scalars &s, Value x, Value greatest) {
  Value shift = s.select(s.equal(greatest, s.real(-infinity)), s.real(0), greatest);
  return s.exp(s.sub(x, shift));
}

static Value divideUnlessEmpty(Scalars &s, Value x, Value divisor) {
  return s.select(s.equal(divisor, s.real(0)), s.real(0), s.div(x, divisor));
}

/// Softmax over the last dimension, in whose sum the sink counts too if there is one; zeros for a row of
/// -infinity.
static Tensor maskedSoftmax(Node &node, const Tensor &x, const Tensor &sink) {
  Tensor greatest = greatestScore(node, x, sink);
  Tensor powers = node.map({x, greatest}, x.element,
                           [](Scalars &s, llvm::ArrayRef<Value> v) { return powerOf(s, v[0], v[1]); });
  Tensor sum = node.reduce(ReduceKind::add, powers, x.rank() - 1);
  if (sink)
    sum = node.map({sum, sink, greatest}, x.element,
                   [](Scalars &s, llvm::ArrayRef<Value> v) { return s.add(v[0], s.exp(s.sub(v[1], v[2]))); });
  return node.map({powers, sum}, x.element,
                  [](Scalars &s, llvm::ArrayRef<Value> v) { return divideUnlessEmpty(s, v[0], v[1]); });
}

/// weights [B, R, 1, T] times values [B, T, E] as f32 [B, R, E].
static Tensor weigh(Node &node, const Tensor &weights, const Tensor &values) {
  Tensor vectors = node.transpose(values, {0, 2, 1});
  return contractReals(node, weights,
                       node.reshape(vectors, {values.shape[0], values.shape[2], 1, values.shape[1]}));
}

/// weights [B, R, 1, T] times the same `column` of T numbers for all, as f32 [B, R, 1].
static Tensor weighColumn(Node &node, const Tensor &weights, llvm::ArrayRef<double> column) {
  const Shape &shape = weights.shape;
  Tensor product =
      contractReals(node, node.reshape(weights, {1, shape[0] * shape[1], 1, shape[3]}),
                    node.reals({1, 1, 1, static_cast<int64_t>(column.size())}, column, weights.element));
  return node.reshape(product, {shape[0], shape[1], 1});
}

/// Of scores [B, H, S, T] the softmax over T times values [G, T, E], where the first `apart` values and those
/// behind them are products of their own; f32 [G, R, E]. The powers of e are each a sum of two f16 numbers,
/// in rows of their own; a product with ones adds them, and the quotient comes last.
static Tensor attendApart(Node &node, const Tensor &scores, const Tensor &sink, const Tensor &values,
                          int64_t apart) {
  Type half = node.getBuilder().getF16Type(), f32 = node.getBuilder().getF32Type();
  const int64_t groups = values.shape[0], keys = values.shape[1], fresh = keys - apart,
                rows = scores.count() / (groups * keys);
  Tensor greatest = greatestScore(node, scores, sink);
  llvm::SmallVector<Tensor> pieces =
      node.maps({scores, greatest}, {half, half}, [&](Scalars &s, llvm::ArrayRef<Value> v) {
        Value power = powerOf(s, v[0], v[1]), high = s.roundTo(power, half);
        return llvm::SmallVector<Value>{high, s.mul(s.sub(power, high), s.real(4096))};
      });
  for (Tensor &piece : pieces)
    piece = node.reshape(piece, {groups, rows, 1, keys});
  Tensor weights = node.concat(pieces, 1);

  llvm::SmallVector<double> ones(keys, 1), unit(keys, 0);
  unit.back() = 1;
  llvm::SmallVector<Tensor> operands;
  // What both pieces' rows give, one operand after the other.
  auto add = [&](const Tensor &product) {
    operands.push_back(node.slice(product, 1, 0, rows));
    operands.push_back(node.slice(product, 1, rows, rows));
  };
  // Apart, so that the quotient can be made of the one's rows as they leave.
  for (const Tensor &piece : pieces)
    operands.push_back(weigh(node, node.slice(piece, 3, 0, apart), node.slice(values, 1, 0, apart)));
  add(weighColumn(node, weights, ones));
  // A weight of one new value comes in all of the value's lanes.
  add(fresh == 1 ? weighColumn(node, weights, unit)
                 : weigh(node, node.slice(weights, 3, apart, fresh), node.slice(values, 1, apart, fresh)));
  if (fresh == 1)
    operands.push_back(node.slice(values, 1, apart, 1));
  if (sink) {
    Tensor power = node.map({sink, greatest}, f32,
                            [](Scalars &s, llvm::ArrayRef<Value> v) { return s.exp(s.sub(v[0], v[1])); });
    operands.push_back(node.reshape(power, {groups, rows, 1}));
  }
  return node.map(operands, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    auto join = [&](size_t i) { return s.fma(v[i + 1], s.real(1.0 / 4096), v[i]); };
    Value late = fresh == 1 ? s.mul(join(4), v[6]) : join(4), divisor = join(2);
    return divideUnlessEmpty(s, s.add(join(0), late), sink ? s.add(divisor, v.back()) : divisor);
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
  shape.back() = columns;
  Tensor values = node.reshape(value, {batch, keys, columns});
  if (operands.apart != 0 && query.element.isF16()) {
    steps.output =
        node.reshape(attendApart(node, steps.biased, operands.sink, values, operands.apart), shape);
    return steps;
  }
  steps.probabilities = maskedSoftmax(node, steps.biased, operands.sink);
  if (operands.changeProbabilities)
    steps.probabilities = operands.changeProbabilities(steps.probabilities);
  Tensor weights = node.cast(node.reshape(steps.probabilities, {batch, rows, 1, keys}), query.element);
  steps.output = node.reshape(weigh(node, weights, values), shape);
  return steps;
}

} // namespace sluice::conversion
