//===- ContribQuantized.cpp - ONNX Runtime's operators on quantized tensors ---===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where ONNX Runtime combines scales and zero points in another order than a dequantised
// computation would, it is done in that order here: the last bit decides how a tie rounds.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Integers.h"
#include "OperatorTable.h"

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {
namespace {

/// A tensor, its scale and its zero point: operands first, first + 1 and first + 2.
struct Quantized {
  Tensor values, scale, zero;

  Quantized(const Tensor &values, const Tensor &scale, const Tensor &zero)
      : values(values), scale(scale), zero(zero) {}
  Quantized(Node &node, size_t first)
      : Quantized(node.input(first), node.input(first + 1), node.input(first + 2)) {}
};

} // namespace

/// Refuses unless every scale and zero point is one number and `values` has 8 bits; else makes scalars of
/// them.
static bool bringToScalars(Node &node, llvm::MutableArrayRef<Tensor> parameters, const Tensor &values) {
  if (!values.element.isInteger(8)) {
    (void)node.refuse("only 8-bit operands are supported");
    return false;
  }
  for (Tensor &parameter : parameters) {
    if (!parameter)
      continue;
    if (!isOne(parameter)) {
      (void)node.refuse("only one scale and zero point of a tensor are supported");
      return false;
    }
    parameter = node.reshape(parameter, {});
  }
  return true;
}

/// A zero point as i32, 0 if it is absent.
static Tensor zeroNumber(Node &node, const Tensor &zero) {
  Type i32 = node.getBuilder().getI32Type();
  return zero ? node.cast(zero, i32) : node.splat(i32, {}, 0);
}

/// The numbers that a quantized tensor stands for.
static Tensor dequantize(Node &node, const Quantized &q) {
  return node.map(
      {q.values, zeroNumber(node, q.zero), q.scale}, node.getBuilder().getF32Type(),
      [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(s.toReal(s.sub(x[0], x[1])), x[2]); });
}

/// Whether runs of `other`'s elements meet one element of `tensor` each: along the innermost dimension in
/// which the two are not both one.
static bool isRepeated(const Tensor &tensor, const Tensor &other) {
  auto size = [](const Tensor &x, int64_t fromEnd) {
    return fromEnd < x.rank() ? x.shape[x.rank() - 1 - fromEnd] : 1;
  };
  for (int64_t fromEnd = 0; fromEnd < std::max(tensor.rank(), other.rank()); ++fromEnd)
    if (size(tensor, fromEnd) != 1 || size(other, fromEnd) != 1)
      return size(tensor, fromEnd) == 1;
  return true;
}

static Results convertQLinearAdd(Node &node) {
  Quantized a(node, 0), b(node, 3);
  Tensor parameters[] = {a.scale, a.zero, b.scale, b.zero, node.input(6), node.input(7)};
  if (!bringToScalars(node, parameters, a.values))
    return failure();
  a = {a.values, parameters[0], parameters[1]};
  b = {b.values, parameters[2], parameters[3]};
  // What is repeated comes second.
  if (isRepeated(a.values, b.values))
    std::swap(a, b);
  Type f32 = node.getBuilder().getF32Type(), element = a.values.element;
  auto ratio = [&](const Tensor &scale) {
    return node.map({scale, parameters[4]}, f32,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.div(x[0], x[1]); });
  };
  Tensor ofA = ratio(a.scale), ofB = ratio(b.scale);
  // What does not depend on the operands.
  Tensor fixed = node.map(
      {zeroNumber(node, parameters[5]), ofA, zeroNumber(node, a.zero), ofB, zeroNumber(node, b.zero)}, f32,
      [](Scalars &s, llvm::ArrayRef<Value> x) {
        Value product = s.mul(x[3], s.toReal(x[4]));
        return s.sub(s.toReal(x[0]), s.fma(x[1], s.toReal(x[2]), product));
      });
  // Signed bytes are what convolutions read too.
  int64_t shift = element.isUnsignedInteger() ? 128 : 0;
  for (Tensor *values : {&a.values, &b.values})
    *values = toBytes(node, *values, Tensor()).values;
  auto number = [&](Scalars &s, Value x) { return s.toReal(shift ? s.add(x, s.integer(shift)) : x); };
  return {{quantizeScaled(node, {a.values, ofA, b.values, ofB, fixed}, Tensor(), element,
                          [&](Scalars &s, llvm::ArrayRef<Value> x) {
                            return s.fma(number(s, x[0]), x[1], s.fma(number(s, x[2]), x[3], x[4]));
                          })}};
}

