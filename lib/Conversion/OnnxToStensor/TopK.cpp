//===- TopK.cpp - The greatest elements in order --------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"
#include "Sampling.h"

#include <limits>
#include <numeric>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

namespace {
/// What is put in order: rows of n elements (or of the first k), all of i32.
struct Sortable {
  Tensor keys;    ///< [R, n]; greater ones come first
  Tensor indices; ///< [R, n] or [1, n]; of equal keys, the lower index comes first
  Tensor bits;    ///< [R, n], the elements themselves
};
} // namespace

/// Elements as keys and as i32 bits.
static Sortable makeSortable(Node &node, const Tensor &rows, bool largest) {
  Type i32 = node.getBuilder().getI32Type();
  Sortable result;
  Tensor numbers = node.cast(rows, rows.isReal() ? Type(node.getBuilder().getF32Type()) : i32);
  result.keys = node.map(numbers, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value key = rows.isReal() ? s.realOrderKey(x[0]) : s.orderKey(x[0], rows.element);
    return largest ? key : s.bitXor(key, s.integer(-1));
  });
  result.indices = node.reshape(iota(node, rows.shape[1]), {1, rows.shape[1]});
  result.bits = numbers;
  if (rows.isReal())
    result.bits = node.map(numbers, i32, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.toBits(x[0]); });
  return result;
}

/// Whether an element of key `a` comes before one of key `b`.
static Value precedes(Scalars &s, Value a, Value aIndex, Value b, Value bIndex) {
  return s.bitOr(s.less(b, a), s.bitAnd(s.equal(a, b), s.less(aIndex, bIndex)));
}

/// Elements compared with one another at once.
static constexpr int64_t mostAtOnce = 1 << 20;

/// The parts of a result [R, count], made at most so many elements at a time that each with all of a row of
/// `size` are mostAtOnce, side by side.
static Tensor inParts(Node &node, int64_t rows, int64_t size, int64_t count,
                      llvm::function_ref<Tensor(int64_t first, int64_t part)> make) {
  int64_t most = std::max<int64_t>(1, mostAtOnce / (rows * size));
  llvm::SmallVector<Tensor> parts;
  for (int64_t first = 0; first < count; first += most)
    parts.push_back(make(first, std::min(most, count - first)));
  return node.concat(parts, 1);
}

/// The elements of each row whose place [R, n] is 0, 1, ...: [R, k].
static Tensor pickByPlace(Node &node, const Tensor &place, const Tensor &what, int64_t k) {
  int64_t rows = place.shape[0], size = place.shape[1];
  auto along = [&](const Tensor &x) { return node.reshape(x, {x.shape[0], 1, size}); };
  return inParts(node, rows, size, k, [&](int64_t first, int64_t part) {
    Tensor positions = node.reshape(node.slice(iota(node, k), 0, first, part), {1, part, 1});
    Tensor only = node.map({along(place), positions, along(what)}, what.element,
                           [](Scalars &s, llvm::ArrayRef<Value> x) {
                             return s.select(s.equal(x[0], x[1]), x[2], s.integer(0));
                           });
    return node.reshape(node.reduce(ReduceKind::add, only, 2), {rows, part});
  });
}

/// By the number of elements that precede each one: n * n comparisons, few steps.
static Sortable sortByRank(Node &node, const Sortable &all, int64_t k) {
  int64_t rows = all.keys.shape[0], size = all.keys.shape[1];
  auto along = [&](const Tensor &x) { return node.reshape(x, {x.shape[0], 1, size}); };
  Tensor place = inParts(node, rows, size, size, [&](int64_t first, int64_t part) {
    auto across = [&](const Tensor &x) {
      return node.reshape(node.slice(x, 1, first, part), {x.shape[0], part, 1});
    };
    Tensor before = node.map(
        {along(all.keys), along(all.indices), across(all.keys), across(all.indices)}, all.keys.element,
        [](Scalars &s, llvm::ArrayRef<Value> x) { return s.toNumber(precedes(s, x[0], x[1], x[2], x[3])); });
    return node.reshape(node.reduce(ReduceKind::add, before, 2), {rows, part});
  });
  return {{}, pickByPlace(node, place, all.indices, k), pickByPlace(node, place, all.bits, k)};
}

