//===- Layout.cpp - Operations that only move elements ----------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include "dialects/stensor/ScalarOps.h"

#include <cstring>

using namespace mlir;

namespace sluice::golden {

//===----------------------------------------------------------------------===//
// Copying between two strided forms
//===----------------------------------------------------------------------===//

namespace {

/// One dimension of a copy; strides in elements.
struct CopyDim {
  int64_t size, targetStride, sourceStride;
};

} // namespace

static SmallVector<int64_t> rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t dim = shape.size(); dim-- > 0;) {
    strides[dim] = stride;
    stride *= shape[dim];
  }
  return strides;
}

/// Drops dimensions of size 1 and joins neighbours that both sides step through evenly.
static SmallVector<CopyDim> joined(ArrayRef<CopyDim> dims) {
  SmallVector<CopyDim> result;
  for (const CopyDim &dim : dims) {
    if (dim.size == 1)
      continue;
    if (!result.empty() && result.back().targetStride == dim.size * dim.targetStride &&
        result.back().sourceStride == dim.size * dim.sourceStride)
      result.back() = {result.back().size * dim.size, dim.targetStride, dim.sourceStride};
    else
      result.push_back(dim);
  }
  return result;
}

template <class T>
static void copyElements(T *target, const T *source, ArrayRef<CopyDim> dims) {
  if (dims.empty()) {
    *target = *source;
    return;
  }
  const CopyDim &dim = dims.front();
  if (dims.size() > 1) {
    for (int64_t i = 0; i < dim.size; ++i)
      copyElements(target + i * dim.targetStride, source + i * dim.sourceStride, dims.drop_front());
  } else if (dim.targetStride == 1 && dim.sourceStride == 1) {
    std::memcpy(target, source, dim.size * sizeof(T));
  } else {
    for (int64_t i = 0; i < dim.size; ++i)
      target[i * dim.targetStride] = source[i * dim.sourceStride];
  }
}

/// Copies elements of `width` bytes; offsets and strides in elements.
static void copyStrided(int64_t width, char *target, int64_t targetOffset, const char *source,
                        int64_t sourceOffset, ArrayRef<CopyDim> dims) {
  if (llvm::any_of(dims, [](const CopyDim &dim) { return dim.size == 0; }))
    return;
  SmallVector<CopyDim> simple = joined(dims);
  auto copy = [&](auto element) {
    using T = decltype(element);
    copyElements(reinterpret_cast<T *>(target) + targetOffset,
                 reinterpret_cast<const T *>(source) + sourceOffset, ArrayRef<CopyDim>(simple));
  };
  if (width == 4)
    copy(uint32_t());
  else if (width == 2)
    copy(uint16_t());
  else
    copy(uint8_t());
}

/// A tensor of `type` whose element at index i is the input's element at
/// offset + sum of i[d] * strides[d].
static TensorValue take(RankedTensorType type, const TensorValue &input, int64_t offset,
                        ArrayRef<int64_t> strides) {
  TensorValue result(type);
  SmallVector<CopyDim> dims;
  for (auto [size, targetStride, sourceStride] :
       llvm::zip_equal(type.getShape(), rowMajorStrides(type.getShape()), strides))
    dims.push_back({size, targetStride, sourceStride});
  copyStrided(input.elementBytes(), result.mutableBytes().data(), 0, input.bytes().data(), offset, dims);
  return result;
}

/// Puts all of `input` into `result`, its first element at index `low`.
static void put(TensorValue &result, ArrayRef<int64_t> low, const TensorValue &input) {
  SmallVector<int64_t> targetStrides = rowMajorStrides(result.shape());
  int64_t offset = 0;
  SmallVector<CopyDim> dims;
  for (auto [size, first, targetStride, sourceStride] :
       llvm::zip_equal(input.shape(), low, targetStrides, rowMajorStrides(input.shape()))) {
    offset += first * targetStride;
    dims.push_back({size, targetStride, sourceStride});
  }
  copyStrided(input.elementBytes(), result.mutableBytes().data(), offset, input.bytes().data(), 0, dims);
}