static Results convertQLinearMul(Node &node) {
  Quantized a(node, 0), b(node, 3);
  Tensor parameters[] = {a.scale, a.zero, b.scale, b.zero, node.input(6), node.input(7)};
  if (!bringToScalars(node, parameters, a.values))
    return failure();
  Type f32 = node.getBuilder().getF32Type();
  Tensor scale = combinedScale(node, parameters[0], parameters[2], parameters[4]);
  Tensor point = node.cast(zeroNumber(node, parameters[5]), f32);
  return {{quantizeScaled(
      node,
      {a.values, zeroNumber(node, parameters[1]), b.values, zeroNumber(node, parameters[3]), scale, point},
      Tensor(), a.values.element, [](Scalars &s, llvm::ArrayRef<Value> x) {
        Value product = s.mul(s.sub(x[0], x[1]), s.sub(x[2], x[3]));
        return s.add(s.mul(s.toReal(product), x[4]), x[5]);
      })}};
}

/// Operands: the result's scale and zero point, then each tensor with its own.
static Results convertQLinearConcat(Node &node) {
  int64_t axis = node.integerAttr("axis", 0);
  Tensor result[] = {node.input(0), node.input(1)};
  if (node.numInputs() < 5 || (node.numInputs() - 2) % 3 != 0)
    return node.refuse("the operands are not tensors with scale and zero point");
  llvm::SmallVector<Tensor> parts;
  for (size_t i = 2; i < node.numInputs(); i += 3) {
    Quantized part(node, i);
    Tensor parameters[] = {part.scale, part.zero, result[0], result[1]};
    if (!bringToScalars(node, parameters, part.values))
      return failure();
    part.scale = parameters[0];
    part.zero = parameters[1];
    auto isSame = [](const Tensor &a, const Tensor &b) { return a.constant && a.constant == b.constant; };
    if (isSame(parameters[0], parameters[2]) && isSame(parameters[1], parameters[3]))
      parts.push_back(part.values);
    else
      parts.push_back(
          quantize(node, dequantize(node, part), parameters[2], parameters[3], result[1].element));
  }
  axis = node.normaliseAxis(axis, parts.front().rank());
  return {{node.concat(parts, axis)}};
}

/// A function of real numbers on a quantized tensor: operands x, its scale and zero point, the result's.
static Results convertElementwise(Node &node, llvm::function_ref<Value(Scalars &, Value)> function) {
  Quantized x(node, 0);
  Tensor parameters[] = {x.scale, x.zero, node.input(3), node.input(4)};
  if (!bringToScalars(node, parameters, x.values))
    return failure();
  return {{quantizeScaled(node, {x.values, zeroNumber(node, parameters[1]), parameters[0], parameters[2]},
                          parameters[3], x.values.element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
                            Value number = s.mul(s.toReal(s.sub(v[0], v[1])), v[2]);
                            return s.div(function(s, number), v[3]);
                          })}};
}

static Results convertQLinearSigmoid(Node &node) { return convertElementwise(node, sigmoid); }

static Results convertQLinearLeakyRelu(Node &node) {
  double alpha = node.realAttr("alpha", 0.01);
  return convertElementwise(
      node, [&](Scalars &s, Value x) { return s.select(s.less(x, s.real(0)), s.mul(x, s.real(alpha)), x); });
}

/// Operands x, its scale and zero point (of no influence), the result's.
static Results convertQLinearSoftmax(Node &node) {
  int64_t axis = node.integerAttr("axis", -1), opset = node.integerAttr("opset", 13);
  Quantized x(node, 0);
  Tensor parameters[] = {x.scale, node.input(3), node.input(4)};
  if (!bringToScalars(node, parameters, x.values))
    return failure();
  axis = node.normaliseAxis(axis, x.values.rank());
  Shape dims = {axis};
  if (opset < 13)
    for (int64_t dim = axis + 1; dim < x.values.rank(); ++dim)
      dims.push_back(dim);
  OpBuilder &builder = node.getBuilder();
  Tensor numbers = node.cast(x.values, builder.getI32Type());
  Tensor powers = node.map(
      {numbers, node.reduce(ReduceKind::max, numbers, dims), parameters[0]}, builder.getF32Type(),
      [](Scalars &s, llvm::ArrayRef<Value> v) { return s.exp(s.mul(s.toReal(s.sub(v[0], v[1])), v[2])); });
  return {{quantizeScaled(
      node, {powers, node.reduce(ReduceKind::add, powers, dims), parameters[1]}, parameters[2],
      x.values.element, [](Scalars &s, llvm::ArrayRef<Value> v) { return s.div(s.div(v[0], v[1]), v[2]); })}};
}

