//===- ScalarRanges.cpp - What integers of a body can be ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/stensor/ScalarRanges.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cmath>
#include <optional>

using namespace mlir;

namespace sluice::stensor {

IntegerRange rangeOf(Type type) {
  const unsigned width = type.getIntOrFloatBitWidth();
  if (width == 1)
    return {0, 1};
  return {-(int64_t{1} << (width - 1)), (int64_t{1} << (width - 1)) - 1};
}

static std::optional<int64_t> integerConstant(Value value) {
  APInt number;
  if (!matchPattern(value, m_ConstantInt(&number)))
    return std::nullopt;
  return value.getType().isInteger(1) ? static_cast<int64_t>(number.getZExtValue()) : number.getSExtValue();
}

/// A whole number below 2^24 in size that a float constant is.
static std::optional<int64_t> wholeConstant(Value value) {
  APFloat number(0.0f);
  if (!matchPattern(value, m_ConstantFloat(&number)))
    return std::nullopt;
  const double real = number.convertToDouble();
  constexpr double exact = 1 << 24;
  if (!(std::abs(real) < exact) || real != std::trunc(real))
    return std::nullopt;
  return static_cast<int64_t>(real);
}

/// `range`, or all of the type where it leaves that: integers wrap.
static IntegerRange wrapped(IntegerRange range, Type type) {
  return range.isWithin(rangeOf(type)) ? range : rangeOf(type);
}

/// Operations that the search follows: bodies are short, but their values may be used again and again.
static constexpr unsigned kDepth = 8;

static IntegerRange rangeOf(Value value, unsigned depth) {
  const Type type = value.getType();
  if (std::optional<int64_t> number = integerConstant(value))
    return {*number, *number};
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return rangeOf(type);
  auto operand = [&](unsigned index) { return rangeOf(op->getOperand(index), depth - 1); };
  return TypeSwitch<Operation *, IntegerRange>(op)
      .Case<arith::ExtSIOp, arith::TruncIOp>([&](auto) { return wrapped(operand(0), type); })
      .Case([&](arith::MaxSIOp) -> IntegerRange {
        IntegerRange a = operand(0), b = operand(1);
        return {std::max(a.low, b.low), std::max(a.high, b.high)};
      })
      .Case([&](arith::MinSIOp) -> IntegerRange {
        IntegerRange a = operand(0), b = operand(1);
        return {std::min(a.low, b.low), std::min(a.high, b.high)};
      })
      .Case([&](arith::AddIOp) {
        IntegerRange a = operand(0), b = operand(1);
        return wrapped({a.low + b.low, a.high + b.high}, type);
      })
      .Case([&](arith::SubIOp) {
        IntegerRange a = operand(0), b = operand(1);
        return wrapped({a.low - b.high, a.high - b.low}, type);
      })
      .Case([&](arith::SelectOp) -> IntegerRange {
        IntegerRange a = operand(1), b = operand(2);
        return {std::min(a.low, b.low), std::max(a.high, b.high)};
      })
      .Default([&](Operation *) { return rangeOf(type); });
}

IntegerRange rangeOf(Value value) { return rangeOf(value, kDepth); }

//===----------------------------------------------------------------------===//
// Simplification
//===----------------------------------------------------------------------===//

namespace {

/// A value between two numbers: min(max(value, low), high).
struct Clamp {
  Value value;
  int64_t low, high;
};

} // namespace

/// The operands of an operation one of which is a number: the other one, and the number.
template <typename Op, typename Number>
static std::optional<std::pair<Value, int64_t>> withConstant(Value value, Number numberOf) {
  auto op = value.getDefiningOp<Op>();
  if (!op)
    return std::nullopt;
  for (unsigned index : {1u, 0u})
    if (std::optional<int64_t> number = numberOf(op->getOperand(index)))
      return std::pair(op->getOperand(1 - index), *number);
  return std::nullopt;
}

template <typename Max, typename Min, typename Number>
static std::optional<Clamp> clampOf(Value value, Number numberOf) {
  if (auto high = withConstant<Min>(value, numberOf))
    if (auto low = withConstant<Max>(high->first, numberOf); low && low->second <= high->second)
      return Clamp{low->first, low->second, high->second};
  if (auto low = withConstant<Max>(value, numberOf))
    if (auto high = withConstant<Min>(low->first, numberOf); high && low->second <= high->second)
      return Clamp{high->first, low->second, high->second};
  return std::nullopt;
}

namespace {

class RangeSimplifier {
public:
  RangeSimplifier(RewriterBase &rewriter) : rewriter(rewriter) {}

  /// What `op` gives, with fewer operations or with its bounds nearer to the end; null if it stays.
  Value simplified(Operation *op) {
    rewriter.setInsertionPoint(op);
    location = op->getLoc();
    return TypeSwitch<Operation *, Value>(op)
        .Case([&](arith::ExtSIOp extend) { return widened(extend); })
        .Case([&](arith::MaxSIOp max) { return bounded<arith::MaxSIOp>(max); })
        .Case([&](arith::MinSIOp min) { return bounded<arith::MinSIOp>(min); })
        .Case([&](arith::FPToSIOp convert) { return rounded(convert); })
        .Case([&](arith::AddIOp add) { return shifted(add); })
        .Case([&](math::FmaOp fma) { return scaledByOne(fma); })
        .Default([](Operation *) { return Value(); });
  }

private:
  Value number(int64_t value) { return arith::ConstantIntOp::create(rewriter, location, value, 32); }
  template <typename Op>
  Value combined(Value value, int64_t constant) {
    return Op::create(rewriter, location, value, number(constant));
  }

