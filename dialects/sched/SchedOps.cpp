//===- SchedOps.cpp - Verifiers of the sched dialect ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/sched/SchedDialect.h"
#include "dialects/tile/InputLoops.h"

namespace sluice::sched {

mlir::LogicalResult ProgramOp::verify() {
  if (getCards() < 1)
    return emitOpError("needs at least one card, has ") << getCards();
  return mlir::success();
}

mlir::LogicalResult MemoryOp::verify() {
  auto type = llvm::dyn_cast<mlir::RankedTensorType>(getData().getShapedType());
  if (!type || !type.hasStaticShape() || type.getRank() != 4 || !type.getElementType().isInteger(8))
    return emitOpError("data must be int8 of shape [cards or 1, vectors, bytes, lanes], is ")
           << getData().getShapedType();
  if (int64_t(getStripes()) < 1 || getStripe() >= getStripes())
    return emitOpError("stripe ") << int64_t(getStripe()) << " is not one of " << int64_t(getStripes());
  if (type.getDimSize(2) > 4)
    return emitOpError("elements have at most 4 bytes, here ") << type.getDimSize(2);
  if (int64_t byte = getByte(); byte < 0 || byte >= type.getDimSize(2))
    return emitOpError("byte plane ") << byte << " is not one of " << type.getDimSize(2);
  return mlir::success();
}

mlir::LogicalResult BindingOp::verify() {
  auto type = llvm::dyn_cast<mlir::RankedTensorType>(getMachineType());
  if (!type || !type.hasStaticShape())
    return emitOpError("machine_type must be a tensor of static shape, is ") << getMachineType();
  if (getCount() < 1 && !llvm::is_contained(type.getShape(), 0))
    return emitOpError("binds no vector");
  if (tile::hasLoops(*this)) {
    if (getOutput())
      return emitOpError("is an output, which loops do not lay out");
    if (failed(tile::verifyLoops(*this, type.getRank())))
      return mlir::failure();
  }
  if (getFlow() && getFlow()->size() % 8)
    return emitOpError("flow needs eight numbers an edge, has ") << getFlow()->size() << " in all";
  return mlir::success();
}

mlir::LogicalResult IssueOp::verify() {
  if (getQueue().size() != 3)
    return emitOpError("queue needs unit, hemisphere and index, has ") << getQueue().size() << " numbers";
  if (getCount() < 1 || getInterval() < 1)
    return emitOpError("count and interval must be at least 1");
  if (getFlow().size() % 8)
    return emitOpError("flow needs eight numbers an edge, has ") << getFlow().size() << " in all";
  if (auto program = llvm::cast<ProgramOp>((*this)->getParentOp()); getCardAddresses())
    if (int64_t cards = getCardAddresses()->size(); cards != int64_t(program.getCards()))
      return emitOpError("needs an address for each of ") << program.getCards() << " cards, has " << cards;
  return mlir::success();
}

} // namespace sluice::sched
