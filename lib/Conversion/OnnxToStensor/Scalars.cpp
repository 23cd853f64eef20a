//===- Scalars.cpp - Builds the bodies of maps ----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scalars.h"

#include "Narrow.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinAttributes.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace sluice::conversion {

bool Scalars::expect(bool fits) {
  fitting &= fits;
  return fits;
}

Value Scalars::zeroLike(Value value) {
  return isReal(value) ? real(0) : isTruth(value) ? truth(false) : integer(0);
}

template <typename Op>
Value Scalars::ofReals(llvm::ArrayRef<Value> operands) {
  if (!expect(llvm::all_of(operands, [&](Value value) { return isReal(value); })))
    return real(0);
  return Op::create(builder, loc, operands.front().getType(), ValueRange(operands));
}

/// The float or the integer operation, by the operands' type.
template <typename RealOp, typename IntegerOp>
Value Scalars::ofNumbers(Value a, Value b) {
  if (isReal(a) && isReal(b))
    return RealOp::create(builder, loc, a, b);
  if (expect(isInteger(a) && isInteger(b)))
    return IntegerOp::create(builder, loc, a, b);
  return zeroLike(a);
}

template <typename Op>
Value Scalars::ofIntegers(Value a, Value b) {
  if (expect(isInteger(a) && isInteger(b)))
    return Op::create(builder, loc, a, b);
  return integer(0);
}

template <typename Op>
Value Scalars::ofBits(Value a, Value b) {
  if (expect((isInteger(a) && isInteger(b)) || (isTruth(a) && isTruth(b))))
    return Op::create(builder, loc, a, b);
  return zeroLike(a);
}

template <typename Op>
Value Scalars::convert(Value a, bool fits, Type to) {
  if (expect(fits))
    return Op::create(builder, loc, to, a);
  return llvm::isa<FloatType>(to) ? real(0) : integer(0);
}

Value Scalars::real(double value) {
  if (!wide)
    value = static_cast<float>(value);
  return arith::ConstantOp::create(builder, loc, builder.getFloatAttr(realType(), value));
}

Value Scalars::integer(int64_t value) {
  return arith::ConstantOp::create(builder, loc, builder.getIntegerAttr(integerType(), value));
}

Value Scalars::truth(bool value) {
  return arith::ConstantOp::create(builder, loc, builder.getBoolAttr(value));
}

Value Scalars::add(Value a, Value b) { return ofNumbers<arith::AddFOp, arith::AddIOp>(a, b); }
Value Scalars::sub(Value a, Value b) { return ofNumbers<arith::SubFOp, arith::SubIOp>(a, b); }
Value Scalars::mul(Value a, Value b) { return ofNumbers<arith::MulFOp, arith::MulIOp>(a, b); }
Value Scalars::max(Value a, Value b) { return ofNumbers<arith::MaximumFOp, arith::MaxSIOp>(a, b); }
Value Scalars::min(Value a, Value b) { return ofNumbers<arith::MinimumFOp, arith::MinSIOp>(a, b); }

Value Scalars::compare(arith::CmpFPredicate ofReals, arith::CmpIPredicate ofIntegers, Value a, Value b) {
  if (isReal(a) && isReal(b))
    return arith::CmpFOp::create(builder, loc, ofReals, a, b);
  if (expect(isInteger(a) && isInteger(b)))
    return arith::CmpIOp::create(builder, loc, ofIntegers, a, b);
  return truth(false);
}

Value Scalars::equal(Value a, Value b) {
  return compare(arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq, a, b);
}
Value Scalars::less(Value a, Value b) {
  return compare(arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, a, b);
}
Value Scalars::lessOrEqual(Value a, Value b) {
  return compare(arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle, a, b);
}

Value Scalars::negate(Value a) {
  if (isReal(a))
    return arith::NegFOp::create(builder, loc, a);
  return sub(integer(0), a);
}

Value Scalars::absolute(Value a) {
  if (isReal(a))
    return math::AbsFOp::create(builder, loc, a);
  return max(a, negate(a));
}

Value Scalars::select(Value condition, Value a, Value b) {
  if (expect(isTruth(condition) && a && b && a.getType() == b.getType()))
    return arith::SelectOp::create(builder, loc, condition, a, b);
  return zeroLike(a);
}

Value Scalars::isNegative(Value a, Type element) {
  if (element.isUnsignedInteger())
    return truth(false);
  return less(a, isReal(a) ? real(0) : integer(0));
}

