//===- Indexing.cpp - Operators that choose elements by index -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indexing.h"
#include "Families.h"

#include <numeric>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

Shape stridesOf(llvm::ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * shape[dim];
  return strides;
}

Tensor wrapIndices(Node &node, const Tensor &indices, int64_t size) {
  if (indices.constant && !node.canList(indices.shape))
    return indices;
  if (indices.constant) {
    llvm::SmallVector<int64_t> values = readIntegers(indices.constant);
    for (int64_t &value : values) {
      if (value < -size || value >= size) {
        if (!node.isGuarded())
          (void)node.refuseAt("index " + llvm::Twine(value) + " is outside an axis of " + llvm::Twine(size));
        value = 0;
      }
      value += value < 0 ? size : 0;
    }
    return node.integers(indices.shape, values, indices.element);
  }
  return node.map(indices, indices.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.less(x[0], s.integer(0)), s.add(x[0], s.integer(size)), x[0]);
  });
}

Tensor takeKnown(Node &node, const Tensor &input, int64_t dim, llvm::ArrayRef<int64_t> indices) {
  if (indices.empty() || dim < 0 || dim >= input.rank())
    return node.slice(input, dim, 0, 0);
  // Runs of equal step are slices; past a handful of them one gather is less work.
  constexpr size_t mostSlices = 16;
  llvm::SmallVector<Tensor> parts;
  for (size_t first = 0; first < indices.size() && parts.size() <= mostSlices;) {
    size_t next = first + 1;
    int64_t step = next < indices.size() ? indices[next] - indices[first] : 1;
    while (step != 0 && next < indices.size() && indices[next] == indices[next - 1] + step)
      ++next;
    parts.push_back(node.slice(input, dim, indices[first], next - first, step == 0 ? 1 : step));
    first = next;
  }
  if (parts.size() <= mostSlices)
    return node.concat(parts, dim);
  Shape order(input.rank());
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin(), order.begin() + dim, order.begin() + dim + 1);
  Tensor rows = node.gather(node.transpose(input, order), node.integers(indices));
  Shape inverse(input.rank());
  for (auto [position, from] : llvm::enumerate(order))
    inverse[from] = position;
  return node.transpose(rows, inverse);
}

/// Whether to look at all of an axis of `size` for each of `count` elements, vectors of them at once, rather
/// than to fetch one element after the other.
static bool isQuickerSelected(int64_t size, int64_t count) {
  constexpr int64_t largest = 32, handful = 16;
  return size > 1 && size <= largest && count >= handful;
}

Tensor checkIndices(Node &node, const Tensor &indices, int64_t size) {
  // The extremes fetch zeros from a table of as many rows: that is where the fault comes from.
  Tensor flat = node.reshape(indices, {indices.count()});
  Tensor extremes =
      node.concat({node.reduce(ReduceKind::min, flat, 0), node.reduce(ReduceKind::max, flat, 0)}, 0);
  Tensor zeros = node.gather(node.splat(node.getBuilder().getI32Type(), {size}, 0), extremes);
  auto zero = [&](int64_t which) { return node.reshape(node.slice(zeros, 0, which, 1), {}); };
  return node.map({indices, zero(0), zero(1)}, indices.element,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(s.add(x[0], x[1]), x[2]); });
}

/// The element along `dim` of `data` that each index names; in the other dimensions elements of data and of
/// `indices` (i32, counted from the start) stand side by side, or one for all. An index outside is a fault.
static Tensor selectAlong(Node &node, const Tensor &data, const Tensor &indices, int64_t dim) {
  int64_t size = data.shape[dim];
  Tensor checked = checkIndices(node, indices, size);
  Tensor result = node.slice(data, dim, 0, 1);
  for (int64_t i = 1; i < size; ++i)
    result = node.map({checked, node.slice(data, dim, i, 1), result}, data.element,
                      [&](Scalars &s, llvm::ArrayRef<Value> x) {
                        return s.select(s.equal(x[0], s.integer(i)), x[1], x[2]);
                      });
  return result;
}