static Results convertQLinearGlobalAveragePool(Node &node) {
  bool channelsAreLast = node.integerAttr("channels_last", 0);
  Quantized x(node, 0);
  Tensor parameters[] = {x.scale, x.zero, node.input(3), node.input(4)};
  if (!bringToScalars(node, parameters, x.values))
    return failure();
  OpBuilder &builder = node.getBuilder();
  int64_t rank = x.values.rank(), count = 1;
  Shape dims;
  for (int64_t dim = 0; dim < rank - 2; ++dim) {
    dims.push_back(dim + (channelsAreLast ? 1 : 2));
    count *= x.values.shape[dims.back()];
  }
  Bytes bytes = toBytes(node, x.values, parameters[1]);
  Tensor sums = node.reduce(ReduceKind::add, node.cast(bytes.values, builder.getI32Type()), dims);
  if (bytes.zero)
    sums = node.map({sums, bytes.zero}, builder.getI32Type(), [&](Scalars &s, llvm::ArrayRef<Value> v) {
      return s.sub(v[0], s.mul(v[1], s.integer(count)));
    });
  Tensor scale = node.map({parameters[0], parameters[2]}, builder.getF32Type(),
                          [&](Scalars &s, llvm::ArrayRef<Value> v) {
                            return s.div(v[0], s.mul(v[1], s.real(static_cast<double>(count))));
                          });
  return {
      {requantize(node, sums, scale, parameters[3] ? parameters[3] : node.splat(x.values.element, {}, 0))}};
}

static Results convertQLinearAveragePool(Node &node) {
  bool channelsAreLast = node.integerAttr("channels_last", 0);
  Quantized x(node, 0);
  Tensor parameters[] = {x.scale, x.zero, node.input(3), node.input(4)};
  if (!bringToScalars(node, parameters, x.values))
    return failure();
  x.scale = parameters[0];
  x.zero = parameters[1];
  Tensor numbers = dequantize(node, x);
  std::optional<Tensor> means =
      averagePool(node, channelsAreLast ? channelsFirst(node, numbers) : numbers, Averaging::InOrder);
  if (!means)
    return failure();
  // The zero point is added before the sum is rounded.
  return {{quantizeScaled(
      node,
      {channelsAreLast ? channelsLast(node, *means) : *means, parameters[2], zeroNumber(node, parameters[3])},
      Tensor(), x.values.element,
      [](Scalars &s, llvm::ArrayRef<Value> v) { return s.add(s.div(v[0], v[1]), s.toReal(v[2])); })}};
}

void addContribQuantized(OperatorTable &table) {
  auto add = [&](llvm::StringRef name, llvm::StringRef operands, Conversion conversion) {
    table.add(name, 1, operands, std::move(conversion), onnx::kMicrosoftDomain);
  };
  constexpr llvm::StringLiteral two = "A:integer A_scale:real A_zero_point?:integer B:integer B_scale:real "
                                      "B_zero_point?:integer C_scale:real C_zero_point?:integer",
                                one = "X:integer X_scale:real X_zero_point?:integer Y_scale:real "
                                      "Y_zero_point?:integer",
                                axis = "X:integer[1..] X_scale:real X_zero_point?:integer Y_scale:real "
                                       "Y_zero_point?:integer",
                                planes = "X:integer[3..] X_scale:real X_zero_point?:integer Y_scale:real "
                                         "Y_zero_point?:integer";
  add("QLinearAdd", two, convertQLinearAdd);
  add("QLinearMul", two, convertQLinearMul);
  add("QLinearConcat", "Y_scale:real Y_zero_point:integer inputs+:number", convertQLinearConcat);
  add("QLinearSigmoid", one, convertQLinearSigmoid);
  add("QLinearLeakyRelu", one, convertQLinearLeakyRelu);
  add("QLinearSoftmax", axis, convertQLinearSoftmax);
  add("QLinearGlobalAveragePool", planes, convertQLinearGlobalAveragePool);
  add("QLinearAveragePool", planes, convertQLinearAveragePool);
}

} // namespace sluice::conversion
