//===- RegionSampling.cpp - Pooled regions and deformable convolution -----===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"
#include "Sampling.h"

#include "sluice/Conversion/BeyondMachine.h"

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// `input` broadcast to `shape`, flat.
static Tensor spread(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> shape) {
  return node.reshape(node.broadcast(input, shape), {countElements(shape)});
}

namespace {
/// How a RoiAlign node cuts regions.
struct RegionGrid {
  int64_t bins, ratio; ///< along one axis; samples in a bin
  double scale, offset;
  bool atLeastOne; ///< regions are never smaller than one element
};
} // namespace

/// The coordinates of the samples between the corners [R] of each region along an axis, [R, bins * ratio].
static Tensor regionCoordinates(Node &node, const Tensor &low, const Tensor &high, const RegionGrid &grid) {
  if (!node.canList({grid.bins, grid.ratio}))
    return low;
  llvm::SmallVector<double> places;
  for (int64_t i = 0; i < grid.bins * grid.ratio; ++i)
    places.push_back((i + 0.5) / grid.ratio);
  Type f32 = low.element;
  Tensor place = node.reals({1, static_cast<int64_t>(places.size())}, places, f32);
  auto column = [&](const Tensor &x) { return node.reshape(x, {x.count(), 1}); };
  return node.map({column(low), column(high), place}, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value start = s.fma(x[0], s.real(grid.scale), s.real(-grid.offset));
    Value length = s.sub(s.fma(x[1], s.real(grid.scale), s.real(-grid.offset)), start);
    if (grid.atLeastOne)
      length = s.max(length, s.real(1));
    return s.fma(s.div(length, s.real(grid.bins)), x[2], start);
  });
}

/// Each region's bins as the mean (or greatest) of samples within them.
static Results convertRoiAlign(Node &node) {
  llvm::StringRef mode = node.stringAttr("mode", "avg"),
                  transformation = node.stringAttr("coordinate_transformation_mode",
                                                   node.version() >= 16 ? "half_pixel" : "output_half_pixel");
  int64_t rows = node.integerAttr("output_height", 1), columns = node.integerAttr("output_width", 1),
          ratio = node.integerAttr("sampling_ratio", 0);
  double scale = node.realAttr("spatial_scale", 1);
  const Tensor &input = node.input(0), &regions = node.input(1), &batches = node.input(2);
  bool halfPixel = transformation == "half_pixel";
  if ((mode != "avg" && mode != "max") || (!halfPixel && transformation != "output_half_pixel"))
    return node.refuse("mode or coordinate_transformation_mode is not supported");
  if (ratio < 1)
    return node.refuse(kBeyondMachine + "sampling_ratio = 0: the number of samples depends on run-time data");
  if (rows < 1 || columns < 1)
    return node.refuse("the result would have " + llvm::Twine(rows) + " rows and " + llvm::Twine(columns) +
                       " columns");
  if (input.count() == 0)
    return node.refuseInput(0, "elements");
  Type f32 = node.getBuilder().getF32Type(), i32 = node.getBuilder().getI32Type();
  int64_t count = regions.shape[0], channels = input.shape[1], height = input.shape[2],
          width = input.shape[3];
  auto coordinates = [&](int64_t first, int64_t bins) {
    auto corner = [&](int64_t index) { return node.cast(node.slice(regions, 1, index, 1), f32); };
    return regionCoordinates(node, corner(first), corner(first + 2),
                             {bins, ratio, scale, halfPixel ? 0.5 : 0, !halfPixel});
  };
  Shape points = {count, rows * ratio, columns * ratio};
  Tensor y = spread(node, node.reshape(coordinates(1, rows), {count, points[1], 1}), points),
         x = spread(node, node.reshape(coordinates(0, columns), {count, 1, points[2]}), points);
  Tensor base = node.map(node.reshape(batches, {count, 1, 1}), i32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    return s.mul(v[0], s.integer(height * width));
  });
  Tensor table =
      node.reshape(channelsLast(node, node.cast(input, f32)), {input.count() / channels, channels});
  SampleMode border = {SampleMode::linear, SampleMode::border};
  Tensor found =
      sampleNeighbours(node, table, spread(node, base, points), {{y, height, width}, {x, width, 1}}, border);
  // Samples more than one element outside count as zero.
  int64_t all = countElements(points);
  found = node.map({found, node.reshape(y, {1, all, 1}), node.reshape(x, {1, all, 1})}, f32,
                   [&](Scalars &s, llvm::ArrayRef<Value> v) {
                     auto inside = [&](Value place, int64_t size) {
                       return s.bitAnd(s.lessOrEqual(s.real(-1), place), s.lessOrEqual(place, s.real(size)));
                     };
                     return s.select(s.bitAnd(inside(v[1], height), inside(v[2], width)), v[0], s.real(0));
                   });
  found = node.reshape(found, {found.shape[0], count, rows, ratio, columns, ratio, channels});
  bool isMax = mode == "max";
  Tensor result = node.reduce(isMax ? ReduceKind::max : ReduceKind::add, found, {0, 3, 5});
  if (!isMax)
    result = node.map(result, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
      return s.div(v[0], s.real(static_cast<double>(ratio * ratio)));
    });
  result = node.reshape(result, {count, rows, columns, channels});
  return {{node.cast(channelsFirst(node, result), input.element)}};
}