  /// Widening what nothing was lost of when it was narrowed.
  Value widened(arith::ExtSIOp extend) {
    auto narrow = extend.getIn().getDefiningOp<arith::TruncIOp>();
    if (!narrow || narrow.getIn().getType() != extend.getType() || narrow.getType().isInteger(1) ||
        !rangeOf(narrow.getIn()).isWithin(rangeOf(narrow.getType())))
      return {};
    return narrow.getIn();
  }

  /// A bound that always or never holds; two bounds of one kind.
  template <typename Op>
  Value bounded(Op op) {
    auto bound = withConstant<Op>(op, integerConstant);
    if (!bound || !op.getType().isInteger(32))
      return {};
    constexpr bool isMax = std::is_same_v<Op, arith::MaxSIOp>;
    const auto [value, limit] = *bound;
    const IntegerRange range = rangeOf(value);
    if (isMax ? range.low >= limit : range.high <= limit)
      return value;
    if (isMax ? range.high <= limit : range.low >= limit)
      return number(limit);
    if (auto inner = withConstant<Op>(value, integerConstant))
      return combined<Op>(inner->first,
                          isMax ? std::max(limit, inner->second) : std::min(limit, inner->second));
    // The upper bound comes last.
    if constexpr (isMax)
      if (auto high = withConstant<arith::MinSIOp>(value, integerConstant); high && high->second >= limit)
        return combined<arith::MinSIOp>(combined<arith::MaxSIOp>(high->first, limit), high->second);
    return {};
  }

  /// Rounding keeps the order of numbers, and whole bounds: they may as well hold afterwards. What is no
  /// number becomes 0, so 0 must be within.
  Value rounded(arith::FPToSIOp convert) {
    auto round = convert.getIn().getDefiningOp<math::RoundEvenOp>();
    if (!round || !convert.getType().isInteger(32))
      return {};
    auto clamp = clampOf<arith::MaximumFOp, arith::MinimumFOp>(round.getOperand(), wholeConstant);
    if (!clamp || clamp->low > 0 || clamp->high < 0)
      return {};
    Value whole = arith::FPToSIOp::create(rewriter, location, convert.getType(),
                                          math::RoundEvenOp::create(rewriter, round.getLoc(), clamp->value));
    return combined<arith::MinSIOp>(combined<arith::MaxSIOp>(whole, clamp->low), clamp->high);
  }

  /// A number added to what has bounds: one of them, which cannot be crossed by wrapping, holds afterwards.
  Value shifted(arith::AddIOp add) {
    auto sum = withConstant<arith::AddIOp>(add, integerConstant);
    if (!sum || !add.getType().isInteger(32))
      return {};
    auto clamp = clampOf<arith::MaxSIOp, arith::MinSIOp>(sum->first, integerConstant);
    if (!clamp || !sum->first.hasOneUse())
      return {};
    const int64_t offset = sum->second;
    const IntegerRange all = rangeOf(add.getType());
    if (clamp->low + offset < all.low || clamp->high + offset > all.high)
      return {};
    if (offset <= 0)
      return combined<arith::MinSIOp>(
          combined<arith::AddIOp>(combined<arith::MaxSIOp>(clamp->value, clamp->low), offset),
          clamp->high + offset);
    return combined<arith::MaxSIOp>(
        combined<arith::AddIOp>(combined<arith::MinSIOp>(clamp->value, clamp->high), offset),
        clamp->low + offset);
  }

  /// x * 1 + 0 of what was an integer, which is never -0.
  Value scaledByOne(math::FmaOp fma) {
    bool isOne = wholeConstant(fma.getB()) == 1 && wholeConstant(fma.getC()) == 0;
    return isOne && fma.getA().getDefiningOp<arith::SIToFPOp>() ? fma.getA() : Value();
  }

  RewriterBase &rewriter;
  Location location = rewriter.getUnknownLoc();
};

} // namespace

bool simplifyRanges(RewriterBase &rewriter, Block &body) {
  OpBuilder::InsertionGuard guard(rewriter);
  RangeSimplifier simplifier(rewriter);
  bool changed = false;
  for (Operation &op : llvm::make_early_inc_range(body.without_terminator()))
    if (!op.use_empty())
      if (Value value = simplifier.simplified(&op)) {
        rewriter.replaceAllUsesWith(op.getResult(0), value);
        changed = true;
      }
  return changed;
}

std::optional<Saturation> saturationOf(Value narrowed) {
  auto narrow = narrowed.getDefiningOp<arith::TruncIOp>();
  if (!narrow || narrow.getType().isInteger(1))
    return std::nullopt;
  const IntegerRange type = rangeOf(narrow.getType());
  const Value value = narrow.getIn();
  auto high = withConstant<arith::MinSIOp>(value, integerConstant);
  if (high && high->second == type.high) {
    auto low = withConstant<arith::MaxSIOp>(high->first, integerConstant);
    if (low && low->second == type.low)
      return Saturation{low->first, {value.getDefiningOp(), high->first.getDefiningOp()}};
    if (rangeOf(high->first).low >= type.low)
      return Saturation{high->first, {value.getDefiningOp()}};
  }
  auto low = withConstant<arith::MaxSIOp>(value, integerConstant);
  if (low && low->second == type.low && rangeOf(low->first).high <= type.high)
    return Saturation{low->first, {value.getDefiningOp()}};
  return std::nullopt;
}

} // namespace sluice::stensor
