//===- ScalarBody.cpp - Cleaning up a map's body ----------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/stensor/ScalarOps.h"
#include "dialects/stensor/ScalarRanges.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/OperationSupport.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVectorExtras.h"

using namespace mlir;

namespace sluice::stensor {

static std::optional<uint32_t> constantOperand(Operation *op, unsigned index) {
  Operation *definition = op->getOperand(index).getDefiningOp();
  return definition ? scalarConstant(definition) : std::nullopt;
}

/// What a step makes of the registers of the operation's operands.
static uint32_t applyStep(const ScalarStep &step, ArrayRef<uint32_t> values) {
  if (step.isMove())
    return values.front();
  uint32_t operands[3] = {0, 0, 0};
  unsigned count = 0;
  for (unsigned operand : step.operands)
    operands[count++] = values[operand];
  if (step.immediate)
    operands[count] = *step.immediate;
  return numerics::evaluate(*step.op, operands[0], operands[1], operands[2]);
}

/// The register value of a step whose operands are all constant.
static std::optional<uint32_t> evaluateStep(Operation *op) {
  std::optional<ScalarStep> step = scalarStep(op);
  if (!step)
    return std::nullopt;
  SmallVector<uint32_t, 3> values;
  for (unsigned index = 0; index < op->getNumOperands(); ++index) {
    std::optional<uint32_t> value = constantOperand(op, index);
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return applyStep(*step, values);
}

SmallVector<uint32_t> evaluateBody(Block &body, ArrayRef<uint32_t> registers) {
  llvm::DenseMap<Value, uint32_t> known;
  for (auto [argument, value] : llvm::zip_equal(body.getArguments(), registers))
    known[argument] = value;
  auto valuesOf = [&](OperandRange operands) {
    return llvm::map_to_vector(operands, [&](Value operand) { return known.lookup(operand); });
  };
  for (Operation &op : body.without_terminator()) {
    std::optional<uint32_t> constant = scalarConstant(&op);
    known[op.getResult(0)] = constant ? *constant : applyStep(*scalarStep(&op), valuesOf(op.getOperands()));
  }
  return valuesOf(body.getTerminator()->getOperands());
}

/// The operand that a bitwise operation with a neutral constant gives back.
static Value neutralOperand(Operation *op) {
  if (!isa<arith::AndIOp, arith::OrIOp, arith::XOrIOp>(op))
    return {};
  uint32_t all = op->getResult(0).getType().isInteger(1) ? 1 : UINT32_MAX;
  uint32_t neutral = isa<arith::AndIOp>(op) ? all : 0;
  for (unsigned index : {0u, 1u})
    if (constantOperand(op, index) == neutral)
      return op->getOperand(1 - index);
  return {};
}

/// An existing value that equals the operation's result whatever the inputs.
static Value forwardedValue(Operation *op) {
  if (Value operand = neutralOperand(op))
    return operand;
  if (auto select = dyn_cast<arith::SelectOp>(op)) {
    if (select.getTrueValue() == select.getFalseValue())
      return select.getTrueValue();
    if (std::optional<uint32_t> value = constantOperand(op, 0))
      return *value ? select.getTrueValue() : select.getFalseValue();
    return {};
  }
  // Narrowing what was just widened, or a cast there and back.
  if (!isa<arith::TruncFOp, arith::TruncIOp, arith::BitcastOp>(op))
    return {};
  Operation *inner = op->getOperand(0).getDefiningOp();
  if (!inner || inner->getNumOperands() != 1 || inner->getOperand(0).getType() != op->getResult(0).getType())
    return {};
  if (isa<arith::TruncFOp>(op))
    return isa<arith::ExtFOp>(inner) ? inner->getOperand(0) : Value();
  if (isa<arith::BitcastOp>(op))
    return isa<arith::BitcastOp>(inner) ? inner->getOperand(0) : Value();
  return isa<arith::ExtSIOp, arith::ExtUIOp>(inner) ? inner->getOperand(0) : Value();
}

/// An earlier operation of `seen` that computes the same.
static Operation *findEqual(Operation *op, ArrayRef<Operation *> seen) {
  for (Operation *other : seen)
    if (OperationEquivalence::isEquivalentTo(op, other, OperationEquivalence::exactValueMatch,
                                             /*markEquivalent=*/nullptr,
                                             OperationEquivalence::IgnoreLocations))
      return other;
  return nullptr;
}

/// A selection by a negated condition selects the other way round.
static bool dropNegation(RewriterBase &rewriter, Operation *op) {
  auto select = dyn_cast<arith::SelectOp>(op);
  auto negation = select ? select.getCondition().getDefiningOp<arith::XOrIOp>() : nullptr;
  if (!negation || constantOperand(negation, 1) != 1u)
    return false;
  rewriter.modifyOpInPlace(select, [&] {
    select->setOperands({negation.getLhs(), select.getFalseValue(), select.getTrueValue()});
  });
  return true;
}

bool simplifyBody(RewriterBase &rewriter, Block &body) {
  bool changed = simplifyRanges(rewriter, body);
  SmallVector<Operation *> seen;
  OpBuilder::InsertionGuard guard(rewriter);
  for (Operation &op : llvm::make_early_inc_range(body.without_terminator())) {
    if (op.use_empty())
      continue;
    Operation *current = &op;
    changed |= dropNegation(rewriter, &op);
    if (std::optional<uint32_t> value = evaluateStep(&op)) {
      rewriter.setInsertionPoint(&op);
      TypedAttr attribute = scalarAttribute(op.getResult(0).getType(), *value);
      current = arith::ConstantOp::create(rewriter, op.getLoc(), attribute);
      rewriter.replaceAllUsesWith(op.getResult(0), current->getResult(0));
      changed = true;
    } else if (Value forwarded = forwardedValue(&op)) {
      rewriter.replaceAllUsesWith(op.getResult(0), forwarded);
      changed = true;
      continue;
    }
    if (Operation *equal = findEqual(current, seen)) {
      rewriter.replaceAllUsesWith(current->getResult(0), equal->getResult(0));
      changed = true;
    } else {
      seen.push_back(current);
    }
  }
  SmallVector<Operation *> ops(llvm::make_pointer_range(body.without_terminator()));
  for (Operation *op : llvm::reverse(ops)) {
    if (!op->use_empty())
      continue;
    rewriter.eraseOp(op);
    changed = true;
  }
  return changed;
}

} // namespace sluice::stensor
