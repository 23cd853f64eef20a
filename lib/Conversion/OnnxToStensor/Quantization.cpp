//===- Quantization.cpp - Quantized numbers -------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

#include <cmath>
#include <utility>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// Least and greatest integer of a type of at most 16 bits.
static std::pair<int64_t, int64_t> integerRange(Type element) {
  unsigned width = element.getIntOrFloatBitWidth();
  if (element.isUnsignedInteger())
    return {0, (int64_t{1} << width) - 1};
  return {-(int64_t{1} << (width - 1)), (int64_t{1} << (width - 1)) - 1};
}

Tensor quantize(Node &node, const Tensor &input, const Tensor &scale, const Tensor &zero, Type element) {
  llvm::SmallVector<Tensor> operands = {input, scale};
  if (zero)
    operands.push_back(zero);
  auto [least, greatest] = integerRange(element);
  return node.map(operands, element, [&, low = least, high = greatest](Scalars &s, llvm::ArrayRef<Value> x) {
    Value rounded = s.toInteger(s.roundEven(s.div(x[0], x[1])));
    // The conversion saturates; before the zero point is added there must be room for it.
    if (zero) {
      Value room = s.integer(1 << 20);
      rounded = s.add(s.max(s.min(rounded, room), s.negate(room)), x[2]);
    }
    return s.min(s.max(rounded, s.integer(low)), s.integer(high));
  });
}

/// Scale or zero point of one number, or of one for each element along `axis`, shaped to broadcast against
/// `input`. None, refused, for other shapes.
static std::optional<Tensor> alongAxis(Node &node, const Tensor &parameter, const Tensor &input,
                                       int64_t axis) {
  if (!parameter || parameter.count() == 1)
    return parameter ? node.reshape(parameter, {}) : parameter;
  if (parameter.rank() != 1) {
    (void)node.refuse("quantization by block is not supported");
    return std::nullopt;
  }
  Shape shape(input.rank(), 1);
  shape[node.normaliseAxis(axis, input.rank())] = parameter.count();
  return node.reshape(parameter, shape);
}

static Results convertQuantizeLinear(Node &node) {
  int64_t axis = node.integerAttr("axis", 1), dataType = node.integerAttr("output_dtype", 0);
  int64_t block = node.integerAttr("block_size", 0);
  node.ignoreAttr("saturate"); // of 8-bit floating-point results
  int64_t precision = node.integerAttr("precision", 0);
  const Tensor &input = node.input(0), &point = node.input(2);
  if (block != 0)
    return node.refuse("quantization by block is not supported");
  if (precision > 1)
    return node.refuse("only float32 precision is supported");
  Type element = point ? point.element : Type(node.getBuilder().getIntegerType(8, /*isSigned=*/false));
  if (!point && dataType)
    element = node.elementType(dataType);
  if (!element)
    return failure();
  if (!llvm::isa<IntegerType>(element) || element.getIntOrFloatBitWidth() > 16)
    return node.refuse("quantization to " + elementName(element) + " is not supported");
  std::optional<Tensor> scale = alongAxis(node, node.input(1), input, axis);
  std::optional<Tensor> zero = alongAxis(node, point, input, axis);
  if (!scale || !zero)
    return failure();
  return {
      {quantize(node, input.isReal() ? input : node.cast(input, scale->element), *scale, *zero, element)}};
}

static Results convertDequantizeLinear(Node &node) {
  int64_t axis = node.integerAttr("axis", 1), block = node.integerAttr("block_size", 0);
  int64_t dataType = node.integerAttr("output_dtype", 0);
  const Tensor &input = node.input(0);
  if (block != 0)
    return node.refuse("quantization by block is not supported");
  if (input.isReal())
    return node.refuse("element type " + elementName(input.element) + " is not supported");
  std::optional<Tensor> scale = alongAxis(node, node.input(1), input, axis);
  std::optional<Tensor> zero = alongAxis(node, node.input(2), input, axis);
  if (!scale || !zero)
    return failure();
  Type element = dataType ? node.elementType(dataType) : scale->element;
  if (!element)
    return failure();
  llvm::SmallVector<Tensor> operands = {input, *scale};
  if (*zero)
    operands.push_back(*zero);
  return {{node.map(operands, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value number = x.size() == 3 ? s.sub(x[0], x[2]) : x[0];
    return s.mul(s.toReal(number), x[1]);
  })}};
}

/// Scale and zero point from the range of the data, zero included.
static Results convertDynamicQuantizeLinear(Node &node) {
  const Tensor &input = node.input(0);
  OpBuilder &builder = node.getBuilder();
  Type f32 = builder.getF32Type(), ui8 = builder.getIntegerType(8, /*isSigned=*/false);
  Shape all;
  for (int64_t dim = 0; dim < input.rank(); ++dim)
    all.push_back(dim);
  Tensor least = node.reshape(node.reduce(ReduceKind::min, input, all), {});
  Tensor greatest = node.reshape(node.reduce(ReduceKind::max, input, all), {});
  Tensor scale = node.map({least, greatest}, f32, [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value zero = s.real(0);
    return s.div(s.sub(s.max(x[1], zero), s.min(x[0], zero)), s.real(255));
  });
  Tensor point = node.map({least, scale}, ui8, [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value rounded = s.toInteger(s.roundEven(s.div(s.negate(s.min(x[0], s.real(0))), x[1])));
    return s.min(s.max(rounded, s.integer(0)), s.integer(255));
  });
  return {{quantize(node, input, scale, point, ui8), scale, point}};
}

void addQuantization(OperatorTable &table) {
  table.add("QuantizeLinear", 10, convertQuantizeLinear);
  table.add("DequantizeLinear", 10, convertDequantizeLinear);
  table.add("DynamicQuantizeLinear", 11, convertDynamicQuantizeLinear);
}

} // namespace sluice::conversion
