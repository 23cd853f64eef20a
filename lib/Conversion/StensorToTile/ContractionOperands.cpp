//===- ContractionOperands.cpp - Rows and weight tiles of contractions ----===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "Places.h"

#include "llvm/ADT/Hashing.h"

using namespace mlir;

namespace sluice::tiling {

/// A constant column is installed as often as its result is wanted: nothing then has to spread that.
int64_t Lowering::Contraction::replicasWanted() {
  if (n != 1 || !lowering.isConstant(rhs))
    return 1;
  int64_t wanted = 1;
  if (fused)
    for (Value result : fused.getResults())
      wanted = std::max(wanted, lowering.rootOf(result).replicasWanted);
  else
    wanted = lowering.rootOf(contract.getResult()).replicasWanted;
  return std::min(wanted, lanes);
}

/// Where memory is short, short last chunks of constant columns share the lanes of one tile: each reader's
/// rows have zeros where the others' weights are.
int64_t Lowering::Contraction::tailsSideBySide() const {
  const bool mayShare = lowering.areWeightsScarce && lowering.isConstant(rhs) && replicas == 1 && t == 1 &&
                        kChunks > 1 && planes == 1 && spread == Spread::None;
  return mayShare ? std::min(lanes / depthOf(chunks - 1), columns) : 1;
}

/// The rows' last chunks, in the lanes of the tail in `place`.
const Refs &Lowering::Contraction::tailRows(int64_t place) {
  const int64_t depth = depthOf(chunks - 1);
  Refs last;
  for (int64_t row = 0; row < b * m; ++row)
    last.push_back(rowVectors[vectorOf(row, b * m, chunks - 1)]);
  auto [entry, isNew] = lowering.movedTails.try_emplace({last, depth, place});
  if (!isNew)
    return entry->second;
  LaneMap map(lanes, kNoLane);
  for (int64_t lane = 0; lane < depth; ++lane)
    map[place * depth + lane] = static_cast<uint16_t>(lane);
  const int32_t number = emitter.laneMap(map);
  Refs made = emitter.allocate(loc, last.size(), bytes);
  std::vector<Emitter::PermuteJob> jobs;
  for (auto [from, to] : llvm::zip_equal(last, made))
    jobs.push_back({from, number, to});
  emitter.permute(loc, std::move(jobs));
  return entry->second = std::move(made);
}

void Lowering::Contraction::prepareOperands() {
  Layout layout = Layout::onLanes(4, 3);
  if (spread != Spread::Rows)
    rowVectors = lowering.materialise(loc, lhs, elementType, layout);
  if (!lowering.isConstant(rhs))
    weightVectors = lowering.materialise(loc, rhs, elementType, layout);

  bodyTypes.push_back(contract.getType().getElementType());
  resultRow.resize(b * m);
  if (!fused) {
    results.push_back(contract.getResult());
    for (auto [row, number] : llvm::enumerate(resultRow))
      number = row;
    return;
  }
  llvm::append_range(results, fused.getResults());
  const Layout &resultLayout = *lowering.rootOf(results.front()).layout;
  int32_t root = lowering.rootNumbers.at(contract.getResult());
  for (auto [input, argument] : llvm::zip_equal(fused.getInputs(), fused.getBlock().getArguments())) {
    const View &view = lowering.viewOf(input);
    if (view.uniformValue()) {
      argumentOf.push_back(-1);
    } else if (llvm::is_contained(view.roots(), root)) {
      argumentOf.push_back(0);
      Grid grid = lowering.gridOf(view.shape(), resultLayout);
      for (int64_t row = 0; row < grid.rows(); ++row)
        resultRow[view.at(grid.elementOfRow(row, 0)).number / n] = row;
    } else {
      argumentOf.push_back(bodyTypes.size());
      bodyTypes.push_back(argument.getType());
      extraViews.push_back(view.broadcast(fused.getShape()));
      // A constant that is another on each card is laid out when it is needed.
      bool isPerCard = cards > 1 && lowering.isConstant(view);
      extras.push_back(isPerCard ? Refs()
                                 : lowering.materialise(loc, extraViews.back(), argument.getType(),
                                                        resultLayout, replicas));
    }
  }
}

/// What the weights of a batch are from number i on, as far as they step alike, or vector i of them where
/// they are not constant.
Run Lowering::Contraction::weightsFrom(int64_t batch, int64_t i) const {
  const int64_t count = weightCount();
  if (weightVectors.empty())
    return rhs.run(batch * count + i, 1, count - i);
  const Ref &ref = weightVectors[vectorOf(batch * n + i / chunks, b * n, i % chunks)];
  return {{ref.buffer, uint32_t(ref.card), ref.index}, 0, 1};
}

bool Lowering::Contraction::haveSameWeights(int64_t x, int64_t y) const {
  for (int64_t i = 0, count = weightCount(); i < count;) {
    const Run run = weightsFrom(x, i);
    if (run != weightsFrom(y, i))
      return false;
    i += run.count;
  }
  return true;
}

uint64_t Lowering::Contraction::hashWeights(int64_t batch) const {
  uint64_t hash = 0;
  for (int64_t i = 0, count = weightCount(); i < count;) {
    const Run run = weightsFrom(batch, i);
    hash = llvm::hash_combine(hash, run.first.root, run.first.value, run.first.number, run.step, run.count);
    i += run.count;
  }
  return hash;
}

void Lowering::Contraction::prepareBatches() {
  // Batches are many where each is small: only those with one hash are compared.
  std::map<uint64_t, SmallVector<size_t, 1>> alike;
  for (int64_t i = 0; i < b; ++i) {
    SmallVector<size_t, 1> &candidates = alike[b == 1 ? 0 : hashWeights(i)];
    auto same = llvm::find_if(candidates, [&](size_t j) { return haveSameWeights(batches[j].first, i); });
    if (same == candidates.end())
      same = candidates.insert(same, batches.size()), batches.push_back({i, {}});
    batches[*same].members.push_back(i);
  }
}

int32_t Lowering::Contraction::constantTile(int64_t batch, int64_t slot, int64_t chunk) {
  if (tails > 1 && isTail(chunk)) {
    // The columns of all tails lie in the first one's vectors.
    const Places places{{batch, slot * lanes, 0, chunk * lanes},
                        {},
                        {{1, widthOfColumn(slot), 1}},
                        {{1, tails, lanes}, {3, depthOf(chunk), 1}}};
    return lowering.constantBuffer(loc, rhs, places, elementType, emitter.target.installStreams);
  }
  const int64_t step = replicas > 1 ? 0 : 1; // all are the only column
  Places places{{batch, slot * lanes, chunk / kChunks, chunk % kChunks * lanes},
                {},
                {{1, widthOfColumn(slot), step}},
                {{3, lanes, 1}}};
  if (cards > 1) // which have columns of their own
    places.cards = {{1, cards, slots * lanes}};
  return lowering.constantBuffer(loc, rhs, places, elementType, emitter.target.installStreams);
}

/// The rows of `chunk` that each card works on.
int32_t Lowering::Contraction::constantRows(int64_t chunk) {
  auto [entry, inserted] = rowBuffers.try_emplace(chunk, -1);
  if (!inserted)
    return entry->second;
  const Places places{{0, 0, chunk / kChunks, chunk % kChunks * lanes},
                      {{1, cards, cardRows}},
                      {{1, cardRows, 1}},
                      {{3, lanes, 1}}};
  return entry->second = lowering.constantBuffer(loc, lhs, places, elementType);
}

/// The buffer of one weight tile: its columns are the vectors.
int32_t Lowering::Contraction::tileOf(int64_t batch, int64_t slot, int64_t chunk) {
  if (isTail(chunk))
    slot -= slot % tails;
  auto [entry, inserted] = tiles.try_emplace({batch, slot, chunk}, -1);
  if (!inserted)
    return entry->second;
  if (weightVectors.empty())
    return entry->second = constantTile(batch, slot, chunk);
  Refs refs;
  for (int64_t c = 0; c < widthOfColumn(slot); ++c)
    refs.push_back(weightVectors[vectorOf(batch * n + slot * lanes + c, b * n, chunk)]);
  return entry->second = lowering.weightTile(loc, refs, bytes);
}

/// The buffer that holds exactly `refs` as a weight tile, a copy if there is none.
int32_t Lowering::weightTile(Location loc, const Refs &refs, int64_t bytes) {
  if (auto known = weightTiles.find(refs); known != weightTiles.end())
    return known->second;
  return weightTiles[refs] = emitter.copyToBuffer(loc, refs, bytes, emitter.target.installStreams);
}

} // namespace sluice::tiling
