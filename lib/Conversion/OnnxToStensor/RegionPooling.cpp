//===- RegionPooling.cpp - Greatest elements of regions -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"
#include "Sampling.h"

#include <limits>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// Whether element `i` of an axis lies in bin `b` of the region whose corners are `low` and `high` [R]: i1
/// [R, bins, size]. Corners are rounded to whole elements, bins to what they touch.
static Tensor binMembers(Node &node, const Tensor &low, const Tensor &high, int64_t bins, int64_t size,
                         double scale) {
  OpBuilder &builder = node.getBuilder();
  Type f32 = builder.getF32Type();
  auto row = [&](const Tensor &x, llvm::ArrayRef<int64_t> shape) { return node.reshape(x, shape); };
  int64_t count = low.count();
  Tensor bin = node.cast(row(iota(node, bins), {1, bins, 1}), f32),
         place = node.cast(row(iota(node, size), {1, 1, size}), f32);
  return node.map({row(low, {count, 1, 1}), row(high, {count, 1, 1}), bin, place}, builder.getI1Type(),
                  [&](Scalars &s, llvm::ArrayRef<Value> x) {
                    // Halves go upwards.
                    auto corner = [&](Value v) { return s.floor(s.fma(v, s.real(scale), s.real(0.5))); };
                    Value start = corner(x[0]);
                    Value extent = s.max(s.add(s.sub(corner(x[1]), start), s.real(1)), s.real(1));
                    // Of whole numbers the product is exact, so the quotient's whole part is right.
                    auto border = [&](Value number) {
                      return s.div(s.mul(number, extent), s.real(static_cast<double>(bins)));
                    };
                    Value first = s.add(s.floor(border(x[2])), start);
                    Value end = s.add(s.ceil(border(s.add(x[2], s.real(1)))), start);
                    return s.bitAnd(s.lessOrEqual(first, x[3]), s.less(x[3], end));
                  });
}

/// Each region (batch index and corners) cut into a grid of bins, each bin's greatest element; 0 for bins of
/// none. First over rows, then over columns.
static Results convertMaxRoiPool(Node &node) {
  Shape pooled = node.integersAttr("pooled_shape").value_or(Shape());
  double scale = node.realAttr("spatial_scale", 1);
  const Tensor &input = node.input(0), &regions = node.input(1);
  if (pooled.size() != 2 || pooled[0] < 1 || pooled[1] < 1)
    return node.refuse("'pooled_shape' is not two numbers of at least 1");
  Type f32 = node.getBuilder().getF32Type(), i32 = node.getBuilder().getI32Type();
  int64_t count = regions.shape[0], channels = input.shape[1], height = input.shape[2],
          width = input.shape[3];
  Tensor numbers = node.cast(regions, f32);
  auto column = [&](int64_t index) { return node.reshape(node.slice(numbers, 1, index, 1), {count}); };
  Tensor images = node.gather(node.cast(input, f32), node.cast(column(0), i32));
  Tensor inRow = binMembers(node, column(2), column(4), pooled[0], height, scale),
         inColumn = binMembers(node, column(1), column(3), pooled[1], width, scale);
  double lowest = -std::numeric_limits<double>::infinity();
  auto keep = [&](const Tensor &members, const Tensor &x) {
    return node.map({members, x}, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
      return s.select(v[0], v[1], s.real(lowest));
    });
  };
  Tensor rows = keep(node.reshape(inRow, {count, 1, pooled[0], height, 1}),
                     node.reshape(images, {count, channels, 1, height, width}));
  rows = node.reshape(node.reduce(ReduceKind::max, rows, 3), {count, channels, pooled[0], 1, width});
  Tensor best =
      node.reduce(ReduceKind::max, keep(node.reshape(inColumn, {count, 1, 1, pooled[1], width}), rows), 4);
  best = node.map(best, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.equal(x[0], s.real(lowest)), s.real(0), x[0]);
  });
  return {{node.cast(node.reshape(best, {count, channels, pooled[0], pooled[1]}), input.element)}};
}

void addRegionPooling(OperatorTable &table) {
  table.add("MaxRoiPool", 1, "X:real[4] rois:real[R,5]", convertMaxRoiPool);
}

} // namespace sluice::conversion