//===----------------------------------------------------------------------===//
// The operations
//===----------------------------------------------------------------------===//

TensorValue evaluateTranspose(stensor::TransposeOp op, const TensorValue &input) {
  SmallVector<int64_t> inputStrides = rowMajorStrides(input.shape()), strides;
  for (int64_t dim : op.getPermutation())
    strides.push_back(inputStrides[dim]);
  return take(op.getType(), input, 0, strides);
}

/// Elements between neighbours of a dimension of `size`. What has no neighbour may have any step.
static int64_t strideOf(int64_t stride, int64_t step, int64_t size) { return size > 1 ? stride * step : 0; }

TensorValue evaluateSlice(stensor::SliceOp op, const TensorValue &input) {
  SmallVector<int64_t> strides = rowMajorStrides(input.shape());
  int64_t offset = 0;
  for (auto [stride, first, step, size] :
       llvm::zip_equal(strides, op.getOffsets(), op.getStrides(), op.getType().getShape())) {
    offset += first * stride;
    stride = strideOf(stride, step, size);
  }
  return take(op.getType(), input, offset, strides);
}

TensorValue evaluatePad(stensor::PadOp op, const TensorValue &input) {
  TensorValue result(op.getType());
  // The value's bytes in memory; a half's register is the fp32 of the same value.
  uint32_t value = *stensor::scalarRegister(op.getValue());
  if (input.elementType().isF16())
    value = numerics::floatToHalf(value);
  switch (input.elementBytes()) {
  case 4:
    llvm::fill(result.mutableAs<uint32_t>(), value);
    break;
  case 2:
    llvm::fill(result.mutableAs<uint16_t>(), static_cast<uint16_t>(value));
    break;
  default:
    llvm::fill(result.mutableAs<uint8_t>(), static_cast<uint8_t>(value));
  }
  put(result, op.getLow(), input);
  return result;
}

TensorValue evaluateBroadcast(stensor::BroadcastOp op, const TensorValue &input) {
  SmallVector<int64_t> strides = rowMajorStrides(input.shape());
  for (auto [stride, size] : llvm::zip_equal(strides, input.shape()))
    stride = size == 1 ? 0 : stride;
  return take(op.getType(), input, 0, strides);
}

TensorValue evaluateWindow(stensor::WindowOp op, const TensorValue &input) {
  SmallVector<int64_t> strides = rowMajorStrides(input.shape()), windows;
  int64_t first = op.getFirst();
  if (op.getType().getNumElements() == 0)
    return TensorValue(op.getType());
  for (auto [i, step, dilation, size] : llvm::enumerate(op.getStrides(), op.getDilations(), op.getSizes())) {
    windows.push_back(strideOf(strides[first + i], dilation, size));
    strides[first + i] = strideOf(strides[first + i], step, op.getType().getDimSize(first + i));
  }
  strides.insert(strides.begin() + first + windows.size(), windows.begin(), windows.end());
  return take(op.getType(), input, 0, strides);
}

TensorValue evaluateConcat(stensor::ConcatOp op, Operands inputs) {
  TensorValue result(op.getType());
  SmallVector<int64_t> low(op.getType().getRank(), 0);
  for (const TensorValue &input : inputs) {
    put(result, low, input);
    low[op.getDim()] += input.shape()[op.getDim()];
  }
  return result;
}

FailureOr<TensorValue> evaluateGather(stensor::GatherOp op, const TensorValue &table,
                                      const TensorValue &indices) {
  TensorValue result(op.getType());
  int64_t rows = table.shape()[0];
  size_t rowBytes = rows == 0 ? 0 : table.bytes().size() / rows;
  for (auto [position, index] : llvm::enumerate(indices.as<int32_t>())) {
    if (index < 0 || index >= rows)
      return op.emitOpError() << "index " << index << " at position " << position
                              << " is outside the table's " << rows << " rows";
    std::memcpy(result.mutableBytes().data() + position * rowBytes, table.bytes().data() + index * rowBytes,
                rowBytes);
  }
  return result;
}

} // namespace sluice::golden
