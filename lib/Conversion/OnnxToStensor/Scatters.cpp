//===- Scatters.cpp - Elements and rows that updates replace --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Indexing.h"
#include "Sampling.h"

#include "llvm/ADT/StringSwitch.h"

#include <limits>
#include <numeric>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

namespace {

/// How an update and what it meets become one number.
struct Combination {
  ReduceKind kind;
  Value (*combine)(Scalars &, Value, Value);
  double real;     ///< the f32 that changes no other
  int64_t integer; ///< the i32 that changes no other
};

/// Where updates go. Data, places and updates have one rank; a place is an index of dimension `dim` of the
/// data, and names the data that stand beside it in the other dimensions (all of them where places have
/// size 1).
struct Scatter {
  Tensor data, places, updates;
  int64_t dim;
};

} // namespace

/// The meaning of the attribute 'reduction': null for "none" and, refused, for what ONNX does not know.
static const Combination *readCombination(Node &node) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  // -0.0 leaves zeros their signs, 0.0 would not.
  static const Combination add = {ReduceKind::add, [](Scalars &s, Value a, Value b) { return s.add(a, b); },
                                  -0.0, 0},
                           mul = {ReduceKind::mul, [](Scalars &s, Value a, Value b) { return s.mul(a, b); },
                                  1, 1},
                           max = {ReduceKind::max, [](Scalars &s, Value a, Value b) { return s.max(a, b); },
                                  -infinity, std::numeric_limits<int32_t>::min()},
                           min = {ReduceKind::min, [](Scalars &s, Value a, Value b) { return s.min(a, b); },
                                  infinity, std::numeric_limits<int32_t>::max()};
  llvm::StringRef reduction = node.stringAttr("reduction", "none");
  if (reduction == "none")
    return nullptr;
  const Combination *combination = llvm::StringSwitch<const Combination *>(reduction)
                                       .Case("add", &add)
                                       .Case("mul", &mul)
                                       .Case("max", &max)
                                       .Case("min", &min)
                                       .Default(nullptr);
  if (!combination)
    (void)node.refuse("reduction = '" + reduction + "' is not supported");
  return combination;
}

/// An element of ONNX type `element` as a number that the combination's operations order as they should, and
/// back.
static Value comparable(Scalars &s, const Combination &how, Value x, Type element) {
  return how.kind == ReduceKind::max || how.kind == ReduceKind::min ? s.orderKey(x, element) : x;
}

/// An element combined with an update.
static Value combined(Scalars &s, const Combination &how, Value old, Value update, Type element) {
  Value result = how.combine(s, comparable(s, how, old, element), comparable(s, how, update, element));
  return comparable(s, how, result, element);
}

/// Rows of data replaced by, or combined with, rows of updates at known places.
static Tensor scatterKnown(Node &node, Tensor data, const Tensor &updates, llvm::ArrayRef<int64_t> places,
                           const Combination *how) {
  int64_t count = data.shape[0];
  llvm::SmallVector<bool> done(places.size(), false);
  for (size_t left = places.size(); left != 0 && node.canList({count});) {
    // A round takes one update of each place, the first that is left; without a function the last one counts.
    llvm::SmallVector<int64_t> source(count);
    std::iota(source.begin(), source.end(), 0);
    Shape targets, taken;
    for (auto [index, place] : llvm::enumerate(places)) {
      if (done[index] || (how && source[place] >= count))
        continue;
      done[index] = true;
      --left;
      source[place] = how ? count + targets.size() : count + index;
      targets.push_back(place);
      taken.push_back(index);
    }
    Tensor rows = updates;
    if (how) {
      Tensor old = node.gather(data, node.integers(targets)),
             now = node.gather(updates, node.integers(taken));
      rows = node.map({old, now}, data.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
        return combined(s, *how, x[0], x[1], data.element);
      });
    }
    data = takeKnown(node, node.concat({data, rows}, 0), 0, source);
  }
  return data;
}

/// 0, 1, ... along dimension `dim` of `rank`.
static Tensor numbersAlong(Node &node, int64_t rank, int64_t dim, int64_t size) {
  Shape shape(rank, 1);
  shape[dim] = size;
  return node.countUp(shape);
}

