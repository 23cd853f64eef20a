//===- TopK.cpp - The greatest elements in order --------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"
#include "SortingNetwork.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <limits>
#include <numeric>

using namespace mlir;

namespace sluice::conversion {

/// How rows of elements lie while the first k of each are found.
struct Arrangement {
  /// Each row is on a lane of its own and all are put in order at once; else they are one after the other.
  bool isAbreast = false;
  /// Of a row that lies on many lanes, the list that comes to be is on many, not on one in the end.
  bool isAcross = false;
  int64_t lanes = 1; ///< that one row takes
};

/// About how many cycles a network takes on `count` lists that do not wait for each other: a comparison step
/// waits for the one before it, a pair of vectors is compared a cycle, less often where runs are short,
/// and the permutors move one vector of keys and one of tags a cycle. Measured on schedules for tsp1.
static double cyclesOf(const NetworkCost &cost, double count, double comparison) {
  constexpr double step = 40, laneStep = 50;
  return step * cost.steps + laneStep * cost.laneSteps + count * (comparison * cost.comparisons + cost.moves);
}

static Arrangement chooseArrangement(int64_t rows, int64_t size, int64_t k) {
  constexpr double shortRuns = 2.4, longRuns = 1.2;
  // The chunks in which a row lies anyway, or as many of their lanes as make a power of two.
  int64_t lanes = std::min(size, stensor::kContractionChunk), length = llvm::divideCeil(size, lanes);
  int64_t even = int64_t(llvm::bit_floor(uint64_t(stensor::kContractionChunk)));
  even = std::min(even, int64_t(llvm::bit_ceil(uint64_t(size))));
  int64_t evenLength = llvm::divideCeil(size, even);
  auto listLength = [&](int64_t length) {
    return int64_t(std::min(llvm::bit_ceil(uint64_t(length)), llvm::bit_ceil(uint64_t(k))));
  };
  NetworkCost narrowing = sortCost(length, k), across = sortCost(evenLength, k);
  narrowing += mergeCost(listLength(length), lanes, k);
  across += mergeAcrossCost(listLength(evenLength), even, k);
  // Chunks of another size are put together from two or three each.
  double cut = size > lanes && even != lanes ? 3.0 * rows * evenLength : 0;
  std::pair<double, Arrangement> choices[] = {
      {cyclesOf(narrowing, rows, shortRuns), {false, false, lanes}},
      {cyclesOf(across, rows, shortRuns) + cut, {false, true, even}},
      // Elements may have to be moved one by one to come to lie abreast.
      {cyclesOf(sortCost(size, k), llvm::divideCeil(rows, stensor::kContractionChunk), longRuns) +
           0.6 * rows * size,
       {true, false, 1}}};
  return llvm::min_element(choices, llvm::on_first<std::less<double>>())->second;
}

/// A row [1, n] as lists of its elements at the same place of a chunk of lanes.
static Tensor layOut(Node &node, const Tensor &row, int64_t lanes, int64_t last) {
  int64_t length = llvm::divideCeil(row.shape[1], lanes);
  return node.reshape(node.pad(row, {0, 0}, {0, length * lanes - row.shape[1]}, last), {1, length, lanes});
}

/// All rows [R, n] at once: their first k elements, [R, k].
static Lists sortAbreast(Node &node, const Lists &rows, int64_t k) {
  int64_t count = rows.keys.shape[0], size = rows.keys.shape[1];
  auto abreast = [&](const Tensor &x) { return node.reshape(node.transpose(x, {1, 0}), {1, size, count}); };
  Lists sorted = sortLists(node, {abreast(rows.keys), abreast(rows.tags)}, k);
  auto taken = [&](const Tensor &x) {
    return node.transpose(node.reshape(node.slice(x, 1, 0, k), {k, count}), {1, 0});
  };
  return {taken(sorted.keys), taken(sorted.tags)};
}

/// One row [1, n]: its first k elements, [1, k].
static Lists sortRow(Node &node, const Lists &row, int64_t k, const Arrangement &how) {
  Lists lists = sortLists(
      node, {layOut(node, row.keys, how.lanes, kLastKey), layOut(node, row.tags, how.lanes, kLastTag)}, k);
  lists = how.isAcross ? mergeAcrossLanes(node, lists, k) : mergeLanes(node, lists, k);
  return {node.slice(flatten(node, lists.keys), 1, 0, k), node.slice(flatten(node, lists.tags), 1, 0, k)};
}

/// The first k elements of each row of [R, n], in order: [R, k].
static Lists sortRows(Node &node, const Lists &rows, int64_t k) {
  int64_t count = rows.keys.shape[0];
  Arrangement how = chooseArrangement(count, rows.keys.shape[1], k);
  if (how.isAbreast)
    return sortAbreast(node, rows, k);
  llvm::SmallVector<Tensor> keys, tags;
  for (int64_t row = 0; row < count && !node.refused(); ++row) {
    Lists sorted =
        sortRow(node, {node.slice(rows.keys, 0, row, 1), node.slice(rows.tags, 0, row, 1)}, k, how);
    keys.push_back(sorted.keys);
    tags.push_back(sorted.tags);
  }
  return {node.concat(keys, 0), node.concat(tags, 0)};
}

/// Elements of rows in the form in which they are compared, and back. A tag is the element's index; of real
/// numbers it is twice that, and one more for -0, whose key is that of +0.
class Ordering {
public:
  Ordering(Node &node, const Tensor &rows, bool largest)
      : node(node), element(rows.element), isReal(rows.isReal()), largest(largest) {}

