//===- Wishes.cpp - What passes want of their operands' places ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Wishes.h"

#include "dialects/tile/ZeroRows.h"

#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::tile;

void WishList::add(mlir::Operation *op, int64_t period) {
  // What streams at once.
  llvm::SmallVector<mlir::Value> reads, writes;
  bool readByVxm = false, writtenByVxm = false;
  if (auto map = llvm::dyn_cast<MapOp>(op)) {
    reads.append(map.getInputs().begin(), map.getInputs().end());
    writes.append(map.getOutputs().begin(), map.getOutputs().end());
    readByVxm = writtenByVxm = true;
  } else if (auto contract = llvm::dyn_cast<ContractOp>(op)) {
    addWeights(contract, period);
    addInstalls(contract);
    llvm::DenseSet<mlir::Value> lastRows;
    const int64_t last = contract.getLanes().size() - 1;
    for (auto [j, rows] : llvm::enumerate(contract.getRows())) {
      if (isLeftOut(contract, j))
        continue;
      wishes[rows].toEdge = true;
      if (contract.getRowSegments()[4 * j] != last)
        wishes[rows].addAccess(contract.getRowSegments()[4 * j + 3], period);
      else if (lastRows.insert(rows).second)
        reads.push_back(rows);
    }
    if (contract.getApart())
      addRowsApart(contract);
    for (auto [i, extra] : llvm::enumerate(contract.getExtras()))
      if (!sharedExtra(contract, i))
        reads.push_back(extra);
    writes.append(contract.getOutputs().begin(), contract.getOutputs().end());
    writtenByVxm = true;
    for (mlir::Value extra : contract.getExtras())
      wishes[extra].toVxm = true;
    if (allAround)
      for (mlir::Value tile : contract.getWeights())
        for (mlir::Value streamed : llvm::drop_begin(contract->getOperands(), contract.getWeights().size()))
          if (streamed != tile)
            addWait(streamed, target.columnGroups(), tile);
  } else if (auto permute = llvm::dyn_cast<PermuteOp>(op)) {
    reads = {permute.getInput(), permute.getMap()};
    writes = {permute.getOutput()};
  } else if (auto gather = llvm::dyn_cast<GatherOp>(op)) {
    reads = {gather.getTable(), gather.getOffsets()};
    writes = {gather.getOutput()};
    wishes[gather.getTable()].offsets.push_back(gather.getOffsets());
    wishes[gather.getOffsets()].tables.push_back(gather.getTable());
    writtenByVxm = true;
  } else if (auto exchange = llvm::dyn_cast<ExchangeOp>(op)) {
    reads = {exchange.getInput()};
    writes = {exchange.getOutput()};
  } else {
    return;
  }
  const int64_t burst = lengthOf(op);
  for (mlir::Value read : reads) {
    Wishes &wish = wishes[read];
    wish.addAccess(burst, period);
    if (!llvm::isa<ContractOp>(op))
      (readByVxm ? wish.toVxm : wish.toEdge) = true;
    addNeighbours(read, reads, false);
    addNeighbours(read, writes, true);
  }
  for (mlir::Value write : writes) {
    Wishes &wish = wishes[write];
    wish.addAccess(burst, period, true);
    (writtenByVxm ? wish.fromVxm : wish.fromEdge) = true;
    addNeighbours(write, writes, false);
    addNeighbours(write, reads, true);
  }
}

/// Cycles for which a pass holds the slices that it reads and writes.
int64_t WishList::lengthOf(mlir::Operation *op) const {
  return llvm::TypeSwitch<mlir::Operation *, int64_t>(op)
      .Case<MapOp, PermuteOp, GatherOp>([](auto pass) { return int64_t(pass.getCount()); })
      .Case([&](ContractOp pass) {
        int64_t bytes = llvm::cast<BufferType>(pass.getWeights().front().getType()).getBytes();
        return int64_t(pass.getCount()) * (bytes == 2 ? target.f16RowInterval : 1);
      })
      .Case([&](ExchangeOp pass) { return int64_t(pass.getCount()) * target.linkInterval; })
      .Default([](mlir::Operation *) { return int64_t(0); });
}

