//===- EmitterMaps.cpp - Scalar functions of tensors ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace sluice::conversion {

std::optional<Shape> Emitter::broadcastShape(llvm::ArrayRef<Tensor> inputs) {
  Shape shape;
  for (const Tensor &input : inputs) {
    if (input.shape.size() > shape.size())
      shape.insert(shape.begin(), input.shape.size() - shape.size(), 1);
    size_t skipped = shape.size() - input.shape.size();
    for (auto [dim, size] : llvm::enumerate(input.shape)) {
      int64_t &common = shape[skipped + dim];
      if (common == 1)
        common = size;
      else if (size != 1 && size != common)
        return std::nullopt;
    }
  }
  return shape;
}

/// `input`'s shape with leading ones up to `rank`.
static Shape alignedShape(const Tensor &input, size_t rank) {
  Shape shape(rank - input.shape.size(), 1);
  shape.append(input.shape);
  return shape;
}

std::string typesText(llvm::ArrayRef<Tensor> inputs) {
  return "operands of types " +
         llvm::join(llvm::map_range(inputs, [](const Tensor &input) { return elementName(input.element); }),
                    ", ") +
         " do not fit together";
}

/// The one element of a constant as a scalar of a body.
static Value scalarConstant(Scalars &scalars, const Tensor &tensor) {
  if (tensor.isReal())
    return scalars.real(readFloats(tensor.constant).front());
  int64_t number = readIntegers(tensor.constant).front();
  if (tensor.isBool())
    return scalars.truth(number);
  if (tensor.element.isUnsignedInteger() && !isWideType(tensor.element))
    number &= (int64_t{1} << tensor.element.getIntOrFloatBitWidth()) - 1;
  return scalars.integer(static_cast<int32_t>(number));
}

Tensor Emitter::map(llvm::ArrayRef<Tensor> inputs, Type element, Body body) {
  return maps(inputs, element,
              [&](Scalars &s, llvm::ArrayRef<Value> x) -> llvm::SmallVector<Value> { return {body(s, x)}; })
      .front();
}

llvm::SmallVector<Tensor> Emitter::maps(llvm::ArrayRef<Tensor> inputs, llvm::ArrayRef<Type> elements,
                                        Bodies body) {
  size_t rank = 0;
  for (const Tensor &input : inputs)
    rank = std::max(rank, input.shape.size());
  auto forEach = [&](llvm::function_ref<Tensor(Type)> make) {
    return llvm::SmallVector<Tensor>(llvm::map_range(elements, make));
  };
  auto rejectAll = [&](const llvm::Twine &reason) {
    return forEach([&](Type element) { return reject(element, rank, reason); });
  };
  auto anyType = [&](llvm::function_ref<bool(Type)> holds) {
    return llvm::any_of(elements, holds) ||
           llvm::any_of(inputs, [&](const Tensor &input) { return holds(input.element); });
  };
  bool allConstant = llvm::all_of(inputs, [](const Tensor &input) { return bool(input.constant); });
  bool anyDouble = anyType(isDouble);
  if (!canUse(inputs) || inputs.empty() || !llvm::all_of(elements, [](Type element) {
        return element && (storageType(element) || isDouble(element));
      }))
    return rejectAll("a tensor that it needs is missing");
  if (anyDouble && !allConstant)
    return rejectAll(doubleRefusal());
  std::optional<Shape> shape = broadcastShape(inputs);
  if (!shape) {
    std::string shapes =
        llvm::join(llvm::map_range(inputs, [](const Tensor &input) { return shapeText(input.shape); }), ", ");
    return forEach(
        [&](Type element) { return misfit(element, rank, "the shapes " + shapes + " do not broadcast"); });
  }
  if (countElements(*shape) == 0 || !fits(*shape))
    return forEach([&](Type element) { return splat(element, *shape, 0); });
  bool anyNarrowReal = anyType([](Type type) { return llvm::isa<FloatType>(type) && !isDouble(type); });
  if (anyDouble && anyNarrowReal)
    return rejectAll(typesText(inputs));
  if (allConstant && !anyNarrowReal &&
      llvm::any_of(inputs, [&](const Tensor &input) { return isWide(input); })) {
    llvm::SmallVector<Tensor> results;
    for (auto [index, element] : llvm::enumerate(elements))
      results.push_back(mapWide(inputs, element, *shape, [&, i = index](Scalars &s, llvm::ArrayRef<Value> x) {
        return body(s, x)[i];
      }));
    return results;
  }

  // Inputs of one known element become constants of the body, equal inputs one input.
  llvm::SmallVector<Value> operands;
  llvm::SmallVector<int> operandOf;
  for (const Tensor &input : inputs) {
    if (input.constant && input.count() == 1 && !allConstant) {
      if (isWide(input))
        (void)value(input); // for its check of the range
      operandOf.push_back(-1);
      continue;
    }
    Value operand = value(reshape(input, alignedShape(input, shape->size())));
    auto position = llvm::find(operands, operand);
    operandOf.push_back(position - operands.begin());
    if (position == operands.end())
      operands.push_back(operand);
  }
  llvm::SmallVector<Type> types;
  for (Type element : elements)
    types.push_back(storedType(*shape, element));
  bool areFitting = true;
  auto op = stensor::MapOp::create(
      builder, loc, types, operands,
      [&](OpBuilder &inner, Location innerLoc, ValueRange stored) -> llvm::SmallVector<Value> {
        Scalars scalars(inner, innerLoc);
        llvm::SmallVector<Value> loaded;
        for (auto [index, input] : llvm::enumerate(inputs))
          loaded.push_back(operandOf[index] < 0 ? scalarConstant(scalars, input)
                                                : scalars.load(stored[operandOf[index]], input.element));
        llvm::SmallVector<Value> computed = body(scalars, loaded);
        for (auto [value, element] : llvm::zip_equal(computed, elements))
          value = scalars.store(value, element);
        areFitting = scalars.areFitting();
        return computed;
      });
  if (areFitting && !refused())
    return finish(op, elements);
  op.erase();
  return rejectAll(typesText(inputs));
}