Tensor gatherAlong(Node &node, const Tensor &data, const Tensor &indices, int64_t dim) {
  Shape shape(data.shape.begin(), data.shape.begin() + dim);
  shape.append(indices.shape);
  shape.append(data.shape.begin() + dim + 1, data.shape.end());
  if (indices.constant)
    return node.reshape(takeKnown(node, data, dim, readIntegers(indices.constant)), shape);

  if (data.count() == data.shape[dim] && isQuickerSelected(data.count(), indices.count())) {
    Tensor row = node.reshape(data, {data.count()});
    return node.reshape(selectAlong(node, row, node.reshape(indices, {indices.count()}), 0), shape);
  }

  Shape toFront = {dim};
  for (int64_t other = 0; other < data.rank(); ++other)
    if (other != dim)
      toFront.push_back(other);
  Tensor rows = node.gather(node.transpose(data, toFront), node.reshape(indices, {indices.count()}));
  // Rows first, then what stood before the axis, then what stood behind it.
  Shape back;
  for (int64_t other = 1; other <= dim; ++other)
    back.push_back(other);
  back.push_back(0);
  for (int64_t other = dim + 1; other < data.rank(); ++other)
    back.push_back(other);
  return node.reshape(node.transpose(rows, back), shape);
}

static Results convertGather(Node &node) {
  const Tensor &data = node.input(0), &given = node.input(1);
  int64_t dim = node.normaliseAxis(node.integerAttr("axis", 0), data.rank());
  if (data.rank() == 0 || node.refused())
    return node.refuseAt("the data is a scalar");
  Tensor indices = wrapIndices(node, given, data.shape[dim]);
  if (node.refused())
    return failure();
  return {{gatherAlong(node, data, indices, dim)}};
}

/// sum of indices[k] * strides[k] + base over tensors of indices; -1 if a run's index is outside its axis of
/// sizes[k], lest the sum name another row.
static Tensor flatten(Node &node, llvm::ArrayRef<Tensor> indices, llvm::ArrayRef<int64_t> sizes,
                      llvm::ArrayRef<int64_t> strides, const Tensor &base) {
  llvm::SmallVector<Tensor> operands = {base};
  operands.append(indices.begin(), indices.end());
  return node.map(operands, base.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value sum = x[0];
    for (auto [index, stride] : llvm::zip_equal(x.drop_front(), strides))
      sum = s.add(sum, stride == 1 ? index : s.mul(index, s.integer(stride)));
    for (auto [operand, index, size] : llvm::zip_equal(indices, x.drop_front(), sizes))
      if (!operand.constant)
        sum = s.select(s.bitAnd(s.lessOrEqual(s.integer(0), index), s.less(index, s.integer(size))), sum,
                       s.integer(-1));
    return sum;
  });
}

llvm::SmallVector<int64_t> positions(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> strides) {
  llvm::SmallVector<int64_t> sums = {0};
  for (auto [size, stride] : llvm::zip_equal(shape, strides)) {
    llvm::SmallVector<int64_t> finer;
    finer.reserve(sums.size() * size);
    for (int64_t sum : sums)
      for (int64_t i = 0; i < size; ++i)
        finer.push_back(sum + i * stride);
    sums = std::move(finer);
  }
  return sums;
}

Tensor elementPlaces(Node &node, const Tensor &data, const Tensor &indices, int64_t dim) {
  Shape strides = stridesOf(data.shape), others = strides;
  others[dim] = 0;
  Tensor wrapped = wrapIndices(node, indices, data.shape[dim]);
  if (!node.canList(indices.shape))
    return wrapped;
  Tensor base = node.integers(indices.shape, positions(indices.shape, others), indices.element);
  return flatten(node, wrapped, data.shape[dim], strides[dim], base);
}

