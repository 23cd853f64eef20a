//===- Assembly.cpp - Vectors put together from pieces --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <set>

using namespace mlir;

namespace sluice::tiling {

/// Most streams that a merging pass reads.
constexpr size_t maxOperands = 7;

Refs Lowering::emitPlans(Location loc, ArrayRef<VectorPlan> plans, int64_t bytes) {
  std::vector<VectorPlan> fresh;
  std::vector<std::vector<int64_t>> freshKeys;
  std::vector<std::vector<int64_t>> keys(plans.size());
  std::set<std::vector<int64_t>> pending;
  for (auto [plan, key] : llvm::zip_equal(plans, keys)) {
    for (const Piece &piece : plan.pieces)
      key.insert(key.end(),
                 {piece.kind, piece.source.buffer, piece.source.card, piece.source.index, piece.laneMap});
    if (plan.pieces.size() == 1 && plan.pieces[0].kind == Piece::Whole) {
      assembled[key] = plan.pieces[0].source;
    } else if (!assembled.contains(key) && pending.insert(key).second) {
      fresh.push_back(plan);
      freshKeys.push_back(key);
    }
  }
  spreadPieces(loc, fresh, bytes);
  permutePieces(loc, fresh, bytes);
  mergePieces(loc, fresh, bytes);
  for (auto [key, plan] : llvm::zip_equal(freshKeys, fresh))
    assembled[key] = plan.pieces[0].source;
  Refs refs;
  refs.reserve(plans.size());
  for (const std::vector<int64_t> &key : keys)
    refs.push_back(assembled.at(key));
  return refs;
}

SmallVector<Value> mergeBody(ArrayRef<bool> masked, OpBuilder &builder, Location loc, ValueRange arguments) {
  Type type = arguments.front().getType(), word = builder.getI32Type();
  auto widened = [&](Value value) {
    return type == word ? value : arith::ExtSIOp::create(builder, loc, word, value).getResult();
  };
  Value merged;
  size_t next = 0;
  for (bool hasMask : masked) {
    Value value = widened(arguments[next++]);
    if (hasMask)
      value = arith::AndIOp::create(builder, loc, value, widened(arguments[next++]));
    merged = merged ? arith::OrIOp::create(builder, loc, merged, value).getResult() : value;
  }
  if (type != word)
    merged = arith::TruncIOp::create(builder, loc, type, merged);
  return {merged};
}

/// For each lane of `map`, how many lanes before it take the same source lane.
static std::vector<size_t> occurrencesOf(const LaneMap &map) {
  std::vector<size_t> seen(map.size(), 0), result(map.size(), 0);
  for (auto [lane, source] : llvm::enumerate(map))
    if (source != kNoLane)
      result[lane] = seen[source]++;
  return result;
}

/// The lanes of `map` whose occurrence lies in [first, last).
static LaneMap partOf(const LaneMap &map, ArrayRef<size_t> occurrences, size_t first, size_t last) {
  LaneMap part(map.size(), kNoLane);
  for (auto [lane, source] : llvm::enumerate(map))
    if (source != kNoLane && occurrences[lane] >= first && occurrences[lane] < last)
      part[lane] = source;
  return part;
}

/// Moves made lanes on: lanes of occurrences [have, 2 * have) take what the lane with the
/// same source `have` occurrences before already holds.
static LaneMap doublingMap(const LaneMap &map, ArrayRef<size_t> occurrences, size_t have) {
  std::map<std::pair<uint16_t, size_t>, uint16_t> laneOf;
  for (auto [lane, source] : llvm::enumerate(map))
    if (source != kNoLane)
      laneOf[{source, occurrences[lane]}] = static_cast<uint16_t>(lane);
  LaneMap result(map.size(), kNoLane);
  for (auto [lane, source] : llvm::enumerate(map))
    if (source != kNoLane && occurrences[lane] >= have && occurrences[lane] < 2 * have)
      result[lane] = laneOf.at({source, occurrences[lane] - have});
  return result;
}

/// A permutation takes no lane twice: pieces that do are cut, or made by doubling where
/// a lane is taken often.
void Lowering::spreadPieces(Location loc, MutableArrayRef<VectorPlan> plans, int64_t bytes) {
  struct Spread {
    Ref source;
    LaneMap map;
    std::vector<size_t> occurrences;
    size_t most;
    Ref made;
  };
  std::vector<Spread> spreads;
  std::map<std::pair<Ref, int32_t>, size_t> spreadNumbers;
  for (VectorPlan &plan : plans) {
    SmallVector<Piece, 2> pieces;
    for (const Piece &piece : plan.pieces) {
      if (piece.kind != Piece::Mapped) {
        pieces.push_back(piece);
        continue;
      }
      LaneMap map = emitter.laneMapOf(piece.laneMap);
      std::vector<size_t> occurrences = occurrencesOf(map);
      size_t most = *llvm::max_element(occurrences) + 1;
      if (most > size_t(maxSplit)) {
        auto [entry, inserted] = spreadNumbers.try_emplace({piece.source, piece.laneMap}, spreads.size());
        if (inserted)
          spreads.push_back({piece.source, map, occurrences, most, {}});
        pieces.push_back({Piece::Whole, {}, static_cast<int32_t>(entry->second)});
        continue;
      }
      for (size_t i = 0; i < most; ++i)
        pieces.push_back({Piece::Mapped, piece.source, emitter.laneMap(partOf(map, occurrences, i, i + 1))});
    }
    plan.pieces = std::move(pieces);
  }
  if (spreads.empty())
    return;

  std::vector<Emitter::PermuteJob> first;
  Refs made = emitter.allocate(loc, spreads.size(), bytes);
  for (auto [spread, ref] : llvm::zip_equal(spreads, made)) {
    first.push_back({spread.source, emitter.laneMap(partOf(spread.map, spread.occurrences, 0, 1)), ref});
    spread.made = ref;
  }
  emitter.permute(loc, std::move(first));
  Type type = carrier(emitter.builder.getContext(), bytes);
  for (size_t have = 1;; have *= 2) {
    std::vector<Spread *> open;
    for (Spread &spread : spreads)
      if (spread.most > have)
        open.push_back(&spread);
    if (open.empty())
      break;
    Refs moved = emitter.allocate(loc, open.size(), bytes),
         merged = emitter.allocate(loc, open.size(), bytes);
    std::vector<Emitter::PermuteJob> moves;
    std::vector<Job> merges;
    for (auto [i, spread] : llvm::enumerate(open)) {
      moves.push_back(
          {spread->made, emitter.laneMap(doublingMap(spread->map, spread->occurrences, have)), moved[i]});
      merges.push_back({spread->made, moved[i], merged[i]});
      spread->made = merged[i];
    }
    emitter.permute(loc, std::move(moves));
    emitter.map(loc, {type, type}, merges, [](OpBuilder &builder, Location loc, ValueRange arguments) {
      return mergeBody({false, false}, builder, loc, arguments);
    });
  }
  for (VectorPlan &plan : plans)
    for (Piece &piece : plan.pieces)
      if (piece.kind == Piece::Whole && piece.laneMap >= 0)
        piece = {Piece::Whole, spreads[piece.laneMap].made};
}

/// Moves lanes: every mapped piece becomes a vector of its own.
void Lowering::permutePieces(Location loc, MutableArrayRef<VectorPlan> plans, int64_t bytes) {
  size_t mostPieces = 0;
  for (const VectorPlan &plan : plans)
    mostPieces = std::max(mostPieces, plan.pieces.size());
  std::map<std::pair<Ref, int32_t>, size_t> numbers;
  std::vector<Emitter::PermuteJob> jobs;
  // The first pieces of all vectors, then the second ones: neighbours step alike.
  for (size_t i = 0; i < mostPieces; ++i)
    for (const VectorPlan &plan : plans)
      if (i < plan.pieces.size() && plan.pieces[i].kind == Piece::Mapped &&
          numbers.try_emplace({plan.pieces[i].source, plan.pieces[i].laneMap}, jobs.size()).second)
        jobs.push_back({plan.pieces[i].source, plan.pieces[i].laneMap, {}});
  Refs moved = emitter.allocate(loc, jobs.size(), bytes);
  for (auto [job, ref] : llvm::zip_equal(jobs, moved))
    job.output = ref;
  for (VectorPlan &plan : plans)
    for (Piece &piece : plan.pieces)
      if (piece.kind == Piece::Mapped)
        piece = {Piece::Whole, moved[numbers.at({piece.source, piece.laneMap})]};
  emitter.permute(loc, std::move(jobs));
}

/// All ones in the lanes that a lane map fills.
Ref Lowering::maskVector(Location loc, int32_t laneMap, int64_t bytes) {
  std::string content(emitter.target.lanes() * bytes, 0);
  for (auto [lane, source] : llvm::enumerate(emitter.laneMapOf(laneMap)))
    if (source != kNoLane)
      std::fill_n(content.begin() + lane * bytes, bytes, '\xff');
  return emitter.constants(loc, content, bytes).front();
}

/// Combines the pieces of each vector until one is left.
void Lowering::mergePieces(Location loc, MutableArrayRef<VectorPlan> plans, int64_t bytes) {
  struct Group {
    size_t plan;
    Job operands;
  };
  while (true) {
    // Groups by which of their operands come with a mask.
    std::map<SmallVector<bool>, std::vector<Group>> groups;
    for (auto [number, plan] : llvm::enumerate(plans)) {
      if (plan.pieces.size() == 1 && plan.pieces[0].kind == Piece::Whole)
        continue;
      ArrayRef<Piece> rest = plan.pieces;
      while (!rest.empty()) {
        Group group{number, {}};
        SmallVector<bool> masked;
        while (!rest.empty() && group.operands.size() + 2 <= maxOperands) {
          const Piece &piece = rest.front();
          masked.push_back(piece.kind == Piece::Masked);
          group.operands.push_back(piece.source);
          if (masked.back())
            group.operands.push_back(maskVector(loc, piece.laneMap, bytes));
          rest = rest.drop_front();
        }
        groups[masked].push_back(std::move(group));
      }
    }
    if (groups.empty())
      return;
    std::vector<bool> restarted(plans.size(), false);
    for (auto &[masked, members] : groups) {
      Refs merged = emitter.allocate(loc, members.size(), bytes);
      std::vector<Job> jobs;
      for (auto [group, ref] : llvm::zip_equal(members, merged)) {
        if (!restarted[group.plan])
          plans[group.plan].pieces.clear();
        restarted[group.plan] = true;
        plans[group.plan].pieces.push_back({Piece::Whole, ref});
        jobs.push_back(group.operands);
        jobs.back().push_back(ref);
      }
      SmallVector<Type> types(jobs[0].size() - 1, carrier(emitter.builder.getContext(), bytes));
      emitter.map(loc, types, jobs, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
        return mergeBody(masked, builder, loc, arguments);
      });
    }
  }
}

} // namespace sluice::tiling