Tensor Emitter::retype(const Tensor &input, Type element) {
  if (!canUse(input) || !element)
    return placeholder(element, input.rank());
  Type from = storageType(input.element), to = storageType(element);
  if (!from || !to || from.getIntOrFloatBitWidth() != to.getIntOrFloatBitWidth())
    return reject(element, input.rank(),
                  elementName(input.element) + " is not stored as " + elementName(element) + " is");
  Tensor result = input;
  result.element = element;
  if (input.constant)
    result.constant =
        normalise(reinterpret(input.constant, input.shape, storageType(input.element)), element);
  return result;
}

/// An integer of a map's body as f32.
static Value integerToReal(Scalars &s, Value number, Type element) {
  return s.isUnsignedWord(element) ? s.unsignedToReal(number) : s.toReal(number);
}

Tensor Emitter::cast(const Tensor &input, Type element, const NarrowRounding &rounding) {
  if (!canUse(input) || !element || (!storageType(element) && !isDouble(element)))
    return reject(element, input.rank(), "a tensor that it needs is missing");
  if (input.element == element)
    return input;
  if (isDouble(element))
    return castToDoubles(input);
  if (isDouble(input.element))
    return castDoubles(input, element, rounding);
  bool toReal = llvm::isa<FloatType>(element), toBool = element.isInteger(1);
  bool integers = !toReal && !toBool && !input.isReal() && !input.isBool();
  if (integers && !input.constant && !isNarrow(element) && storageType(element) == storageType(input.element))
    return retype(input, element);
  if (isWide(input) && toReal) {
    llvm::SmallVector<double> values;
    for (int64_t number : readDistinctIntegers(input.constant))
      values.push_back(roundToOdd(number, input.element.isUnsignedInteger()));
    Type exact = isNarrow(element) ? builder.getF32Type() : element;
    return cast(reals(input.shape, values, exact), element, rounding);
  }
  if (input.constant && input.isReal() && isWideType(element)) {
    llvm::SmallVector<int64_t> values;
    for (double number : readDistinctFloats(input.constant))
      values.push_back(cutToInteger(number, element));
    return this->integers(input.shape, values, element);
  }
  if (toReal && isNarrow(element)) {
    Tensor patterns = map(input, storageType(element), [&](Scalars &s, llvm::ArrayRef<Value> x) {
      Value number = input.isBool() ? s.toNumber(x[0]) : x[0];
      return encodeNarrow(s, input.isReal() ? number : integerToReal(s, number, input.element), element,
                          rounding);
    });
    return retype(patterns, element);
  }
  return map(input, element, [&](Scalars &s, llvm::ArrayRef<Value> x) -> Value {
    if (toBool) {
      Value zero = input.isReal() ? s.real(0) : s.integer(0);
      return s.logicalNot(s.equal(x[0], zero));
    }
    Value number = input.isBool() ? s.toNumber(x[0]) : x[0];
    if (toReal)
      return input.isReal() ? number : integerToReal(s, number, input.element);
    if (!input.isReal())
      return number;
    // To less than a byte ONNX rounds; to other integers it cuts.
    if (s.isUnsignedWord(element))
      return s.toUnsigned(number);
    return s.toInteger(isNarrow(element) ? s.roundEven(number) : number);
  });
}

} // namespace sluice::conversion
