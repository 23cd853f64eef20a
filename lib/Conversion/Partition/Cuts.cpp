//===- Cuts.cpp - Dimensions of which each card has a part ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuts.h"

#include "dialects/part/PartDialect.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace sluice::partition {

using tiling::View;

RankedTensorType shareType(RankedTensorType type, const Cut &cut) {
  SmallVector<int64_t> shape(type.getShape());
  shape[cut.dim] = cut.width();
  return RankedTensorType::get(shape, type.getElementType());
}

std::optional<View> constantView(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (isa<stensor::ConstantOp>(op))
    return View::ofRoot(0, typeOf(value).getShape());
  if (!tiling::isLayoutOp(op) || op->getNumOperands() != 1)
    return std::nullopt;
  std::optional<View> input = constantView(op->getOperand(0));
  if (!input)
    return std::nullopt;
  View view = tiling::applyLayoutOp(op, *input);
  return view.pieces().size() == 1 ? std::optional(view) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Cuts through operations
//===----------------------------------------------------------------------===//

std::optional<Cut> throughReshape(ArrayRef<int64_t> from, ArrayRef<int64_t> to, const Cut &cut,
                                  int64_t cards) {
  const int64_t before = tiling::elementsOf(from.take_front(cut.dim));
  int64_t passed = 1;
  for (auto [dim, size] : llvm::enumerate(to)) {
    if (passed == before && size > 1) {
      if (size == from[cut.dim])
        return Cut{int64_t(dim), cut.widths};
      if (cut.widths.size() > 1 || size % cards != 0)
        return std::nullopt;
      return Cut{int64_t(dim), {size / cards}};
    }
    passed *= size;
  }
  return std::nullopt;
}

/// Whether a layout operation leaves dimension `dim`, which keeps its place, as it is.
static bool keepsDimension(Operation *op, int64_t dim) {
  if (typeOf(op->getOperand(0)).getDimSize(dim) != typeOf(op->getResult(0)).getDimSize(dim))
    return false;
  return TypeSwitch<Operation *, bool>(op)
      .Case([&](stensor::SliceOp slice) {
        return slice.getOffsets()[dim] == 0 && slice.getStrides()[dim] == 1;
      })
      .Case([&](stensor::PadOp pad) { return pad.getLow()[dim] == 0; })
      .Case([&](stensor::ConcatOp concat) { return int64_t(concat.getDim()) != dim; })
      .Case([&](stensor::BroadcastOp) { return true; })
      .Default([](Operation *) { return false; });
}

std::optional<Cut> resultCut(Operation *op, const Cut &cut, int64_t cards) {
  if (auto reshape = dyn_cast<stensor::ReshapeOp>(op))
    return throughReshape(reshape.getInput().getType().getShape(), reshape.getType().getShape(), cut, cards);
  if (auto transpose = dyn_cast<stensor::TransposeOp>(op)) {
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    return Cut{llvm::find(permutation, cut.dim) - permutation.begin(), cut.widths};
  }
  return keepsDimension(op, cut.dim) ? std::optional(cut) : std::nullopt;
}

std::optional<Cut> operandCut(Operation *op, const Cut &cut, int64_t cards) {
  if (auto reshape = dyn_cast<stensor::ReshapeOp>(op))
    return throughReshape(reshape.getType().getShape(), reshape.getInput().getType().getShape(), cut, cards);
  if (auto transpose = dyn_cast<stensor::TransposeOp>(op))
    return Cut{transpose.getPermutation()[cut.dim], cut.widths};
  return keepsDimension(op, cut.dim) ? std::optional(cut) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Uniting
//===----------------------------------------------------------------------===//

Value unite(Value local, const Cut &cut, int64_t cards) {
  OpBuilder builder(local.getContext());
  builder.setInsertionPointAfterValue(local);
  const Location loc = local.getLoc();
  RankedTensorType type = typeOf(local);
  auto typed = [&](ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, type.getElementType()); };
  SmallVector<int64_t> shape(type.getShape());
  if (cut.widths.size() > 1 && llvm::all_equal(cut.widths)) {
    // Part by part.
    shape[cut.dim] = cut.widths.front();
    shape.insert(shape.begin() + cut.dim, cut.widths.size());
    Value parts = stensor::ReshapeOp::create(builder, loc, typed(shape), local);
    Value whole = unite(parts, {cut.dim + 1, {cut.widths.front()}}, cards);
    builder.setInsertionPointAfterValue(whole);
    return stensor::ReshapeOp::create(builder, loc, shareType(type, {cut.dim, {cards * cut.width()}}), whole);
  }
  shape.insert(shape.begin(), 1);
  Value one = stensor::ReshapeOp::create(builder, loc, typed(shape), local);
  shape[0] = cards;
  auto all = stensor::ConcatOp::create(builder, loc, typed(shape), SmallVector<Value>(cards, one), 0);
  all->setAttr(part::kUniteAttr, builder.getUnitAttr());
  const int64_t rank = shape.size(), dim = cut.dim + 1;
  SmallVector<int64_t> offsets(rank, 0), strides(rank, 1), permutation;
  for (int64_t d = 1; d < dim; ++d)
    permutation.push_back(d);
  permutation.push_back(0);
  for (int64_t d = dim; d < rank; ++d)
    permutation.push_back(d);
  SmallVector<Value> parts;
  for (int64_t width : cut.widths) {
    shape[dim] = width;
    Value part = all;
    if (cut.widths.size() > 1)
      part = stensor::SliceOp::create(builder, loc, typed(shape), part, offsets, strides);
    SmallVector<int64_t> turned;
    for (int64_t d : permutation)
      turned.push_back(shape[d]);
    part = stensor::TransposeOp::create(builder, loc, typed(turned), part, permutation);
    parts.push_back(
        stensor::ReshapeOp::create(builder, loc, shareType(type, {cut.dim, {cards * width}}), part));
    offsets[dim] += width;
  }
  if (parts.size() == 1)
    return parts.front();
  return stensor::ConcatOp::create(builder, loc, shareType(type, {cut.dim, {cards * cut.width()}}), parts,
                                   cut.dim);
}

} // namespace sluice::partition
