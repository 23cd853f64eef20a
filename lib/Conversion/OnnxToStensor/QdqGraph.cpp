//===- QdqGraph.cpp - QuantizeLinear and DequantizeLinear in a graph ------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QdqGraph.h"

#include "Constants.h"
#include "OperatorTable.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace sluice::conversion {

bool hasItsOperands(onnx::NodeOp node) {
  const Operator *entry =
      OperatorTable::get().find(node.getDomain(), node.getOpType(), node.getVersionAttr().getInt());
  auto isAbsent = [&](size_t index) { return isa<NoneType>(node.getInputs()[index].getType()); };
  return entry && node.getNumResults() > 0 &&
         entry->operands.misfit(node.getInputs().size(), isAbsent).empty();
}

bool isStandard(onnx::NodeOp node, StringRef opType) {
  return node.getDomain() == onnx::kDefaultDomain && node.getOpType() == opType && hasItsOperands(node);
}

/// Of either domain that has the operator.
static bool isOf(onnx::NodeOp node, StringRef opType) {
  return node.getOpType() == opType &&
         (node.getDomain() == onnx::kDefaultDomain || node.getDomain() == onnx::kMicrosoftDomain) &&
         hasItsOperands(node);
}

bool isQuantize(onnx::NodeOp node) { return isOf(node, "QuantizeLinear"); }

bool isReturned(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); });
}

/// The elements of a constant, through Identity; null if it is none.
static ElementsAttr constantOf(Value value) {
  while (auto node = value.getDefiningOp<onnx::NodeOp>()) {
    if (!isStandard(node, "Identity"))
      return {};
    value = node.getInputs()[0];
  }
  auto constant = value.getDefiningOp<onnx::ConstantOp>();
  return constant ? cast<ElementsAttr>(constant.getValue()) : ElementsAttr();
}

Type elementTypeOf(Value value) {
  if (auto type = dyn_cast<TensorType>(value.getType()))
    return type.getElementType();
  if (ElementsAttr constant = constantOf(value))
    return constant.getElementType();
  auto node = value.getDefiningOp<onnx::NodeOp>();
  if (!node)
    return {};
  if (isQuantize(node)) {
    if (node.getNumOperands() > 2 && !isa<NoneType>(node.getInputs()[2].getType()))
      return elementTypeOf(node.getInputs()[2]);
    if (node.getOnnxAttributes().contains("output_dtype"))
      return {};
    return IntegerType::get(node.getContext(), 8, IntegerType::Unsigned);
  }
  return {};
}

std::optional<int64_t> rankOf(Value value) {
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    return type.getRank();
  auto node = value.getDefiningOp<onnx::NodeOp>();
  if (!node || !(isOf(node, "DequantizeLinear") || isStandard(node, "Identity")))
    return std::nullopt;
  return rankOf(node.getInputs()[0]);
}

int64_t dataTypeOf(Type element) {
  if (element.isF32())
    return 1;
  if (element.isInteger(8))
    return element.isUnsignedInteger() ? 2 : 3;
  return element.isInteger(32) && !element.isUnsignedInteger() ? 6 : 0;
}

std::optional<std::pair<int64_t, int64_t>> rangeOf(Type element) {
  if (!element || !element.isInteger(8))
    return std::nullopt;
  return element.isUnsignedInteger() ? std::pair<int64_t, int64_t>(0, 255)
                                     : std::pair<int64_t, int64_t>(-128, 127);
}

/// Reads scale and zero point, operands 1 and 2. False if they are not known or not of use.
static bool readParameters(onnx::NodeOp node, Quantization &result) {
  auto block = node.getOnnxAttributes().getAs<IntegerAttr>("block_size");
  if (!result.element || (block && block.getInt() != 0) || node.getOnnxAttributes().contains("precision"))
    return false;
  result.scale = node.getInputs()[1];
  ElementsAttr scales = constantOf(result.scale);
  if (!scales || !scales.getElementType().isF32() || scales.getShapedType().getRank() > 1)
    return false;
  result.scales = readFloats(scales);
  auto isUsable = [](double scale) { return std::isfinite(scale) && scale > 0; };
  if (result.scales.empty() || !llvm::all_of(result.scales, isUsable))
    return false;
  result.zeros.assign(result.scales.size(), 0);
  if (node.getNumOperands() > 2 && !isa<NoneType>(node.getInputs()[2].getType())) {
    result.zero = node.getInputs()[2];
    ElementsAttr zeros = constantOf(result.zero);
    if (!zeros || zeros.getElementType() != result.element ||
        zeros.getNumElements() != scales.getNumElements())
      return false;
    result.zeros = readIntegers(zeros);
  }
  auto axis = node.getOnnxAttributes().getAs<IntegerAttr>("axis");
  result.axis = axis ? axis.getInt() : 1;
  return true;
}

