//===- PlaneMoves.h - Lanes moved in bulk through planes --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An int8 product with ones and zeros moves bytes as they are, a vector a cycle:
//
// - Vectors that are installed as columns are *transposed* by rows with a single one: the row with a one in
//   lane k gives lane k of every column.
// - Vectors that are streamed as rows are *mapped* by columns with a single one: the column with a one in
// lane
//   k gives lane k of every row. A lane may be taken any number of times; pieces of several vectors add up in
//   place.
//
// Wider elements move byte plane by byte plane.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_PLANEMOVES_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_PLANEMOVES_H

#include "Lowering.h"

namespace sluice::tiling {

/// A vector that is wanted, lane by lane.
struct Lowering::WantedVector {
  static constexpr int16_t nowhere = -1;
  Refs sources;
  std::vector<int16_t> sourceOf; ///< by lane that matters; `nowhere` where it is fixed
  std::vector<uint16_t> laneOf;  ///< of that source

  int64_t lanes() const { return sourceOf.size(); }
  /// Of `all` lanes those that come from `source`, and from where.
  LaneMap mapOf(int64_t source, int64_t all) const;
  auto operator<=>(const WantedVector &) const = default;
};

class Lowering::PlaneMover {
public:
  PlaneMover(Lowering &lowering, mlir::Location loc, int64_t bytes)
      : lowering(lowering), emitter(lowering.emitter), target(emitter.target), loc(loc), bytes(bytes) {}

  /// Moves what of `wanted` takes fewer cycles by planes than by permutations: the vectors that then hold
  /// it, Refs of no buffer for the others. Lanes that have no source are zero in them.
  Refs move(llvm::ArrayRef<WantedVector> wanted);

private:
  /// Vectors of which vector i takes lane rows[i] of all `columns`.
  struct Transposition {
    Refs columns; ///< no buffer: zero
    std::vector<uint16_t> rows;
    std::vector<size_t> members;
  };
  /// Vectors that are put together by the same maps, a map a chunk.
  struct Mapping {
    std::vector<int32_t> maps;
    int64_t columns;
    std::vector<Refs> sources; ///< by chunk
    std::vector<size_t> members;
  };
  std::vector<Transposition> transpositionsOf(llvm::ArrayRef<WantedVector> wanted) const;
  std::vector<Mapping> mappingsOf(llvm::ArrayRef<WantedVector> wanted, const Refs &made) const;

  /// How rows are cut among units, and the cycles that this takes.
  struct Cut {
    int64_t rows, cycles;
  };
  Cut cutOf(int64_t rows, int64_t chunks, int64_t planes) const;
  int64_t leadOf() const;
  int64_t streamCycles(int64_t vectors) const;
  int64_t cyclesOf(const Transposition &transposition) const;
  int64_t cyclesOf(const Mapping &mapping) const;
  int64_t permutationCycles(llvm::ArrayRef<WantedVector> wanted, llvm::ArrayRef<size_t> members) const;
  /// Planes that share the rows of a transposition, a byte plane each.
  int64_t sharingPlanes() const { return std::min<int64_t>(bytes, target.planesPerHemisphere); }

  Refs transpose(const Transposition &transposition);
  Refs map(const Mapping &mapping);
  /// A unit with tiles[chunk * planes + plane] and rows[chunk]: the bytes that leave each plane.
  std::vector<Refs> emitUnit(llvm::ArrayRef<int32_t> tiles, llvm::ArrayRef<Refs> rows, int64_t planes);
  /// Each job is a vector and the vectors for its byte planes.
  void splitJobs(llvm::ArrayRef<Job> jobs);
  /// The byte planes of `refs`.
  std::vector<Refs> splitBytes(const Refs &refs);
  Refs joinBytes(llvm::ArrayRef<Refs> planes);
  /// The byte planes of `columns` as weight tiles.
  llvm::SmallVector<int32_t> columnTiles(Refs columns);
  /// The weight tile of which the rows leave with lane l holding lane map[l].
  int32_t mapTile(int32_t laneMap, int64_t columns);
  /// Rows with a one in each of `at`.
  Refs unitRows(llvm::ArrayRef<uint16_t> at);

  Lowering &lowering;
  Emitter &emitter;
  const target::Target &target;
  mlir::Location loc;
  int64_t bytes;
};

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_PLANEMOVES_H
