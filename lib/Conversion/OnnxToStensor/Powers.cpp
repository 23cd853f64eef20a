//===- Powers.cpp - Powers of real and whole numbers ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Powers of integers are exact modulo 2^32 (constants of 64 bits: 2^64): by squaring, of which the exponent's
// bits choose. Powers of real numbers are by squaring where the exponent is whole, known and small or of an
// integer type and small, else by exp and log.
//
//===----------------------------------------------------------------------===//

#include "FractionalPowers.h"
#include "OperatorTable.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace sluice::conversion {

static Value numberLike(Scalars &s, Value x, int64_t number) {
  return llvm::isa<FloatType>(x.getType()) ? s.real(static_cast<double>(number)) : s.integer(number);
}

/// x to a known whole power by squaring.
static Value wholePower(Scalars &s, Value x, uint64_t exponent) {
  Value result;
  for (Value square = x; exponent != 0; exponent >>= 1) {
    if (exponent & 1)
      result = result ? s.mul(result, square) : square;
    if (exponent > 1)
      square = s.mul(square, square);
  }
  return result ? result : numberLike(s, x, 1);
}

/// x to the power of the low `bits` bits of an integer, and x to the 2^bits.
struct LowPower {
  Value power, next;
};

/// Five operations a bit; `next` only where it is wanted.
static LowPower powerOfLowBits(Scalars &s, Value x, Value exponent, unsigned bits, bool wantsNext = false) {
  LowPower result = {Value(), x};
  for (unsigned bit = 0; bit < bits; ++bit) {
    Value isClear = s.equal(s.bitAnd(exponent, s.integer(int64_t{1} << bit)), s.integer(0));
    Value factor = s.select(isClear, numberLike(s, x, 1), result.next);
    result.power = result.power ? s.mul(result.power, factor) : factor;
    if (wantsNext || bit + 1 < bits)
      result.next = s.mul(result.next, result.next);
  }
  return result;
}

/// Bits of an exponent that choose squares. The power of the higher ones, which wraps unless the base is 0,
/// 1 or -1, has a closed form.
static constexpr unsigned kLowBits = 7;

/// x to the power 2^7 m modulo 2^32, with `next` x to the 2^7, in 20 operations: of odd x it is (1 + z)^m
/// with z a multiple of 2^9, of which four terms are not 0; of even x it is 0.
static Value powerOfHighBits(Scalars &s, Value x, Value next, Value m) {
  Value one = s.integer(1);
  Value z = s.sub(next, one);
  Value pairs = s.shiftRightUnsigned(s.mul(m, s.sub(m, one)), one);
  Value triples = s.mul(s.mul(pairs, s.sub(m, s.integer(2))), s.integer(int32_t(0xaaaaaaab))); // 1 / 3
  Value sum = s.add(pairs, s.mul(z, triples));
  sum = s.add(one, s.mul(z, s.add(m, s.mul(z, sum))));
  Value isEven = s.equal(s.bitAnd(x, one), s.integer(0));
  return s.select(isEven, s.toNumber(s.equal(m, s.integer(0))), sum);
}

namespace {
/// What is known of integer exponents.
struct Exponents {
  unsigned bits; ///< of the greatest one
  bool canBeNegative;
};
} // namespace

static Exponents readExponents(Node &node, const Tensor &exponent) {
  bool isUnsigned = exponent.element.isUnsignedInteger();
  if (!exponent.constant) {
    unsigned width = std::min(exponent.element.getIntOrFloatBitWidth(), 32u);
    return {isUnsigned ? width : width - 1, !isUnsigned};
  }
  Exponents known = {1, false};
  for (int64_t number : node.readWide(exponent)) {
    known.canBeNegative |= number < 0 && !isUnsigned;
    if (number >= 0 || isUnsigned)
      known.bits = std::max(known.bits, 64 - static_cast<unsigned>(llvm::countl_zero(uint64_t(number))));
  }
  return known;
}

/// The greatest number of an integer type as a register holds it.
static Value greatestOf(Scalars &s, Type element) {
  unsigned width = std::min(element.getIntOrFloatBitWidth(), s.isWide() ? 64u : 32u);
  uint64_t ones = llvm::maskTrailingOnes<uint64_t>(element.isUnsignedInteger() ? width : width - 1);
  return s.integer(s.isWide() ? static_cast<int64_t>(ones) : static_cast<int32_t>(ones));
}

