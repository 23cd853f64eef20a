//===- ExpandConvolutions.cpp - Convolutions as contractions --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What packed pixels cannot sum in order, or with filters that only the run knows: windows are
// the rows of a contraction, whose order is the same.
//
//===----------------------------------------------------------------------===//

#include "ExpandConvolutions.h"
#include "lib/Conversion/Views/View.h"

#include "dialects/part/PartDialect.h"

using namespace mlir;

namespace sluice::tiling {

static Value reshape(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType()).clone(shape);
  return stensor::ReshapeOp::create(builder, loc, type, value);
}

static Value transpose(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> permutation) {
  auto type = cast<RankedTensorType>(value.getType());
  Shape shape;
  for (int64_t dim : permutation)
    shape.push_back(type.getDimSize(dim));
  return stensor::TransposeOp::create(builder, loc, type.clone(shape), value, permutation);
}

/// The windows [N, positions..., taps..., C] of the padded input.
static Value slide(OpBuilder &builder, stensor::ConvolveOp op) {
  RankedTensorType type = op.getInput().getType();
  ArrayRef<int64_t> sizes = op.getFilters().getType().getShape().drop_front().drop_back(),
                    positions = op.getType().getShape().drop_front().drop_back();
  Shape low{0}, padded(type.getShape().begin(), type.getShape().end()), needed = padded;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    low.push_back(op.getLow()[dim]);
    needed[dim + 1] = (positions[dim] - 1) * op.getStrides()[dim] + (size - 1) * op.getDilations()[dim] + 1;
    padded[dim + 1] = std::max(needed[dim + 1], low.back() + type.getDimSize(dim + 1));
  }
  low.push_back(0);
  const Shape start(low.size(), 0), step(low.size(), 1);
  Value value =
      stensor::PadOp::create(builder, op.getLoc(), type.clone(padded), op.getInput(), low, op.getPadding());
  value = stensor::SliceOp::create(builder, op.getLoc(), type.clone(needed), value, start, step);
  Shape windows{type.getDimSize(0)};
  llvm::append_range(windows, positions);
  llvm::append_range(windows, sizes);
  windows.push_back(type.getShape().back());
  return stensor::WindowOp::create(builder, op.getLoc(), type.clone(windows), value, 1, sizes,
                                   op.getStrides(), op.getDilations());
}

void expandConvolution(stensor::ConvolveOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  ArrayRef<int64_t> filters = op.getFilters().getType().getShape(), result = op.getType().getShape(),
                    taps = filters.drop_front().drop_back();
  const int64_t groups = op.getGroups(), outputs = filters.front() / groups, depth = filters.back(),
                inner = elementsOf(taps.take_back(op.getJoined())), outer = elementsOf(taps) / inner,
                positions = elementsOf(result.drop_back());
  Value rows = reshape(builder, loc, slide(builder, op), {positions, outer, inner, groups, depth});
  rows = reshape(builder, loc, transpose(builder, loc, rows, {3, 0, 1, 2, 4}),
                 {groups, positions, outer, inner * depth});
  Value columns = reshape(builder, loc, op.getFilters(), {groups, outputs, outer, inner * depth});
  Value product = stensor::ContractOp::create(builder, loc, op.getType().clone({groups, positions, outputs}),
                                              rows, columns);
  if (Attribute local = op->getAttr(part::kLocalAttr))
    product.getDefiningOp()->setAttr(part::kLocalAttr, local);
  product = reshape(builder, loc, transpose(builder, loc, product, {1, 0, 2}), result);
  op.getResult().replaceAllUsesWith(product);
  op.erase();
}

/// Whether all elements are constants.
static bool isKnown(Value value) {
  Operation *op = value.getDefiningOp();
  return op && (isa<stensor::ConstantOp>(op) || (isLayoutOp(op) && llvm::all_of(op->getOperands(), isKnown)));
}

/// Whether chunks of the order lie in vectors of their own where pixels lie one by one.
static bool isAligned(stensor::ConvolveOp op, int64_t lanes) {
  const int64_t depth = op.getFilters().getType().getShape().back(), chunk = stensor::kContractionChunk,
                channels = op.getInput().getType().getShape().back();
  if (channels <= lanes)
    return true;
  return depth <= chunk ? lanes % depth == 0 : lanes == chunk && (op.getGroups() == 1 || depth % chunk == 0);
}

void expandConvolutions(func::FuncOp function, const target::Target &target) {
  SmallVector<stensor::ConvolveOp> convolutions(function.getOps<stensor::ConvolveOp>());
  for (stensor::ConvolveOp op : convolutions)
    if (op.getInput().getType().getElementType().isF16() &&
        (!isKnown(op.getFilters()) || (op.getJoined() == 0 && !isAligned(op, target.lanes()))))
      expandConvolution(op);
}

} // namespace sluice::tiling