/// Weights come before the rows, which stream with extras and outputs only.
void WishList::addWeights(ContractOp op, int64_t period) {
  for (auto [i, weights] : llvm::enumerate(op.getWeights())) {
    if (op.getApart() && i % op.getPlanes() != 0)
      continue;
    if (!op.getApart())
      wishes[weights].plane = placement.units.find(op)->second.firstPlane + i % op.getPlanes();
    wishes[weights].addAccess(target.columnGroups(), period);
  }
}

/// While the rows of a chunk stream, a plane's next tile is installed: its next chunk's or its next unit's.
void WishList::addInstalls(ContractOp op) {
  const UnitPlace &place = placement.units.find(op)->second;
  const int64_t planes = op.getPlanes(),
                bytes = llvm::cast<BufferType>(op.getWeights().front().getType()).getBytes();
  const int64_t lastPlane = place.firstPlane + planes * (bytes == 2 ? target.planesPerHemisphere : 1);
  for (int64_t plane = place.firstPlane; plane < lastPlane; ++plane) {
    ContractOp &before = unitBefore[{place.hemisphere, plane}];
    if (before && before != op)
      for (size_t j = 0; j < before.getRows().size(); ++j)
        if (before.getRowSegments()[4 * j] + 1 == int64_t(before.getLanes().size()))
          addWait(before.getRows()[j], before.getRowSegments()[4 * j + 3], op.getWeights().front());
    before = op;
  }
  for (size_t j = 0; j < op.getRows().size(); ++j)
    if (const int64_t next = op.getRowSegments()[4 * j] + 1;
        next < int64_t(op.getLanes().size()) && !isLeftOut(op, j))
      for (int64_t plane = 0; plane < (op.getApart() ? 1 : planes); ++plane)
        addWait(op.getRows()[j], op.getRowSegments()[4 * j + 3], op.getWeights()[next * planes + plane]);
}

/// `rows`, read for `cycles`, and an installation from `tile` want to run at once.
void WishList::addWait(mlir::Value rows, int64_t cycles, mlir::Value tile) {
  const int64_t wait = std::min<int64_t>(cycles, target.columnGroups());
  wishes[rows].neighbours[tile].waits += wait;
  wishes[tile].neighbours[rows].waits += wait;
}

/// Planes apart stream their rows of a chunk at once.
void WishList::addRowsApart(ContractOp op) {
  struct Rows {
    mlir::Value buffer;
    int64_t first, end;
  };
  const int64_t count = op.getCount();
  llvm::ArrayRef<int64_t> segments = op.getRowSegments();
  std::vector<Rows> known;
  for (int64_t j = 0, row = 0, chunk = -1; j < int64_t(op.getRows().size()); ++j) {
    if (segments[4 * j] != chunk) {
      chunk = segments[4 * j];
      row = 0;
      known.clear();
    }
    const Rows rows{op.getRows()[j], row % count, row % count + segments[4 * j + 3]};
    row += segments[4 * j + 3];
    if (isLeftOut(op, j))
      continue;
    for (const Rows &other : known)
      if (other.first < rows.end && rows.first < other.end) {
        addNeighbours(rows.buffer, other.buffer, false);
        addNeighbours(other.buffer, rows.buffer, false);
      }
    known.push_back(rows);
  }
}

void WishList::addNeighbours(mlir::Value buffer, llvm::ArrayRef<mlir::Value> others, bool turn) {
  for (mlir::Value other : others)
    if (other != buffer) {
      Neighbour &neighbour = wishes[buffer].neighbours[other];
      ++(turn ? neighbour.turns : neighbour.uses);
    }
}
