//===- SortingNetwork.cpp - Lists put in order side by side ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SortingNetwork.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice::conversion {

static Lists apply(const Lists &lists, llvm::function_ref<Tensor(const Tensor &)> change) {
  return {change(lists.keys), change(lists.tags)};
}

/// [first, first + count) of one dimension.
static Lists part(Node &node, const Lists &lists, int64_t dim, int64_t first, int64_t count) {
  return apply(lists, [&](const Tensor &x) { return node.slice(x, dim, first, count); });
}

static Lists concat(Node &node, const Lists &a, const Lists &b, int64_t dim) {
  return {node.concat({a.keys, b.keys}, dim), node.concat({a.tags, b.tags}, dim)};
}

/// Last ones behind dimension `dim`, up to `size`.
static Lists padTo(Node &node, const Lists &lists, int64_t dim, int64_t size) {
  Shape low(3, 0), high(3, 0);
  high[dim] = size - lists.keys.shape[dim];
  if (high[dim] == 0)
    return lists;
  return {node.pad(lists.keys, low, high, kLastKey), node.pad(lists.tags, low, high, kLastTag)};
}

/// The same elements in lists of another length, in the order in which they lie.
static Lists inListsOf(Node &node, const Lists &lists, int64_t length) {
  Shape shape = lists.keys.shape;
  shape[0] = shape[0] * shape[1] / length;
  shape[1] = length;
  return apply(lists, [&](const Tensor &x) { return node.reshape(x, shape); });
}

/// Whether the element of key b and its tag comes before that of key a.
static Value comesBefore(Scalars &s, Value bKey, Value bTag, Value aKey, Value aTag) {
  return s.select(s.equal(aKey, bKey), s.less(bTag, aTag), s.less(aKey, bKey));
}

/// Compares the lists element by element: what comes first of each pair, and the other.
static std::pair<Lists, Lists> exchange(Node &node, const Lists &a, const Lists &b) {
  Type i32 = node.getBuilder().getI32Type();
  llvm::SmallVector<Tensor> results = node.maps(
      {a.keys, a.tags, b.keys, b.tags}, {i32, i32, i32, i32},
      [](Scalars &s, llvm::ArrayRef<Value> x) -> llvm::SmallVector<Value> {
        Value swap = comesBefore(s, x[2], x[3], x[0], x[1]);
        return {s.max(x[0], x[2]), s.select(swap, x[3], x[1]), s.min(x[0], x[2]), s.select(swap, x[1], x[3])};
      });
  return {{results[0], results[1]}, {results[2], results[3]}};
}

/// What comes first of each pair.
static Lists firstOf(Node &node, const Lists &a, const Lists &b) {
  Type i32 = node.getBuilder().getI32Type();
  llvm::SmallVector<Tensor> results =
      node.maps({a.keys, a.tags, b.keys, b.tags}, {i32, i32},
                [](Scalars &s, llvm::ArrayRef<Value> x) -> llvm::SmallVector<Value> {
                  return {s.max(x[0], x[2]), s.select(comesBefore(s, x[2], x[3], x[0], x[1]), x[3], x[1])};
                });
  return {results[0], results[1]};
}

/// Puts lists in order that rise or fall up to one place and go the other way from there (bitonic).
static Lists sortBitonic(Node &node, Lists lists) {
  int64_t length = lists.length();
  for (int64_t distance = length / 2; distance > 0; distance /= 2) {
    Lists blocks = inListsOf(node, lists, 2 * distance);
    auto [first, second] =
        exchange(node, part(node, blocks, 1, 0, distance), part(node, blocks, 1, distance, distance));
    lists = inListsOf(node, concat(node, first, second, 1), length);
  }
  return lists;
}

static Lists reversed(Node &node, const Lists &lists) {
  int64_t length = lists.length();
  return apply(lists, [&](const Tensor &x) { return node.slice(x, 1, length - 1, length, -1); });
}

/// Of each two lists in order one, in order.
static Lists merge(Node &node, const Lists &a, const Lists &b) {
  int64_t length = a.length();
  // What is first of each pair makes a bitonic list, and all of it comes before the others.
  auto [first, second] = exchange(node, a, reversed(node, b));
  Lists halves = sortBitonic(node, inListsOf(node, concat(node, first, second, 1), length));
  return inListsOf(node, halves, 2 * length);
}

/// The first half of that.
static Lists mergeFirst(Node &node, const Lists &a, const Lists &b) {
  return sortBitonic(node, firstOf(node, a, reversed(node, b)));
}

static int64_t powerOfTwoAbove(int64_t n) { return int64_t(llvm::bit_ceil(uint64_t(n))); }

Lists sortLists(Node &node, Lists lists, int64_t most) {
  int64_t length = std::min(powerOfTwoAbove(most), powerOfTwoAbove(lists.length()));
  lists = inListsOf(node, padTo(node, lists, 1, llvm::alignTo(lists.length(), length)), 1);
  while (lists.length() < length) {
    Lists pairs = inListsOf(node, lists, 2 * lists.length());
    lists = merge(node, part(node, pairs, 1, 0, lists.length()),
                  part(node, pairs, 1, lists.length(), lists.length()));
  }
  for (int64_t count; (count = lists.keys.shape[0]) > 1;) {
    // Each list of the first half with one of the second; an odd one waits.
    Lists merged =
        mergeFirst(node, part(node, lists, 0, 0, count / 2), part(node, lists, 0, count / 2, count / 2));
    lists = count % 2 ? concat(node, merged, part(node, lists, 0, count - 1, 1), 0) : merged;
  }
  return lists;
}