/// The greatest is taken k times: for few of many.
static Sortable sortByExtraction(Node &node, const Sortable &all, int64_t k) {
  Type i32 = all.keys.element;
  int64_t size = all.keys.shape[1];
  Tensor keys = all.keys, order = all.indices; // `size` for what has been taken
  llvm::SmallVector<Tensor> indices, bits;
  for (int64_t round = 0; round < k; ++round) {
    Tensor greatest = node.reduce(ReduceKind::max, keys, 1);
    Tensor candidates = node.map({keys, greatest, order}, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      return s.select(s.equal(x[0], x[1]), x[2], s.integer(size));
    });
    Tensor first = node.reduce(ReduceKind::min, candidates, 1);
    Tensor only = node.map({all.indices, first, all.bits}, i32, [](Scalars &s, llvm::ArrayRef<Value> x) {
      return s.select(s.equal(x[0], x[1]), x[2], s.integer(0));
    });
    indices.push_back(first);
    bits.push_back(node.reduce(ReduceKind::add, only, 1));
    auto take = [&](const Tensor &x, int64_t taken) {
      return node.map({all.indices, first, x}, i32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
        return s.select(s.equal(v[0], v[1]), s.integer(taken), v[2]);
      });
    };
    keys = take(keys, std::numeric_limits<int32_t>::min());
    order = take(order, size);
  }
  return {{}, node.concat(indices, 1), node.concat(bits, 1)};
}

/// The first k of the rows in order; refuses more comparisons than a limit.
static Sortable sortFirst(Node &node, const Sortable &all, int64_t k) {
  constexpr int64_t mostComparisons = 1 << 28, mostRounds = 64;
  int64_t rows = all.keys.shape[0], size = all.keys.shape[1];
  bool isSmall = rows * size <= mostAtOnce / size;
  if (!isSmall && k <= mostRounds)
    return sortByExtraction(node, all, k);
  if (rows * size > mostComparisons / size) {
    (void)node.refuse("the first " + llvm::Twine(k) + " of " + llvm::Twine(size) + " elements take " +
                      llvm::Twine(rows * size) + " times " + llvm::Twine(size) + " comparisons; at most " +
                      llvm::Twine(mostComparisons) + " are made, or " + llvm::Twine(mostRounds) +
                      " elements taken one after the other");
    return {{}, node.slice(all.bits, 1, 0, k), node.slice(all.bits, 1, 0, k)};
  }
  return sortByRank(node, all, k);
}

static Results convertTopK(Node &node) {
  int64_t axis = node.integerAttr("axis", -1), k = node.integerAttr("k", -1);
  bool largest = node.integerAttr("largest", 1);
  node.ignoreAttr("sorted"); // in order is one of the orders allowed otherwise
  const Tensor &input = node.input(0);
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
    return node.refuse("k = " + llvm::Twine(k) + " elements of an axis of " + llvm::Twine(size));
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
  Sortable first = sortFirst(node, makeSortable(node, rows, largest), k);
  Tensor values = first.bits;
  if (input.isReal())
    values = node.map(values, node.getBuilder().getF32Type(),
                      [](Scalars &s, llvm::ArrayRef<Value> x) { return s.fromBits(x[0]); });
  Shape inverse(input.rank());
  for (auto [position, from] : llvm::enumerate(order))
    inverse[from] = position;
  auto back = [&](const Tensor &x, Type element) {
    return node.cast(node.transpose(node.reshape(x, shape), inverse), element);
  };
  return {{back(values, input.element), back(first.indices, i64)}};
}

void addTopK(OperatorTable &table) { table.add("TopK", 1, "X:number[1..] K?:integer!", convertTopK); }

} // namespace sluice::conversion