std::optional<Dequantized> dequantized(Value value, unsigned bits) {
  auto node = value.getDefiningOp<onnx::NodeOp>();
  if (!node || !isOf(node, "DequantizeLinear") || node.getOnnxAttributes().contains("output_dtype"))
    return std::nullopt;
  Dequantized result;
  result.node = node;
  result.stored = node.getInputs()[0];
  // The zero point has the integers' type.
  bool hasZero = node.getNumOperands() > 2 && !isa<NoneType>(node.getInputs()[2].getType());
  result.element = elementTypeOf(hasZero ? node.getInputs()[2] : result.stored);
  if (!result.element || !result.element.isInteger(bits) || !readParameters(node, result))
    return std::nullopt;
  if (std::optional<int64_t> rank = rankOf(result.stored); rank && result.axis < 0)
    result.axis += *rank;
  return result;
}

std::optional<Quantization> quantizationOf(onnx::NodeOp node) {
  if (!isQuantize(node))
    return std::nullopt;
  Quantization result;
  bool hasZero = node.getNumOperands() > 2 && !isa<NoneType>(node.getInputs()[2].getType());
  result.element = elementTypeOf(hasZero ? node.getInputs()[2] : node.getResult(0));
  if (!rangeOf(result.element) || !readParameters(node, result))
    return std::nullopt;
  return result;
}

std::optional<std::pair<double, double>> clampBounds(onnx::NodeOp node) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (node.getNumResults() != 1)
    return std::nullopt;
  if (isStandard(node, "Relu"))
    return std::pair(0.0, infinity);
  if (!isStandard(node, "Clip"))
    return std::nullopt;
  std::pair<double, double> bounds = {-infinity, infinity};
  if (auto least = node.getOnnxAttributes().getAs<FloatAttr>("min"))
    bounds.first = least.getValueAsDouble();
  if (auto greatest = node.getOnnxAttributes().getAs<FloatAttr>("max"))
    bounds.second = greatest.getValueAsDouble();
  for (unsigned i = 1; i < node.getNumOperands(); ++i) {
    if (isa<NoneType>(node.getInputs()[i].getType()))
      continue;
    ElementsAttr bound = constantOf(node.getInputs()[i]);
    if (!bound || !isa<FloatType>(bound.getElementType()) || bound.getNumElements() != 1)
      return std::nullopt;
    (i == 1 ? bounds.first : bounds.second) = readFloats(bound).front();
  }
  if (std::isnan(bounds.first) || std::isnan(bounds.second) || bounds.first > bounds.second)
    return std::nullopt;
  return bounds;
}

Value Quantization::zeroOr(OpBuilder &builder) const {
  if (zero)
    return zero;
  auto type = RankedTensorType::get(constantOf(scale).getShapedType().getShape(), element);
  return onnx::ConstantOp::create(builder, scale.getLoc(),
                                  DenseElementsAttr::get(type, APInt(element.getIntOrFloatBitWidth(), 0)));
}

int64_t Quantization::quantize(double number) const {
  auto [least, greatest] = *rangeOf(element);
  float scaled = static_cast<float>(number) / static_cast<float>(scales.front());
  double clamped = std::clamp<double>(scaled, static_cast<double>(least - zeros.front()),
                                      static_cast<double>(greatest - zeros.front()));
  double floor = std::floor(clamped), rest = clamped - floor;
  bool isOdd = std::fmod(floor, 2) != 0;
  bool up = rest > 0.5 || (rest == 0.5 && isOdd);
  return static_cast<int64_t>(floor) + up + zeros.front();
}

} // namespace sluice::conversion