Lists mergeLanes(Node &node, Lists lists, int64_t most) {
  for (int64_t lanes; (lanes = lists.lanes()) > 1;) {
    int64_t half = (lanes + 1) / 2;
    Lists left = part(node, lists, 2, 0, half),
          right = padTo(node, part(node, lists, 2, half, lanes - half), 2, half);
    lists = lists.length() < most ? merge(node, left, right) : mergeFirst(node, left, right);
  }
  return lists;
}

//===----------------------------------------------------------------------===//
// Lists over several lanes
//===----------------------------------------------------------------------===//
//
// A list of `span` lanes has its elements lane by lane: element j * length + v is in lane j at place v.

/// The lanes of each run of `size` in the opposite order.
static Lists lanesReversed(Node &node, const Lists &lists, int64_t size) {
  Shape shape = lists.keys.shape;
  return apply(lists, [&](const Tensor &x) {
    Tensor runs = node.reshape(x, {shape[0] * shape[1] * shape[2] / size, size});
    return node.reshape(node.slice(runs, 1, size - 1, size, -1), shape);
  });
}

/// Every lane exchanged with lane xor `distance`.
static Lists lanesSwapped(Node &node, const Lists &lists, int64_t distance) {
  Shape shape = lists.keys.shape;
  return apply(lists, [&](const Tensor &x) {
    Tensor pairs = node.reshape(x, {shape[0] * shape[1] * shape[2] / (2 * distance), 2, distance});
    return node.reshape(node.slice(pairs, 1, 1, 2, -1), shape);
  });
}

/// Compares each element with its partner. Lanes l with bit `distance` clear keep what comes first.
static Lists exchangeLanes(Node &node, const Lists &lists, const Lists &partners, int64_t distance) {
  Type i32 = node.getBuilder().getI32Type(), i1 = node.getBuilder().getI1Type();
  Tensor keepsOther = node.map(node.countUp({1, 1, lists.lanes()}), i1, [&](Scalars &s, ArrayRef<Value> x) {
    return s.equal(s.bitAnd(x[0], s.integer(distance)), s.integer(distance));
  });
  llvm::SmallVector<Tensor> results =
      node.maps({lists.keys, lists.tags, partners.keys, partners.tags, keepsOther}, {i32, i32},
                [](Scalars &s, ArrayRef<Value> x) -> llvm::SmallVector<Value> {
                  Value take = s.bitXor(comesBefore(s, x[2], x[3], x[0], x[1]), x[4]);
                  return {s.select(take, x[2], x[0]), s.select(take, x[3], x[1])};
                });
  return {results[0], results[1]};
}

/// Puts bitonic lists of `span` lanes in order.
static Lists sortBitonicLanes(Node &node, Lists lists, int64_t span) {
  for (int64_t distance = span / 2; distance > 0; distance /= 2)
    lists = exchangeLanes(node, lists, lanesSwapped(node, lists, distance), distance);
  return sortBitonic(node, lists);
}

Tensor flatten(Node &node, const Tensor &list) {
  return node.reshape(node.transpose(list, {0, 2, 1}), {1, list.count()});
}

Lists mergeAcrossLanes(Node &node, Lists lists, int64_t most) {
  int64_t span = 1;
  for (; span < lists.lanes() && span * lists.length() < most; span *= 2) {
    Lists partners = lanesReversed(node, reversed(node, lists), 2 * span);
    lists = sortBitonicLanes(node, exchangeLanes(node, lists, partners, span), span);
  }
  while (lists.lanes() > span) {
    int64_t half = lists.lanes() / 2;
    Lists right = lanesReversed(node, reversed(node, part(node, lists, 2, half, half)), span);
    lists = sortBitonicLanes(node, firstOf(node, part(node, lists, 2, 0, half), right), span);
  }
  return lists;
}

//===----------------------------------------------------------------------===//
// What they cost
//===----------------------------------------------------------------------===//

NetworkCost sortCost(int64_t length, int64_t most) {
  int64_t sorted = std::min(powerOfTwoAbove(most), powerOfTwoAbove(length)), depth = llvm::Log2_64(sorted);
  int64_t lists = llvm::divideCeil(length, sorted);
  NetworkCost cost{depth * (depth + 1) / 2, lists * sorted / 2 * (depth * (depth + 1) / 2)};
  for (; lists > 1; lists -= lists / 2) {
    cost.steps += 1 + depth;
    cost.comparisons += lists / 2 * (sorted + sorted / 2 * depth);
  }
  return cost;
}

NetworkCost mergeCost(int64_t length, int64_t lanes, int64_t most) {
  NetworkCost cost;
  for (; lanes > 1; lanes -= lanes / 2) {
    int64_t depth = llvm::Log2_64(length);
    cost.steps += 1 + depth;
    cost.laneSteps += 1;
    cost.moves += length;
    bool isWhole = length < most;
    cost.comparisons += length + (isWhole ? length : length / 2) * depth;
    length *= isWhole ? 2 : 1;
  }
  return cost;
}

NetworkCost mergeAcrossCost(int64_t length, int64_t lanes, int64_t most) {
  NetworkCost cost;
  int64_t depth = llvm::Log2_64(length);
  auto merge = [&](int64_t laneSteps) {
    cost.steps += laneSteps + depth;
    cost.laneSteps += laneSteps;
    cost.moves += laneSteps * length;
    cost.comparisons += laneSteps * length + depth * length / 2;
  };
  int64_t span = 1;
  for (; span < lanes && span * length < most; span *= 2)
    merge(1 + llvm::Log2_64(span));
  for (; lanes > span; lanes /= 2)
    merge(1 + llvm::Log2_64(span));
  return cost;
}

} // namespace sluice::conversion
