//===- Placement.h - A place for every buffer and pass ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_TILETOSLICE_PLACEMENT_H
#define SLUICE_LIB_CONVERSION_TILETOSLICE_PLACEMENT_H

#include "sluice/Scheduling/PassGraph.h"
#include "sluice/Target/Target.h"

#include "dialects/tile/SharedExtras.h"
#include "dialects/tile/TileDialect.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

#include <array>
#include <optional>
#include <vector>

namespace sluice::tile {

/// Where a buffer lies (see SliceOps.td).
struct BufferPlace {
  llvm::SmallVector<int64_t, 2> hemispheres;
  llvm::SmallVector<int64_t> slices;
  int64_t bank = 0;
};

/// Which units a pass uses, and where it reads what the VXM takes.
struct UnitPlace {
  int64_t hemisphere = 0;
  int64_t firstPlane = 0;
  llvm::SmallVector<int64_t> readHemispheres;
};

struct Placement {
  llvm::MapVector<mlir::Value, BufferPlace> buffers;
  llvm::DenseMap<mlir::Operation *, UnitPlace> units;
  /// Buffers that one pass alone uses, and that must be in nobody's way there.
  llvm::DenseSet<mlir::Value> copies;
  /// Whether words did not suffice somewhere, as far as that can be told without a schedule, or two operands
  /// of a pass found no slices of their own.
  bool lacksRoom = false;
};

/// Sides of the VXM.
inline constexpr unsigned hemispheres = 2;

/// About how many cycles the passes in `body` take: what waits are weighed by. An expectation; a
/// schedule may take less.
int64_t expectedCycles(mlir::Block &body, const target::Target &target);

/// When each operation of `body` begins, about, if units of the same kind share its work evenly and each
/// waits for the one before.
std::vector<int64_t> expectedStarts(mlir::Block &body, const target::Target &target);

/// The parts of its buffer, a bit each, from which `map` takes input `number`.
uint64_t partsRead(MapOp map, size_t number);

/// Cuts buffers of which maps read several blocks at once in as many slices. Whether there were any.
bool cutBuffersByReads(mlir::Block &body, const target::Target &target);

/// Copies what a map reads from one part of a buffer more often, at once, than the buffer can have copies.
void separateReads(mlir::Block &body);

/// How many passes like `op` run at once, the one that begins while the first of them ends included.
int64_t passesAtOnce(mlir::Operation *op, const target::Target &target);

/// Cuts buffers whose blocks several passes write in as many slices as such passes run at once.
void cutBuffersInBlocks(mlir::Block &body, const target::Target &target);

/// Gives passes that run at once copies of the constants that they all read.
void copyConstants(mlir::Block &body, const target::Target &target);

/// Cuts maps that write striped buffers into a map a stripe.
void splitStripedMaps(mlir::Block &body);

/// Gives contraction units their planes and lane and table passes their hemisphere,
/// evenly by the cycles they take; then every buffer the hemispheres of its readers.
void placeUnits(mlir::Block &body, const scheduling::PassGraph &graph, const target::Target &target,
                Placement &placement);

/// Gives every pass its units and every buffer its hemispheres, slices and bank: those that a pass reads (or
/// writes) at once lie in different slices, what it reads and what it writes in different banks of a shared
/// one; near the unit that turns it round; and not where long bursts hold a slice while others wait. A pass
/// of which two operands would lie in one port's way gets a copy of one of them, for itself alone.
void placePasses(mlir::Block &body, const target::Target &target, Placement &placement);

} // namespace sluice::tile

#endif // SLUICE_LIB_CONVERSION_TILETOSLICE_PLACEMENT_H
