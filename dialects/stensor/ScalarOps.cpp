//===- ScalarOps.cpp - What a map's body may hold ---------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/stensor/ScalarOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using sluice::numerics::ScalarOp;

namespace sluice::stensor {

namespace {

/// Which element types the operands of a table row have.
enum class Domain { F32, I32, I32OrI1 };

struct TableRow {
  llvm::StringLiteral name;
  ScalarOp op;
  unsigned operands;
  Domain domain;
};

} // namespace

/// The operations that are one machine operation whatever their attributes say.
static constexpr TableRow kTable[] = {
    {"arith.addf", ScalarOp::AddF, 2, Domain::F32},     {"arith.subf", ScalarOp::SubF, 2, Domain::F32},
    {"arith.mulf", ScalarOp::MulF, 2, Domain::F32},     {"arith.divf", ScalarOp::DivF, 2, Domain::F32},
    {"arith.maximumf", ScalarOp::MaxF, 2, Domain::F32}, {"arith.minimumf", ScalarOp::MinF, 2, Domain::F32},
    {"arith.negf", ScalarOp::NegF, 1, Domain::F32},     {"math.fma", ScalarOp::FmaF, 3, Domain::F32},
    {"math.absf", ScalarOp::AbsF, 1, Domain::F32},      {"math.floor", ScalarOp::FloorF, 1, Domain::F32},
    {"math.ceil", ScalarOp::CeilF, 1, Domain::F32},     {"math.roundeven", ScalarOp::RintF, 1, Domain::F32},
    {"math.trunc", ScalarOp::TruncF, 1, Domain::F32},   {"math.sqrt", ScalarOp::SqrtF, 1, Domain::F32},
    {"math.rsqrt", ScalarOp::RsqrtF, 1, Domain::F32},   {"math.exp", ScalarOp::ExpF, 1, Domain::F32},
    {"math.log", ScalarOp::LogF, 1, Domain::F32},       {"math.tanh", ScalarOp::TanhF, 1, Domain::F32},
    {"math.sin", ScalarOp::SinF, 1, Domain::F32},       {"math.cos", ScalarOp::CosF, 1, Domain::F32},
    {"arith.addi", ScalarOp::AddI, 2, Domain::I32},     {"arith.subi", ScalarOp::SubI, 2, Domain::I32},
    {"arith.muli", ScalarOp::MulI, 2, Domain::I32},     {"arith.maxsi", ScalarOp::MaxI, 2, Domain::I32},
    {"arith.minsi", ScalarOp::MinI, 2, Domain::I32},    {"arith.shli", ScalarOp::Shl, 2, Domain::I32},
    {"arith.shrsi", ScalarOp::ShrS, 2, Domain::I32},    {"arith.shrui", ScalarOp::ShrU, 2, Domain::I32},
    {"arith.andi", ScalarOp::And, 2, Domain::I32OrI1},  {"arith.ori", ScalarOp::Or, 2, Domain::I32OrI1},
    {"arith.xori", ScalarOp::Xor, 2, Domain::I32OrI1},
};

static bool isIn(Type type, Domain domain) {
  switch (domain) {
  case Domain::F32:
    return type.isF32();
  case Domain::I32:
    return type.isInteger(32);
  case Domain::I32OrI1:
    return type.isInteger(32) || type.isInteger(1);
  }
  return false;
}

static bool isScalarType(Type type) {
  return type.isF32() || type.isF16() || type.isInteger(32) || type.isInteger(16) || type.isInteger(8) ||
         type.isInteger(1);
}

static ScalarStep move() { return {std::nullopt, {0}, std::nullopt}; }

static ScalarStep unary(ScalarOp op) { return {op, {0}, std::nullopt}; }

/// `op` with a fixed second operand.
static ScalarStep masked(ScalarOp op, uint32_t immediate) { return {op, {0}, immediate}; }

static ScalarStep binary(ScalarOp op, bool swapped) {
  if (swapped)
    return {op, {1, 0}, std::nullopt};
  return {op, {0, 1}, std::nullopt};
}

/// The ordered comparisons; a greater-than is a less-than with operands swapped.
static std::optional<ScalarStep> step(arith::CmpFOp op) {
  if (!op.getLhs().getType().isF32())
    return std::nullopt;
  switch (op.getPredicate()) {
  case arith::CmpFPredicate::OEQ:
    return binary(ScalarOp::EqF, false);
  case arith::CmpFPredicate::OLT:
    return binary(ScalarOp::LtF, false);
  case arith::CmpFPredicate::OLE:
    return binary(ScalarOp::LeF, false);
  case arith::CmpFPredicate::OGT:
    return binary(ScalarOp::LtF, true);
  case arith::CmpFPredicate::OGE:
    return binary(ScalarOp::LeF, true);
  default:
    return std::nullopt;
  }
}

static std::optional<ScalarStep> step(arith::CmpIOp op) {
  if (!op.getLhs().getType().isInteger(32))
    return std::nullopt;
  switch (op.getPredicate()) {
  case arith::CmpIPredicate::eq:
    return binary(ScalarOp::EqI, false);
  case arith::CmpIPredicate::slt:
    return binary(ScalarOp::LtI, false);
  case arith::CmpIPredicate::sle:
    return binary(ScalarOp::LeI, false);
  case arith::CmpIPredicate::sgt:
    return binary(ScalarOp::LtI, true);
  case arith::CmpIPredicate::sge:
    return binary(ScalarOp::LeI, true);
  default:
    return std::nullopt;
  }
}

/// Conversions between the element types, by source and result.
static std::optional<ScalarStep> conversionStep(Operation *op) {
  if (op->getNumOperands() != 1 || op->getNumResults() != 1)
    return std::nullopt;
  Type from = op->getOperand(0).getType(), to = op->getResult(0).getType();
  bool narrow = from.isInteger(8) || from.isInteger(16);
  using Result = std::optional<ScalarStep>;
  return TypeSwitch<Operation *, Result>(op)
      .Case(
          [&](arith::ExtFOp) -> Result { return from.isF16() && to.isF32() ? Result(move()) : std::nullopt; })
      .Case([&](arith::TruncFOp) -> Result {
        return from.isF32() && to.isF16() ? Result(unary(ScalarOp::RoundHalf)) : std::nullopt;
      })
      .Case([&](arith::SIToFPOp) -> Result {
        return from.isInteger(32) && to.isF32() ? Result(unary(ScalarOp::IntToFloat)) : std::nullopt;
      })
      .Case([&](arith::FPToSIOp) -> Result {
        return from.isF32() && to.isInteger(32) ? Result(unary(ScalarOp::FloatToInt)) : std::nullopt;
      })
      .Case([&](arith::ExtSIOp) -> Result {
        return narrow && to.isInteger(32) ? Result(move()) : std::nullopt;
      })
      .Case([&](arith::ExtUIOp) -> Result {
        if (!to.isInteger(32))
          return std::nullopt;
        if (from.isInteger(1))
          return move();
        return narrow ? Result(masked(ScalarOp::And, from.isInteger(8) ? 0xff : 0xffff)) : std::nullopt;
      })
      .Case([&](arith::TruncIOp) -> Result {
        if (!from.isInteger(32))
          return std::nullopt;
        if (to.isInteger(1))
          return masked(ScalarOp::And, 1);
        if (to.isInteger(8))
          return unary(ScalarOp::SextI8);
        return to.isInteger(16) ? Result(unary(ScalarOp::SextI16)) : std::nullopt;
      })
      .Case([&](arith::BitcastOp) -> Result {
        bool word = (from.isF32() && to.isInteger(32)) || (from.isInteger(32) && to.isF32());
        return word ? Result(move()) : std::nullopt;
      })
      .Default([](Operation *) -> Result { return std::nullopt; });
}

std::optional<ScalarStep> scalarStep(Operation *op) {
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    return step(compare);
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return step(compare);
  if (auto select = dyn_cast<arith::SelectOp>(op)) {
    if (!select.getCondition().getType().isInteger(1) || !isScalarType(select.getType()))
      return std::nullopt;
    return ScalarStep{ScalarOp::Select, {0, 1, 2}, std::nullopt};
  }
  StringRef name = op->getName().getStringRef();
  for (const TableRow &row : kTable) {
    if (name != row.name)
      continue;
    if (op->getNumResults() != 1 || !isIn(op->getResult(0).getType(), row.domain))
      return std::nullopt;
    ScalarStep result{row.op, {}, std::nullopt};
    for (unsigned i = 0; i < row.operands; ++i)
      result.operands.push_back(i);
    return result;
  }
  return conversionStep(op);
}

std::optional<uint32_t> scalarRegister(Attribute value) {
  if (auto number = dyn_cast_if_present<FloatAttr>(value)) {
    uint32_t bits = static_cast<uint32_t>(number.getValue().bitcastToAPInt().getZExtValue());
    if (number.getType().isF32())
      return bits;
    if (number.getType().isF16())
      return numerics::halfToFloat(static_cast<uint16_t>(bits));
    return std::nullopt;
  }
  auto number = dyn_cast_if_present<IntegerAttr>(value);
  if (!number || !isScalarType(number.getType()))
    return std::nullopt;
  if (number.getType().isInteger(1))
    return static_cast<uint32_t>(number.getValue().getZExtValue());
  return static_cast<uint32_t>(number.getValue().getSExtValue());
}

std::optional<uint32_t> scalarConstant(Operation *op) {
  auto constant = dyn_cast<arith::ConstantOp>(op);
  return constant ? scalarRegister(constant.getValue()) : std::nullopt;
}

TypedAttr scalarAttribute(Type type, uint32_t value) {
  if (type.isF32())
    return FloatAttr::get(type, APFloat(APFloat::IEEEsingle(), APInt(32, value)));
  if (type.isF16())
    return FloatAttr::get(type, APFloat(APFloat::IEEEhalf(), APInt(16, numerics::floatToHalf(value))));
  unsigned width = type.getIntOrFloatBitWidth();
  return IntegerAttr::get(type, APInt(32, value).trunc(width));
}

bool isScalarOp(Operation *op) {
  return op->hasTrait<OpTrait::IsTerminator>() || scalarConstant(op) || scalarStep(op);
}

Value nearestConverted(Operation *op) {
  auto conversion = dyn_cast<arith::FPToSIOp>(op);
  auto rounding = conversion ? conversion.getIn().getDefiningOp<math::RoundEvenOp>() : math::RoundEvenOp();
  return rounding && scalarStep(op) ? rounding.getOperand() : Value();
}

bool isRoundedByConversions(Operation *op) {
  return isa<math::RoundEvenOp>(op) && !op->use_empty() &&
         llvm::all_of(op->getUsers(), [](Operation *user) { return bool(nearestConverted(user)); });
}

unsigned countSteps(Block &body) {
  unsigned steps = 0;
  for (Operation &op : body)
    if (std::optional<ScalarStep> step = scalarStep(&op))
      steps += !step->isMove() && !isRoundedByConversions(&op);
  return steps;
}

} // namespace sluice::stensor
