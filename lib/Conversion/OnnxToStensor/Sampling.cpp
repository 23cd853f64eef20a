//===- Sampling.cpp - Interpolation at run-time coordinates ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sampling.h"

#include "Families.h"
#include "OperatorTable.h"

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

Tensor iota(Node &node, int64_t size) { return node.countUp(size); }

/// x, mirrored at both ends until it lies between them.
static Value reflect(Scalars &s, Value x, double low, double high) {
  double range = high - low;
  if (range == 0)
    return s.real(low);
  Value distance = s.absolute(s.sub(x, s.real(low)));
  Value turns = s.floor(s.mul(distance, s.real(1 / range)));
  Value rest = s.sub(distance, s.mul(turns, s.real(range)));
  Value half = s.mul(turns, s.real(0.5));
  return s.select(s.equal(half, s.floor(half)), s.add(s.real(low), rest), s.sub(s.real(high), rest));
}

static Value clamp(Scalars &s, Value x, double low, double high) {
  return s.max(s.real(low), s.min(s.real(high), x));
}

/// x brought inside an axis as the padding says; zeros leave it.
static Value pull(Scalars &s, Value x, int64_t size, SampleMode mode) {
  double margin = mode.alignCorners ? 0 : 0.5;
  if (mode.padding == SampleMode::reflection)
    return reflect(s, x, -margin, size - 1 + margin);
  if (mode.padding == SampleMode::zeros)
    return x;
  Value inside = clamp(s, x, 0, size - 1);
  if (mode.interpolation != SampleMode::cubic)
    return inside;
  // Between the outermost element's centre and its edge a cubic keeps its place; other modes see no
  // difference.
  Value isOutside = s.bitOr(s.less(x, s.real(-margin)), s.less(s.real(size - 1 + margin), x));
  return s.select(isOutside, inside, x);
}

/// The weight of a neighbour at a distance.
static Value weigh(Scalars &s, Value distance, SampleMode mode) {
  if (mode.interpolation == SampleMode::nearest)
    return s.real(1);
  if (mode.interpolation == SampleMode::linear)
    return s.sub(s.real(1), distance);
  constexpr double a = -0.75;
  Value near = s.polynomial(distance, {1, 0, -(a + 3), a + 2});
  Value far = s.polynomial(distance, {-4 * a, 8 * a, -5 * a, a});
  return s.select(s.less(s.real(1), distance), far, near);
}

namespace {
/// The neighbours along one axis, [k, M]: rows relative to the base (i32) and weights (f32).
struct Neighbours {
  Tensor rows, weights;
};
} // namespace

static Neighbours findNeighbours(Node &node, const SampleAxis &axis, SampleMode mode) {
  static constexpr double offsets[] = {0, 1, -1, 2};
  int64_t count = int64_t(1) << mode.interpolation; // 1, 2 or 4
  OpBuilder &builder = node.getBuilder();
  Type f32 = builder.getF32Type();
  Tensor x = node.map(axis.coordinates, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    bool isNearest = mode.interpolation == SampleMode::nearest;
    return pull(s, isNearest ? s.roundEven(v[0]) : v[0], axis.size, mode);
  });
  Tensor offset = node.reals({count, 1}, llvm::ArrayRef(offsets, count), f32);
  auto neighbour = [&](Scalars &s, Value x, Value offset) { return s.add(s.floor(x), offset); };
  Neighbours result;
  result.rows = node.map({x, offset}, builder.getI32Type(), [&](Scalars &s, llvm::ArrayRef<Value> v) {
    Value place = pull(s, neighbour(s, v[0], v[1]), axis.size, mode);
    Value position = s.toInteger(clamp(s, place, 0, axis.size - 1));
    return axis.stride == 1 ? position : s.mul(position, s.integer(axis.stride));
  });
  result.weights = node.map({x, offset}, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    Value place = neighbour(s, v[0], v[1]);
    Value weight = weigh(s, s.absolute(s.sub(v[0], place)), mode);
    if (mode.padding != SampleMode::zeros)
      return weight;
    Value inside = s.bitAnd(s.lessOrEqual(s.real(0), place), s.lessOrEqual(place, s.real(axis.size - 1)));
    return s.select(inside, weight, s.real(0));
  });
  return result;
}

Tensor sampleNeighbours(Node &node, const Tensor &table, const Tensor &base, llvm::ArrayRef<SampleAxis> axes,
                        SampleMode mode) {
  int64_t points = axes.front().coordinates.count(), count = 1;
  Tensor rows = node.reshape(base, {1, base.count()}), weights = node.splat(table.element, {1, 1}, 1);
  for (const SampleAxis &axis : axes) {
    Neighbours next = findNeighbours(node, axis, mode);
    int64_t each = next.rows.shape[0];
    // Every neighbour so far with every one along this axis.
    auto pair = [&](const Tensor &sofar, const Tensor &more, auto function) {
      Tensor joined = node.map(
          {node.reshape(sofar, {sofar.shape[0], 1, sofar.shape[1]}), node.reshape(more, {1, each, points})},
          sofar.element, function);
      return node.reshape(joined, {count * each, points});
    };
    rows = pair(rows, next.rows, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
    weights =
        pair(weights, next.weights, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[1]); });
    count *= each;
  }
  Tensor found = node.gather(table, node.reshape(rows, {count * points}));
  return node.map(
      {node.reshape(found, {count, points, table.shape[1]}), node.reshape(weights, {count, points, 1})},
      table.element, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[1]); });
}

