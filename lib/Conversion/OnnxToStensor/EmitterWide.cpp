//===- EmitterWide.cpp - Constants of 64 bits -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// 64-bit integers, uint32 and f64 that the model itself knows are computed by the compiler, exactly: what is
// moved as pairs of 32-bit words, what is computed by bodies of 64-bit integers and doubles.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "llvm/ADT/bit.h"

#include <cmath>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

bool Emitter::isWide(const Tensor &tensor) const { return tensor.constant && isWideType(tensor.element); }

Type Emitter::numberType(const Tensor &tensor) {
  Type element = tensor.element;
  if (isDouble(element) || element.isUnsignedInteger(32) || (isWide(tensor) && tensor.count() <= kMaxListed))
    return element.isUnsignedInteger(32) && tensor.constant ? builder.getI64Type() : element;
  return tensor.isReal() ? Type(builder.getF32Type()) : builder.getI32Type();
}

Tensor Emitter::toWords(const Tensor &wide) {
  // One element in place of many is all of them as words.
  bool isSplat =
      llvm::isa<DenseElementsAttr>(wide.constant) && llvm::cast<DenseElementsAttr>(wide.constant).isSplat();
  if (isSplat && !canList(wide.shape))
    return placeholder(builder.getI32Type(), wide.rank() + 1);
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
  if (refused())
    return placeholder(element, wide.shape.size());
  if (!words.constant)
    return reject(element, wide.shape.size(), "a constant of 64-bit numbers is too large to evaluate");
  Type stored = isDouble(element) ? element : builder.getI64Type();
  wide.constant = reinterpret(words.constant, wide.shape, stored);
  return wide;
}

llvm::SmallVector<int64_t> Emitter::readWide(const Tensor &tensor) {
  if (!isDouble(tensor.element)) {
    llvm::SmallVector<int64_t> numbers = readDistinctIntegers(tensor.constant);
    if (tensor.element.isUnsignedInteger() && !isWideType(tensor.element))
      for (int64_t &number : numbers)
        number &= (int64_t{1} << tensor.element.getIntOrFloatBitWidth()) - 1;
    return numbers;
  }
  llvm::SmallVector<int64_t> bits;
  for (double number : readDistinctFloats(tensor.constant))
    bits.push_back(llvm::bit_cast<int64_t>(number));
  return bits;
}

Tensor Emitter::makeWide(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> values, Type element) {
  llvm::SmallVector<double> numbers;
  if (isDouble(element)) {
    for (int64_t bits : values)
      numbers.push_back(llvm::bit_cast<double>(bits));
    return reals(shape, numbers, element);
  }
  if (!element.isUnsignedInteger(32))
    return integers(shape, values, element);
  llvm::SmallVector<int64_t> words;
  for (int64_t value : values)
    words.push_back(value & 0xffffffff);
  return integers(shape, words, element);
}

/// `input`'s shape with leading ones up to `rank`.
static Shape alignedShape(const Tensor &input, size_t rank) {
  Shape shape(rank - input.shape.size(), 1);
  shape.append(input.shape);
  return shape;
}

Tensor Emitter::mapWide(llvm::ArrayRef<Tensor> inputs, Type element, const Shape &shape, Body body) {
  // Truths are bits.
  if (!(element.isInteger(1) ? fits(shape, kMaxListed) : canList(shape)))
    return placeholder(element, shape.size());
  llvm::SmallVector<llvm::SmallVector<int64_t>> values;
  Block block;
  for (const Tensor &input : inputs) {
    values.push_back(readWide(spreadConstant(input, shape)));
    Type type = builder.getIntegerType(input.isBool() ? 1 : 64);
    block.addArgument(isDouble(input.element) ? input.element : type, loc);
  }
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&block);
  Scalars scalars(builder, loc, /*wide=*/true);
  llvm::SmallVector<Value> arguments(block.getArguments());
  Value computed = body(scalars, arguments);
  Type expected = element.isInteger(1) ? element : isDouble(element) ? element : Type(builder.getI64Type());
  if (!scalars.areFitting() || refused() || !computed || computed.getType() != expected)
    return reject(element, shape.size(), typesText(inputs));
  state.foldingSteps +=
      static_cast<double>(countElements(shape)) * static_cast<double>(block.getOperations().size());
  if (state.foldingSteps > state.mostFoldingSteps)
    return reject(element, shape.size(), "the model's constants of 64-bit numbers take too long to compute");
  std::optional<llvm::SmallVector<int64_t>> results =
      evaluateWide(block, computed, values, countElements(shape));
  if (!results)
    return reject(element, shape.size(), "division of integer constants by zero");
  return makeWide(shape, *results, element);
}

