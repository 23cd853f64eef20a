//===- IntegerContractions.cpp - Products of quantized matrices -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Integers.h"
#include "OperatorTable.h"

using namespace mlir;

namespace sluice::conversion {
namespace {

/// A matrix of bytes and how it is quantized; parameters have one number, or one for each row (column, of a
/// right operand).
struct Quantized {
  Tensor values, scale, zero;
};

/// The exact sums of a product as i32 [B, M, N], and the result's shape.
struct IntegerProduct {
  Tensor sums;
  Shape shape;
};

} // namespace

/// An operand that an operator does not have.
static constexpr size_t kAbsent = SIZE_MAX;

/// A parameter of an operand whose `vectors` rows or columns of each of `batches` matrices are `what`,
/// broadcast to the product's [B, M, N]. None, refused, where it fits neither them nor one number.
static std::optional<Tensor> alongVectors(Node &node, const Tensor &parameter, const Tensor &operand,
                                          bool isColumns) {
  if (!parameter || isOne(parameter))
    return parameter ? node.reshape(parameter, {}) : parameter;
  int64_t batches = operand.shape[0], vectors = operand.shape[1], count = parameter.count();
  Tensor result;
  if (count == batches * vectors) {
    result = node.reshape(parameter, {batches, vectors});
  } else if (count > 0 && vectors % count == 0) {
    // Matrices of one batch may have become more rows.
    result = node.broadcast(node.reshape(parameter, {1, count}), {vectors / count, count});
    result = node.reshape(result, {1, vectors});
  } else {
    (void)node.refuse("a scale or zero point of " + llvm::Twine(count) + " numbers fits none of " +
                      llvm::Twine(vectors) + (isColumns ? " columns" : " rows"));
    return std::nullopt;
  }
  if (isColumns)
    return node.reshape(result, {result.shape[0], 1, vectors});
  return node.reshape(result, {result.shape[0], vectors, 1});
}

/// Refuses a scale or zero point that is neither one number nor one for each row of the matrices of operand
/// `of`, or each column.
static LogicalResult needPerVector(Node &node, size_t index, size_t of, bool isColumns) {
  const Shape &shape = node.input(of).shape;
  if (shape.size() < 2)
    return node.needOne(index);
  Shape each = shape;
  each[shape.size() - (isColumns ? 2 : 1)] = 1;
  if (!node.has(index) || node.input(index).shape == each)
    return success();
  return node.needOneOrShape(index, {shape[shape.size() - (isColumns ? 1 : 2)]});
}

/// Where the operands of a product stand; none of the parameters but the scale of A need be there.
struct ProductOperands {
  size_t a, scaleA, zeroA, b, scaleB, zeroB;
};

static LogicalResult needProduct(Node &node, const ProductOperands &at) {
  bool fit = succeeded(needMatrices(node, at.a, at.b));
  for (size_t index : {at.scaleA, at.zeroA})
    fit = fit && succeeded(needPerVector(node, index, at.a, /*isColumns=*/false));
  for (size_t index : {at.scaleB, at.zeroB})
    fit = fit && succeeded(needPerVector(node, index, at.b, /*isColumns=*/true));
  return success(fit);
}

/// The product of bytes less their zero points, and an i32 bias that broadcasts to it; scales are brought
/// into a form that broadcasts to the sums.
static std::optional<IntegerProduct> multiply(Node &node, Quantized &a, Quantized &b,
                                              const Tensor &bias = Tensor()) {
  if (!a.values.element.isInteger(8) || !b.values.element.isInteger(8)) {
    (void)node.refuse("only 8-bit operands are supported");
    return std::nullopt;
  }
  Bytes lhs = toBytes(node, a.values, a.zero), rhs = toBytes(node, b.values, b.zero);
  std::optional<MatrixProduct> product = arrangeMatMul(node, lhs.values, rhs.values);
  if (!product)
    return std::nullopt;
  for (auto [parameter, isColumns] :
       {std::pair(&lhs.zero, false), {&a.scale, false}, {&rhs.zero, true}, {&b.scale, true}}) {
    std::optional<Tensor> aligned =
        alongVectors(node, *parameter, isColumns ? product->rhs : product->lhs, isColumns);
    if (!aligned)
      return std::nullopt;
    *parameter = *aligned;
  }
  lhs.values = product->lhs;
  rhs.values = product->rhs;
  return IntegerProduct{contractIntegers(node, lhs, rhs, bias), product->shape};
}

/// Sums as f32 with a bias of one number for each column.
static Tensor scaleSums(Node &node, const IntegerProduct &product, const Tensor &scale, const Tensor &bias) {
  llvm::SmallVector<Tensor> operands = {product.sums, scale};
  if (bias)
    operands.push_back(bias);
  Tensor result = node.map(operands, node.getBuilder().getF32Type(), [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value scaled = s.mul(s.toReal(x[0]), x[1]);
    return x.size() == 3 ? s.add(scaled, x[2]) : scaled;
  });
  return node.reshape(result, product.shape);
}

static Results convertMatMulInteger(Node &node) {
  if (failed(
          needProduct(node, {.a = 0, .scaleA = kAbsent, .zeroA = 2, .b = 1, .scaleB = kAbsent, .zeroB = 3})))
    return failure();
  Quantized a{node.input(0), {}, node.input(2)}, b{node.input(1), {}, node.input(3)};
  std::optional<IntegerProduct> product = multiply(node, a, b);
  if (!product)
    return failure();
  return {{node.reshape(product->sums, product->shape)}};
}

/// Operands a, its scale, its zero point, b, ..., the result's scale and zero point.
static Results convertQLinearMatMul(Node &node) {
  Quantized a{node.input(0), node.input(1), node.input(2)}, b{node.input(3), node.input(4), node.input(5)};
  if (failed(needProduct(node, {.a = 0, .scaleA = 1, .zeroA = 2, .b = 3, .scaleB = 4, .zeroB = 5})) ||
      failed(node.needOne(6)) || failed(node.needOne(7)))
    return failure();
  std::optional<IntegerProduct> product = multiply(node, a, b);
  if (!product)
    return failure();
  Tensor scale = combinedScale(node, a.scale, b.scale, node.reshape(node.input(6), {}));
  return {{node.reshape(requantize(node, product->sums, scale, node.input(7)), product->shape)}};
}

/// Operands a, b, their scales, their zero points, bias.
static Results convertMatMulIntegerToFloat(Node &node) {
  if (failed(needProduct(node, {.a = 0, .scaleA = 2, .zeroA = 4, .b = 1, .scaleB = 3, .zeroB = 5})) ||
      failed(node.needShape(6, {node.input(1).shape.back()})))
    return failure();
  Quantized a{node.input(0), node.input(2), node.input(4)}, b{node.input(1), node.input(3), node.input(5)};
  std::optional<IntegerProduct> product = multiply(node, a, b);
  if (!product)
    return failure();
  return {{scaleSums(node, *product, combinedScale(node, a.scale, b.scale), node.input(6))}};
}

/// Operands a (f32), b, its scale, its zero point, bias.
static Results convertDynamicQuantizeMatMul(Node &node) {
  if (failed(needProduct(node,
                         {.a = 0, .scaleA = kAbsent, .zeroA = kAbsent, .b = 1, .scaleB = 2, .zeroB = 3})) ||
      failed(node.needShape(4, {node.input(1).shape.back()})))
    return failure();
  DynamicallyQuantized dynamic = quantizeDynamically(node, node.input(0));
  Quantized a{dynamic.values, dynamic.scale, dynamic.zero}, b{node.input(1), node.input(2), node.input(3)};
  std::optional<IntegerProduct> product = multiply(node, a, b);
  if (!product)
    return failure();
  return {{scaleSums(node, *product, combinedScale(node, a.scale, b.scale), node.input(4))}};
}

/// Operands a, its scale, its zero point, b, ..., c (i32), the result's scale and zero point, both absent for
/// a result of f32.
static Results convertQGemm(Node &node) {
  bool transA = node.integerAttr("transA", 0), transB = node.integerAttr("transB", 0);
  double alpha = node.realAttr("alpha", 1);
  Quantized a{node.input(0), node.input(1), node.input(2)}, b{node.input(3), node.input(4), node.input(5)};
  const Tensor &resultScale = node.input(7), &resultZero = node.input(8);
  const int64_t rows = a.values.shape[transA ? 1 : 0], depth = a.values.shape[transA ? 0 : 1],
                columns = b.values.shape[transB ? 0 : 1];
  if (failed(node.needShape(3, transB ? Shape{Node::kAny, depth} : Shape{depth, Node::kAny})) ||
      failed(node.needOneOrShape(1, {rows})) || failed(node.needOneOrShape(2, {rows})) ||
      failed(node.needOneOrShape(4, {columns})) || failed(node.needOneOrShape(5, {columns})) ||
      failed(node.needBroadcast(6, {rows, columns})) || failed(node.needOne(7)) || failed(node.needOne(8)))
    return failure();
  if (transA)
    a.values = node.transpose(a.values, {1, 0});
  if (transB)
    b.values = node.transpose(b.values, {1, 0});
  std::optional<IntegerProduct> product = multiply(node, a, b, node.input(6));
  if (!product)
    return failure();
  Tensor scale = a.scale;
  if (alpha != 1)
    scale = combinedScale(node, node.splat(scale.element, {}, alpha), scale);
  if (!resultZero)
    return {{scaleSums(node, *product, combinedScale(node, scale, b.scale), Tensor())}};
  scale = combinedScale(node, scale, b.scale, node.reshape(resultScale, {}));
  return {{node.reshape(requantize(node, product->sums, scale, resultZero), product->shape)}};
}

void addIntegerContractions(OperatorTable &table) {
  table.add("MatMulInteger", 10, "A:integer[1..] B:integer[1..] a_zero_point?:integer b_zero_point?:integer",
            convertMatMulInteger);
  table.add("QLinearMatMul", 10,
            "a:integer[1..] a_scale:real a_zero_point:integer b:integer[1..] b_scale:real "
            "b_zero_point:integer y_scale:real y_zero_point:integer",
            convertQLinearMatMul);
  table.add("MatMulIntegerToFloat", 1,
            "A:integer[1..] B:integer[1..] a_scale:real b_scale:real a_zero_point?:integer "
            "b_zero_point?:integer bias?:real",
            convertMatMulIntegerToFloat, onnx::kMicrosoftDomain);
  table.add("DynamicQuantizeMatMul", 1,
            "A:real[1..] B:integer[1..] b_scale:real b_zero_point?:integer bias?:real",
            convertDynamicQuantizeMatMul, onnx::kMicrosoftDomain);
  table.add("QGemm", 1,
            "A:integer[2] a_scale:real a_zero_point:integer B:integer[2] b_scale:real b_zero_point:integer "
            "C?:integer y_scale?:real y_zero_point?:integer",
            convertQGemm, onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