static Results convertGatherElements(Node &node) {
  const Tensor &data = node.input(0), &indices = node.input(1);
  int64_t dim = node.normaliseAxis(node.integerAttr("axis", 0), data.rank());
  if (node.refused() || failed(node.needShape(1, Shape(data.rank(), Node::kAny))))
    return failure();
  if (!indices.constant && isQuickerSelected(data.shape[dim], indices.count())) {
    Tensor beside = data;
    for (int64_t other = 0; other < data.rank(); ++other)
      if (other != dim)
        beside = node.slice(beside, other, 0, indices.shape[other]);
    return {{selectAlong(node, beside, wrapIndices(node, indices, data.shape[dim]), dim)}};
  }
  Tensor places = elementPlaces(node, data, indices, dim);
  Tensor elements = node.gather(node.reshape(data, {data.count()}), node.reshape(places, {indices.count()}));
  return {{node.reshape(elements, indices.shape)}};
}

Tensor tuplePlaces(Node &node, const Tensor &data, const Tensor &indices, int64_t batchDims) {
  int64_t depth = indices.shape.back(), indexed = batchDims + depth;
  llvm::ArrayRef<int64_t> rows = llvm::ArrayRef<int64_t>(data.shape).take_front(indexed);
  Shape strides = stridesOf(rows), tuples(indices.shape.begin(), indices.shape.end() - 1),
        byBatch(tuples.size(), 0);
  std::copy(strides.begin(), strides.begin() + batchDims, byBatch.begin());
  if (!node.canList(tuples))
    return node.splat(indices.element, {1}, 0);
  Tensor base = node.integers(tuples, positions(tuples, byBatch), indices.element);
  llvm::SmallVector<Tensor> parts;
  for (int64_t k = 0; k < depth; ++k) {
    Tensor part = node.reshape(node.slice(indices, indices.rank() - 1, k, 1), tuples);
    parts.push_back(wrapIndices(node, part, data.shape[batchDims + k]));
  }
  Tensor flat =
      flatten(node, parts, rows.drop_front(batchDims), llvm::ArrayRef(strides).drop_front(batchDims), base);
  return node.reshape(flat, {countElements(tuples)});
}

Tensor asRows(Node &node, const Tensor &data, int64_t indexed) {
  Shape shape = {countElements(llvm::ArrayRef<int64_t>(data.shape).take_front(indexed))};
  shape.append(data.shape.begin() + indexed, data.shape.end());
  return node.reshape(data, shape);
}

Tensor interleaveAlong(Node &node, llvm::ArrayRef<Tensor> parts, int64_t dim) {
  if (parts.size() == 1)
    return parts.front();
  Shape single = parts.front().shape, joined = single;
  single.insert(single.begin() + dim + 1, 1);
  joined[dim] *= static_cast<int64_t>(parts.size());
  llvm::SmallVector<Tensor> columns;
  for (const Tensor &part : parts)
    columns.push_back(node.reshape(part, single));
  return node.reshape(node.concat(columns, dim + 1), joined);
}

static Results convertGatherNd(Node &node) {
  const Tensor &data = node.input(0), &indices = node.input(1);
  int64_t batchDims = node.integerAttr("batch_dims", 0);
  if (indices.rank() == 0 || batchDims < 0 || batchDims >= indices.rank() ||
      batchDims + indices.shape.back() > data.rank())
    return node.refuseShapes("batch_dims");
  int64_t indexed = batchDims + indices.shape.back();
  Tensor rows = node.gather(asRows(node, data, indexed), tuplePlaces(node, data, indices, batchDims));
  Shape shape(indices.shape.begin(), indices.shape.end() - 1);
  shape.append(data.shape.begin() + indexed, data.shape.end());
  return {{node.reshape(rows, shape)}};
}

