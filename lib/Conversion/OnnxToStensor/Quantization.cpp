//===- Quantization.cpp - Quantized numbers -------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockQuantized.h"
#include "Families.h"
#include "Integers.h"
#include "OperatorTable.h"

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// Whether all elements are known to be the integer zero.
static bool isZero(const Tensor &tensor) {
  return tensor.constant && !tensor.isReal() &&
         llvm::all_of(readDistinctIntegers(tensor.constant), [](int64_t value) { return value == 0; });
}

Tensor quantize(Node &node, const Tensor &input, const Tensor &scale, const Tensor &zero, Type element) {
  return quantizeScaled(node, {input, scale}, zero, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.roundTo(s.div(x[0], x[1]), input.element);
  });
}

/// As quantize, to a floating-point type.
static Tensor quantizeToReal(Node &node, const Tensor &input, const Tensor &scale, const Tensor &zero,
                             Type element, const NarrowRounding &rounding) {
  llvm::SmallVector<Tensor> operands = {input, scale};
  if (zero)
    operands.push_back(zero);
  Tensor patterns = node.map(operands, storageType(element), [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value quotient = s.roundTo(s.div(x[0], x[1]), input.element);
    return encodeNarrow(s, zero ? s.add(quotient, x[2]) : quotient, element, rounding);
  });
  return node.retype(patterns, element);
}

/// Repeats each element along `axis` as a block of up to `block`, to `input`'s shape.
static std::optional<Tensor> spreadBlocks(Node &node, size_t index, const Tensor &input, int64_t axis,
                                          int64_t block) {
  const Tensor &parameter = node.input(index);
  Shape expected = input.shape;
  if (!expected.empty())
    expected[axis] = llvm::divideCeil(expected[axis], block);
  if (expected.empty() || failed(node.needShape(index, expected)))
    return std::nullopt;
  if (expected[axis] <= 1)
    return parameter;
  return spread(node, parameter, axis, block, input.shape[axis]);
}

/// Scale or zero point – one number, one for each element along `axis`, or one for each block of elements
/// along it – shaped to broadcast against `input`. None, refused, for other shapes.
static std::optional<Tensor> alongAxis(Node &node, size_t index, const Tensor &input, int64_t axis,
                                       int64_t block) {
  const Tensor &parameter = node.input(index);
  if (!parameter)
    return parameter;
  if (block == 0 && parameter.count() == 1)
    return node.reshape(parameter, {});
  axis = node.normaliseAxis(axis, input.rank());
  if (node.refused())
    return std::nullopt;
  if (block != 0)
    return spreadBlocks(node, index, input, axis, block);
  if (failed(node.needOneOrShape(index, {input.shape[axis]})))
    return std::nullopt;
  Shape shape(input.rank(), 1);
  shape[axis] = parameter.count();
  return node.reshape(parameter, shape);
}

namespace {
/// Scale and zero point of QuantizeLinear and DequantizeLinear, shaped to broadcast against the input.
struct Parameters {
  Tensor scale, zero;
};
} // namespace

/// Reads operands 1 and 2 with the attributes that say how they spread. None if refused.
static std::optional<Parameters> readParameters(Node &node) {
  int64_t axis = node.integerAttr("axis", 1), block = node.integerAttr("block_size", 0);
  if (block < 0) {
    (void)node.refuse("block_size is " + llvm::Twine(block));
    return std::nullopt;
  }
  const Tensor &input = node.input(0);
  std::optional<Tensor> scale = alongAxis(node, 1, input, axis, block);
  if (!scale)
    return std::nullopt;
  std::optional<Tensor> zero = alongAxis(node, 2, input, axis, block);
  if (!zero)
    return std::nullopt;
  return Parameters{*scale, *zero};
}

/// The type of a quantized result: the zero point's, else the attribute's, else uint8. Null if refused.
static Type quantizedType(Node &node) {
  int64_t dataType = node.integerAttr("output_dtype", 0);
  Type asked = dataType ? node.elementType(dataType) : Type();
  if (dataType && !asked)
    return nullptr;
  const Tensor &point = node.input(2);
  if (point && asked && asked != point.element) {
    (void)node.refuse("output_dtype is " + elementName(asked) + ", the zero point " +
                      elementName(point.element));
    return nullptr;
  }
  Type element = point   ? point.element
                 : asked ? asked
                         : Type(node.getBuilder().getIntegerType(8, /*isSigned=*/false));
  bool isNumber = !element.isInteger(1) && !llvm::isa<Float16Type, BFloat16Type, Float8E8M0FNUType>(element);
  if (isNumber && element.getIntOrFloatBitWidth() <= 16)
    return element;
  (void)node.refuse("quantization to " + elementName(element) + " is not supported");
  return nullptr;
}

