//===- PlaneMoves.cpp - Which lanes move through planes -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlaneMoves.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice::tiling {

LaneMap Lowering::WantedVector::mapOf(int64_t source, int64_t all) const {
  LaneMap map(all, kNoLane);
  for (auto [lane, from] : llvm::enumerate(sourceOf))
    if (from == source)
      map[lane] = laneOf[lane];
  return map;
}

//===----------------------------------------------------------------------===//
// Cycles
//===----------------------------------------------------------------------===//

/// Rows are cut into as few units as occupy the planes evenly.
Lowering::PlaneMover::Cut Lowering::PlaneMover::cutOf(int64_t rows, int64_t chunks, int64_t planes) const {
  const int64_t units = bytes / planes, sideBySide = 2 * int64_t(target.planesPerHemisphere) / planes;
  const int64_t least = llvm::divideCeil(rows, target.accumulatorRows);
  Cut best{0, INT64_MAX};
  for (int64_t groups = least; groups <= least * sideBySide; ++groups) {
    const int64_t size = llvm::divideCeil(rows, groups);
    const int64_t cycles = int64_t(llvm::divideCeil(units * groups, sideBySide)) * chunks *
                           std::max<int64_t>(size, target.columnGroups());
    if (cycles < best.cycles)
      best = {size, cycles};
  }
  return best;
}

/// From the departure of a first row to its result in memory.
int64_t Lowering::PlaneMover::leadOf() const {
  return 2 * int64_t(target.mxmStop) + target.columnGroups() + target.multiplyLatency +
         target.vxmEntryLatency + target.simpleLatency;
}

/// `vectors` through the VXM and back: so many buffers as they lie in stream side by side.
int64_t Lowering::PlaneMover::streamCycles(int64_t vectors) const {
  return emitter.blockOf(vectors) + 2 * int64_t(target.memoryFirstStop) + target.vxmEntryLatency +
         target.simpleLatency;
}

int64_t Lowering::PlaneMover::cyclesOf(const Transposition &transposition) const {
  const int64_t rows = transposition.rows.size();
  return streamCycles(transposition.columns.size()) + leadOf() + cutOf(rows, 1, sharingPlanes()).cycles +
         (bytes > 1 ? streamCycles(rows) : 0);
}

int64_t Lowering::PlaneMover::cyclesOf(const Mapping &mapping) const {
  const int64_t rows = mapping.members.size(), chunks = mapping.maps.size();
  return leadOf() + cutOf(rows, chunks, 1).cycles + (bytes > 1 ? 2 * streamCycles(rows) : 0);
}

/// What permutations of single vectors take (see Materialise.cpp).
int64_t Lowering::PlaneMover::permutationCycles(ArrayRef<WantedVector> wanted,
                                                ArrayRef<size_t> members) const {
  int64_t permutations = 0, rounds = 0;
  for (size_t member : members) {
    const WantedVector &vector = wanted[member];
    for (int64_t source = 0, e = vector.sources.size(); source < e; ++source) {
      std::map<uint16_t, int64_t> taken;
      int64_t most = 0;
      bool isIdentity = true;
      for (auto [lane, from] : llvm::enumerate(vector.sourceOf))
        if (from == source) {
          most = std::max(most, ++taken[vector.laneOf[lane]]);
          isIdentity &= vector.laneOf[lane] == lane;
        }
      if (isIdentity)
        continue;
      const int64_t levels = most > maxSplit ? 1 + int64_t(llvm::Log2_64_Ceil(most)) : 1;
      permutations += most > maxSplit ? levels : most;
      rounds = std::max(rounds, levels);
    }
  }
  const int64_t way = 2 * int64_t(target.sxmStop) + target.permuteLatency;
  return rounds * way + int64_t(llvm::divideCeil(permutations, 2 * target.permutors));
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

std::vector<Lowering::PlaneMover::Transposition>
Lowering::PlaneMover::transpositionsOf(ArrayRef<WantedVector> wanted) const {
  std::vector<Transposition> found;
  std::map<Refs, size_t> numbers;
  for (auto [number, vector] : llvm::enumerate(wanted)) {
    if (vector.sources.size() < 2)
      continue;
    Refs columns(vector.lanes());
    std::optional<uint16_t> row;
    bool isOneRow = true;
    for (int64_t lane = 0, e = vector.lanes(); lane < e && isOneRow; ++lane) {
      if (vector.sourceOf[lane] == WantedVector::nowhere)
        continue;
      columns[lane] = vector.sources[vector.sourceOf[lane]];
      isOneRow = vector.laneOf[lane] == row.value_or(vector.laneOf[lane]);
      row = vector.laneOf[lane];
    }
    if (!isOneRow)
      continue;
    auto [entry, inserted] = numbers.try_emplace(columns, found.size());
    if (inserted)
      found.push_back({std::move(columns), {}, {}});
    found[entry->second].rows.push_back(*row);
    found[entry->second].members.push_back(number);
  }
  return found;
}

std::vector<Lowering::PlaneMover::Mapping> Lowering::PlaneMover::mappingsOf(ArrayRef<WantedVector> wanted,
                                                                            const Refs &made) const {
  std::vector<Mapping> found;
  std::map<std::pair<int64_t, std::vector<int32_t>>, size_t> numbers;
  for (auto [number, vector] : llvm::enumerate(wanted)) {
    if (made[number].buffer >= 0)
      continue;
    std::vector<int32_t> maps;
    for (size_t source = 0; source < vector.sources.size(); ++source)
      maps.push_back(emitter.laneMap(vector.mapOf(source, target.lanes())));
    auto [entry, inserted] = numbers.try_emplace({vector.lanes(), maps}, found.size());
    if (inserted)
      found.push_back({maps, vector.lanes(), std::vector<Refs>(maps.size()), {}});
    Mapping &mapping = found[entry->second];
    mapping.members.push_back(number);
    for (auto [chunk, source] : llvm::zip_equal(mapping.sources, vector.sources))
      chunk.push_back(source);
  }
  return found;
}

Refs Lowering::PlaneMover::move(ArrayRef<WantedVector> wanted) {
  Refs made(wanted.size());
  // A plane installs from that many slices at once.
  if (target.installStreams > target.slicesPerHemisphere)
    return made;
  auto store = [&](ArrayRef<size_t> members, const Refs &refs) {
    for (auto [member, ref] : llvm::zip_equal(members, refs))
      made[member] = ref;
  };
  for (const Transposition &transposition : transpositionsOf(wanted))
    if (cyclesOf(transposition) < permutationCycles(wanted, transposition.members))
      store(transposition.members, transpose(transposition));
  for (const Mapping &mapping : mappingsOf(wanted, made))
    if (cyclesOf(mapping) < permutationCycles(wanted, mapping.members))
      store(mapping.members, map(mapping));
  return made;
}

} // namespace sluice::tiling
