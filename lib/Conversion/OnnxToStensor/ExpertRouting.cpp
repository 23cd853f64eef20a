//===- ExpertRouting.cpp - The choice of experts --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Experts.h"

#include "Families.h"

#include <limits>
#include <numeric>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// How many of a row's experts have a higher score, [rows, experts]. Of equal ones the later counts as
/// higher.
static Tensor rank(Node &node, const Tensor &scores) {
  int64_t rows = scores.shape[0], count = scores.shape[1];
  Type i32 = node.getBuilder().getI32Type();
  Shape order(count);
  std::iota(order.begin(), order.end(), 0);
  Tensor mine = node.reshape(scores, {rows, count, 1}), other = node.reshape(scores, {rows, 1, count}),
         myPlace = node.integers({count, 1}, order, i32), otherPlace = node.integers({1, count}, order, i32);
  Tensor isBetter =
      node.map({other, mine, otherPlace, myPlace}, i32, [](Scalars &s, llvm::ArrayRef<Value> x) {
        Value isLater = s.bitAnd(s.equal(x[0], x[1]), s.greater(x[2], x[3]));
        return s.toNumber(s.bitOr(s.greater(x[0], x[1]), isLater));
      });
  return node.reshape(node.reduce(ReduceKind::add, isBetter, 2), {rows, count});
}

/// Shares divided by the sum of the best ones'; none where that is 0.
static Tensor normalize(Node &node, const Routed &routed, int64_t best) {
  Type f32 = node.getBuilder().getF32Type();
  Tensor chosen = node.map({routed.shares, routed.ranks}, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.less(x[1], s.integer(best)), x[0], s.real(0));
  });
  return node.map({routed.shares, node.reduce(ReduceKind::add, chosen, 1)}, f32,
                  [](Scalars &s, llvm::ArrayRef<Value> v) {
                    return s.select(s.equal(v[1], s.real(0)), s.real(0), s.div(v[0], v[1]));
                  });
}

/// The share of each row's expert of `place`, [rows, 1]: its part in the softmax over the experts that are
/// not liked better and whose scores are less than a fiftieth of the greater magnitude below its own.
static Tensor sparseShare(Node &node, const Tensor &scores, const Tensor &ranks, int64_t place) {
  constexpr double nearness = 0.02; // twice the jitter that the router was trained with
  Type f32 = node.getBuilder().getF32Type();
  auto isCandidate = [&](Scalars &s, Value rank) { return s.lessOrEqual(s.integer(place), rank); };
  Tensor candidates = node.map({scores, ranks}, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(isCandidate(s, x[1]), x[0], s.real(-std::numeric_limits<double>::infinity()));
  });
  Tensor powers =
      node.map({scores, ranks, node.reduce(ReduceKind::max, candidates, 1)}, f32,
               [&](Scalars &s, llvm::ArrayRef<Value> x) {
                 Value below = s.sub(x[2], x[0]), scale = s.max(s.absolute(x[0]), x[2]);
                 // Near as well if both are 0.
                 Value isNear = s.logicalNot(s.greater(s.div(below, scale), s.real(nearness)));
                 return s.select(s.bitAnd(isNear, isCandidate(s, x[1])), s.exp(s.negate(below)), s.real(0));
               });
  return node.map(node.reduce(ReduceKind::add, powers, 1), f32,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.div(s.real(1), x[0]); });
}

Routed route(Node &node, const Routing &routing) {
  Type f32 = node.getBuilder().getF32Type();
  Routed routed;
  routed.ranks = rank(node, routing.scores);
  if (routing.isSparse) {
    routed.shares = node.map({routed.ranks, sparseShare(node, routing.scores, routed.ranks, 0),
                              sparseShare(node, routing.scores, routed.ranks, 1)},
                             f32, [](Scalars &s, llvm::ArrayRef<Value> x) {
                               return s.select(s.equal(x[0], s.integer(0)), x[1], x[2]);
                             });
    return routed;
  }
  routed.shares = routing.shares ? routing.shares : softmax(node, routing.scores, 1);
  if (routing.isNormalized)
    routed.shares = normalize(node, routed, routing.best);
  return routed;
}

} // namespace sluice::conversion