static Results convertQuantizeLinear(Node &node) {
  NarrowRounding rounding;
  rounding.saturate = node.integerAttr("saturate", 1) != 0;
  int64_t precision = node.integerAttr("precision", 0);
  std::optional<Parameters> parameters = readParameters(node);
  Type element = parameters ? quantizedType(node) : Type();
  if (!element)
    return failure();
  // The quotient's type.
  Type divided = precision ? node.elementType(precision) : parameters->scale.element;
  if (!precision && llvm::isa<Float8E8M0FNUType>(divided)) // has no quotients
    divided = node.input(0).element;
  if (!divided)
    return failure();
  if (!llvm::isa<FloatType>(divided))
    return node.refuse("division in " + elementName(divided) + " is not supported");
  Tensor input = node.cast(node.input(0), divided), scale = node.cast(parameters->scale, divided);
  if (llvm::isa<FloatType>(element))
    return {{quantizeToReal(node, input, scale, parameters->zero, element, rounding)}};
  return {{quantize(node, input, scale, parameters->zero, element)}};
}

static Results convertDequantizeLinear(Node &node) {
  int64_t dataType = node.integerAttr("output_dtype", 0);
  const Tensor &input = node.input(0);
  std::optional<Parameters> parameters = readParameters(node);
  if (!parameters)
    return failure();
  Type element = dataType ? node.elementType(dataType) : parameters->scale.element;
  if (!element)
    return failure();
  if (!llvm::isa<FloatType>(element) || !parameters->scale.isReal())
    return node.refuse("dequantization to " + elementName(element) + " is not supported");
  llvm::SmallVector<Tensor> operands = {input, parameters->scale};
  if (parameters->zero && !isZero(parameters->zero))
    operands.push_back(parameters->zero);
  return {{node.map(operands, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value number = x.size() == 3 ? s.sub(x[0], x[2]) : x[0];
    return s.mul(input.isReal() ? number : s.toReal(number), x[1]);
  })}};
}

DynamicallyQuantized quantizeDynamically(Node &node, const Tensor &input) {
  OpBuilder &builder = node.getBuilder();
  Type f32 = builder.getF32Type(), ui8 = builder.getIntegerType(8, /*isSigned=*/false);
  Shape all;
  for (int64_t dim = 0; dim < input.rank(); ++dim)
    all.push_back(dim);
  // Zero is in the range.
  Tensor least = node.reshape(node.reduce(ReduceKind::min, input, all), {});
  Tensor greatest = node.reshape(node.reduce(ReduceKind::max, input, all), {});
  Tensor scale = node.map({least, greatest}, f32, [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value zero = s.real(0), range = s.sub(s.max(x[1], zero), s.min(x[0], zero));
    return s.select(s.equal(range, zero), s.real(1), s.div(range, s.real(255)));
  });
  Tensor zero = node.map({least, scale}, ui8, [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value rounded = s.toInteger(s.roundEven(s.div(s.negate(s.min(x[0], s.real(0))), x[1])));
    return s.min(s.max(rounded, s.integer(0)), s.integer(255));
  });
  return {quantize(node, input, scale, zero, ui8), scale, zero};
}

static Results convertDynamicQuantizeLinear(Node &node) {
  DynamicallyQuantized result = quantizeDynamically(node, node.input(0));
  return {{result.values, result.scale, result.zero}};
}

void addQuantization(OperatorTable &table) {
  table.add("QuantizeLinear", 10, "x:number y_scale:real y_zero_point?:number", convertQuantizeLinear);
  table.add("DequantizeLinear", 10, "x:number x_scale:real x_zero_point?:number", convertDequantizeLinear);
  table.add("DynamicQuantizeLinear", 11, "x:real", convertDynamicQuantizeLinear);
  table.add("QuantizeLinear", 1, "x:number y_scale:real y_zero_point?:number", convertQuantizeLinear,
            onnx::kMicrosoftDomain);
  table.add("DequantizeLinear", 1, "x:number x_scale:real x_zero_point?:number", convertDequantizeLinear,
            onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
