//===- EmitterLayout.cpp - Layout, reduction and contraction --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include <limits>

using namespace mlir;

namespace sluice::conversion {

Tensor Emitter::toWords(const Tensor &wide) {
  Tensor words;
  words.element = builder.getI32Type();
  words.shape = wide.shape;
  words.shape.push_back(2);
  words.constant = reinterpret(wide.constant, words.shape, words.element);
  return words;
}

Tensor Emitter::fromWords(const Tensor &words, Type element) {
  Tensor wide;
  wide.element = element;
  wide.shape.assign(words.shape.begin(), words.shape.end() - 1);
  if (!words.constant) {
    (void)refuse("a constant of 64-bit integers is too large to evaluate");
    return splat(element, wide.shape, 0);
  }
  wide.constant = reinterpret(words.constant, wide.shape, builder.getI64Type());
  return wide;
}

/// `values` and one more.
static Shape with(llvm::ArrayRef<int64_t> values, int64_t last) {
  Shape result(values);
  result.push_back(last);
  return result;
}

Tensor Emitter::reshape(const Tensor &input, llvm::ArrayRef<int64_t> shape) {
  if (llvm::ArrayRef<int64_t>(input.shape) == shape)
    return input;
  Tensor result = input;
  result.shape.assign(shape.begin(), shape.end());
  if (input.constant) {
    result.constant = reinterpret(input.constant, shape, input.constant.getElementType());
    result.value = nullptr;
    return result;
  }
  return finish(stensor::ReshapeOp::create(builder, loc, storedType(shape, input.element), value(input)),
                input.element);
}

Tensor Emitter::transpose(const Tensor &input, llvm::ArrayRef<int64_t> permutation) {
  Shape shape;
  for (int64_t dim : permutation)
    shape.push_back(input.shape[dim]);
  if (llvm::is_sorted(permutation))
    return input;
  if (countElements(shape) == 0)
    return splat(input.element, shape, 0);
  if (isWide(input))
    return fromWords(transpose(toWords(input), with(permutation, input.rank())), input.element);
  return finish(stensor::TransposeOp::create(builder, loc, storedType(shape, input.element), value(input),
                                             builder.getDenseI64ArrayAttr(permutation)),
                input.element);
}

Tensor Emitter::slice(const Tensor &input, llvm::ArrayRef<int64_t> offsets, llvm::ArrayRef<int64_t> sizes,
                      llvm::ArrayRef<int64_t> strides) {
  bool whole = llvm::ArrayRef<int64_t>(input.shape) == sizes &&
               llvm::all_of(offsets, [](int64_t offset) { return offset == 0; });
  if (whole)
    return input;
  if (countElements(sizes) == 0 || !fits(sizes))
    return splat(input.element, sizes, 0);
  if (isWide(input))
    return fromWords(slice(toWords(input), with(offsets, 0), with(sizes, 2), with(strides, 1)),
                     input.element);
  return finish(stensor::SliceOp::create(builder, loc, storedType(sizes, input.element), value(input),
                                         builder.getDenseI64ArrayAttr(offsets),
                                         builder.getDenseI64ArrayAttr(strides)),
                input.element);
}

Tensor Emitter::slice(const Tensor &input, int64_t dim, int64_t offset, int64_t size, int64_t stride) {
  Shape offsets(input.rank(), 0), sizes = input.shape, strides(input.rank(), 1);
  offsets[dim] = offset;
  sizes[dim] = size;
  strides[dim] = stride;
  return slice(input, offsets, sizes, strides);
}

/// A number of ONNX type `element` as the attribute of its storage type.
static TypedAttr scalarAttr(OpBuilder &builder, Type element, double value) {
  Type type = storageType(element);
  if (llvm::isa<FloatType>(element)) {
    ElementsAttr stored = reinterpret(makeFloats({}, element, value), {}, type);
    return llvm::cast<DenseElementsAttr>(stored).getSplatValue<TypedAttr>();
  }
  if (type.isInteger(1))
    return builder.getBoolAttr(value != 0);
  return builder.getIntegerAttr(type, APInt(type.getIntOrFloatBitWidth(), static_cast<int64_t>(value),
                                            /*isSigned=*/true, /*implicitTrunc=*/true));
}

Tensor Emitter::pad(const Tensor &input, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                    double value) {
  for (int64_t amount : llvm::concat<const int64_t>(low, high))
    if (amount < -kMaxElements || amount > kMaxElements) {
      (void)refuse("padding by " + llvm::Twine(amount) + " elements");
      return input;
    }
  Shape offsets(input.rank(), 0), kept = input.shape, strides(input.rank(), 1), before, shape;
  for (int64_t dim = 0; dim < input.rank(); ++dim) {
    offsets[dim] = std::max<int64_t>(0, -low[dim]);
    kept[dim] = input.shape[dim] - offsets[dim] - std::max<int64_t>(0, -high[dim]);
    if (kept[dim] < 0) {
      (void)refuse("padding removes more of axis " + llvm::Twine(dim) + " than its " +
                   llvm::Twine(input.shape[dim]) + " elements");
      kept[dim] = 0;
    }
    before.push_back(std::max<int64_t>(0, low[dim]));
    shape.push_back(kept[dim] + before[dim] + std::max<int64_t>(0, high[dim]));
  }
  Tensor cropped = slice(input, offsets, kept, strides);
  if (cropped.shape == shape)
    return cropped;
  if (countElements(shape) == 0 || cropped.count() == 0 || !fits(shape))
    return splat(input.element, shape, value);
  if (isWide(cropped) && value == 0)
    return fromWords(pad(
                         toWords(cropped), with(before, 0),
                         [&] {
                           Shape after(shape.size() + 1, 0);
                           for (size_t dim = 0; dim < shape.size(); ++dim)
                             after[dim] = shape[dim] - before[dim] - kept[dim];
                           return after;
                         }(),
                         0),
                     input.element);
  return finish(stensor::PadOp::create(builder, loc, storedType(shape, input.element), this->value(cropped),
                                       builder.getDenseI64ArrayAttr(before),
                                       scalarAttr(builder, input.element, value)),
                input.element);
}

Tensor Emitter::broadcast(const Tensor &input, llvm::ArrayRef<int64_t> shape) {
  if (llvm::ArrayRef<int64_t>(input.shape) == shape)
    return input;
  if (countElements(shape) == 0 || !fits(shape))
    return splat(input.element, shape, 0);
  if (isWide(input))
    return fromWords(broadcast(toWords(input), with(shape, 2)), input.element);
  return finish(stensor::BroadcastOp::create(builder, loc, storedType(shape, input.element), value(input)),
                input.element);
}

Tensor Emitter::window(const Tensor &input, int64_t first, llvm::ArrayRef<int64_t> sizes,
                       llvm::ArrayRef<int64_t> strides, llvm::ArrayRef<int64_t> dilations) {
  Shape shape(input.shape.begin(), input.shape.begin() + first);
  for (auto [dim, size] : llvm::enumerate(sizes))
    shape.push_back((input.shape[first + dim] - (size - 1) * dilations[dim] - 1) / strides[dim] + 1);
  shape.append(sizes.begin(), sizes.end());
  shape.append(input.shape.begin() + first + sizes.size(), input.shape.end());
  if (!fits(shape))
    return splat(input.element, shape, 0);
  return finish(stensor::WindowOp::create(
                    builder, loc, storedType(shape, input.element), value(input),
                    builder.getI64IntegerAttr(first), builder.getDenseI64ArrayAttr(sizes),
                    builder.getDenseI64ArrayAttr(strides), builder.getDenseI64ArrayAttr(dilations)),
                input.element);
}

Tensor Emitter::concat(llvm::ArrayRef<Tensor> inputs, int64_t dim) {
  llvm::SmallVector<Tensor> parts;
  Shape shape = inputs.front().shape;
  shape[dim] = 0;
  for (const Tensor &input : inputs) {
    shape[dim] += input.shape[dim];
    if (input.shape[dim] != 0)
      parts.push_back(input);
  }
  Type element = inputs.front().element;
  if (countElements(shape) == 0 || !fits(shape))
    return splat(element, shape, 0);
  if (parts.size() == 1)
    return parts.front();
  if (llvm::all_of(parts, [&](const Tensor &part) { return isWide(part); })) {
    for (Tensor &part : parts)
      part = toWords(part);
    return fromWords(concat(parts, dim), element);
  }
  llvm::SmallVector<Value> operands;
  for (const Tensor &part : parts)
    operands.push_back(value(part));
  return finish(stensor::ConcatOp::create(builder, loc, storedType(shape, element), operands,
                                          builder.getI64IntegerAttr(dim)),
                element);
}

Tensor Emitter::gather(const Tensor &table, const Tensor &indices) {
  Shape shape = table.shape;
  shape[0] = indices.shape[0];
  if (countElements(shape) == 0 || !fits(shape))
    return splat(table.element, shape, 0);
  if (isWide(table) && indices.constant)
    return fromWords(gather(toWords(table), indices), table.element);
  return finish(
      stensor::GatherOp::create(builder, loc, storedType(shape, table.element), value(table), value(indices)),
      table.element);
}

Tensor Emitter::reduceDim(stensor::ReduceKind kind, const Tensor &input, int64_t dim) {
  Shape shape = input.shape;
  if (shape[dim] == 1)
    return input;
  shape[dim] = 1;
  if (countElements(shape) == 0)
    return splat(input.element, shape, 0);
  return finish(
      stensor::ReduceOp::create(builder, loc, storedType(shape, input.element), kind, value(input), dim),
      input.element);
}

/// What combining no elements gives.
static double neutralNumber(stensor::ReduceKind kind, bool isReal) {
  switch (kind) {
  case stensor::ReduceKind::add:
    return 0;
  case stensor::ReduceKind::mul:
    return 1;
  case stensor::ReduceKind::max:
    return isReal ? -std::numeric_limits<double>::infinity() : std::numeric_limits<int32_t>::min();
  case stensor::ReduceKind::min:
    return isReal ? std::numeric_limits<double>::infinity() : std::numeric_limits<int32_t>::max();
  }
  return 0;
}

Tensor Emitter::reduce(stensor::ReduceKind kind, const Tensor &input, llvm::ArrayRef<int64_t> dims) {
  Shape shape = input.shape;
  int64_t extent = 1;
  for (int64_t dim : dims) {
    extent *= shape[dim];
    shape[dim] = 1;
  }
  if (extent == 1)
    return input;
  if (extent == 0)
    return splat(input.element, shape, neutralNumber(kind, input.isReal()));
  Shape order;
  for (int64_t dim = 0; dim < input.rank(); ++dim)
    if (!llvm::is_contained(dims, dim))
      order.push_back(dim);
  // Dimensions side by side become one; others move to the end first.
  bool sideBySide = dims.back() - dims.front() + 1 == static_cast<int64_t>(dims.size());
  size_t position = sideBySide ? dims.front() : order.size();
  Shape merged;
  for (int64_t dim : order)
    merged.push_back(input.shape[dim]);
  merged.insert(merged.begin() + position, extent);
  order.insert(order.begin() + position, dims.begin(), dims.end());
  return reshape(reduceDim(kind, reshape(transpose(input, order), merged), position), shape);
}

Tensor Emitter::contract(const Tensor &lhs, const Tensor &rhs) {
  Shape shape = {lhs.shape[0], lhs.shape[1], rhs.shape[1]};
  Type element = lhs.isReal() ? Type(builder.getF32Type()) : Type(builder.getI32Type());
  if (countElements(shape) == 0 || lhs.count() == 0 || !fits(shape))
    return splat(element, shape, 0);
  return finish(stensor::ContractOp::create(builder, loc, storedType(shape, element), value(lhs), value(rhs)),
                element);
}

} // namespace sluice::conversion
