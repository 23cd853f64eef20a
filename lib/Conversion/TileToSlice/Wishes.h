//===- Wishes.h - What passes want of their operands' places ----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_TILETOSLICE_WISHES_H
#define SLUICE_LIB_CONVERSION_TILETOSLICE_WISHES_H

#include "Placement.h"

#include <map>

namespace sluice::tile {

/// How often passes use another buffer together with this one.
struct Neighbour {
  int64_t uses = 0;
  /// So often one is read while the other is written: banks may tell them apart.
  int64_t turns = 0;
  /// Cycles for which one of the two waits for the other where both lie in one slice.
  int64_t waits = 0;
};

/// Accesses of a slice.
struct Load {
  int64_t accesses = 0;
  /// Cycles for which they hold the slice.
  int64_t cycles = 0;
  /// Sum of the squares of the cycles for which each holds the slice.
  int64_t held = 0;

  void add(int64_t cycles) {
    ++accesses;
    this->cycles += cycles;
    held += cycles * cycles;
  }
  void add(const Load &other, int64_t share = 1) {
    accesses += other.accesses;
    cycles += other.cycles / share;
    held += other.held / share;
  }
};

/// Those in one of the equal periods of a program.
struct Period {
  int64_t number = 0;
  Load reads, writes;
};

/// What a buffer's readers and writers want of its place.
struct Wishes {
  llvm::MapVector<mlir::Value, Neighbour> neighbours;
  bool fromVxm = false, toVxm = false, fromEdge = false, toEdge = false;
  /// Of a gather's table the buffers of offsets into it, of such a buffer its tables: offsets stream outward,
  /// to a table that is further out.
  llvm::SmallVector<mlir::Value> offsets, tables;
  /// The plane that installs it; planes install at once, each from slices of its own.
  std::optional<int64_t> plane;
  int64_t accesses = 0;
  /// In the order of the program.
  llvm::SmallVector<Period> periods;

  void addAccess(int64_t cycles, int64_t period, bool isWrite = false) {
    ++accesses;
    if (periods.empty() || periods.back().number != period)
      periods.push_back({period, {}, {}});
    (isWrite ? periods.back().writes : periods.back().reads).add(cycles);
  }
};

/// The wishes of all buffers, as passes are added.
class WishList {
public:
  /// Where tiles lie `allAround`, rows and results are to keep out of the way of installs.
  WishList(const target::Target &target, const Placement &placement, bool allAround)
      : target(target), placement(placement), allAround(allAround) {}

  /// Adds what `op`, whose units are placed, wants of its operands; it runs in `period`.
  void add(mlir::Operation *op, int64_t period);

  const Wishes &operator[](mlir::Value buffer) { return wishes[buffer]; }

private:
  int64_t lengthOf(mlir::Operation *op) const;
  void addWeights(ContractOp op, int64_t period);
  void addInstalls(ContractOp op);
  void addWait(mlir::Value rows, int64_t cycles, mlir::Value tile);
  void addRowsApart(ContractOp op);
  void addNeighbours(mlir::Value buffer, llvm::ArrayRef<mlir::Value> others, bool turn);

  const target::Target &target;
  const Placement &placement;
  bool allAround;
  llvm::DenseMap<mlir::Value, Wishes> wishes;
  /// By hemisphere and plane, the last unit that works there so far.
  std::map<std::pair<int64_t, int64_t>, ContractOp> unitBefore;
};

} // namespace sluice::tile

#endif // SLUICE_LIB_CONVERSION_TILETOSLICE_WISHES_H
