//===- WideProgram.cpp - Bodies of maps on 64-bit constants ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Scalars.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace mlir;

namespace sluice::conversion {

namespace {
/// A run of elements of a wide body's value.
using Run = std::vector<int64_t>;

/// What a wide body does, an operation after the other on runs of elements.
class WideProgram {
public:
  /// Elements of a run.
  static constexpr int64_t kRun = 1024;

  explicit WideProgram(Block &body);
  /// The registers hold the arguments first. False for a division by zero.
  bool evaluate(llvm::MutableArrayRef<Run> registers, int64_t count) const;
  size_t registers() const { return numbers.size(); }
  /// Number of a value's register; none if there is none.
  std::optional<unsigned> registerOf(Value value) const {
    auto found = numbers.find(value);
    return found == numbers.end() ? std::nullopt : std::optional<unsigned>(found->second);
  }

private:
  struct Step {
    Operation *op;
    llvm::SmallVector<unsigned, 3> operands;
    unsigned result;
  };

  llvm::DenseMap<Value, unsigned> numbers;
  llvm::SmallVector<Step> steps;
};
} // namespace

WideProgram::WideProgram(Block &body) {
  for (Value argument : body.getArguments())
    numbers.try_emplace(argument, numbers.size());
  for (Operation &op : body) {
    Step step = {&op, {}, static_cast<unsigned>(numbers.size())};
    for (Value operand : op.getOperands())
      step.operands.push_back(numbers.lookup(operand));
    numbers.try_emplace(op.getResult(0), step.result);
    steps.push_back(step);
  }
}

/// A real number of a register; and back, every NaN as the canonical one.
static double asReal(int64_t bits) { return llvm::bit_cast<double>(bits); }
static int64_t asBits(double number) {
  return llvm::bit_cast<int64_t>(std::isnan(number) ? std::numeric_limits<double>::quiet_NaN() : number);
}

/// The greater or the smaller of two numbers: NaN if one is, and 0 is above -0.
static double extremum(double a, double b, bool isMax) {
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<double>::quiet_NaN();
  if (a == b)
    return std::signbit(a) == isMax ? b : a;
  return (a < b) == isMax ? b : a;
}

/// One operation on runs of doubles; false if it is not one.
static bool evaluateReals(Operation *op, llvm::ArrayRef<const int64_t *> x, int64_t *out, int64_t count) {
  auto each = [&](auto function) {
    for (int64_t i = 0; i < count; ++i)
      out[i] = function(i);
    return true;
  };
  auto a = [&](int64_t i) { return asReal(x[0][i]); };
  auto b = [&](int64_t i) { return asReal(x[1][i]); };
  auto unary = [&](auto function) { return each([&](int64_t i) { return asBits(function(a(i))); }); };
  auto binary = [&](auto function) { return each([&](int64_t i) { return asBits(function(a(i), b(i))); }); };
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](arith::AddFOp) { return binary([](double l, double r) { return l + r; }); })
      .Case([&](arith::SubFOp) { return binary([](double l, double r) { return l - r; }); })
      .Case([&](arith::MulFOp) { return binary([](double l, double r) { return l * r; }); })
      .Case([&](arith::DivFOp) { return binary([](double l, double r) { return l / r; }); })
      .Case(
          [&](arith::MaximumFOp) { return binary([](double l, double r) { return extremum(l, r, true); }); })
      .Case(
          [&](arith::MinimumFOp) { return binary([](double l, double r) { return extremum(l, r, false); }); })
      .Case([&](math::FmaOp) {
        return each([&](int64_t i) { return asBits(std::fma(a(i), b(i), asReal(x[2][i]))); });
      })
      .Case([&](arith::NegFOp) { return unary([](double v) { return -v; }); })
      .Case([&](math::AbsFOp) { return unary([](double v) { return std::abs(v); }); })
      .Case([&](math::FloorOp) { return unary([](double v) { return std::floor(v); }); })
      .Case([&](math::CeilOp) { return unary([](double v) { return std::ceil(v); }); })
      .Case([&](math::RoundEvenOp) { return unary([](double v) { return std::nearbyint(v); }); })
      .Case([&](math::TruncOp) { return unary([](double v) { return std::trunc(v); }); })
      .Case([&](math::SqrtOp) { return unary([](double v) { return std::sqrt(v); }); })
      .Case([&](math::RsqrtOp) { return unary([](double v) { return 1 / std::sqrt(v); }); })
      .Case([&](math::ExpOp) { return unary([](double v) { return std::exp(v); }); })
      .Case([&](math::LogOp) { return unary([](double v) { return std::log(v); }); })
      .Case([&](math::TanhOp) { return unary([](double v) { return std::tanh(v); }); })
      .Case([&](math::SinOp) { return unary([](double v) { return std::sin(v); }); })
      .Case([&](math::CosOp) { return unary([](double v) { return std::cos(v); }); })
      .Case([&](arith::FPToSIOp) { return each([&](int64_t i) { return saturatingInteger(a(i)); }); })
      .Case([&](arith::CmpFOp compare) {
        if (compare.getPredicate() == arith::CmpFPredicate::OEQ)
          return each([&](int64_t i) { return a(i) == b(i); });
        if (compare.getPredicate() == arith::CmpFPredicate::OLT)
          return each([&](int64_t i) { return a(i) < b(i); });
        return each([&](int64_t i) { return a(i) <= b(i); });
      })
      .Default([](Operation *) { return false; });
}