static Results convertOneHot(Node &node) {
  int64_t axis = node.integerAttr("axis", -1);
  Type i32 = node.getBuilder().getI32Type();
  const Tensor &depthInput = node.input(1), &values = node.input(2);
  if (!depthInput.constant)
    return node.refuseShapeOf(1, "depth");
  if (failed(node.needShape(2, {2})))
    return failure();
  int64_t depth = depthInput.isReal() ? saturatingInteger(readFloats(depthInput.constant).front())
                                      : readIntegers(depthInput.constant).front();
  Tensor indices = node.cast(node.input(0), i32);
  int64_t dim = node.normaliseAxis(axis, indices.rank() + 1);
  Shape shape = indices.shape, iotaShape(indices.rank() + 1, 1);
  shape.insert(shape.begin() + dim, 1);
  iotaShape[dim] = depth;
  Tensor off = node.reshape(node.slice(values, 0, 0, 1), {}),
         on = node.reshape(node.slice(values, 0, 1, 1), {});
  return {{node.map({node.reshape(indices, shape), node.countUp(iotaShape), off, on}, values.element,
                    [&](Scalars &s, llvm::ArrayRef<Value> x) {
                      Value fromEnd = s.equal(s.add(x[0], s.integer(depth)), x[1]);
                      return s.select(s.bitOr(s.equal(x[0], x[1]), fromEnd), x[3], x[2]);
                    })}};
}

static Results convertTrilu(Node &node) {
  bool upper = node.integerAttr("upper", 1);
  const Tensor &input = node.input(0);
  Type i32 = node.getBuilder().getI32Type();
  Tensor diagonal = node.has(1) ? node.cast(node.input(1), i32) : node.splat(i32, {1}, 0);
  int64_t rows = input.shape[input.rank() - 2], columns = input.shape.back();
  if (!node.canList({rows, columns}))
    return failure();
  Shape distances;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      distances.push_back(column - row);
  Tensor kept = node.map({node.integers({rows, columns}, distances, i32), node.reshape(diagonal, Shape())},
                         node.getBuilder().getI1Type(), [&](Scalars &s, llvm::ArrayRef<Value> x) {
                           return upper ? s.lessOrEqual(x[1], x[0]) : s.lessOrEqual(x[0], x[1]);
                         });
  Tensor zero = node.splat(input.element, {}, 0);
  return {{node.map({kept, input, zero}, input.element,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.select(x[0], x[1], x[2]); })}};
}

using Combine = Value (*)(Scalars &, Value, Value);

/// Prefix sums or products along an axis in log2(size) steps.
static void addScan(OperatorTable &table, llvm::StringRef opType, int64_t sinceVersion, Combine combine,
                    double neutral) {
  table.add(opType, sinceVersion, "x:number[1..] axis:integer!", [combine, neutral](Node &node) -> Results {
    bool exclusive = node.integerAttr("exclusive", 0), reverse = node.integerAttr("reverse", 0);
    const Tensor &input = node.input(0);
    std::optional<Shape> axis = node.knownIntegers(1, "axis");
    if (!axis)
      return failure();
    int64_t dim = node.normaliseAxis(axis->front(), input.rank()), size = input.shape[dim];
    auto turn = [&](const Tensor &x) { return reverse ? node.slice(x, dim, size - 1, size, -1) : x; };
    auto shift = [&](const Tensor &x, int64_t distance) {
      Shape low(x.rank(), 0), high(x.rank(), 0);
      low[dim] = distance;
      high[dim] = -distance;
      return node.pad(x, low, high, neutral);
    };
    Type element = node.numberType(input);
    Tensor result = turn(node.cast(input, element));
    if (exclusive)
      result = shift(result, 1);
    for (int64_t distance = 1; distance < size; distance *= 2)
      result = node.map({shift(result, distance), result}, element,
                        [&](Scalars &s, llvm::ArrayRef<Value> x) { return combine(s, x[0], x[1]); });
    return {{node.cast(turn(result), input.element)}};
  });
}

