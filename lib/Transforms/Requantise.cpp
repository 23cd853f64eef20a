//===- Requantise.cpp - Requantise in few operations ------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A sum of int8 products v is given its bias, converted, scaled, rounded, bounded and given a zero
// point: v -> F(v), six operations. All are monotonic, so F is a staircase of at most 256 steps,
// and whatever monotonic function has the same steps is F. Such a one is
//
//   G(v) = saturate(rint(fma(f, s, c)))   f: the float whose bits are those of 2^23, plus v + p
//
// as f is 2^23 + p + v (where that is less than 2^23, a smaller number that rises more slowly) and
// c = zero point - (2^23 + p) s. The bias takes p and the bits of 2^23 along, so this is one integer
// addition, the fma and the conversion. c is seldom exact: p is chosen so that it is near enough.
//
//===----------------------------------------------------------------------===//

#include "dialects/stensor/ScalarOps.h"
#include "dialects/stensor/ScalarRanges.h"
#include "dialects/stensor/StensorDialect.h"
#include "sluice/Golden/TensorValue.h"
#include "sluice/Support/Cancellation.h"
#include "sluice/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace sluice::stensor;
using sluice::numerics::ScalarOp;

namespace sluice {

#define GEN_PASS_DEF_STENSORREQUANTISE
#include "lib/Transforms/Passes.h.inc"

static float floatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

static uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

namespace {

struct StensorRequantise : impl::StensorRequantiseBase<StensorRequantise> {
  void runOnOperation() override;
};

/// One operation of a chain, the other operand of which is fixed.
struct Step {
  Operation *op;
  ScalarOp scalar;
  uint32_t number;
};

/// From a sum of integers to a byte.
struct Chain {
  Value sum;               ///< the integer that is converted
  SmallVector<Step> steps; ///< first to last
  float scale = 0;
};

/// The least sum and all later ones that have a greater value than the one before: the values' staircase.
struct Staircase {
  IntegerRange sums;
  int32_t first; ///< the value of sums.low
  struct Rise {
    int64_t sum;
    int32_t value;
  };
  std::vector<Rise> rises;
};

/// The numbers of the shorter chain: what makes the bits of a float of a sum, and what of that the byte.
struct Numbers {
  int64_t bits;
  float scale, offset;
};

} // namespace

//===----------------------------------------------------------------------===//
// The chain
//===----------------------------------------------------------------------===//

/// The step that `op` is, if it never falls where its operand rises and does not wrap.
static std::optional<Step> stepOf(Operation *op) {
  if (!isa<arith::SIToFPOp, arith::FPToSIOp, arith::TruncIOp, math::RoundEvenOp, arith::MulFOp, arith::AddIOp,
           arith::MaxSIOp, arith::MinSIOp>(op))
    return std::nullopt;
  const std::optional<ScalarStep> step = scalarStep(op);
  if (!step || step->isMove() || step->immediate)
    return std::nullopt;
  if (op->getNumOperands() == 1)
    return Step{op, *step->op, 0};
  Operation *constant = op->getOperand(1).getDefiningOp();
  std::optional<uint32_t> number = constant ? scalarConstant(constant) : std::nullopt;
  if (!number)
    return std::nullopt;
  return Step{op, *step->op, *number};
}

/// The chain that ends in the only result of a body.
static std::optional<Chain> chainOf(Block &body) {
  Operation *yield = body.getTerminator();
  if (yield->getNumOperands() != 1 || !yield->getOperand(0).getType().isInteger(8))
    return std::nullopt;
  Chain chain;
  unsigned scalings = 0;
  for (Value value = yield->getOperand(0);;) {
    Operation *op = value.getDefiningOp();
    std::optional<Step> step = op && op->hasOneUse() ? stepOf(op) : std::nullopt;
    if (!step)
      return std::nullopt;
    chain.steps.insert(chain.steps.begin(), *step);
    if (isa<arith::MulFOp>(op)) {
      chain.scale = floatOf(step->number);
      ++scalings;
    }
    value = op->getOperand(0);
    if (isa<arith::SIToFPOp>(op)) {
      chain.sum = value;
      break;
    }
  }
  if (scalings != 1 || !std::isnormal(chain.scale) || chain.scale < 0)
    return std::nullopt;
  return chain;
}

static int32_t evaluate(const Chain &chain, int64_t sum) {
  auto value = static_cast<uint32_t>(sum);
  for (const Step &step : chain.steps)
    value = numerics::evaluate(step.scalar, value, step.number);
  return static_cast<int32_t>(value);
}

/// Whether the chain rises with its sum all over a range: no step wraps.
static bool rises(const Chain &chain, const IntegerRange &sums) {
  auto low = static_cast<uint32_t>(sums.low), high = static_cast<uint32_t>(sums.high);
  for (const Step &step : chain.steps) {
    auto wraps = [&](uint32_t value) {
      if (isa<arith::AddIOp>(step.op))
        return !IntegerRange{int64_t(int32_t(value)) + int32_t(step.number),
                             int64_t(int32_t(value)) + int32_t(step.number)}
                    .isWithin(rangeOf(step.op->getResult(0).getType()));
      if (isa<arith::TruncIOp>(step.op))
        return !IntegerRange{int32_t(value), int32_t(value)}.isWithin(
            rangeOf(step.op->getResult(0).getType()));
      return false;
    };
    if (wraps(low) || wraps(high))
      return false;
    low = numerics::evaluate(step.scalar, low, step.number);
    high = numerics::evaluate(step.scalar, high, step.number);
  }
  return true;
}

static Staircase staircaseOf(const Chain &chain, const IntegerRange &sums) {
  Staircase staircase{sums, evaluate(chain, sums.low), {}};
  const int32_t last = evaluate(chain, sums.high);
  int64_t at = sums.low;
  for (int32_t value = staircase.first; value < last;) {
    int64_t below = at, above = sums.high; // where the value is still this one, and where it is a greater one
    while (above - below > 1) {
      const int64_t middle = below + (above - below) / 2;
      (evaluate(chain, middle) > value ? above : below) = middle;
    }
    at = above;
    value = evaluate(chain, at);
    staircase.rises.push_back({at, value});
  }
  return staircase;
}

/// Machine operations of the chain and of the addition that makes its sum; what a byte saturates to is free.
static int64_t operationsOf(const Chain &chain) {
  const Value result = chain.steps.back().op->getResult(0);
  const std::optional<Saturation> saturation = saturationOf(result);
  const int64_t free = saturation ? int64_t(saturation->bounds.size()) : 0;
  const int64_t kept = llvm::count_if(chain.steps, [](const Step &step) {
    return !isRoundedByConversions(step.op) && !isa<arith::TruncIOp>(step.op);
  });
  return kept - free + (chain.sum.getDefiningOp<arith::AddIOp>() ? 1 : 0);
}

//===----------------------------------------------------------------------===//
// The shorter one
//===----------------------------------------------------------------------===//

/// The integer whose float is as far from the next ones as integers are.
static constexpr int64_t kWhole = int64_t(1) << 23;
static constexpr int64_t kWholeBits = 0x4b000000, kInfinityBits = 0x7f800000;
/// Operations of the shorter chain: an addition, a multiplication with an addition, of which one number
/// takes a move as an instruction has but one, and a conversion.
static constexpr int64_t kOperations = 4;

static int32_t evaluate(const Numbers &numbers, int64_t sum) {
  const uint32_t scaled = numerics::evaluate(ScalarOp::FmaF, static_cast<uint32_t>(sum + numbers.bits),
                                             bitsOf(numbers.scale), bitsOf(numbers.offset));
  const auto whole = static_cast<int32_t>(numerics::evaluate(ScalarOp::RoundToInt, scaled));
  return std::clamp<int32_t>(whole, INT8_MIN, INT8_MAX);
}

static bool isSame(const Staircase &staircase, const Numbers &numbers) {
  const IntegerRange bits{staircase.sums.low + numbers.bits, staircase.sums.high + numbers.bits};
  if (!bits.isWithin({0, kInfinityBits - 1}) || evaluate(numbers, staircase.sums.low) != staircase.first)
    return false;
  int32_t before = staircase.first;
  for (const Staircase::Rise &rise : staircase.rises) {
    if (evaluate(numbers, rise.sum - 1) != before || evaluate(numbers, rise.sum) != rise.value)
      return false;
    before = rise.value;
  }
  return evaluate(numbers, staircase.sums.high) == before;
}

/// Numbers with which the shorter chain has the same steps.
static std::optional<Numbers> findNumbers(const Staircase &staircase, float scale) {
  // The offset beside which each step is where it is, but for the rounding of the fma.
  double low = -INFINITY, high = INFINITY;
  int32_t before = staircase.first;
  for (const Staircase::Rise &rise : staircase.rises) {
    low = std::max(low, rise.value - 0.5 - double(rise.sum) * scale);
    high = std::min(high, before + 0.5 - double(rise.sum - 1) * scale);
    before = rise.value;
  }
  const double rounding = (INT8_MAX + 1) * std::ldexp(1.0, -std::numeric_limits<float>::digits - 1);
  if (staircase.rises.empty() || low > high + rounding)
    return std::nullopt;
  // All sums between the first step and the last lie where floats are whole numbers.
  const int64_t least = std::max<int64_t>(0, 1 - staircase.rises.front().sum),
                most = kWhole - 1 - staircase.rises.back().sum;
  for (int64_t p = least; p <= most; ++p) {
    const double whole = double(kWhole + p) * scale;
    const auto offset = static_cast<float>((low + high) / 2 - whole);
    const double added = double(offset) + whole;
    if (added < low - rounding || added > high + rounding)
      continue;
    const Numbers numbers{kWholeBits + p, scale, offset};
    if (isSame(staircase, numbers))
      return numbers;
  }
  return std::nullopt;
}

/// The chain rounds twice, so that a step may be off where the exact product has it: a neighbouring scale has
/// it there.
static std::optional<Numbers> findNumbersNear(const Staircase &staircase, float scale) {
  const auto bits = static_cast<int32_t>(bitsOf(scale));
  for (int32_t near : {0, 1, -1, 2, -2})
    if (auto numbers = findNumbers(staircase, floatOf(static_cast<uint32_t>(bits + near))))
      return numbers;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Maps
//===----------------------------------------------------------------------===//

/// What the elements of a tensor of integers can be: sums of products of bytes, and constants.
static std::optional<IntegerRange> rangeOfTensor(Value value) {
  ElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant))) {
    FailureOr<golden::TensorValue> tensor = golden::TensorValue::fromAttribute(constant);
    if (failed(tensor) || !tensor->elementType().isInteger(32) || tensor->elements() == 0)
      return std::nullopt;
    const auto [low, high] = std::minmax_element(tensor->as<int32_t>().begin(), tensor->as<int32_t>().end());
    return IntegerRange{*low, *high};
  }
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (isa<TransposeOp, ReshapeOp, SliceOp>(op))
    return rangeOfTensor(op->getOperand(0));
  int64_t products = 0;
  if (auto convolve = dyn_cast<ConvolveOp>(op))
    products =
        convolve.getFilters().getType().getNumElements() / convolve.getFilters().getType().getDimSize(0);
  else if (auto contract = dyn_cast<ContractOp>(op))
    products = ShapedType::getNumElements(contract.getLhs().getType().getShape().take_back(2));
  if (products == 0 || !cast<RankedTensorType>(op->getOperand(0).getType()).getElementType().isInteger(8))
    return std::nullopt;
  const IntegerRange byte = rangeOf(cast<RankedTensorType>(op->getOperand(0).getType()).getElementType());
  return IntegerRange{products * byte.low * byte.high, products * byte.low * byte.low};
}