Value Scalars::div(Value a, Value b) { return ofReals<arith::DivFOp>({a, b}); }
Value Scalars::fma(Value a, Value b, Value c) { return ofReals<math::FmaOp>({a, b, c}); }
Value Scalars::floor(Value a) { return ofReals<math::FloorOp>(a); }
Value Scalars::ceil(Value a) { return ofReals<math::CeilOp>(a); }
Value Scalars::roundEven(Value a) { return ofReals<math::RoundEvenOp>(a); }
Value Scalars::trunc(Value a) { return ofReals<math::TruncOp>(a); }
Value Scalars::sqrt(Value a) { return ofReals<math::SqrtOp>(a); }
Value Scalars::rsqrt(Value a) { return ofReals<math::RsqrtOp>(a); }
Value Scalars::exp(Value a) { return ofReals<math::ExpOp>(a); }
Value Scalars::log(Value a) { return ofReals<math::LogOp>(a); }
Value Scalars::tanh(Value a) { return ofReals<math::TanhOp>(a); }
Value Scalars::sin(Value a) { return ofReals<math::SinOp>(a); }
Value Scalars::cos(Value a) { return ofReals<math::CosOp>(a); }

Value Scalars::bitAnd(Value a, Value b) { return ofBits<arith::AndIOp>(a, b); }
Value Scalars::bitOr(Value a, Value b) { return ofBits<arith::OrIOp>(a, b); }
Value Scalars::bitXor(Value a, Value b) { return ofBits<arith::XOrIOp>(a, b); }
Value Scalars::shiftLeft(Value a, Value b) { return ofIntegers<arith::ShLIOp>(a, b); }
Value Scalars::shiftRightUnsigned(Value a, Value b) { return ofIntegers<arith::ShRUIOp>(a, b); }
Value Scalars::shiftRightSigned(Value a, Value b) { return ofIntegers<arith::ShRSIOp>(a, b); }
Value Scalars::logicalNot(Value a) { return bitXor(a, truth(true)); }

Value Scalars::divide(Value a, Value b) {
  if (wide)
    return ofIntegers<arith::DivSIOp>(a, b);
  // The magnitude of the least number is one of words without sign.
  Value quotient = divideUnsigned(absolute(a), absolute(b));
  return select(less(bitXor(a, b), integer(0)), negate(quotient), quotient);
}

Value Scalars::signBit() {
  return integer(wide ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int32_t>::min());
}

Value Scalars::divideUnsigned(Value a, Value b) {
  if (wide)
    return ofIntegers<arith::DivUIOp>(a, b);
  auto sortKey = [&](Value word) { return bitXor(word, signBit()); };
  auto fits = [&](Value rest) { return toNumber(lessOrEqual(sortKey(b), sortKey(rest))); };
  // Twice the half's quotient is at most one too small; a divisor with the highest bit fits once or not at
  // all.
  Value half = divideMagnitudes(shiftRightUnsigned(a, integer(1)), b);
  Value quotient = shiftLeft(half, integer(1));
  quotient = add(quotient, fits(sub(a, mul(quotient, b))));
  return select(less(b, integer(0)), fits(a), quotient);
}

/// Of numbers that are not negative.
Value Scalars::divideMagnitudes(Value dividend, Value divisor) {
  // A quotient in f32 has 24 good bits; the remainder's quotient brings those that are missing, and what is
  // left is one step up or down.
  Value realDivisor = toReal(divisor);
  Value quotient = toInteger(div(toReal(dividend), realDivisor));
  Value rest = sub(dividend, mul(quotient, divisor));
  quotient = add(quotient, toInteger(div(toReal(rest), realDivisor)));
  rest = sub(dividend, mul(quotient, divisor));
  quotient = sub(quotient, toNumber(less(rest, integer(0))));
  return add(quotient, toNumber(lessOrEqual(divisor, rest)));
}

Value Scalars::remainder(Value a, Value b) { return sub(a, mul(divide(a, b), b)); }

Value Scalars::wholeRoot(Value a) {
  // The nearest integer to the root in floating point is the root or one more.
  Value greatest = integer(wide ? 0xffffffff : 0xffff); // whose square is still a word
  Value root = min(toInteger(roundEven(sqrt(unsignedToReal(a)))), greatest);
  Value isAbove = less(bitXor(a, signBit()), bitXor(mul(root, root), signBit()));
  return sub(root, toNumber(isAbove));
}

