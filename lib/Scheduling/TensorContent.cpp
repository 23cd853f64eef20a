//===- TensorContent.cpp - How much of a tensor is not the same -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorContent.h"

#include "dialects/stensor/StensorDialect.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::scheduling;

static int64_t productOf(llvm::ArrayRef<int64_t> numbers) {
  int64_t product = 1;
  for (int64_t number : numbers)
    product *= number;
  return product;
}

llvm::ArrayRef<int64_t> scheduling::shapeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

int64_t scheduling::elementsOf(mlir::Value value) { return productOf(shapeOf(value)); }

bool TensorContent::isRegular() const { return different == productOf(distinct); }

/// Positions whose tap `tap` lies within the extent.
static int64_t countInside(const WindowDimension &dim, int64_t tap) {
  const int64_t offset = dim.low - tap * dim.dilation;
  const int64_t first = std::max<int64_t>(0, llvm::divideCeilSigned(offset, dim.stride)),
                end = std::min(dim.positions, llvm::divideCeilSigned(offset + dim.extent, dim.stride));
  return std::max<int64_t>(0, end - first);
}

int64_t WindowDimension::countInside() const {
  int64_t inside = 0;
  for (int64_t tap = 0; tap < taps; ++tap)
    inside += ::countInside(*this, tap);
  return inside;
}

int64_t WindowDimension::countTouched() const {
  if (dilation == 1 && stride >= taps)
    return countInside();
  if (dilation == 1)
    return std::max<int64_t>(0, std::min(extent, (positions - 1) * stride + taps - low) -
                                    std::max<int64_t>(0, -low));
  int64_t touched = 0;
  for (int64_t tap = 0; tap < taps; ++tap)
    touched = std::max(touched, ::countInside(*this, tap));
  return touched;
}

/// Dimensions of one shape against those of another with as many elements: of those that are split, merged or
/// both, the distinct indices are known where they are all or one.
static llvm::SmallVector<int64_t>
reshapeDistinct(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> distinct, llvm::ArrayRef<int64_t> to) {
  llvm::SmallVector<int64_t> result(to.size(), 1);
  for (size_t i = 0, j = 0; i < from.size() && j < to.size();) {
    const size_t first = j;
    int64_t size = from[i], indices = distinct[i], covered = to[j];
    ++i, ++j;
    while (size != covered) {
      if (size < covered && i < from.size()) {
        size *= from[i];
        indices *= distinct[i++];
      } else if (j < to.size()) {
        covered *= to[j++];
      } else {
        return result;
      }
    }
    for (size_t dim = first; dim < j; ++dim) {
      const bool isAlone = to[dim] == size;
      result[dim] = isAlone ? indices : indices == size ? to[dim] : 1;
    }
  }
  return result;
}

/// Of a value of which nothing is known.
static TensorContent ofRoot(mlir::Value value) {
  return {llvm::SmallVector<int64_t>(shapeOf(value)), elementsOf(value), 0, false, {value}};
}

static TensorContent reshaped(const TensorContent &from, stensor::ReshapeOp op) {
  TensorContent content = from;
  content.distinct = reshapeDistinct(shapeOf(op.getInput()), from.distinct, op.getType().getShape());
  return content;
}

static TensorContent transposed(const TensorContent &from, stensor::TransposeOp op) {
  TensorContent content = from;
  for (auto [dim, source] : llvm::enumerate(op.getPermutation()))
    content.distinct[dim] = from.distinct[source];
  return content;
}

static TensorContent sliced(const TensorContent &from, stensor::SliceOp op) {
  TensorContent content = from;
  llvm::ArrayRef<int64_t> all = shapeOf(op.getInput()), kept = op.getType().getShape();
  for (auto [dim, distinct] : llvm::enumerate(content.distinct))
    distinct = std::max<int64_t>(1, distinct - (all[dim] - kept[dim]));
  const int64_t elements = productOf(kept);
  content.different = from.isRegular() ? productOf(content.distinct)
                                       : std::max<int64_t>(1, from.different - (productOf(all) - elements));
  content.fixed = std::min(from.fixed, elements);
  return content;
}

static TensorContent padded(const TensorContent &from, stensor::PadOp op) {
  TensorContent content = from;
  content.fixed += elementsOf(op.getResult()) - elementsOf(op.getInput());
  return content;
}