namespace {

/// What a chain's sum is made of: an input of the map and, perhaps, a constant one that is its bias.
struct Sum {
  unsigned input;
  std::optional<unsigned> bias;
  IntegerRange range;
};

} // namespace

static std::optional<Sum> sumOf(MapOp map, const Chain &chain) {
  auto inputOf = [&](Value value) -> std::optional<unsigned> {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.hasOneUse() ? std::optional(argument.getArgNumber()) : std::nullopt;
  };
  auto add = chain.sum.getDefiningOp<arith::AddIOp>();
  SmallVector<Value> terms{chain.sum};
  if (add)
    terms.assign({add.getLhs(), add.getRhs()});
  std::optional<Sum> sum;
  for (Value term : terms) {
    std::optional<unsigned> input = inputOf(term);
    std::optional<IntegerRange> range = input ? rangeOfTensor(map.getInputs()[*input]) : std::nullopt;
    if (!range)
      return std::nullopt;
    if (!sum) {
      sum = Sum{*input, std::nullopt, *range};
      continue;
    }
    if (matchPattern(map.getInputs()[sum->input], m_Constant()))
      std::swap(sum->input, *input);
    if (!matchPattern(map.getInputs()[*input], m_Constant()))
      return std::nullopt;
    sum->bias = input;
    sum->range = {sum->range.low + range->low, sum->range.high + range->high};
  }
  if (!sum->range.isWithin(rangeOf(chain.sum.getType())))
    return std::nullopt;
  return sum;
}