/// One update after the other, each at all places that it could go to.
static Tensor scatterInTurn(Node &node, const Scatter &scatter, const Combination *how) {
  Tensor data = scatter.data;
  Tensor numbers = numbersAlong(node, data.rank(), scatter.dim, data.shape[scatter.dim]);
  for (int64_t turn = 0; turn < scatter.updates.shape[scatter.dim]; ++turn) {
    Tensor place = node.slice(scatter.places, scatter.dim, turn, 1),
           update = node.slice(scatter.updates, scatter.dim, turn, 1);
    data = node.map({place, numbers, update, data}, data.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      return s.select(s.equal(x[0], x[1]), how ? combined(s, *how, x[3], x[2], data.element) : x[2], x[3]);
    });
  }
  return data;
}

/// `tensor` with a dimension of size 1 before dimension `dim`.
static Tensor withDimension(Node &node, const Tensor &tensor, int64_t dim) {
  Shape shape = tensor.shape;
  shape.insert(shape.begin() + dim, 1);
  return node.reshape(tensor, shape);
}

/// Finds the last update of each place, then fetches rows of updates or of data.
static Tensor fetchLast(Node &node, const Scatter &scatter) {
  const auto &[data, places, updates, dim] = scatter;
  Type i32 = node.getBuilder().getI32Type();
  int64_t rank = data.rank(), among = places.shape[dim];
  Tensor numbers = numbersAlong(node, rank + 1, dim, data.shape[dim]),
         order = numbersAlong(node, rank + 1, dim + 1, among);
  Tensor named = node.map(
      {withDimension(node, places, dim), numbers, order}, i32,
      [](Scalars &s, llvm::ArrayRef<Value> x) { return s.select(s.equal(x[0], x[1]), x[2], s.integer(-1)); });
  Tensor last = node.reduce(ReduceKind::max, named, dim + 1);
  Shape shape = places.shape;
  shape[dim] = data.shape[dim];
  last = node.reshape(last, shape);

  // Rows are what one place names.
  int64_t rows = last.count(), width = data.count() / rows;
  Shape strides = stridesOf(places.shape), others = strides;
  others[dim] = 0;
  if (!node.canList(shape))
    return data;
  Tensor own = node.reshape(iota(node, rows), shape),
         base = node.integers(shape, positions(shape, others), i32);
  Tensor source = node.map({last, own, base}, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value step = strides[dim] == 1 ? x[0] : s.mul(x[0], s.integer(strides[dim]));
    return s.select(s.less(x[0], s.integer(0)), x[1], s.add(s.add(step, x[2]), s.integer(rows)));
  });
  Tensor both =
      node.concat({node.reshape(data, {rows, width}), node.reshape(updates, {places.count(), width})}, 0);
  return node.reshape(node.gather(both, node.reshape(source, {rows})), data.shape);
}

/// Reduces the updates of each place, then combines them with the data.
static Tensor scatterReduced(Node &node, const Scatter &scatter, const Combination &how) {
  const auto &[data, places, updates, dim] = scatter;
  OpBuilder &builder = node.getBuilder();
  Type number = data.isReal() ? Type(builder.getF32Type()) : Type(builder.getI32Type());
  Tensor numbers = numbersAlong(node, data.rank() + 1, dim, data.shape[dim]);
  Tensor named =
      node.map({withDimension(node, places, dim), numbers, withDimension(node, updates, dim)}, number,
               [&](Scalars &s, llvm::ArrayRef<Value> x) {
                 Value neutral = data.isReal() ? s.real(how.real) : s.integer(how.integer);
                 return s.select(s.equal(x[0], x[1]), comparable(s, how, x[2], data.element), neutral);
               });
  Tensor total = node.reshape(node.reduce(how.kind, named, dim + 1), data.shape);
  return node.map({data, total}, data.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value result = how.combine(s, comparable(s, how, x[0], data.element), x[1]);
    return comparable(s, how, result, data.element);
  });
}

/// Updates at places that a run knows.
static Tensor scatterAtRunTime(Node &node, Scatter scatter, const Combination *how) {
  // Up to a handful of updates take their turns, vectors of places at once.
  constexpr int64_t handful = 16, mostComparisons = int64_t(1) << 25;
  int64_t size = scatter.data.shape[scatter.dim], among = scatter.places.shape[scatter.dim];
  scatter.places = checkIndices(node, scatter.places, size);
  if (among <= handful)
    return scatterInTurn(node, scatter, how);
  int64_t comparisons = countElements({(how ? scatter.updates : scatter.places).count(), size});
  if (comparisons > mostComparisons) {
    (void)node.refuse("indices of a run take " + llvm::Twine(comparisons) +
                      " comparisons with places, more than " + llvm::Twine(mostComparisons));
    return scatter.data;
  }
  return how ? scatterReduced(node, scatter, *how) : fetchLast(node, scatter);
}

