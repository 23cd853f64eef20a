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

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace sluice {

#define GEN_PASS_DEF_STENSORFOLDCONSTANTS
#include "lib/Transforms/Passes.h.inc"

namespace {

/// Bytes of results that a pass may make beside so many for each byte of the constants that there are: a
/// chain of operations each of which doubles its operand would go on for ever.
constexpr int64_t kFoldedBytes = int64_t{1} << 29, kFoldedForByte = 2;

/// Bytes of a constant up to which moving its elements is computed here. Those of a larger one stay where
/// they are: the levels below say of each where it lies.
constexpr int64_t kSmallBytes = int64_t{1} << 16;

struct StensorFoldConstants : impl::StensorFoldConstantsBase<StensorFoldConstants> {
  void runOnOperation() override;
};

/// What is left of the bytes that may be made.
int64_t bytesOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getNumElements() * stensor::elementBytes(tensor.getElementType());
}

class Budget {
public:
  explicit Budget(func::FuncOp function) {
    function.walk([&](stensor::ConstantOp constant) {
      auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
      if (!dense || !dense.isSplat())
        left += kFoldedForByte * bytesOf(constant.getType());
    });
  }

  /// Takes the bytes of the operation's results, if there are so many left.
  bool take(Operation *op) {
    int64_t bytes = 0;
    for (Type type : op->getResultTypes())
      bytes += bytesOf(type);
    if (bytes > left)
      return false;
    left -= bytes;
    return true;
  }

private:
  int64_t left = kFoldedBytes;
};

} // namespace

/// Whether `op` only moves elements, each to one place.
static bool movesElements(Operation *op) {
  return isa<stensor::ReshapeOp, stensor::TransposeOp, stensor::SliceOp, stensor::PadOp, stensor::ConcatOp>(
      op);
}

/// A large constant in another shape is the same resource.
static ElementsAttr reshapedResource(Operation *op) {
  DenseResourceElementsAttr value;
  auto reshape = dyn_cast<stensor::ReshapeOp>(op);
  if (!reshape || !matchPattern(reshape.getInput(), m_Constant(&value)))
    return {};
  return DenseResourceElementsAttr::get(reshape.getType(), value.getRawHandle());
}

/// Whether moving the operands' elements changes nothing: they are all the same.
static bool repeatsElements(Operation *op) {
  return llvm::all_of(op->getOperands(), [](Value operand) {
    DenseElementsAttr value;
    return matchPattern(operand, m_Constant(&value)) && value.isSplat();
  });
}

static bool fold(Operation *op, Budget &budget);

/// Moves the elements of operands that were left where they are, as what is computed of them is constant;
/// false if some stay.
static bool moveOperands(Operation *op, Budget &budget) {
  for (Value operand : op->getOperands()) {
    Operation *mover = operand.getDefiningOp();
    if (movesElements(mover) && (!moveOperands(mover, budget) || !fold(mover, budget)))
      return false;
  }
  return true;
}

/// Replaces an operation of constants by its results' values; false if it stays.
static bool fold(Operation *op, Budget &budget) {
  if (ElementsAttr value = reshapedResource(op)) {
    OpBuilder builder(op);
    op->getResult(0).replaceAllUsesWith(stensor::ConstantOp::create(builder, op->getLoc(), value));
    op->erase();
    return true;
  }
  SmallVector<ElementsAttr> operands;
  for (Value operand : op->getOperands()) {
    ElementsAttr value;
    if (!matchPattern(operand, m_Constant(&value)))
      return false;
    operands.push_back(value);
  }
  // Repeated elements are moved for nothing.
  if (golden::evaluationSteps(op, operands) != 0 && !budget.take(op))
    return false;
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
  Budget budget(getOperation());
  for (Block &block : getOperation().getBody()) {
    llvm::DenseSet<Operation *> left; // where they are
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (isCancelled() || !isa<stensor::StensorDialect>(op.getDialect()) || isa<stensor::ConstantOp>(op))
        continue;
      const bool isConstant = llvm::all_of(op.getOperands(), [&](Value operand) {
        Operation *source = operand.getDefiningOp();
        return source && (isa<stensor::ConstantOp>(source) || left.contains(source));
      });
      if (!isConstant)
        continue;
      const bool isMover = movesElements(&op);
      if (isMover && bytesOf(op.getResult(0).getType()) > kSmallBytes && !reshapedResource(&op) &&
          !repeatsElements(&op)) {
        left.insert(&op);
        continue;
      }
      if (!moveOperands(&op, budget))
        continue;
      if (fold(&op, budget))
        ++folded;
    }
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isa<stensor::ConstantOp>(op) && op.use_empty())
        op.erase();
  }
}

} // namespace sluice
