//===- FoldConstants.cpp - Compute what is known ---------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/stensor/StensorDialect.h"
#include "sluice/Golden/Interpreter.h"
#include "sluice/Support/Cancellation.h"
#include "sluice/Transforms/Passes.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace sluice {

#define GEN_PASS_DEF_STENSORFOLDCONSTANTS
#include "lib/Transforms/Passes.h.inc"

namespace {

struct StensorFoldConstants : impl::StensorFoldConstantsBase<StensorFoldConstants> {
  void runOnOperation() override;
};

} // namespace

/// Replaces an operation of constants by its results' values; false if it stays.
static bool fold(Operation *op) {
  SmallVector<ElementsAttr> operands;
  for (Value operand : op->getOperands()) {
    ElementsAttr value;
    if (!matchPattern(operand, m_Constant(&value)))
      return false;
    operands.push_back(value);
  }
  FailureOr<SmallVector<ElementsAttr>> values = golden::evaluateConstant(op, operands);
  if (failed(values))
    return false;
  OpBuilder builder(op);
  for (auto [result, value] : llvm::zip_equal(op->getResults(), *values))
    result.replaceAllUsesWith(stensor::ConstantOp::create(builder, op->getLoc(), value));
  op->erase();
  return true;
}

void StensorFoldConstants::runOnOperation() {
  for (Block &block : getOperation().getBody()) {
    for (Operation &op : llvm::make_early_inc_range(block))
      if (!isCancelled() && isa<stensor::StensorDialect>(op.getDialect()) && !isa<stensor::ConstantOp>(op) &&
          fold(&op))
        ++folded;
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isa<stensor::ConstantOp>(op) && op.use_empty())
        op.erase();
  }
}

} // namespace sluice