/// One operation on runs of integers, truths or bits; false if it is not one or divides by zero.
static bool evaluateIntegers(Operation *op, llvm::ArrayRef<const int64_t *> x, int64_t *out, int64_t count) {
  auto each = [&](auto function) {
    for (int64_t i = 0; i < count; ++i)
      out[i] = static_cast<int64_t>(function(i));
    return true;
  };
  auto a = [&](int64_t i) { return x[0][i]; };
  auto b = [&](int64_t i) { return x[1][i]; };
  auto word = [](int64_t value) { return static_cast<uint64_t>(value); };
  auto isShift = [](int64_t amount) { return amount >= 0 && amount < 64; };
  auto anyZero = [&] { return std::find(x[1], x[1] + count, 0) != x[1] + count; };
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](arith::ConstantOp constant) {
        if (auto real = llvm::dyn_cast<FloatAttr>(constant.getValue()))
          return each([&](int64_t) { return asBits(real.getValueAsDouble()); });
        auto value = llvm::cast<IntegerAttr>(constant.getValue());
        int64_t number = value.getType().isInteger(1) ? value.getValue().getZExtValue() : value.getInt();
        return each([&](int64_t) { return number; });
      })
      .Case([&](arith::AddIOp) { return each([&](int64_t i) { return word(a(i)) + word(b(i)); }); })
      .Case([&](arith::SubIOp) { return each([&](int64_t i) { return word(a(i)) - word(b(i)); }); })
      .Case([&](arith::MulIOp) { return each([&](int64_t i) { return word(a(i)) * word(b(i)); }); })
      .Case([&](arith::DivSIOp) {
        if (anyZero())
          return false;
        return each(
            [&](int64_t i) { return b(i) == -1 ? static_cast<int64_t>(0 - word(a(i))) : a(i) / b(i); });
      })
      .Case([&](arith::DivUIOp) {
        return !anyZero() && each([&](int64_t i) { return word(a(i)) / word(b(i)); });
      })
      .Case([&](arith::MaxSIOp) { return each([&](int64_t i) { return std::max(a(i), b(i)); }); })
      .Case([&](arith::MinSIOp) { return each([&](int64_t i) { return std::min(a(i), b(i)); }); })
      .Case([&](arith::AndIOp) { return each([&](int64_t i) { return a(i) & b(i); }); })
      .Case([&](arith::OrIOp) { return each([&](int64_t i) { return a(i) | b(i); }); })
      .Case([&](arith::XOrIOp) { return each([&](int64_t i) { return a(i) ^ b(i); }); })
      .Case([&](arith::ShLIOp) {
        return each([&](int64_t i) { return isShift(b(i)) ? word(a(i)) << b(i) : 0; });
      })
      .Case([&](arith::ShRUIOp) {
        return each([&](int64_t i) { return isShift(b(i)) ? word(a(i)) >> b(i) : 0; });
      })
      .Case([&](arith::ShRSIOp) {
        return each([&](int64_t i) { return a(i) >> (isShift(b(i)) ? b(i) : 63); });
      })
      .Case([&](arith::SelectOp) { return each([&](int64_t i) { return a(i) ? b(i) : x[2][i]; }); })
      .Case<arith::ExtUIOp, arith::BitcastOp>([&](auto) { return each(a); })
      .Case(
          [&](arith::SIToFPOp) { return each([&](int64_t i) { return asBits(static_cast<double>(a(i))); }); })
      .Case([&](arith::CmpIOp compare) {
        if (compare.getPredicate() == arith::CmpIPredicate::eq)
          return each([&](int64_t i) { return a(i) == b(i); });
        if (compare.getPredicate() == arith::CmpIPredicate::slt)
          return each([&](int64_t i) { return a(i) < b(i); });
        return each([&](int64_t i) { return a(i) <= b(i); });
      })
      .Default([](Operation *) { return false; });
}

bool WideProgram::evaluate(llvm::MutableArrayRef<Run> registers, int64_t count) const {
  return llvm::all_of(steps, [&](const Step &step) {
    llvm::SmallVector<const int64_t *, 3> operands;
    for (unsigned operand : step.operands)
      operands.push_back(registers[operand].data());
    int64_t *out = registers[step.result].data();
    return evaluateReals(step.op, operands, out, count) || evaluateIntegers(step.op, operands, out, count);
  });
}

std::optional<llvm::SmallVector<int64_t>>
evaluateWide(Block &body, Value result, llvm::ArrayRef<llvm::SmallVector<int64_t>> inputs, int64_t count) {
  WideProgram program(body);
  std::vector<Run> registers(program.registers(), Run(WideProgram::kRun));
  std::optional<unsigned> last = program.registerOf(result);
  if (!last)
    return std::nullopt;
  llvm::SmallVector<int64_t> results;
  results.reserve(count);
  for (int64_t first = 0; first < count; first += WideProgram::kRun) {
    int64_t run = std::min(WideProgram::kRun, count - first);
    for (auto [number, input] : llvm::enumerate(inputs)) {
      if (input.size() == 1)
        std::fill_n(registers[number].begin(), run, input.front());
      else
        std::copy_n(input.begin() + first, run, registers[number].begin());
    }
    if (!program.evaluate(registers, run))
      return std::nullopt;
    results.append(registers[*last].begin(), registers[*last].begin() + run);
  }
  return results;
}

} // namespace sluice::conversion