/// An integer of type `element` to an integer power. A negative one gives what the quotient is cut to: 0, but
/// of 1 and -1 themselves, and of 0 the type's greatest number.
static Value integerPower(Scalars &s, Value x, Value exponent, Type element, const Exponents &known) {
  // Up to there the plain way is no longer.
  constexpr unsigned mostBits = 11;
  bool isPlain = s.isWide() || known.bits <= mostBits;
  LowPower low = powerOfLowBits(s, x, exponent, isPlain ? known.bits : kLowBits, !isPlain);
  Value power = low.power;
  if (!isPlain) {
    Value high = s.shiftRightUnsigned(exponent, s.integer(kLowBits));
    power = s.mul(power, powerOfHighBits(s, x, low.next, high));
  }
  if (!known.canBeNegative)
    return power;
  // Of 1 and -1 the lowest bit decides, which negative numbers have too.
  Value zero = s.integer(0), magnitude = element.isUnsignedInteger() ? x : s.absolute(x);
  Value inverse = s.select(s.equal(magnitude, s.integer(1)), power, zero);
  inverse = s.select(s.equal(x, zero), greatestOf(s, element), inverse);
  return s.select(s.less(exponent, zero), inverse, power);
}

/// exp(y log |x|), with the sign and the special cases of x to the y.
static Value realPower(Scalars &s, Value x, Value y) {
  Value zero = s.real(0), one = s.real(1);
  Value magnitude = s.exp(s.mul(y, s.log(s.absolute(x))));
  Value half = s.mul(y, s.real(0.5));
  Value isOdd = s.logicalNot(s.equal(s.floor(half), half));
  Value isWhole = s.equal(s.floor(y), y);
  Value negative = s.select(isWhole, s.select(isOdd, s.negate(magnitude), magnitude),
                            s.real(std::numeric_limits<double>::quiet_NaN()));
  Value result = s.select(s.less(x, zero), negative, magnitude);
  return s.select(s.equal(y, zero), one, result);
}

/// A real number to the power of an integer of a run: by squaring up to 63, beyond by exp and log.
static Value realToInteger(Scalars &s, Value x, Value exponent, Type element) {
  constexpr unsigned bits = 6;
  Value isNegative = s.isNegative(exponent, element);
  Value magnitude = element.isUnsignedInteger() ? exponent : s.absolute(exponent);
  Value few = powerOfLowBits(s, x, magnitude, bits).power;
  few = s.select(isNegative, s.div(s.real(1), few), few);
  Value y = s.isUnsignedWord(element) ? s.unsignedToReal(exponent) : s.toReal(exponent);
  Value many = s.exp(s.mul(y, s.log(s.absolute(x))));
  Value isOdd = s.equal(s.bitAnd(exponent, s.integer(1)), s.integer(1));
  many = s.select(s.bitAnd(isOdd, s.less(x, s.real(0))), s.negate(many), many);
  Value isFew = s.equal(s.shiftRightUnsigned(magnitude, s.integer(bits)), s.integer(0));
  return s.select(isFew, few, many);
}

/// What a power that is not whole of an integer is cut to, given that of a base and an exponent above 0.
static Value cutPower(Scalars &s, Value x, Value isNegativePower, Value positive, Type element) {
  Value zero = s.integer(0), one = s.integer(1);
  Value inverse = s.select(s.equal(x, zero), greatestOf(s, element), s.toNumber(s.equal(x, one)));
  Value isNumber = s.logicalNot(s.bitOr(s.isNegative(x, element), s.equal(x, zero)));
  return s.select(isNegativePower, inverse, s.select(isNumber, positive, zero));
}

/// An integer of type `element` to a known real power that is not whole.
static Value integerToFraction(Scalars &s, Value x, double y, Type element) {
  if (y == 0.5)
    return s.select(s.isNegative(x, element), s.integer(0), s.wholeRoot(x));
  if (!(y > 0))
    return cutPower(s, x, s.truth(y < 0), s.integer(0), element);
  auto part = static_cast<uint64_t>(std::min(std::floor(y), 0x1p24));
  Value positive = fractionalPower(s, x, wholePower(s, x, part), y, element);
  return cutPower(s, x, s.truth(false), positive, element);
}

/// An integer of type `element` to a real power of a run.
static Value integerToReal(Scalars &s, Value x, Value y, Type element) {
  Value part = s.floor(y), zero = s.real(0);
  // From there on all are even.
  Value bound = s.real(0x1p30);
  Value exponent = s.toInteger(s.max(s.min(part, bound), s.negate(bound)));
  Value whole = integerPower(s, x, exponent, element, {31, true});
  Value positive = fractionalPower(s, x, whole, y, element);
  Value cut = cutPower(s, x, s.less(y, zero), positive, element);
  // Of no number 0.
  cut = s.select(s.equal(y, y), cut, s.integer(0));
  return s.select(s.equal(part, y), whole, cut);
}