Value Scalars::toReal(Value a) { return convert<arith::SIToFPOp>(a, isInteger(a), realType()); }
Value Scalars::toInteger(Value a) { return convert<arith::FPToSIOp>(a, isReal(a), integerType()); }

Value Scalars::unsignedToReal(Value a) {
  // The halves are exact as real numbers, so their sum rounds once.
  int64_t half = wide ? 32 : 16;
  Value high = toReal(shiftRightUnsigned(a, integer(half)));
  Value low = toReal(bitAnd(a, integer((int64_t{1} << half) - 1)));
  return fma(high, real(std::ldexp(1, half)), low);
}

Value Scalars::toUnsigned(Value a) {
  Value half = real(wide ? 0x1p63 : 0x1p31);
  Value upper = bitXor(toInteger(sub(a, half)), signBit());
  return select(lessOrEqual(half, a), upper, toInteger(a));
}

Value Scalars::toBits(Value a) { return convert<arith::BitcastOp>(a, isReal(a), integerType()); }
Value Scalars::fromBits(Value a) { return convert<arith::BitcastOp>(a, isInteger(a), realType()); }
Value Scalars::toNumber(Value a) { return convert<arith::ExtUIOp>(a, isTruth(a), integerType()); }

Value Scalars::polynomial(Value x, llvm::ArrayRef<double> coefficients) {
  Value sum = real(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, real(coefficient));
  return sum;
}

Value Scalars::realOrderKey(Value x) {
  // The sum makes every zero +0 and every NaN the canonical one, whose bits are above infinity's.
  Value bits = toBits(add(x, real(0)));
  int64_t magnitude = wide ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int32_t>::max();
  return select(less(bits, integer(0)), bitXor(bits, integer(magnitude)), bits);
}

Value Scalars::fromOrderKey(Value key) {
  Value negative = bitXor(key, integer(std::numeric_limits<int32_t>::max()));
  return fromBits(select(less(key, integer(0)), negative, key));
}

bool Scalars::isUnsignedWord(Type element) const { return element.isUnsignedInteger(wide ? 64 : 32); }

Value Scalars::orderKey(Value x, Type element) { return isUnsignedWord(element) ? bitXor(x, signBit()) : x; }

Value Scalars::load(Value stored, Type element) {
  Type type = stored.getType();
  if (type.isF16())
    return arith::ExtFOp::create(builder, loc, builder.getF32Type(), stored);
  if (type.isF32() || type.isInteger(1) || type == integerType())
    return stored;
  // Less than a byte is not negative as it is stored.
  if (element.isUnsignedInteger() && element.getIntOrFloatBitWidth() >= 8)
    return arith::ExtUIOp::create(builder, loc, integerType(), stored);
  Value number = arith::ExtSIOp::create(builder, loc, integerType(), stored);
  return llvm::isa<FloatType>(element) ? decodeNarrow(*this, number, element) : number;
}

/// The low `width` bits, sign or zero extended.
static Value lowBits(Scalars &s, Value number, unsigned width, bool isUnsigned) {
  if (isUnsigned)
    return s.bitAnd(number, s.integer((1 << width) - 1));
  Value unused = s.integer(32 - width);
  return s.shiftRightSigned(s.shiftLeft(number, unused), unused);
}

Value Scalars::store(Value computed, Type element) {
  bool toReal = llvm::isa<FloatType>(element);
  if (!expect(toReal ? isReal(computed) : element.isInteger(1) ? isTruth(computed) : isInteger(computed)))
    computed = toReal ? real(0) : element.isInteger(1) ? truth(false) : integer(0);
  if (element.isF16())
    return arith::TruncFOp::create(builder, loc, element, computed);
  if (wide || element.isF32() || element.isInteger(1))
    return computed;
  unsigned width = element.getIntOrFloatBitWidth();
  if (width >= 32)
    return computed;
  if (llvm::isa<FloatType>(element))
    computed = encodeNarrow(*this, computed, element);
  else if (width < 8)
    computed = lowBits(*this, computed, width, element.isUnsignedInteger());
  width = std::max(width, 8u);
  return arith::TruncIOp::create(builder, loc, builder.getIntegerType(width), computed);
}

Value Scalars::roundTo(Value real, Type element) {
  return element.isF32() ? real : load(store(real, element), element);
}

} // namespace sluice::conversion