static Results convertCompress(Node &node) {
  std::optional<int64_t> axis;
  if (node.hasAttribute("axis"))
    axis = node.integerAttr("axis", 0);
  std::optional<Shape> condition = node.knownIntegers(1, "condition");
  if (!condition)
    return failure();
  Tensor input = axis ? node.input(0) : node.reshape(node.input(0), {node.input(0).count()});
  int64_t dim = axis ? node.normaliseAxis(*axis, input.rank()) : 0;
  if (node.refused())
    return failure();
  Shape kept;
  for (auto [index, keep] : llvm::enumerate(*condition))
    if (keep && static_cast<int64_t>(index) < input.shape[dim])
      kept.push_back(index);
  return {{takeKnown(node, input, dim, kept)}};
}

/// Each batch element's first steps in reverse order.
static Results convertReverseSequence(Node &node) {
  int64_t batchAxis = node.integerAttr("batch_axis", 1), timeAxis = node.integerAttr("time_axis", 0);
  const Tensor &input = node.input(0), &lengths = node.input(1);
  if (std::min(batchAxis, timeAxis) != 0 || std::max(batchAxis, timeAxis) != 1 || input.rank() < 2 ||
      lengths.count() != input.shape[batchAxis])
    return node.refuseShapes("batch_axis and time_axis");
  if (input.count() == 0)
    return {{input}};
  Type i32 = node.getBuilder().getI32Type();
  int64_t steps = input.shape[timeAxis], stride = timeAxis == 0 ? input.shape[1] : 1;
  Shape order, times, lengthShape = {1, 1}, grid(input.shape.begin(), input.shape.begin() + 2);
  if (!node.canList(grid))
    return failure();
  lengthShape[batchAxis] = lengths.count();
  for (int64_t row = 0; row < grid[0] * grid[1]; ++row) {
    order.push_back(row);
    times.push_back(row / stride % steps);
  }
  Tensor row = node.integers(grid, order, i32), time = node.integers(grid, times, i32);
  Tensor source = node.map({node.reshape(node.cast(lengths, i32), lengthShape), row, time}, i32,
                           [&](Scalars &s, llvm::ArrayRef<Value> x) {
                             // length - 1 - time instead of time
                             Value moved = s.sub(s.sub(x[0], s.integer(1)), s.add(x[2], x[2]));
                             Value step = stride == 1 ? moved : s.mul(moved, s.integer(stride));
                             return s.select(s.less(x[2], x[0]), s.add(x[1], step), x[1]);
                           });
  source = node.reshape(source, {source.count()});
  Tensor rows = asRows(node, input, 2);
  Tensor result =
      source.constant ? takeKnown(node, rows, 0, readIntegers(source.constant)) : node.gather(rows, source);
  return {{node.reshape(result, input.shape)}};
}

void addIndexing(OperatorTable &table) {
  table.add("Gather", 1, "data[1..] indices:integer", convertGather);
  table.add("GatherElements", 11, "data[1..] indices:integer[1..]", convertGatherElements);
  table.add("GatherND", 11, "data[1..] indices:integer[1..]", convertGatherNd);
  table.add("GatherND", 1, "data[1..] indices:integer[1..]", convertGatherNd, onnx::kMicrosoftDomain);
  addScatters(table);
  table.add("OneHot", 9, "indices:number depth:number! values[1]", convertOneHot);
  table.add("Trilu", 14, "input[2..] k?:integer!", convertTrilu);
  table.add("Trilu", 1, "input[2..] k?:integer!", convertTrilu, onnx::kMicrosoftDomain);
  addScan(table, "CumSum", 11, [](Scalars &s, Value a, Value b) { return s.add(a, b); }, 0);
  addScan(table, "CumProd", 26, [](Scalars &s, Value a, Value b) { return s.mul(a, b); }, 1);
  table.add("Compress", 9, "input condition:bool[1]", convertCompress);
  table.add("ReverseSequence", 10, "input[2..] sequence_lens:integer[1]", convertReverseSequence);
}

} // namespace sluice::conversion
