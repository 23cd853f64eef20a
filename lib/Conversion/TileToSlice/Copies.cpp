//===- Copies.cpp - Constants that several passes read at once ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A slice answers one read a cycle, so passes that read one constant follow one another, however many units
// there are for them: the scale of a product's columns, for instance, is wanted by all planes that compute
// rows of it. A constant that is read more often than it has vectors is there as often as such passes run at
// once.
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "dialects/stensor/ScalarOps.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace sluice;
using namespace sluice::tile;

int64_t tile::passesAtOnce(mlir::Operation *op, const target::Target &target) {
  return llvm::TypeSwitch<mlir::Operation *, int64_t>(op)
      .Case([&](MapOp map) {
        return target.alus / std::max<int64_t>(1, stensor::countSteps(map.getBody().front())) + 1;
      })
      .Case([&](ContractOp contract) {
        const bool isTandem = llvm::cast<BufferType>(contract.getWeights().front().getType()).getBytes() == 2;
        return hemispheres * (isTandem ? 1 : target.planesPerHemisphere / contract.getPlanes());
      })
      .Default([](mlir::Operation *) { return int64_t(1); });
}

/// Whether a pass reads `operand` while its elements stream, a vector an element.
static bool isStreamed(mlir::OpOperand &operand) {
  if (auto contract = llvm::dyn_cast<ContractOp>(operand.getOwner())) {
    const auto [first, count] = contract.getODSOperandIndexAndLength(2);
    return operand.getOperandNumber() >= first && operand.getOperandNumber() < first + count;
  }
  return llvm::isa<MapOp>(operand.getOwner());
}

static int64_t elementsOf(mlir::Operation *op) {
  return llvm::TypeSwitch<mlir::Operation *, int64_t>(op)
      .Case<MapOp, ContractOp>([](auto pass) { return int64_t(pass.getCount()); })
      .Default([](mlir::Operation *) { return int64_t(0); });
}

/// The readers of `constant`, in the order of the program, each once, if they read it as elements stream.
static llvm::SmallVector<mlir::Operation *> streamedReaders(ConstantOp constant) {
  llvm::SmallVector<mlir::Operation *> readers;
  for (mlir::OpOperand &use : constant.getBuffer().getUses())
    if (isStreamed(use))
      readers.push_back(use.getOwner());
  llvm::sort(readers, [](mlir::Operation *a, mlir::Operation *b) { return a != b && a->isBeforeInBlock(b); });
  readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
  return readers;
}

static void copyConstant(ConstantOp constant, const target::Target &target) {
  const llvm::SmallVector<mlir::Operation *> readers = streamedReaders(constant);
  int64_t reads = 0, atOnce = 0;
  for (mlir::Operation *reader : readers) {
    reads += elementsOf(reader);
    atOnce = std::max(atOnce, passesAtOnce(reader, target));
  }
  const int64_t vectors = llvm::cast<BufferType>(constant.getBuffer().getType()).getVectors();
  const int64_t copies = std::min({atOnce, int64_t(readers.size()), reads / std::max<int64_t>(1, vectors)});
  llvm::SmallVector<mlir::Value> buffers{constant.getBuffer()};
  mlir::OpBuilder builder(constant->getContext());
  builder.setInsertionPointAfter(constant);
  while (int64_t(buffers.size()) < copies)
    buffers.push_back(builder.clone(*constant)->getResult(0));
  for (auto [number, reader] : llvm::enumerate(readers))
    for (mlir::OpOperand &operand : reader->getOpOperands())
      if (operand.get() == constant.getBuffer() && isStreamed(operand))
        operand.set(buffers[number % buffers.size()]);
}

void tile::copyConstants(mlir::Block &body, const target::Target &target) {
  for (ConstantOp constant : llvm::make_early_inc_range(body.getOps<ConstantOp>()))
    if (constant.getStripes() == 1)
      copyConstant(constant, target);
}
