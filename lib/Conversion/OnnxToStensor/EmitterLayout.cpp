//===- EmitterLayout.cpp - Layout, reduction and contraction --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "llvm/ADT/Sequence.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <limits>

using namespace mlir;

namespace sluice::conversion {

/// The tensor of another shape whose elements are those of `input`, if they are all the same one.
static std::optional<Tensor> movedSplat(const Tensor &input, llvm::ArrayRef<int64_t> shape) {
  auto dense = llvm::dyn_cast_if_present<DenseElementsAttr>(input.constant);
  if (!dense || !dense.isSplat() || countElements(shape) == 0)
    return std::nullopt;
  Tensor result = input;
  result.value = nullptr;
  result.shape.assign(shape.begin(), shape.end());
  result.constant = dense.resizeSplat(RankedTensorType::get(shape, dense.getElementType()));
  return result;
}

/// `values` and one more.
static Shape with(llvm::ArrayRef<int64_t> values, int64_t last) {
  Shape result(values);
  result.push_back(last);
  return result;
}

Tensor Emitter::reshape(const Tensor &input, llvm::ArrayRef<int64_t> shape) {
  if (!canUse(input))
    return placeholder(input.element, shape.size());
  if (llvm::ArrayRef<int64_t>(input.shape) == shape)
    return input;
  if (!fits(shape) || countElements(shape) != input.count())
    return misfit(input.element, shape.size(),
                  llvm::Twine(input.count()) + " elements do not make a tensor of shape " + shapeText(shape));
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

/// Whether each of 0 to rank - 1 is there once.
static bool isPermutation(llvm::ArrayRef<int64_t> permutation, int64_t rank) {
  Shape sorted(permutation);
  llvm::sort(sorted);
  return llvm::equal(sorted, llvm::seq<int64_t>(0, rank));
}

Tensor Emitter::transpose(const Tensor &input, llvm::ArrayRef<int64_t> permutation) {
  if (!canUse(input))
    return placeholder(input.element, permutation.size());
  if (!isPermutation(permutation, input.rank()))
    return misfit(input.element, permutation.size(),
                  "a tensor of rank " + llvm::Twine(input.rank()) + " does not have the axes to exchange");
  Shape shape;
  for (int64_t dim : permutation)
    shape.push_back(input.shape[dim]);
  if (llvm::is_sorted(permutation))
    return input;
  if (countElements(shape) == 0)
    return splat(input.element, shape, 0);
  if (std::optional<Tensor> moved = movedSplat(input, shape))
    return *moved;
  if (isWide(input))
    return fromWords(transpose(toWords(input), with(permutation, input.rank())), input.element);
  return finish(stensor::TransposeOp::create(builder, loc, storedType(shape, input.element), value(input),
                                             builder.getDenseI64ArrayAttr(permutation)),
                input.element);
}

/// Whether `size` elements from `offset` on, `stride` apart, are among `extent` ones.
static bool isWithin(int64_t extent, int64_t offset, int64_t size, int64_t stride) {
  int64_t last;
  if (llvm::MulOverflow(size - 1, stride, last) || llvm::AddOverflow(last, offset, last))
    return false;
  return offset >= 0 && offset < extent && last >= 0 && last < extent;
}

Tensor Emitter::slice(const Tensor &input, llvm::ArrayRef<int64_t> offsets, llvm::ArrayRef<int64_t> sizes,
                      llvm::ArrayRef<int64_t> strides) {
  size_t rank = input.rank();
  if (!canUse(input))
    return placeholder(input.element, rank);
  if (offsets.size() != rank || sizes.size() != rank || strides.size() != rank)
    return misfit(input.element, rank,
                  "a part of a tensor of rank " + llvm::Twine(rank) + " has another one");
  bool whole = llvm::ArrayRef<int64_t>(input.shape) == sizes &&
               llvm::all_of(offsets, [](int64_t offset) { return offset == 0; });
  if (whole)
    return input;
  if (countElements(sizes) == 0 || !fits(sizes))
    return splat(input.element, sizes, 0);
  for (size_t dim = 0; dim < rank; ++dim)
    if (!isWithin(input.shape[dim], offsets[dim], sizes[dim], strides[dim]))
      return misfit(input.element, rank,
                    llvm::Twine(sizes[dim]) + " elements from " + llvm::Twine(offsets[dim]) + " on, " +
                        llvm::Twine(strides[dim]) + " apart, are not within the " +
                        llvm::Twine(input.shape[dim]) + " of axis " + llvm::Twine(dim));
  if (std::optional<Tensor> moved = movedSplat(input, sizes))
    return *moved;
  if (isWide(input))
    return fromWords(slice(toWords(input), with(offsets, 0), with(sizes, 2), with(strides, 1)),
                     input.element);
  return finish(stensor::SliceOp::create(builder, loc, storedType(sizes, input.element), value(input),
                                         builder.getDenseI64ArrayAttr(offsets),
                                         builder.getDenseI64ArrayAttr(strides)),
                input.element);
}

/// That there is no such axis.
static std::string noAxis(int64_t dim, int64_t rank) {
  return "axis " + std::to_string(dim) + " is outside a tensor of rank " + std::to_string(rank);
}

Tensor Emitter::slice(const Tensor &input, int64_t dim, int64_t offset, int64_t size, int64_t stride) {
  if (!canUse(input))
    return placeholder(input.element, input.rank());
  if (dim < 0 || dim >= input.rank())
    return misfit(input.element, input.rank(), noAxis(dim, input.rank()));
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
  return builder.getIntegerAttr(type, APInt(type.getIntOrFloatBitWidth(), saturatingInteger(value),
                                            /*isSigned=*/true, /*implicitTrunc=*/true));
}

Tensor Emitter::pad(const Tensor &input, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                    double value) {
  if (!canUse(input))
    return placeholder(input.element, input.rank());
  if (static_cast<int64_t>(low.size()) != input.rank() || low.size() != high.size())
    return misfit(input.element, input.rank(),
                  "padding of " + llvm::Twine(low.size()) + " axes of " + llvm::Twine(input.rank()));
  for (int64_t amount : llvm::concat<const int64_t>(low, high))
    if (amount < -kMaxElements || amount > kMaxElements)
      return reject(input.element, input.rank(), "padding by " + llvm::Twine(amount) + " elements");
  Shape offsets(input.rank(), 0), kept = input.shape, strides(input.rank(), 1), before, shape;
  for (int64_t dim = 0; dim < input.rank(); ++dim) {
    offsets[dim] = std::max<int64_t>(0, -low[dim]);
    kept[dim] = input.shape[dim] - offsets[dim] - std::max<int64_t>(0, -high[dim]);
    if (kept[dim] < 0)
      return misfit(input.element, input.rank(),
                    "padding removes more of axis " + llvm::Twine(dim) + " than its " +
                        llvm::Twine(input.shape[dim]) + " elements");
    before.push_back(std::max<int64_t>(0, low[dim]));
    shape.push_back(kept[dim] + before[dim] + std::max<int64_t>(0, high[dim]));
  }
  Tensor cropped = slice(input, offsets, kept, strides);
  if (cropped.shape == shape)
    return cropped;
  if (countElements(shape) == 0 || cropped.count() == 0 || !fits(shape))
    return splat(input.element, shape, value);
  if (isWide(cropped))
    return padWide(cropped, before, shape, value);
  return finish(stensor::PadOp::create(builder, loc, storedType(shape, input.element), this->value(cropped),
                                       builder.getDenseI64ArrayAttr(before),
                                       scalarAttr(builder, input.element, value)),
                input.element);
}

Tensor Emitter::broadcast(const Tensor &input, llvm::ArrayRef<int64_t> shape) {
  if (!canUse(input))
    return placeholder(input.element, shape.size());
  if (llvm::ArrayRef<int64_t>(input.shape) == shape)
    return input;
  bool spreads =
      input.shape.size() == shape.size() && llvm::all_of(llvm::zip_equal(input.shape, shape), [](auto sizes) {
        auto [from, to] = sizes;
        return from == 1 || from == to;
      });
  if (!spreads)
    return misfit(input.element, shape.size(),
                  "a tensor of shape " + shapeText(input.shape) + " does not broadcast to " +
                      shapeText(shape));
  if (countElements(shape) == 0 || !fits(shape))
    return splat(input.element, shape, 0);
  if (std::optional<Tensor> moved = movedSplat(input, shape))
    return *moved;
  if (isWide(input))
    return fromWords(broadcast(toWords(input), with(shape, 2)), input.element);
  return finish(stensor::BroadcastOp::create(builder, loc, storedType(shape, input.element), value(input)),
                input.element);
}

Tensor Emitter::window(const Tensor &input, int64_t first, llvm::ArrayRef<int64_t> sizes,
                       llvm::ArrayRef<int64_t> strides, llvm::ArrayRef<int64_t> dilations) {
  size_t rank = input.rank(), count = sizes.size();
  if (!canUse(input))
    return placeholder(input.element, rank + count);
  bool fit = first >= 0 && first + count <= rank && strides.size() == count && dilations.size() == count;
  for (size_t dim = 0; fit && dim < count; ++dim)
    fit = sizes[dim] >= 1 && strides[dim] >= 1 && dilations[dim] >= 1 &&
          isWithin(input.shape[first + dim], 0, sizes[dim], dilations[dim]);
  if (!fit)
    return misfit(input.element, rank + count,
                  "windows of " + shapeText(sizes) + " elements do not fit a tensor of shape " +
                      shapeText(input.shape));
  Shape shape(input.shape.begin(), input.shape.begin() + first);
  for (auto [dim, size] : llvm::enumerate(sizes))
    shape.push_back((input.shape[first + dim] - (size - 1) * dilations[dim] - 1) / strides[dim] + 1);
  shape.append(sizes.begin(), sizes.end());
  shape.append(input.shape.begin() + first + sizes.size(), input.shape.end());
  if (countElements(shape) == 0 || !fits(shape))
    return splat(input.element, shape, 0);
  return finish(stensor::WindowOp::create(
                    builder, loc, storedType(shape, input.element), value(input),
                    builder.getI64IntegerAttr(first), builder.getDenseI64ArrayAttr(sizes),
                    builder.getDenseI64ArrayAttr(strides), builder.getDenseI64ArrayAttr(dilations)),
                input.element);
}

std::string Emitter::whyNotBesideOneAnother(llvm::ArrayRef<Tensor> inputs, int64_t dim) {
  const Tensor &first = inputs.front();
  if (dim < 0 || dim >= first.rank())
    return noAxis(dim, first.rank());
  for (const Tensor &input : inputs) {
    Shape expected = first.shape;
    if (input.rank() == first.rank())
      expected[dim] = input.shape[dim];
    if (input.shape != expected)
      return "tensors of shapes " + shapeText(first.shape) + " and " + shapeText(input.shape) +
             " do not fit beside one another along axis " + std::to_string(dim);
  }
  return {};
}

Tensor Emitter::concat(llvm::ArrayRef<Tensor> inputs, int64_t dim) {
  if (inputs.empty())
    return misfit(Type(), std::max<int64_t>(dim, 0) + 1, "there is nothing to put beside one another");
  Type element = inputs.front().element;
  if (!canUse(inputs))
    return placeholder(element, inputs.front().rank());
  if (std::string reason = whyNotBesideOneAnother(inputs, dim); !reason.empty())
    return misfit(element, inputs.front().rank(), reason);
  for (const Tensor &input : inputs)
    if (storageType(input.element) != storageType(element))
      return reject(element, input.rank(),
                    "tensors of types " + elementName(element) + " and " + elementName(input.element) +
                        " do not fit beside one another");
  llvm::SmallVector<Tensor> parts;
  Shape shape = inputs.front().shape;
  shape[dim] = 0;
  for (const Tensor &input : inputs) {
    shape[dim] += input.shape[dim];
    if (input.shape[dim] != 0)
      parts.push_back(input);
  }
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

/// The indices where they count, else 0, which every table has.
Tensor Emitter::guarded(const Tensor &indices) {
  if (state.guards.empty() || indices.constant)
    return indices;
  llvm::SmallVector<Tensor> operands = {indices};
  for (const Guard &guard : state.guards)
    operands.push_back(reshape(guard.condition, {}));
  return map(operands, indices.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value index = x[0];
    for (auto [guard, condition] : llvm::zip_equal(state.guards, x.drop_front()))
      index =
          guard.holds ? s.select(condition, index, s.integer(0)) : s.select(condition, s.integer(0), index);
    return index;
  });
}

Tensor Emitter::gather(const Tensor &table, const Tensor &given) {
  const Tensor indices = canUse({table, given}) ? guarded(given) : given;
  if (!canUse({table, indices}))
    return placeholder(table.element, table.rank());
  Type i32 = builder.getI32Type();
  if (table.rank() == 0 || indices.rank() != 1 || storageType(indices.element) != i32)
    return misfit(table.element, table.rank(),
                  "indices of type " + elementName(indices.element) + " and shape " +
                      shapeText(indices.shape) + " do not fetch from a tensor of shape " +
                      shapeText(table.shape));
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
  if (!canUse(input))
    return placeholder(input.element, input.rank());
  if (dim < 0 || dim >= input.rank())
    return misfit(input.element, input.rank(), noAxis(dim, input.rank()));
  Shape shape = input.shape;
  if (shape[dim] == 1)
    return input;
  shape[dim] = 1;
  if (countElements(shape) == 0)
    return splat(input.element, shape, 0);
  if (isWide(input))
    return reduceWide(kind, input, dim);
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
  if (!canUse(input))
    return placeholder(input.element, input.rank());
  bool ascend = llvm::is_sorted(dims) && std::adjacent_find(dims.begin(), dims.end()) == dims.end();
  if (!dims.empty() && (!ascend || dims.front() < 0 || dims.back() >= input.rank()))
    return misfit(input.element, input.rank(),
                  "a tensor of rank " + llvm::Twine(input.rank()) + " does not have the axes to reduce");
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
  Type element = lhs.isReal() ? Type(builder.getF32Type()) : Type(builder.getI32Type());
  if (!canUse({lhs, rhs}))
    return placeholder(element, 3);
  bool fit = lhs.rank() == 4 && rhs.rank() == 4 && lhs.shape[0] == rhs.shape[0] &&
             lhs.shape[2] == rhs.shape[2] && lhs.shape[3] == rhs.shape[3];
  if (!fit)
    return misfit(element, 3,
                  "tensors of shapes " + shapeText(lhs.shape) + " and " + shapeText(rhs.shape) +
                      " have no product");
  Shape shape = {lhs.shape[0], lhs.shape[1], rhs.shape[1]};
  if (countElements(shape) == 0 || lhs.count() == 0 || !fits(shape))
    return splat(element, shape, 0);
  return finish(stensor::ContractOp::create(builder, loc, storedType(shape, element), value(lhs), value(rhs)),
                element);
}

Tensor Emitter::convolve(const Tensor &input, const Tensor &filters, llvm::ArrayRef<int64_t> positions,
                         const Sliding &sliding, int64_t padding, int64_t joined) {
  Type element = input.isReal() ? Type(builder.getF32Type()) : Type(builder.getI32Type());
  if (!canUse({input, filters}))
    return placeholder(element, input.rank());
  Shape shape = {input.shape[0]};
  shape.append(positions.begin(), positions.end());
  shape.push_back(filters.shape[0]);
  if (countElements(shape) == 0 || input.count() == 0 || !fits(shape))
    return splat(element, shape, 0);
  TypedAttr outside = builder.getI8IntegerAttr(static_cast<int8_t>(padding));
  if (input.isReal())
    outside = builder.getFloatAttr(builder.getF16Type(), static_cast<double>(padding));
  return finish(stensor::ConvolveOp::create(builder, loc, storedType(shape, element), value(input),
                                            value(filters), sliding.strides, sliding.dilations, sliding.low,
                                            sliding.groups, outside, joined),
                element);
}

} // namespace sluice::conversion
