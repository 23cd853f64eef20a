//===- FractionalPowers.cpp - Integers to real powers ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FractionalPowers.h"

#include <cmath>

using namespace mlir;

namespace sluice::conversion {

namespace {
/// The sum of two f32, the second far below the first.
struct Pair {
  Value high, low;
};
} // namespace

static Value numberToReal(Scalars &s, Value x, Type element) {
  return s.isUnsignedWord(element) ? s.unsignedToReal(x) : s.toReal(x);
}

static Value cutToNumber(Scalars &s, Value x, Type element) {
  return s.isUnsignedWord(element) ? s.toUnsigned(x) : s.toInteger(x);
}

/// An integer, exactly.
static Pair toPair(Scalars &s, Value x, Type element) {
  Value high = numberToReal(s, x, element);
  return {high, s.toReal(s.sub(x, cutToNumber(s, high, element)))};
}

/// Of a square exactly its root.
static Pair rootOf(Scalars &s, const Pair &a) {
  Value root = s.sqrt(a.high);
  Value rest = s.add(s.fma(s.negate(root), root, a.high), a.low);
  return {root, s.div(rest, s.add(root, root))};
}

static Pair product(Scalars &s, const Pair &a, const Pair &b) {
  Value high = s.mul(a.high, b.high);
  Value low = s.fma(a.high, b.high, s.negate(high));
  return {high, s.fma(a.low, b.high, s.fma(a.high, b.low, low))};
}

static Value cutPair(Scalars &s, const Pair &a, Type element) {
  Value whole = s.floor(a.high), rest = s.floor(s.add(s.sub(a.high, whole), a.low));
  return s.add(cutToNumber(s, whole, element), s.toInteger(rest));
}

static Value byLogarithm(Scalars &s, Value x, Value exponent, Type element) {
  return cutToNumber(s, s.exp(s.mul(exponent, s.log(numberToReal(s, x, element)))), element);
}

Value fractionalPower(Scalars &s, Value x, Value whole, double exponent, Type element) {
  constexpr int mostRoots = 8;
  double fraction = exponent - std::floor(exponent), scaled = std::ldexp(fraction, mostRoots);
  if (scaled != std::floor(scaled))
    return byLogarithm(s, x, s.real(exponent), element);
  Pair result = toPair(s, whole, element), root = toPair(s, x, element);
  for (fraction *= 2; fraction != 0; fraction = 2 * (fraction - std::floor(fraction))) {
    root = rootOf(s, root);
    if (fraction >= 1)
      result = product(s, result, root);
  }
  return cutPair(s, result, element);
}

Value fractionalPower(Scalars &s, Value x, Value whole, Value exponent, Type element) {
  constexpr int64_t roots = 2;
  Value one = s.real(1), zero = s.real(0);
  Value quarters = s.mul(s.sub(exponent, s.floor(exponent)), s.real(1 << roots));
  Value chosen = s.toInteger(quarters);
  Pair result = toPair(s, whole, element), root = toPair(s, x, element);
  for (int64_t bit = roots; bit-- > 0;) {
    root = rootOf(s, root);
    Value isClear = s.equal(s.bitAnd(chosen, s.integer(1 << bit)), s.integer(0));
    result = product(s, result, {s.select(isClear, one, root.high), s.select(isClear, zero, root.low)});
  }
  return s.select(s.equal(s.floor(quarters), quarters), cutPair(s, result, element),
                  byLogarithm(s, x, exponent, element));
}

} // namespace sluice::conversion
