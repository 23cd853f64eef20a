//===- IntegerReductions.cpp - Norms and logarithms of integers -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reductions whose results are real numbers, cut to integers: the cut is exact, not that of a rounded f32.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <cmath>
#include <limits>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

static Value numberToReal(Scalars &s, Value x, Type element) {
  return s.isUnsignedWord(element) ? s.unsignedToReal(x) : s.toReal(x);
}

/// The type of real numbers beside integers of `element`: f64 beside 64-bit constants.
static Type realBeside(Node &node, const Tensor &numbers) {
  OpBuilder &builder = node.getBuilder();
  return node.isWide(numbers) ? Type(builder.getF64Type()) : builder.getF32Type();
}

Tensor wholeNorm(Node &node, const Tensor &numbers, llvm::ArrayRef<int64_t> dims) {
  Type element = numbers.element, real = realBeside(node, numbers);
  auto square = [&](Type type) {
    return node.map(numbers, type, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      Value number = type == real ? numberToReal(s, x[0], element) : x[0];
      return s.mul(number, number);
    });
  };
  Tensor sum = node.reduce(ReduceKind::add, square(element), dims);
  Tensor estimate = node.reduce(ReduceKind::add, square(real), dims);
  return node.map({sum, estimate}, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    // Far enough below what a word holds for the estimate's own error.
    Value fits = s.less(x[1], s.real(std::ldexp(0.999, s.isWide() ? 64 : 32)));
    Value root = s.sqrt(x[1]);
    return s.select(fits, s.wholeRoot(x[0]),
                    s.isUnsignedWord(element) ? s.toUnsigned(root) : s.toInteger(root));
  });
}

/// The logarithm of a number without sign, cut: how many powers of e are not above it.
static Value wholeLog(Scalars &s, Value x) {
  if (s.isWide()) // beyond what doubles of powers of e hold
    return s.toInteger(s.log(s.toReal(x)));
  constexpr int powers = 22; // e^22 is the last below 2^32
  auto sortKey = [&](Value word) { return s.bitXor(word, s.integer(std::numeric_limits<int32_t>::min())); };
  Value count = s.integer(0), key = sortKey(x);
  for (int power = 1; power <= powers; ++power) {
    auto least = static_cast<uint32_t>(std::ceil(std::exp(power)));
    Value reaches = s.lessOrEqual(s.integer(static_cast<int32_t>(least ^ 0x80000000u)), key);
    count = s.add(count, s.toNumber(reaches));
  }
  return count;
}

Tensor wholeLogSum(Node &node, const Tensor &numbers, llvm::ArrayRef<int64_t> dims) {
  Type element = numbers.element;
  Tensor sum = node.reduce(ReduceKind::add, numbers, dims);
  return node.map(sum, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    // As a cast of minus infinity, and of NaN.
    Value zero = s.integer(0), least = s.toInteger(s.real(-std::numeric_limits<double>::infinity()));
    Value log = s.select(s.isNegative(x[0], element), zero, wholeLog(s, x[0]));
    return s.select(s.equal(x[0], zero), least, log);
  });
}

Tensor wholeLogSumExp(Node &node, const Tensor &numbers, llvm::ArrayRef<int64_t> dims) {
  Type element = numbers.element, real = realBeside(node, numbers);
  Tensor keys = node.map(numbers, element,
                         [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.orderKey(x[0], element); });
  Tensor greatest = node.reduce(ReduceKind::max, keys, dims);
  Tensor powers = node.map({keys, greatest}, real, [](Scalars &s, llvm::ArrayRef<Value> x) {
    // What is far below the greatest adds nothing, however far.
    constexpr int64_t far = 1000;
    int64_t least = s.isWide() ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int32_t>::min();
    Value bound = s.sub(s.max(x[1], s.integer(least + far)), s.integer(far));
    return s.exp(s.toReal(s.sub(s.max(x[0], bound), x[1])));
  });
  Tensor sum = node.reduce(ReduceKind::add, powers, dims);
  return node.map({greatest, sum}, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value log = s.log(x[1]), number = s.orderKey(x[0], element);
    Value below = s.add(number, s.toInteger(s.floor(log)));
    // Towards zero.
    return s.select(s.isNegative(below, element), s.add(number, s.toInteger(s.ceil(log))), below);
  });
}

} // namespace sluice::conversion
