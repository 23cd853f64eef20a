//===- View.cpp - What the elements of a value are ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "View.h"

#include "Elements.h"

#include "dialects/stensor/StensorDialect.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace sluice::tiling {

View View::ofRoot(int32_t root, ArrayRef<int64_t> shape) {
  View view;
  view.dims.assign(shape.begin(), shape.end());
  view.base = int64_t{root} << rootShift;
  return view;
}

View View::uniform(uint32_t value, ArrayRef<int64_t> shape) {
  View view;
  view.dims.assign(shape.begin(), shape.end());
  view.base = -1 - int64_t{value};
  return view;
}

SmallVector<int32_t> View::roots() const {
  if (std::optional<int32_t> root = wholeRoot())
    return {*root};
  SmallVector<int32_t> found;
  if (isUniform())
    return found;
  int32_t last = -1;
  for (int64_t code : *table) {
    int32_t root = decode(code).root;
    if (root < 0 || root == last)
      continue;
    last = root;
    if (!llvm::is_contained(found, root))
      found.push_back(root);
  }
  return found;
}

View View::reshaped(ArrayRef<int64_t> shape) const {
  View view = *this;
  view.dims.assign(shape.begin(), shape.end());
  return view;
}

/// Calls `visit` with offset + sum i[d] * strides[d] for every i of `shape` in row-major order.
template <typename Visit>
static void forEachOffset(ArrayRef<int64_t> shape, int64_t offset, ArrayRef<int64_t> strides, Visit visit) {
  if (shape.empty())
    return visit(offset);
  for (int64_t i = 0; i < shape.front(); ++i)
    forEachOffset(shape.drop_front(), offset + i * strides.front(), strides.drop_front(), visit);
}

View View::strided(ArrayRef<int64_t> shape, int64_t offset, ArrayRef<int64_t> strides) const {
  if (isUniform())
    return reshaped(shape);
  auto codes = std::make_shared<std::vector<int64_t>>();
  codes->reserve(elementsOf(shape));
  forEachOffset(shape, offset, strides, [&](int64_t element) { codes->push_back(codeAt(element)); });
  View view;
  view.dims.assign(shape.begin(), shape.end());
  view.table = std::move(codes);
  return view;
}

View View::broadcast(ArrayRef<int64_t> shape) const {
  if (shape == ArrayRef<int64_t>(dims))
    return *this;
  Shape strides = stridesOf(dims);
  for (auto [stride, size] : llvm::zip_equal(strides, dims))
    if (size == 1)
      stride = 0;
  return strided(shape, 0, strides);
}

View View::padded(ArrayRef<int64_t> shape, ArrayRef<int64_t> low, uint32_t value) const {
  auto codes = std::make_shared<std::vector<int64_t>>(elementsOf(shape), -1 - int64_t{value});
  Shape strides = stridesOf(shape);
  int64_t offset = 0, element = 0;
  for (auto [start, stride] : llvm::zip_equal(low, strides))
    offset += start * stride;
  forEachOffset(dims, offset, strides, [&](int64_t target) { (*codes)[target] = codeAt(element++); });
  View view;
  view.dims.assign(shape.begin(), shape.end());
  view.table = std::move(codes);
  return view;
}

View View::concatenated(ArrayRef<View> parts, int64_t dim, ArrayRef<int64_t> shape) {
  auto codes = std::make_shared<std::vector<int64_t>>(elementsOf(shape));
  Shape strides = stridesOf(shape);
  int64_t start = 0;
  for (const View &part : parts) {
    int64_t element = 0;
    forEachOffset(part.dims, start * strides[dim], strides,
                  [&](int64_t target) { (*codes)[target] = part.codeAt(element++); });
    start += part.dims[dim];
  }
  View view;
  view.dims.assign(shape.begin(), shape.end());
  view.table = std::move(codes);
  return view;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

static View transposed(const View &input, stensor::TransposeOp op) {
  Shape from = stridesOf(input.shape()), strides;
  for (int64_t d : op.getPermutation())
    strides.push_back(from[d]);
  return input.strided(op.getType().getShape(), 0, strides);
}

/// Elements between neighbours of a dimension of `size`. What has no neighbour may have any step.
static int64_t strideOf(int64_t stride, int64_t step, int64_t size) { return size > 1 ? stride * step : 0; }

static View sliced(const View &input, stensor::SliceOp op) {
  Shape strides = stridesOf(input.shape());
  int64_t offset = 0;
  for (auto [stride, start, step, size] :
       llvm::zip_equal(strides, op.getOffsets(), op.getStrides(), op.getType().getShape())) {
    offset += start * stride;
    stride = strideOf(stride, step, size);
  }
  return input.strided(op.getType().getShape(), offset, strides);
}

static View windowed(const View &input, stensor::WindowOp op) {
  Shape from = stridesOf(input.shape()), strides;
  llvm::ArrayRef<int64_t> shape = op.getType().getShape();
  int64_t first = op.getFirst(), count = op.getSizes().size();
  if (llvm::is_contained(shape, 0))
    return input.strided(shape, 0, Shape(shape.size(), 0));
  for (int64_t d = 0; d < first; ++d)
    strides.push_back(from[d]);
  for (int64_t i = 0; i < count; ++i)
    strides.push_back(strideOf(from[first + i], op.getStrides()[i], shape[first + i]));
  for (int64_t i = 0; i < count; ++i)
    strides.push_back(strideOf(from[first + i], op.getDilations()[i], op.getSizes()[i]));
  for (size_t d = first + count; d < from.size(); ++d)
    strides.push_back(from[d]);
  return input.strided(shape, 0, strides);
}

bool isLayoutOp(Operation *op) {
  return isa<stensor::ReshapeOp, stensor::TransposeOp, stensor::SliceOp, stensor::PadOp, stensor::BroadcastOp,
             stensor::WindowOp, stensor::ConcatOp>(op);
}

View applyLayoutOp(Operation *op, ArrayRef<View> operands) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op->getResult(0).getType()).getShape();
  const View &input = operands.front();
  return TypeSwitch<Operation *, View>(op)
      .Case([&](stensor::TransposeOp transpose) { return transposed(input, transpose); })
      .Case([&](stensor::SliceOp slice) { return sliced(input, slice); })
      .Case([&](stensor::WindowOp window) { return windowed(input, window); })
      .Case(
          [&](stensor::PadOp pad) { return input.padded(shape, pad.getLow(), elementBits(pad.getValue())); })
      .Case([&](stensor::BroadcastOp) { return input.broadcast(shape); })
      .Case([&](stensor::ConcatOp concat) { return View::concatenated(operands, concat.getDim(), shape); })
      .Default([&](Operation *) { return input.reshaped(shape); });
}

} // namespace sluice::tiling