/// Where tap `tap` of each window lies along spatial dimension `dim`, [1, 1, taps, positions].
static Tensor tapCoordinates(Node &node, const Windows &windows, int64_t dim) {
  auto along = [&](llvm::ArrayRef<int64_t> shape, auto place) {
    llvm::SmallVector<double> values;
    int64_t behind = countElements(shape.drop_front(dim + 1));
    for (int64_t i = 0; i < countElements(shape); ++i)
      values.push_back(place(i / behind % shape[dim]));
    return values;
  };
  Type f32 = node.getBuilder().getF32Type();
  llvm::SmallVector<double> taps =
      along(windows.sizes, [&](int64_t i) { return i * windows.dilations[dim]; });
  llvm::SmallVector<double> starts =
      along(windows.positions, [&](int64_t i) { return i * windows.strides[dim] - windows.low[dim]; });
  Shape tapShape = {1, 1, static_cast<int64_t>(taps.size()), 1},
        startShape = {1, 1, 1, static_cast<int64_t>(starts.size())};
  return node.map({node.reals(tapShape, taps, f32), node.reals(startShape, starts, f32)}, f32,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
}

/// A convolution whose windows' elements are displaced by offsets of the run: X, W, offset, bias, mask.
static Results convertDeformConv(Node &node) {
  int64_t groups = node.integerAttr("group", 1), offsetGroups = node.integerAttr("offset_group", 1);
  node.ignoreAttr("kernel_shape"); // as the weights have it
  const Tensor &input = node.input(0), &weights = node.input(1), &offsets = node.input(2),
               &bias = node.input(3), &mask = node.input(4);
  int64_t dims = input.rank() - 2;
  if (!checkConvolution(node, 1, groups))
    return failure();
  if (offsetGroups < 1 || input.shape[1] % offsetGroups != 0)
    return node.refuseShapes("offset_group");
  llvm::ArrayRef<int64_t> spatial = llvm::ArrayRef(input.shape).drop_front(2);
  std::optional<Windows> windows = readWindows(node, llvm::ArrayRef(weights.shape).drop_front(2), spatial);
  if (!windows)
    return failure();
  Type f32 = node.getBuilder().getF32Type();
  int64_t batch = input.shape[0], channels = input.shape[1], outputs = weights.shape[0],
          taps = countElements(windows->sizes), positions = countElements(windows->positions),
          elements = countElements(spatial), each = channels / offsetGroups, inGroup = channels / groups;
  auto perTap = [&](int64_t count) {
    Shape shape = {batch, countElements({offsetGroups, taps, count})};
    shape.append(windows->positions);
    return shape;
  };
  if (failed(node.needShape(2, perTap(dims))) || failed(node.needShape(3, {outputs})) ||
      failed(node.needShape(4, perTap(1))))
    return failure();
  if (!node.canList(windows->sizes) || !node.canList(windows->positions))
    return failure();
  Shape points = {batch, offsetGroups, taps, positions};
  Tensor displaced = node.cast(node.reshape(offsets, {batch, offsetGroups, taps, dims, positions}), f32);
  llvm::SmallVector<SampleAxis> axes;
  for (int64_t dim = dims, stride = 1; dim-- > 0; stride *= spatial[dim]) {
    Tensor offset = node.reshape(node.slice(displaced, 3, dim, 1), points);
    Tensor place = node.map({tapCoordinates(node, *windows, dim), offset}, f32,
                            [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
    axes.push_back({node.reshape(place, {place.count()}), spatial[dim], stride});
  }
  Tensor base =
      node.map(iota(node, batch * offsetGroups), node.getBuilder().getI32Type(),
               [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], s.integer(elements)); });
  base = spread(node, node.reshape(base, {batch, offsetGroups, 1, 1}), points);
  Tensor table = node.transpose(node.reshape(node.cast(input, f32), {batch, offsetGroups, each, elements}),
                                {0, 1, 3, 2});
  Tensor found = sample(node, node.reshape(table, {batch * offsetGroups * elements, each}), base, axes, {});
  if (mask)
    found = node.map({found, node.reshape(mask, {mask.count(), 1})}, f32,
                     [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[1]); });
  found = node.transpose(node.reshape(found, {batch, offsetGroups, taps, positions, each}), {0, 3, 2, 1, 4});
  found = node.transpose(node.reshape(found, {batch * positions, taps, groups, inGroup}), {2, 0, 1, 3});
  Tensor kernel = node.transpose(
      node.reshape(node.cast(weights, f32), {groups, outputs / groups, inGroup, taps}), {0, 1, 3, 2});
  Tensor result = contractReals(node, node.reshape(found, {groups, batch * positions, 1, taps * inGroup}),
                                node.reshape(kernel, {groups, outputs / groups, 1, taps * inGroup}));
  result = node.transpose(node.reshape(result, {groups, batch, positions, outputs / groups}), {1, 0, 3, 2});
  Shape shape = {batch, outputs}, perChannel(input.rank(), 1);
  shape.append(windows->positions);
  result = node.reshape(result, shape);
  perChannel[1] = outputs;
  if (bias)
    result = node.map({result, node.reshape(bias, perChannel)}, f32,
                      [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
  return {{node.cast(result, input.element)}};
}

void addRegionSampling(OperatorTable &table) {
  table.add("RoiAlign", 10, "X:real[4] rois:real[R,4] batch_indices:integer[R]", convertRoiAlign);
  table.add("DeformConv", 19, "X:real[3..] W:real[3..] offset:real[3..] B?:real[1] mask?:real",
            convertDeformConv);
}

} // namespace sluice::conversion
