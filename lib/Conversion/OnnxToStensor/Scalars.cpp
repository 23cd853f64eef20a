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
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <limits>

using namespace mlir;

namespace sluice::conversion {

static bool isReal(Value value) { return llvm::isa<FloatType>(value.getType()); }

/// The float or the integer operation, by the operands' type.
template <typename FloatOp, typename IntegerOp>
static Value arithmetic(OpBuilder &builder, Location loc, Value a, Value b) {
  if (isReal(a))
    return FloatOp::create(builder, loc, a, b);
  return IntegerOp::create(builder, loc, a, b);
}

static Value compare(OpBuilder &builder, Location loc, arith::CmpFPredicate real,
                     arith::CmpIPredicate integer, Value a, Value b) {
  if (isReal(a))
    return arith::CmpFOp::create(builder, loc, real, a, b);
  return arith::CmpIOp::create(builder, loc, integer, a, b);
}

Value Scalars::real(double value) {
  return arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(static_cast<float>(value)));
}

Value Scalars::integer(int64_t value) {
  return arith::ConstantOp::create(builder, loc, builder.getIntegerAttr(integerType(), value));
}

Value Scalars::truth(bool value) {
  return arith::ConstantOp::create(builder, loc, builder.getBoolAttr(value));
}

Value Scalars::add(Value a, Value b) { return arithmetic<arith::AddFOp, arith::AddIOp>(builder, loc, a, b); }
Value Scalars::sub(Value a, Value b) { return arithmetic<arith::SubFOp, arith::SubIOp>(builder, loc, a, b); }
Value Scalars::mul(Value a, Value b) { return arithmetic<arith::MulFOp, arith::MulIOp>(builder, loc, a, b); }
Value Scalars::max(Value a, Value b) {
  return arithmetic<arith::MaximumFOp, arith::MaxSIOp>(builder, loc, a, b);
}
Value Scalars::min(Value a, Value b) {
  return arithmetic<arith::MinimumFOp, arith::MinSIOp>(builder, loc, a, b);
}
Value Scalars::equal(Value a, Value b) {
  return compare(builder, loc, arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq, a, b);
}
Value Scalars::less(Value a, Value b) {
  return compare(builder, loc, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, a, b);
}
Value Scalars::lessOrEqual(Value a, Value b) {
  return compare(builder, loc, arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle, a, b);
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
  return arith::SelectOp::create(builder, loc, condition, a, b);
}

Value Scalars::div(Value a, Value b) { return arith::DivFOp::create(builder, loc, a, b); }
Value Scalars::fma(Value a, Value b, Value c) { return math::FmaOp::create(builder, loc, a, b, c); }
Value Scalars::floor(Value a) { return math::FloorOp::create(builder, loc, a); }
Value Scalars::ceil(Value a) { return math::CeilOp::create(builder, loc, a); }
Value Scalars::roundEven(Value a) { return math::RoundEvenOp::create(builder, loc, a); }
Value Scalars::trunc(Value a) { return math::TruncOp::create(builder, loc, a); }
Value Scalars::sqrt(Value a) { return math::SqrtOp::create(builder, loc, a); }
Value Scalars::rsqrt(Value a) { return math::RsqrtOp::create(builder, loc, a); }
Value Scalars::exp(Value a) { return math::ExpOp::create(builder, loc, a); }
Value Scalars::log(Value a) { return math::LogOp::create(builder, loc, a); }
Value Scalars::tanh(Value a) { return math::TanhOp::create(builder, loc, a); }
Value Scalars::sin(Value a) { return math::SinOp::create(builder, loc, a); }
Value Scalars::cos(Value a) { return math::CosOp::create(builder, loc, a); }

Value Scalars::bitAnd(Value a, Value b) { return arith::AndIOp::create(builder, loc, a, b); }
Value Scalars::bitOr(Value a, Value b) { return arith::OrIOp::create(builder, loc, a, b); }
Value Scalars::bitXor(Value a, Value b) { return arith::XOrIOp::create(builder, loc, a, b); }
Value Scalars::shiftLeft(Value a, Value b) { return arith::ShLIOp::create(builder, loc, a, b); }
Value Scalars::shiftRightUnsigned(Value a, Value b) { return arith::ShRUIOp::create(builder, loc, a, b); }
Value Scalars::shiftRightSigned(Value a, Value b) { return arith::ShRSIOp::create(builder, loc, a, b); }
Value Scalars::logicalNot(Value a) { return bitXor(a, truth(true)); }

Value Scalars::divide(Value a, Value b) {
  if (wide)
    return arith::DivSIOp::create(builder, loc, a, b);
  // The magnitude of the least number is one of words without sign.
  Value quotient = divideUnsigned(absolute(a), absolute(b));
  return select(less(bitXor(a, b), integer(0)), negate(quotient), quotient);
}