/// An integer of type `element` to the power of one integer that is known.
static Value integerToKnown(Scalars &s, Value x, int64_t exponent, Type element) {
  if (exponent >= 0)
    return wholePower(s, x, exponent);
  return integerPower(s, x, s.integer(exponent % 2 != 0 ? -1 : -2), element, {1, true});
}

/// The one integer that all exponents are, real ones included; none if there is no such.
static std::optional<int64_t> knownExponent(Node &node, const Tensor &exponent) {
  if (!exponent.constant || exponent.count() != 1)
    return std::nullopt;
  if (!exponent.isReal())
    return node.readWide(exponent).front();
  constexpr double most = 0x1p62; // all beyond are multiples of it
  double number = readFloats(exponent.constant).front();
  if (std::floor(number) != number)
    return std::nullopt;
  return static_cast<int64_t>(std::clamp(number, -most, most));
}

static Results powersOfIntegers(Node &node) {
  const Tensor &base = node.input(0);
  Tensor exponent = node.input(1);
  Type element = base.element;
  // For its shape.
  auto mapBase = [&](Emitter::Body body) -> Results {
    return {{node.map({base, node.splat(element, exponent.shape, 1)}, element, body)}};
  };
  if (std::optional<int64_t> known = knownExponent(node, exponent))
    return mapBase(
        [&](Scalars &s, llvm::ArrayRef<Value> x) { return integerToKnown(s, x[0], *known, element); });
  if (exponent.isReal() && exponent.constant && exponent.count() == 1)
    return mapBase([&](Scalars &s, llvm::ArrayRef<Value> x) {
      return integerToFraction(s, x[0], readFloats(exponent.constant).front(), element);
    });
  if (exponent.isReal() && exponent.constant) {
    bool allWhole = llvm::all_of(readDistinctFloats(exponent.constant),
                                 [](double y) { return std::floor(y) == y && std::abs(y) < 0x1p31; });
    if (allWhole)
      exponent = node.cast(exponent, node.getBuilder().getI32Type());
  }
  if (exponent.isReal()) {
    exponent = node.cast(exponent, node.getBuilder().getF32Type());
    return {{node.map({base, exponent}, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      return integerToReal(s, x[0], x[1], element);
    })}};
  }
  Exponents exponents = readExponents(node, exponent);
  return {{node.map({base, exponent}, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return integerPower(s, x[0], x[1], element, exponents);
  })}};
}

static Results powersOfReals(Node &node, std::optional<double> known) {
  const Tensor &base = node.input(0), &exponent = node.input(1);
  if (!known && !exponent.isReal())
    return {{node.map({base, exponent}, base.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      return realToInteger(s, x[0], x[1], exponent.element);
    })}};
  bool isWhole = known && std::floor(*known) == *known && std::abs(*known) <= 64;
  if (isWhole && *known >= 1)
    return {{node.map({base, node.splat(base.element, exponent.shape, 1)}, base.element,
                      [&](Scalars &s, llvm::ArrayRef<Value> x) {
                        return wholePower(s, x[0], static_cast<uint64_t>(*known));
                      })}};
  Tensor y = node.cast(exponent, exponent.isReal() ? exponent.element : node.getBuilder().getF32Type());
  return {{node.map({base, y}, base.element, [&](Scalars &s, llvm::ArrayRef<Value> x) -> Value {
    if (!known)
      return realPower(s, x[0], x[1]);
    if (*known == 0)
      return s.real(1);
    if (*known == 0.5)
      return s.sqrt(x[0]);
    if (*known == -0.5)
      return s.rsqrt(x[0]);
    if (isWhole)
      return s.div(s.real(1), wholePower(s, x[0], static_cast<uint64_t>(-*known)));
    return realPower(s, x[0], x[1]);
  })}};
}

static Results convertPow(Node &node) {
  const Tensor &base = node.input(0), &exponent = node.input(1);
  if (isDouble(base.element))
    return {
        {node.mapDoubles({base, exponent}, [](llvm::ArrayRef<double> x) { return std::pow(x[0], x[1]); })}};
  if (!base.isReal())
    return powersOfIntegers(node);
  std::optional<double> known;
  if (exponent.constant && exponent.count() == 1)
    known = exponent.isReal() ? readFloats(exponent.constant).front()
                              : static_cast<double>(readIntegers(exponent.constant).front());
  return powersOfReals(node, known);
}

void addPowers(OperatorTable &table) { table.add("Pow", 7, "X:number[~] Y:number[~]", convertPow); }

} // namespace sluice::conversion