/// The same constant with `offset` added to each element.
static Value shifted(OpBuilder &builder, Location loc, Value constant, int64_t offset) {
  ElementsAttr attribute;
  if (!matchPattern(constant, m_Constant(&attribute)))
    return {};
  FailureOr<golden::TensorValue> from = golden::TensorValue::fromAttribute(attribute);
  if (failed(from))
    return {};
  golden::TensorValue to(from->type());
  for (auto [before, after] : llvm::zip_equal(from->as<int32_t>(), to.mutableAs<int32_t>()))
    after = static_cast<int32_t>(before + offset);
  return ConstantOp::create(builder, loc, to.toAttribute());
}

static void requantise(MapOp map) {
  std::optional<Chain> chain = chainOf(map.getBlock());
  if (!chain || operationsOf(*chain) <= kOperations)
    return;
  std::optional<Sum> sum = sumOf(map, *chain);
  if (!sum || !rises(*chain, sum->range))
    return;
  std::optional<Numbers> numbers = findNumbersNear(staircaseOf(*chain, sum->range), chain->scale);
  if (!numbers)
    return;
  OpBuilder builder(map);
  SmallVector<Value> inputs(map.getInputs());
  if (sum->bias)
    inputs[*sum->bias] = shifted(builder, map.getLoc(), inputs[*sum->bias], numbers->bits);
  auto shorter = MapOp::create(
      builder, map.getLoc(), map.getResultTypes(), inputs,
      [&](OpBuilder &builder, Location, ValueRange arguments) {
        const Location loc = chain->steps.front().op->getLoc();
        const Type f32 = builder.getF32Type(), i32 = builder.getI32Type();
        auto number = [&](int64_t value) -> Value {
          return arith::ConstantIntOp::create(builder, loc, value, 32);
        };
        auto real = [&](float value) -> Value {
          return arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(value));
        };
        const Value added = sum->bias ? arguments[*sum->bias] : number(numbers->bits);
        const Value bits = arith::AddIOp::create(builder, loc, arguments[sum->input], added);
        const Value scaled =
            math::FmaOp::create(builder, loc, arith::BitcastOp::create(builder, loc, f32, bits),
                                real(numbers->scale), real(numbers->offset));
        Value whole =
            arith::FPToSIOp::create(builder, loc, i32, math::RoundEvenOp::create(builder, loc, scaled));
        const IntegerRange byte = rangeOf(builder.getI8Type());
        whole = arith::MaxSIOp::create(builder, loc, whole, number(byte.low));
        whole = arith::MinSIOp::create(builder, loc, whole, number(byte.high));
        return SmallVector<Value>{arith::TruncIOp::create(builder, loc, builder.getI8Type(), whole)};
      });
  map.replaceAllUsesWith(shorter);
  map.erase();
}

void StensorRequantise::runOnOperation() {
  for (Block &block : getOperation().getBody())
    for (Operation &op : llvm::make_early_inc_range(block))
      if (auto map = dyn_cast<MapOp>(op); map && !isCancelled())
        requantise(map);
}

} // namespace sluice