Value Scalars::divideUnsigned(Value a, Value b) {
  if (wide)
    return arith::DivSIOp::create(builder, loc, a, b);
  auto sortKey = [&](Value word) { return bitXor(word, integer(std::numeric_limits<int32_t>::min())); };
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

Value Scalars::toReal(Value a) { return arith::SIToFPOp::create(builder, loc, builder.getF32Type(), a); }
Value Scalars::toInteger(Value a) { return arith::FPToSIOp::create(builder, loc, integerType(), a); }
Value Scalars::toBits(Value a) { return arith::BitcastOp::create(builder, loc, builder.getI32Type(), a); }
Value Scalars::fromBits(Value a) { return arith::BitcastOp::create(builder, loc, builder.getF32Type(), a); }
Value Scalars::toNumber(Value a) { return arith::ExtUIOp::create(builder, loc, integerType(), a); }

Value Scalars::polynomial(Value x, llvm::ArrayRef<double> coefficients) {
  Value sum = real(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, real(coefficient));
  return sum;
}

Value Scalars::realOrderKey(Value x) {
  // The sum makes every zero +0 and every NaN the canonical one, whose bits are above infinity's.
  Value bits = toBits(add(x, real(0)));
  return select(less(bits, integer(0)), bitXor(bits, integer(std::numeric_limits<int32_t>::max())), bits);
}

Value Scalars::orderKey(Value x, Type element) {
  if (wide || !element.isUnsignedInteger() || element.getIntOrFloatBitWidth() != 32)
    return x;
  return bitXor(x, integer(std::numeric_limits<int32_t>::min()));
}

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

/// One operation of a wide body on the values of its operands.
static std::optional<int64_t> evaluateWide(Operation &op, llvm::ArrayRef<int64_t> x) {
  using Result = std::optional<int64_t>;
  auto wrap = [](uint64_t value) { return static_cast<int64_t>(value); };
  auto shift = [](int64_t amount) { return amount >= 0 && amount < 64; };
  return llvm::TypeSwitch<Operation *, Result>(&op)
      .Case([](arith::ConstantOp constant) -> Result {
        auto value = llvm::cast<IntegerAttr>(constant.getValue());
        return value.getType().isInteger(1) ? value.getValue().getZExtValue() : value.getInt();
      })
      .Case([&](arith::AddIOp) -> Result { return wrap(uint64_t(x[0]) + uint64_t(x[1])); })
      .Case([&](arith::SubIOp) -> Result { return wrap(uint64_t(x[0]) - uint64_t(x[1])); })
      .Case([&](arith::MulIOp) -> Result { return wrap(uint64_t(x[0]) * uint64_t(x[1])); })
      .Case([&](arith::DivSIOp) -> Result {
        if (x[1] == 0)
          return std::nullopt;
        return x[1] == -1 ? wrap(0 - uint64_t(x[0])) : x[0] / x[1];
      })
      .Case([&](arith::MaxSIOp) -> Result { return std::max(x[0], x[1]); })
      .Case([&](arith::MinSIOp) -> Result { return std::min(x[0], x[1]); })
      .Case([&](arith::AndIOp) -> Result { return x[0] & x[1]; })
      .Case([&](arith::OrIOp) -> Result { return x[0] | x[1]; })
      .Case([&](arith::XOrIOp) -> Result { return x[0] ^ x[1]; })
      .Case([&](arith::ShLIOp) -> Result { return shift(x[1]) ? wrap(uint64_t(x[0]) << x[1]) : 0; })
      .Case([&](arith::ShRUIOp) -> Result { return shift(x[1]) ? wrap(uint64_t(x[0]) >> x[1]) : 0; })
      .Case([&](arith::SelectOp) -> Result { return x[0] ? x[1] : x[2]; })
      .Case([&](arith::ExtUIOp) -> Result { return x[0]; })
      .Case([&](arith::CmpIOp compare) -> Result {
        switch (compare.getPredicate()) {
        case arith::CmpIPredicate::eq:
          return x[0] == x[1];
        case arith::CmpIPredicate::slt:
          return x[0] < x[1];
        default:
          return x[0] <= x[1];
        }
      })
      .Default([](Operation *) -> Result { return std::nullopt; });
}

std::optional<llvm::SmallVector<int64_t>>
evaluateWide(Block &body, Value result, llvm::ArrayRef<llvm::SmallVector<int64_t>> inputs, int64_t count) {
  llvm::SmallVector<int64_t> results;
  llvm::DenseMap<Value, int64_t> values;
  for (int64_t i = 0; i < count; ++i) {
    for (auto [argument, input] : llvm::zip_equal(body.getArguments(), inputs))
      values[argument] = input.size() == 1 ? input.front() : input[i];
    for (Operation &op : body) {
      llvm::SmallVector<int64_t, 3> operands;
      for (Value operand : op.getOperands())
        operands.push_back(values.lookup(operand));
      std::optional<int64_t> value = evaluateWide(op, operands);
      if (!value)
        return std::nullopt;
      values[op.getResult(0)] = *value;
    }
    results.push_back(values.lookup(result));
  }
  return results;
}

} // namespace sluice::conversion
