//===- Blocks.cpp - Buffers that several passes write at once -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A slice takes one write a cycle, and gives no vector of a bank while it takes another: passes that write
// blocks of one buffer follow one another, however many units there are for them, and a reader of the first
// block waits for the last. In blocks of several slices they run at once.
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "llvm/ADT/TypeSwitch.h"

#include <numeric>
#include <optional>

using namespace sluice;
using namespace sluice::tile;

namespace {
/// Vectors first ... first + count - 1 of a buffer, written one after the other by a pass.
struct Range {
  int64_t first, count;
};
} // namespace

/// Whether `use` takes the buffer as it lies in one slice.
static bool needsOneSlice(mlir::OpOperand &use) {
  return llvm::isa<ExchangeOp>(use.getOwner()) ||
         (llvm::isa<GatherOp>(use.getOwner()) && use.getOperandNumber() <= 1);
}

static bool isWrite(mlir::OpOperand &use) {
  auto pass = llvm::dyn_cast<PassOpInterface>(use.getOwner());
  return pass && use.getOperandNumber() >= pass->getNumOperands() - pass.getWritten().size();
}

/// What a write of `use` writes, if that is a range.
static std::optional<Range> rangeOf(mlir::OpOperand &use) {
  const std::optional<VectorRange> vectors =
      llvm::cast<PassOpInterface>(use.getOwner()).getStreamed(use.getOperandNumber());
  if (!vectors || (vectors->step != 1 && vectors->count != 1))
    return std::nullopt;
  return Range{vectors->start, vectors->count};
}

/// Bytes that a pass streams at once, to and from memory.
static int64_t streamedBytes(mlir::Operation *op) {
  llvm::DenseSet<mlir::Value> seen;
  int64_t bytes = 0;
  for (mlir::OpOperand &use : op->getOpOperands())
    if (auto contract = llvm::dyn_cast<ContractOp>(op);
        (!contract || use.getOperandNumber() >= contract.getWeights().size()) &&
        seen.insert(use.get()).second)
      bytes += llvm::cast<BufferType>(use.get().getType()).getBytes();
  return bytes;
}

/// Vectors a block, in which each of `writes` stays; 0 if there is no such block.
static int64_t blockOf(llvm::ArrayRef<Range> writes) {
  int64_t block = 0;
  for (const Range &range : writes)
    block = std::max(block, range.count);
  const bool stay = llvm::all_of(writes, [&](const Range &range) {
    return range.first / block == (range.first + range.count - 1) / block;
  });
  return stay ? block : 0;
}

static void cutInBlocks(BufferOp buffer, const target::Target &target) {
  llvm::SmallVector<Range> writes;
  int64_t atOnce = 0, streamed = 0;
  for (mlir::OpOperand &use : buffer.getBuffer().getUses()) {
    if (needsOneSlice(use))
      return;
    if (!llvm::isa<OutputOp>(use.getOwner()))
      streamed = std::max(streamed, streamedBytes(use.getOwner()));
    if (!isWrite(use))
      continue;
    std::optional<Range> range = rangeOf(use);
    if (!range)
      return;
    writes.push_back(*range);
    atOnce = std::max(atOnce, passesAtOnce(use.getOwner(), target));
  }
  if (writes.size() < 2)
    return;
  const int64_t block = blockOf(writes), vectors = buffer.getBuffer().getType().getVectors();
  if (block <= 1)
    return;
  // Whatever a pass takes and gives at once must find slices of its own.
  const int64_t widest = target.slicesPerHemisphere / streamed;
  const int64_t stripes = std::min({llvm::divideCeilSigned(vectors, block), atOnce, widest});
  if (stripes <= 1)
    return;
  buffer.setStripes(stripes);
  buffer.setBlock(block);
}

void tile::cutBuffersInBlocks(mlir::Block &body, const target::Target &target) {
  for (BufferOp buffer : body.getOps<BufferOp>())
    if (buffer.getStripes() == 1)
      cutInBlocks(buffer, target);
}
