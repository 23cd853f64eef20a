//===- BitCast.cpp - Bits under another element type ----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

#include "sluice/Conversion/BeyondMachine.h"

#include <limits>

using namespace mlir;

namespace sluice::conversion {

/// The f16 bits of an f32 that f16 holds, as a non-negative i32.
static Value halfBits(Scalars &s, Value x) {
  // 2^-112 moves the exponent to where f16 has it, subnormal numbers included.
  Value magnitude = s.absolute(x);
  Value bits = s.shiftRightUnsigned(s.toBits(s.mul(magnitude, s.real(0x1p-112))), s.integer(13));
  Value special = s.select(s.equal(x, x), s.integer(0x7c00), s.integer(0x7e00));
  Value finite = s.less(magnitude, s.real(std::numeric_limits<double>::infinity()));
  Value sign = s.bitAnd(s.shiftRightUnsigned(s.toBits(x), s.integer(16)), s.integer(0x8000));
  return s.bitOr(sign, s.select(finite, bits, special));
}

/// The f32 of f16 bits; the upper half of the i32 does not count.
static Value fromHalfBits(Scalars &s, Value bits) {
  Value magnitude = s.bitAnd(bits, s.integer(0x7fff));
  Value number = s.mul(s.fromBits(s.shiftLeft(magnitude, s.integer(13))), s.real(0x1p112));
  Value special =
      s.select(s.equal(magnitude, s.integer(0x7c00)), s.real(std::numeric_limits<double>::infinity()),
               s.real(std::numeric_limits<double>::quiet_NaN()));
  Value value = s.select(s.less(magnitude, s.integer(0x7c00)), number, special);
  Value sign = s.shiftLeft(s.bitAnd(bits, s.integer(0x8000)), s.integer(16));
  return s.fromBits(s.bitOr(s.toBits(value), sign));
}

/// The bits of real numbers as integers of the same width.
static Tensor toBits(Node &node, const Tensor &input, Type element) {
  return node.map(input, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return input.element.isF16() ? halfBits(s, x[0]) : s.toBits(x[0]);
  });
}

static Tensor fromBits(Node &node, const Tensor &input, Type element) {
  return node.map(input, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return element.isF16() ? fromHalfBits(s, x[0]) : s.fromBits(x[0]);
  });
}

/// Both types have the same width. Narrow integers and bits of 64 wrap as a cast does.
static Results convertBitCast(Node &node) {
  int64_t to = node.integerAttr("to", 0);
  const Tensor &input = node.input(0);
  constexpr int64_t float64 = 11;
  if (to == float64)
    return node.refuse(kBeyondMachine + "the bits of float64");
  Type element = node.elementType(to);
  if (!element)
    return failure();
  auto width = [](Type type) { return type.isInteger(1) ? 8 : type.getIntOrFloatBitWidth(); };
  if (width(element) != width(input.element)) {
    if (element.isInteger(64) && input.isReal())
      return node.refuse(kBeyondMachine + "the bits of float64");
    return node.refuse(elementName(input.element) + " and " + elementName(element) + " differ in width");
  }
  bool toReal = llvm::isa<FloatType>(element);
  if (input.isReal() == toReal)
    return {{node.cast(input, element)}};
  return {{toReal ? fromBits(node, input, element) : toBits(node, input, element)}};
}

void addBitCast(OperatorTable &table) { table.add("BitCast", 26, "X", convertBitCast); }

} // namespace sluice::conversion