  Lists encode(const Tensor &rows) const;
  /// The elements' values and their indices.
  std::pair<Tensor, Tensor> decode(const Lists &sorted) const;

private:
  Node &node;
  Type element;
  bool isReal, largest;
};

Lists Ordering::encode(const Tensor &rows) const {
  Type i32 = node.getBuilder().getI32Type();
  Tensor indices = node.countUp({1, rows.shape[1]});
  Tensor numbers = node.cast(rows, isReal ? Type(node.getBuilder().getF32Type()) : i32);
  Tensor keys = node.map(numbers, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value key = isReal ? s.realOrderKey(x[0]) : s.orderKey(x[0], element);
    return largest ? key : s.bitXor(key, s.integer(-1));
  });
  if (!isReal)
    return {keys, node.broadcast(indices, rows.shape)};
  Tensor tags = node.map({indices, numbers}, i32, [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value isNegativeZero = s.equal(s.toBits(x[1]), s.integer(std::numeric_limits<int32_t>::min()));
    return s.add(s.shiftLeft(x[0], s.integer(1)), s.toNumber(isNegativeZero));
  });
  return {keys, tags};
}

std::pair<Tensor, Tensor> Ordering::decode(const Lists &sorted) const {
  Type i32 = node.getBuilder().getI32Type(), f32 = node.getBuilder().getF32Type();
  auto number = [&](Scalars &s, Value key) { return largest ? key : s.bitXor(key, s.integer(-1)); };
  if (!isReal)
    return {
        node.map(sorted.keys, i32,
                 [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.orderKey(number(s, x[0]), element); }),
        sorted.tags};
  Tensor values = node.map({sorted.keys, sorted.tags}, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value isNegativeZero = s.equal(s.bitAnd(x[1], s.integer(1)), s.integer(1));
    return s.select(isNegativeZero, s.real(-0.0), s.fromOrderKey(number(s, x[0])));
  });
  Tensor indices = node.map(sorted.tags, i32, [](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.shiftRightUnsigned(x[0], s.integer(1));
  });
  return {values, indices};
}

static Results convertTopK(Node &node) {
  int64_t axis = node.integerAttr("axis", -1), k = node.integerAttr("k", -1);
  bool largest = node.integerAttr("largest", 1);
  node.ignoreAttr("sorted"); // in order is one of the orders allowed otherwise
  const Tensor &input = node.input(0);
  if (isDouble(input.element))
    return node.refuse("elements of type float64");
  if (node.version() >= 10) {
    std::optional<Shape> count = node.knownIntegers(1, "K");
    if (!count)
      return failure();
    k = count->size() == 1 ? count->front() : -1;
  }
  int64_t dim = node.normaliseAxis(axis, input.rank());
  if (node.refused())
    return failure();
  int64_t size = input.shape[dim];
  if (k < 0 || k > size)
    return node.refuseAt("k = " + llvm::Twine(k) + " elements of an axis of " + llvm::Twine(size));
  if (input.constant)
    (void)node.value(input); // for its check of 64-bit integers
  Shape order(input.rank()), shape;
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin() + dim, order.begin() + dim + 1, order.end());
  for (int64_t from : order)
    shape.push_back(from == dim ? k : input.shape[from]);
  Type i64 = node.getBuilder().getI64Type();
  if (countElements(shape) == 0) {
    Shape empty = input.shape;
    empty[dim] = k;
    return {{node.splat(input.element, empty, 0), node.splat(i64, empty, 0)}};
  }
  Tensor rows = node.reshape(node.transpose(input, order), {input.count() / size, size});
  Ordering ordering(node, rows, largest);
  auto [values, indices] = ordering.decode(sortRows(node, ordering.encode(rows), k));
  Shape inverse(input.rank());
  for (auto [position, from] : llvm::enumerate(order))
    inverse[from] = position;
  auto back = [&](const Tensor &x, Type element) {
    return node.cast(node.transpose(node.reshape(x, shape), inverse), element);
  };
  return {{back(values, input.element), back(indices, i64)}};
}

void addTopK(OperatorTable &table) { table.add("TopK", 1, "X:number[1..] K?:integer!", convertTopK); }

} // namespace sluice::conversion