Tensor Emitter::spreadConstant(const Tensor &input, llvm::ArrayRef<int64_t> shape) {
  return input.count() == 1 ? input : broadcast(reshape(input, alignedShape(input, shape.size())), shape);
}

Tensor Emitter::mapDoubles(llvm::ArrayRef<Tensor> inputs,
                           llvm::function_ref<double(llvm::ArrayRef<double>)> function) {
  Type f64 = builder.getF64Type();
  std::optional<Shape> shape = broadcastShape(inputs);
  size_t rank = shape ? shape->size() : 0;
  if (!canUse(inputs) || !shape || !canList(*shape))
    return misfit(f64, rank, "the shapes do not broadcast");
  llvm::SmallVector<llvm::SmallVector<double>> values;
  for (const Tensor &input : inputs)
    values.push_back(readDistinctFloats(spreadConstant(cast(input, f64), *shape).constant));
  if (refused())
    return placeholder(f64, rank);
  llvm::SmallVector<double> results, arguments(inputs.size());
  for (int64_t index = 0, count = countElements(*shape); index < count; ++index) {
    for (auto [argument, row] : llvm::zip_equal(arguments, values))
      argument = row.size() == 1 ? row.front() : row[index];
    results.push_back(function(arguments));
  }
  return reals(*shape, results, f64);
}

/// Two elements combined as a reduction does.
static Value combine(Scalars &s, ReduceKind kind, Value a, Value b, Type element) {
  switch (kind) {
  case ReduceKind::add:
    return s.add(a, b);
  case ReduceKind::mul:
    return s.mul(a, b);
  case ReduceKind::max:
    return s.orderKey(s.max(s.orderKey(a, element), s.orderKey(b, element)), element);
  case ReduceKind::min:
    return s.orderKey(s.min(s.orderKey(a, element), s.orderKey(b, element)), element);
  }
  return a;
}

Tensor Emitter::reduceWide(ReduceKind kind, const Tensor &input, int64_t dim) {
  Tensor result = input;
  while (!refused() && result.shape[dim] > 1) {
    // The upper half onto the lower; an odd element between them stays.
    int64_t size = result.shape[dim], half = size / 2;
    Tensor folded =
        map({slice(result, dim, 0, half), slice(result, dim, size - half, half)}, input.element,
            [&](Scalars &s, llvm::ArrayRef<Value> x) { return combine(s, kind, x[0], x[1], input.element); });
    result = size % 2 == 0 ? folded : concat({folded, slice(result, dim, half, 1)}, dim);
  }
  return result;
}

Tensor Emitter::padWide(const Tensor &input, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> shape,
                        double value) {
  Tensor result = input;
  for (int64_t dim = 0; dim < input.rank(); ++dim) {
    Shape before = result.shape, after = result.shape;
    before[dim] = low[dim];
    after[dim] = shape[dim] - low[dim] - result.shape[dim];
    result = concat({splat(input.element, before, value), result, splat(input.element, after, value)}, dim);
  }
  return result;
}

Tensor Emitter::castDoubles(const Tensor &input, Type element, const NarrowRounding &rounding) {
  llvm::SmallVector<double> values = readDistinctFloats(input.constant);
  if (llvm::isa<FloatType>(element)) {
    // What the machine rounds from f32 must not have been rounded to it before.
    if (isNarrow(element))
      for (double &value : values)
        value = roundToOdd(value);
    return isNarrow(element) ? cast(reals(input.shape, values, builder.getF32Type()), element, rounding)
                             : reals(input.shape, values, element);
  }
  llvm::SmallVector<int64_t> numbers;
  for (double value : values)
    numbers.push_back(element.isInteger(1)
                          ? value != 0
                          : cutToInteger(isNarrow(element) ? std::nearbyint(value) : value, element));
  return makeWide(input.shape, numbers, element);
}

Tensor Emitter::castToDoubles(const Tensor &input) {
  Type f64 = builder.getF64Type();
  if (!input.constant)
    return reject(f64, input.rank(), doubleRefusal());
  if (input.isReal()) {
    Tensor known = isNarrow(input.element) ? cast(input, builder.getF32Type()) : input;
    return reals(input.shape, readDistinctFloats(known.constant), f64);
  }
  Tensor known = isWideType(input.element) ? input : cast(input, builder.getI64Type());
  llvm::SmallVector<double> values;
  for (int64_t number : readDistinctIntegers(known.constant))
    values.push_back(input.element.isUnsignedInteger(64) ? static_cast<double>(static_cast<uint64_t>(number))
                                                         : static_cast<double>(number));
  return reals(input.shape, values, f64);
}

} // namespace sluice::conversion
