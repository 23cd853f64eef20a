//===- Contraction.h - One contraction as units of work ---------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_CONTRACTION_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_CONTRACTION_H

#include "Lowering.h"

#include <array>
#include <map>

namespace sluice::tiling {

class Lowering::Contraction {
public:
  Contraction(Lowering &lowering, stensor::ContractOp contract, stensor::MapOp fused);
  mlir::LogicalResult run();

private:
  /// Batches with the same weights; their rows follow one another.
  struct Batch {
    int64_t first; ///< the batch whose weights stand for all
    llvm::SmallVector<int64_t> members;
  };

  //===--- Rows, tiles and batches (ContractionOperands.cpp) ---===//
  int64_t replicasWanted();
  void prepareOperands();
  void prepareBatches();
  int64_t weightCount() const { return weightVectors.empty() ? n * t * k : n * chunks; }
  Run weightsFrom(int64_t batch, int64_t i) const;
  bool haveSameWeights(int64_t x, int64_t y) const;
  uint64_t hashWeights(int64_t batch) const;
  int32_t tileOf(int64_t batch, int64_t slot, int64_t chunk);
  int32_t constantTile(int64_t batch, int64_t slot, int64_t chunk);
  int64_t tailsSideBySide() const;
  bool isTail(int64_t chunk) const { return chunk == chunks - 1; }
  /// Products that `chunk` adds.
  int64_t depthOf(int64_t chunk) const { return std::min(lanes, k - chunk % kChunks * lanes); }
  const Refs &tailRows(int64_t place);
  int64_t rowsOf(const Batch &batch) const { return batch.members.size() * cardRows; }
  /// The row [b, m] that is number `row` of a batch, on the first card.
  int64_t rowOf(const Batch &batch, int64_t row) const {
    return batch.members[row / cardRows] * m + row % cardRows;
  }
  /// Slots first ... end - 1, which have the same groups of rows.
  struct Slots {
    int64_t first, end;
  };
  llvm::SmallVector<Slots, 2> cutSlots() const;
  void lowerGroup(const Batch &batch, int64_t firstRow, int64_t count, Slots range);
  std::vector<Progression> storeResult(mlir::Value result, Refs &refs, llvm::ArrayRef<int64_t> rows,
                                       Slots range);
  std::vector<Progression> storeSpreadResult(mlir::Value result, Refs &refs, llvm::ArrayRef<int64_t> rows);
  void emitUnit(const Batch &batch, llvm::ArrayRef<int64_t> rows,
                llvm::ArrayRef<std::vector<Progression>> stored, int64_t firstSlot, int64_t planeCount);
  int32_t constantRows(int64_t chunk);
  Progression extraFor(size_t extra, llvm::ArrayRef<int64_t> rows, int64_t slot);

  /// The vector of an operand's row [b, m] or [b, n] of `rows` in `chunk`.
  int64_t vectorOf(int64_t row, int64_t rows, int64_t chunk) const {
    return (chunk % kChunks * rows + row) * t + chunk / kChunks;
  }
  /// The result vector that `card` computes for `row` in `slot`; none beyond the result's end.
  std::optional<int64_t> resultVector(int64_t row, int64_t slot, int64_t card) const {
    int64_t column = columnAt(slot, card);
    if (spread == Spread::Rows)
      row += card * cardRows;
    if (column >= columns || row >= b * m)
      return std::nullopt;
    return column * b * m + resultRow[row];
  }
  /// The column of tiles that `card` works on in `slot`; it may lie beyond the last.
  int64_t columnAt(int64_t slot, int64_t card) const {
    return spread == Spread::Columns ? card * slots + slot : slot;
  }
  /// Columns of the result in one column of tiles.
  int64_t widthOfColumn(int64_t column) const {
    return std::clamp<int64_t>(n * replicas - column * lanes, 0, lanes);
  }

  Lowering &lowering;
  Emitter &emitter;
  stensor::ContractOp contract;
  stensor::MapOp fused;
  mlir::Location loc;
  const View &lhs, &rhs;
  mlir::Type elementType;
  int64_t lanes, bytes;
  int64_t b, m, n, t, k;   ///< sizes, as in the operation's description
  int64_t replicas;        ///< of a result's only column, which fill the lanes where readers want it in many
  int64_t kChunks, chunks; ///< pieces of k; those of all t
  int64_t columns;         ///< of weight tiles
  int64_t tails;           ///< of neighbouring columns' last chunks that lie side by side on lanes
  int64_t planes;          ///< that a unit may use
  Spread spread;           ///< what each card does a part of
  int64_t cards;           ///< that do parts; 1: every card does all
  int64_t slots;           ///< columns that one card works on
  int64_t cardRows;        ///< rows of a batch that one card works on

  struct Exchange {
    int32_t from, to;
    int64_t count;
  };
  std::vector<Exchange> exchanges; ///< of the group at hand

  Refs rowVectors;    ///< [piece of k, b, m, t]
  Refs weightVectors; ///< [piece of k, b, n, t]; empty for constant weights
  std::vector<Batch> batches;
  std::map<std::array<int64_t, 3>, int32_t> tiles;
  std::map<int64_t, int32_t> rowBuffers; ///< of chunks, where cards have rows of their own

  // Results: of the map that runs in the body, or the contraction's own.
  llvm::SmallVector<mlir::Value> results;
  std::vector<int64_t> resultRow;  ///< of row [b, m]
  std::vector<Refs> resultVectors; ///< of each result
  std::vector<Refs> extras;        ///< the body's other operands, by result vector
  std::vector<View> extraViews;    ///< the same as views
  llvm::SmallVector<mlir::Type> bodyTypes;
  llvm::SmallVector<int64_t> argumentOf;
};

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_CONTRACTION_H