Tensor sample(Node &node, const Tensor &table, const Tensor &base, llvm::ArrayRef<SampleAxis> axes,
              SampleMode mode) {
  Tensor weighted = sampleNeighbours(node, table, base, axes, mode);
  return node.reshape(node.reduce(ReduceKind::add, weighted, 0), {weighted.shape[1], weighted.shape[2]});
}

/// The node's mode and padding_mode; none, refused, for others.
static std::optional<SampleMode> readSampleMode(Node &node) {
  llvm::StringRef mode = node.stringAttr("mode", "linear"),
                  padding = node.stringAttr("padding_mode", "zeros");
  SampleMode result;
  result.alignCorners = node.integerAttr("align_corners", 0);
  if (mode == "nearest")
    result.interpolation = SampleMode::nearest;
  else if (mode == "cubic" || mode == "bicubic")
    result.interpolation = SampleMode::cubic;
  else if (mode != "linear" && mode != "bilinear")
    return (void)node.refuse("mode = '" + mode + "' is not supported"), std::nullopt;
  if (padding == "border")
    result.padding = SampleMode::border;
  else if (padding == "reflection")
    result.padding = SampleMode::reflection;
  else if (padding != "zeros")
    return (void)node.refuse("padding_mode = '" + padding + "' is not supported"), std::nullopt;
  return result;
}

/// X [N, C, spatial...] at the points of a grid [N, positions..., dimensions], whose coordinates run from -1
/// to 1, the last dimension's first.
static Results convertGridSample(Node &node) {
  std::optional<SampleMode> mode = readSampleMode(node);
  if (!mode)
    return failure();
  const Tensor &input = node.input(0), &grid = node.input(1);
  int64_t dims = input.rank() - 2;
  Shape need(input.rank(), Node::kAny);
  need.front() = input.shape[0];
  need.back() = dims;
  if (failed(node.needShape(1, need)))
    return failure();
  for (size_t index : {0, 1})
    if (node.input(index).count() == 0)
      return node.refuseInput(index, "elements");
  Type f32 = node.getBuilder().getF32Type();
  int64_t batch = input.shape[0], channels = input.shape[1], points = grid.count() / dims,
          rows = input.count() / channels;
  Tensor table = node.reshape(channelsLast(node, node.cast(input, f32)), {rows, channels});
  llvm::SmallVector<SampleAxis> axes;
  for (int64_t dim = dims, stride = 1; dim-- > 0; stride *= input.shape[2 + dim]) {
    double size = input.shape[2 + dim];
    Tensor given = node.slice(node.reshape(grid, {points, dims}), 1, dims - 1 - dim, 1);
    Tensor coordinate =
        node.map(node.reshape(given, {points}), f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
          double scale = (mode->alignCorners ? size - 1 : size) / 2;
          return s.fma(x[0], s.real(scale), s.real((size - 1) / 2));
        });
    axes.push_back({coordinate, input.shape[2 + dim], stride});
  }
  if (!node.canList({points}))
    return failure();
  llvm::SmallVector<int64_t> firstRows;
  for (int64_t point = 0; point < points; ++point)
    firstRows.push_back(point / (points / batch) * (rows / batch));
  Tensor base = node.integers({points}, firstRows, node.getBuilder().getI32Type());
  Shape shape(grid.shape.begin(), grid.shape.end() - 1);
  shape.push_back(channels);
  Tensor result = node.reshape(sample(node, table, base, axes, *mode), shape);
  return {{node.cast(channelsFirst(node, result), input.element)}};
}

/// The points of an image of known size, seen through affine maps theta [N, d, d + 1].
static Results convertAffineGrid(Node &node) {
  bool alignCorners = node.integerAttr("align_corners", 0);
  std::optional<Shape> size = node.knownIntegers(1, "size");
  if (!size)
    return failure();
  const Tensor &theta = node.input(0);
  int64_t dims = size->size() - 2;
  if (dims < 1)
    return node.refuse("'size' has " + llvm::Twine(size->size()) + " numbers, need at least 3");
  if (failed(node.needShape(0, {(*size)[0], dims, dims + 1})))
    return failure();
  Type f32 = node.getBuilder().getF32Type();
  Shape expanded = {theta.shape[0]};
  expanded.append(dims, 1);
  expanded.push_back(dims);
  auto column = [&](int64_t index) { return node.reshape(node.slice(theta, 2, index, 1), expanded); };
  Tensor result = column(dims);
  for (int64_t dim = 0; dim < dims; ++dim) {
    int64_t count = (*size)[2 + dim];
    if (!node.canList({count}))
      return failure();
    llvm::SmallVector<double> centres;
    for (int64_t i = 0; i < count; ++i)
      centres.push_back(alignCorners ? (count == 1 ? -1 : 2.0 * i / (count - 1) - 1)
                                     : (2.0 * i + 1) / count - 1);
    Shape along(dims + 2, 1);
    along[1 + dim] = count;
    result = node.map({column(dims - 1 - dim), node.reals(along, centres, f32), result}, f32,
                      [](Scalars &s, llvm::ArrayRef<Value> x) { return s.fma(x[0], x[1], x[2]); });
  }
  return {{node.cast(result, theta.element)}};
}

void addSampling(OperatorTable &table) {
  table.add("GridSample", 16, "X:real[3..] grid:real[3..]", convertGridSample);
  table.add("GridSample", 1, "X:real[3..] grid:real[3..]", convertGridSample, onnx::kMicrosoftDomain);
  table.add("AffineGrid", 20, "theta:real[3] size:integer[1]", convertAffineGrid);
}

} // namespace sluice::conversion