static TensorContent broadcast(const TensorContent &from, stensor::BroadcastOp op) {
  TensorContent content = from;
  content.fixed *= elementsOf(op.getResult()) / elementsOf(op.getInput());
  return content;
}

static TensorContent windowed(const TensorContent &from, stensor::WindowOp op) {
  llvm::ArrayRef<int64_t> in = shapeOf(op.getInput());
  const int64_t first = op.getFirst(), count = op.getSizes().size();
  llvm::ArrayRef<int64_t> positions = op.getType().getShape().slice(first, count);
  TensorContent content = from;
  int64_t touched = elementsOf(op.getInput());
  for (int64_t i = 0; i < count; ++i) {
    content.distinct[first + i] = positions[i];
    touched = touched / in[first + i] *
              WindowDimension{in[first + i],      positions[i],         op.getSizes()[i],
                              op.getStrides()[i], op.getDilations()[i], 0}
                  .countTouched();
  }
  content.distinct.insert(content.distinct.begin() + first + count, op.getSizes().begin(),
                          op.getSizes().end());
  content.different = std::max<int64_t>(1, from.different - (elementsOf(op.getInput()) - touched));
  content.fixed = std::min(elementsOf(op.getResult()), from.fixed * productOf(op.getSizes()));
  return content;
}

/// Parts of different roots are different; of others the largest counts.
TensorContent TensorContents::concatenated(stensor::ConcatOp op) {
  TensorContent largest, content;
  content.isConstant = true;
  llvm::DenseSet<mlir::Value> seen;
  bool isApart = true;
  int64_t distinct = 0;
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    const TensorContent &part = of(input);
    if (i == 0)
      content.distinct = part.distinct;
    for (auto [dim, indices] : llvm::enumerate(part.distinct))
      if (dim != op.getDim())
        content.distinct[dim] = std::min(content.distinct[dim], indices);
    distinct += part.distinct[op.getDim()];
    content.different += part.different;
    content.fixed += part.fixed;
    content.isConstant &= part.isConstant;
    for (mlir::Value root : part.roots)
      if (seen.insert(root).second)
        content.roots.push_back(root);
      else
        isApart = false;
    if (part.different > largest.different)
      largest = part;
  }
  if (isApart) {
    content.distinct[op.getDim()] = distinct;
    return content;
  }
  content.distinct = largest.distinct;
  content.different = largest.different;
  return content;
}

TensorContent TensorContents::ofResult(mlir::Operation *op, mlir::Value result) {
  const bool isEmpty =
      llvm::any_of(op->getOperands(), [](mlir::Value operand) { return elementsOf(operand) == 0; });
  if (isEmpty)
    return ofRoot(result);
  if (auto constant = llvm::dyn_cast<stensor::ConstantOp>(op)) {
    auto dense = llvm::dyn_cast<mlir::DenseElementsAttr>(constant.getValue());
    const bool isUniform = dense && dense.isSplat();
    TensorContent content = ofRoot(result);
    content.isConstant = true;
    if (isUniform)
      content = {llvm::SmallVector<int64_t>(shapeOf(result).size(), 1), 1, elementsOf(result), true, {}};
    return content;
  }
  return llvm::TypeSwitch<mlir::Operation *, TensorContent>(op)
      .Case([&](stensor::ReshapeOp reshape) { return reshaped(of(reshape.getInput()), reshape); })
      .Case([&](stensor::TransposeOp transpose) { return transposed(of(transpose.getInput()), transpose); })
      .Case([&](stensor::SliceOp slice) { return sliced(of(slice.getInput()), slice); })
      .Case([&](stensor::PadOp pad) { return padded(of(pad.getInput()), pad); })
      .Case([&](stensor::BroadcastOp spread) { return broadcast(of(spread.getInput()), spread); })
      .Case([&](stensor::WindowOp window) { return windowed(of(window.getInput()), window); })
      .Case([&](stensor::ConcatOp concat) { return concatenated(concat); })
      .Default([&](mlir::Operation *) { return ofRoot(result); });
}

const TensorContent &TensorContents::of(mlir::Value value) {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  mlir::Operation *op = value.getDefiningOp();
  TensorContent content = op ? ofResult(op, value) : ofRoot(value);
  return known[value] = std::move(content);
}
