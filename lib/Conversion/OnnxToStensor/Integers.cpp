//===- Integers.cpp - Products of quantized numbers -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Integers.h"

#include "Families.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace sluice::conversion {

/// The bit in which an unsigned byte and the signed one that stands for it differ.
static constexpr int64_t signBit = 0x80;

/// The value of `tensor` less 128, where it was made from one, looking through operations that only move
/// elements: they are repeated on that one. None if it was not.
static Value signedOrigin(Node &node, Value value) {
  if (Value known = node.signedForm(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (!llvm::isa_and_nonnull<stensor::ReshapeOp, stensor::TransposeOp, stensor::SliceOp, stensor::BroadcastOp,
                             stensor::WindowOp, stensor::PadOp>(op))
    return {};
  Value origin = signedOrigin(node, op->getOperand(0));
  if (!origin)
    return {};
  OpBuilder &builder = node.getBuilder();
  IRMapping mapping;
  mapping.map(op->getOperand(0), origin);
  Operation *repeated = builder.clone(*op, mapping);
  if (auto pad = llvm::dyn_cast<stensor::PadOp>(repeated))
    if (auto byte = llvm::dyn_cast<IntegerAttr>(pad.getValue()))
      pad.setValueAttr(builder.getIntegerAttr(byte.getType(), byte.getValue() ^ APInt(8, signBit)));
  return repeated->getResult(0);
}

/// Flips the highest bit of bytes.
static Tensor flipSign(Node &node, const Tensor &input, Type element) {
  return node.map(node.retype(input, element), element,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.bitXor(x[0], s.integer(signBit)); });
}

/// i8 as it is, ui8 less 128.
static Tensor toSigned(Node &node, const Tensor &tensor) {
  if (!tensor.element.isUnsignedInteger())
    return tensor;
  Type i8 = node.getBuilder().getIntegerType(8);
  if (tensor.value && !tensor.constant)
    if (Value origin = signedOrigin(node, tensor.value)) {
      Tensor result = node.retype(tensor, i8);
      result.value = origin;
      return result;
    }
  return flipSign(node, tensor, i8);
}

Bytes toBytes(Node &node, const Tensor &tensor, const Tensor &zero) {
  Type i32 = node.getBuilder().getI32Type();
  Bytes result;
  result.values = toSigned(node, tensor);
  result.zero = zero ? node.cast(toSigned(node, zero), i32)
                     : node.splat(i32, {}, tensor.element.isUnsignedInteger() ? -signBit : 0);
  if (result.zero.constant &&
      llvm::all_of(readDistinctIntegers(result.zero.constant), [](int64_t value) { return value == 0; }))
    result.zero = Tensor();
  return result;
}

Tensor contractIntegers(Node &node, const Bytes &lhs, const Bytes &rhs, const Tensor &bias, Tensor inside,
                        Tensor counted) {
  Type i32 = node.getBuilder().getI32Type(), i8 = node.getBuilder().getIntegerType(8);
  const Tensor &a = lhs.values, &b = rhs.values;
  auto ones = [&](const Tensor &like) {
    return node.splat(i8, {like.shape[0], 1, like.shape[2], like.shape[3]}, 1);
  };
  if (!inside)
    inside = ones(b);
  if (!counted)
    counted = ones(a);
  // Without a minuend: less 0.
  auto less = [&](const Tensor &from, const Tensor &sums, const Tensor &zero) {
    return node.map({from ? from : node.splat(i32, {}, 0), sums, zero}, i32,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.sub(x[0], s.mul(x[1], x[2])); });
  };
  // Sum of (a - za)(b - zb) = (sum of ab) - za (sum of b) - zb ((sum of a) - za (number of products)). What
  // weights and zero points decide is one constant, the bias among it.
  Tensor offset = bias;
  if (lhs.zero)
    offset = less(offset, node.contract(inside, b), lhs.zero);
  if (rhs.zero) {
    Tensor sums = node.contract(a, counted);
    if (lhs.zero)
      sums = less(sums, node.contract(inside, counted), lhs.zero);
    offset = less(offset, sums, rhs.zero);
  }
  Tensor products = node.contract(a, b);
  if (!offset)
    return products;
  return node.map({products, offset}, i32,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
}

Tensor combinedScale(Node &node, const Tensor &x, const Tensor &y, const Tensor &z) {
  llvm::SmallVector<Tensor> operands = {x, y};
  if (z)
    operands.push_back(z);
  return node.map(operands, node.getBuilder().getF32Type(), [](Scalars &s, llvm::ArrayRef<Value> v) {
    Value product = s.mul(v[0], v[1]);
    return v.size() == 3 ? s.div(product, v[2]) : product;
  });
}

Tensor quantizeScaled(Node &node, llvm::ArrayRef<Tensor> operands, const Tensor &zero, Type element,
                      Emitter::Body scaled) {
  unsigned width = element.getIntOrFloatBitWidth();
  constexpr unsigned widest = 16;
  if (!llvm::isa<IntegerType>(element) || width > widest) {
    (void)node.refuse("quantization to " + elementName(element) + " is not supported");
    return node.cast(operands.front(), element);
  }
  int64_t low = element.isUnsignedInteger() ? 0 : -(int64_t{1} << (width - 1));
  int64_t high = low + (int64_t{1} << width) - 1;
  bool isUnsignedByte = width == 8 && element.isUnsignedInteger();
  int64_t shift = isUnsignedByte ? signBit : 0;
  Type stored = isUnsignedByte ? Type(node.getBuilder().getIntegerType(8)) : element;
  llvm::SmallVector<Tensor> all(operands);
  if (zero)
    all.push_back(zero);
  bool isKnown = !zero || (zero.constant && isOne(zero));
  int64_t point = zero && isKnown ? readIntegers(zero.constant).front() : 0;
  if (element.isUnsignedInteger())
    point &= (int64_t{1} << width) - 1;
  Tensor result = node.map(all, stored, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value number = scaled(s, zero ? x.drop_back() : x);
    if (isKnown) {
      number = s.min(s.max(number, s.real(low - point)), s.real(high - point));
      Value rounded = s.toInteger(s.roundEven(number));
      return point == shift ? rounded : s.add(rounded, s.integer(point - shift));
    }
    number = s.min(s.max(number, s.toReal(s.sub(s.integer(low), x.back()))),
                   s.toReal(s.sub(s.integer(high), x.back())));
    Value rounded = s.add(s.toInteger(s.roundEven(number)), x.back());
    return shift == 0 ? rounded : s.sub(rounded, s.integer(shift));
  });
  if (!isUnsignedByte)
    return result;
  Tensor flipped = flipSign(node, result, element);
  if (flipped.value && result.value)
    node.setSignedForm(flipped.value, result.value);
  return flipped;
}

Tensor requantize(Node &node, const Tensor &sum, const Tensor &scale, const Tensor &zero) {
  Type element = zero ? zero.element : Type(node.getBuilder().getIntegerType(8, /*isSigned=*/false));
  return quantizeScaled(node, {sum, scale}, zero ? node.reshape(zero, {}) : zero, element,
                        [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(s.toReal(x[0]), x[1]); });
}

} // namespace sluice::conversion