/// `data` with its first elements in each dimension replaced by those of `corner`.
static Tensor withCorner(Node &node, const Tensor &data, Tensor corner) {
  Shape inside = corner.shape, offsets(data.rank(), 0), ones(data.rank(), 1);
  for (int64_t dim = data.rank(); dim-- > 0;) {
    Shape from = offsets, sizes = data.shape;
    std::copy_n(inside.begin(), dim, sizes.begin());
    from[dim] = inside[dim];
    sizes[dim] -= inside[dim];
    if (sizes[dim] != 0)
      corner = node.concat({corner, node.slice(data, from, sizes, ones)}, dim);
  }
  return corner;
}

static Results convertScatterElements(Node &node) {
  int64_t axis = node.integerAttr("axis", 0);
  const Combination *how = readCombination(node);
  const Tensor &data = node.input(0), &indices = node.input(1), &updates = node.input(2);
  int64_t dim = node.normaliseAxis(axis, data.rank());
  if (node.refused())
    return failure();
  if (failed(node.needShape(1, Shape(data.rank(), Node::kAny))) || failed(node.needShape(2, indices.shape)))
    return failure();
  Shape beside = indices.shape;
  beside[dim] = data.shape[dim];
  if (llvm::any_of(llvm::zip_equal(beside, data.shape),
                   [](auto pair) { return std::get<0>(pair) > std::get<1>(pair); }))
    return node.refuseInput(1, "at most " + shapeText(data.shape) + " beside axis " + llvm::Twine(dim));
  if (updates.count() == 0 || data.count() == 0)
    return {{data}};
  if (indices.constant) {
    Tensor places = elementPlaces(node, data, indices, dim);
    if (node.refused())
      return failure();
    Tensor result =
        scatterKnown(node, node.reshape(data, {data.count()}), node.reshape(updates, {updates.count()}),
                     readIntegers(places.constant), how);
    return {{node.reshape(result, data.shape)}};
  }
  Tensor corner = node.slice(data, Shape(data.rank(), 0), beside, Shape(data.rank(), 1));
  Tensor places = wrapIndices(node, node.cast(indices, node.getBuilder().getI32Type()), data.shape[dim]);
  return {{withCorner(node, data, scatterAtRunTime(node, {corner, places, updates, dim}, how))}};
}

static Results convertScatterNd(Node &node) {
  const Combination *how = readCombination(node);
  const Tensor &data = node.input(0), &indices = node.input(1), &updates = node.input(2);
  if (node.refused())
    return failure();
  if (indices.shape.back() > data.rank())
    return node.refuseInput(1, "a last axis of at most " + llvm::Twine(data.rank()) +
                                   ", the rank of input 0 (data)");
  int64_t depth = indices.shape.back();
  Shape expected(indices.shape.begin(), indices.shape.end() - 1);
  expected.append(data.shape.begin() + depth, data.shape.end());
  if (failed(node.needShape(2, expected)))
    return failure();
  if (updates.count() == 0 || data.count() == 0)
    return {{data}};
  Tensor given = indices.constant ? indices : node.cast(indices, node.getBuilder().getI32Type());
  Tensor places = tuplePlaces(node, data, given, 0);
  if (node.refused())
    return failure();
  Tensor rows = asRows(node, data, depth), rowsOfUpdates = asRows(node, updates, indices.rank() - 1), result;
  if (places.constant) {
    result = scatterKnown(node, rows, rowsOfUpdates, readIntegers(places.constant), how);
  } else {
    int64_t count = places.count(), width = data.count() / rows.shape[0];
    result = scatterAtRunTime(node,
                              {node.reshape(rows, {rows.shape[0], width}), node.reshape(places, {count, 1}),
                               node.reshape(updates, {count, width}), 0},
                              how);
  }
  return {{node.reshape(result, data.shape)}};
}

void addScatters(OperatorTable &table) {
  table.add("ScatterElements", 11, "data[1..] indices:integer[1..] updates[1..]", convertScatterElements);
  table.add("Scatter", 9, "data[1..] indices:integer[1..] updates[1..]", convertScatterElements);
  table.add("ScatterND", 11, "data[1..] indices:integer[1..] updates", convertScatterNd);
}

} // namespace sluice::conversion
