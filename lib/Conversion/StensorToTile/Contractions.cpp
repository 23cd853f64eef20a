//===- Contractions.cpp - Units of contraction work -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A contraction is cut into columns of weight tiles (its result's columns, a vector of
// lanes each) and groups of rows: a unit is one group through one column on one plane,
// or through neighbouring columns on the planes of one hemisphere. Batches that have the same
// weights are one.
//
//===----------------------------------------------------------------------===//

#include "ContractUnit.h"
#include "Places.h"

#include "lib/Conversion/Partition/Cost.h"

#include "llvm/ADT/Hashing.h"

#include <cstring>

using namespace mlir;

namespace sluice::tiling {

class Lowering::Contraction {
public:
  Contraction(Lowering &lowering, stensor::ContractOp contract, stensor::MapOp fused);
  LogicalResult run();

private:
  /// Batches with the same weights; their rows follow one another.
  struct Batch {
    int64_t first; ///< the batch whose weights stand for all
    SmallVector<int64_t> members;
  };

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
  SmallVector<Slots, 2> cutSlots() const;
  void lowerGroup(const Batch &batch, int64_t firstRow, int64_t count, Slots range);
  std::vector<Progression> storeResult(Value result, Refs &refs, ArrayRef<int64_t> rows, Slots range);
  std::vector<Progression> storeSpreadResult(Value result, Refs &refs, ArrayRef<int64_t> rows);
  void emitUnit(const Batch &batch, ArrayRef<int64_t> rows, ArrayRef<std::vector<Progression>> stored,
                int64_t firstSlot, int64_t planeCount);
  int32_t constantRows(int64_t chunk);
  Progression extraFor(size_t extra, ArrayRef<int64_t> rows, int64_t slot);

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
  Location loc;
  const View &lhs, &rhs;
  Type elementType;
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
  SmallVector<Value> results;
  std::vector<int64_t> resultRow;  ///< of row [b, m]
  std::vector<Refs> resultVectors; ///< of each result
  std::vector<Refs> extras;        ///< the body's other operands, by result vector
  std::vector<View> extraViews;    ///< the same as views
  SmallVector<Type> bodyTypes;
  SmallVector<int64_t> argumentOf;
};

Lowering::Contraction::Contraction(Lowering &lowering, stensor::ContractOp contract, stensor::MapOp fused)
    : lowering(lowering), emitter(lowering.emitter), contract(contract), fused(fused), loc(contract.getLoc()),
      lhs(lowering.viewOf(contract.getLhs())), rhs(lowering.viewOf(contract.getRhs())),
      elementType(contract.getLhs().getType().getElementType()), lanes(emitter.target.lanes()),
      bytes(bytesOf(elementType)) {
  ArrayRef<int64_t> left = contract.getLhs().getType().getShape();
  b = left[0], m = left[1], t = left[2], k = left[3];
  n = contract.getType().getDimSize(2);
  kChunks = (k + lanes - 1) / lanes;
  chunks = t * kChunks;
  columns = (n + lanes - 1) / lanes;
  planes = lowering.planesOf(contract);
  spread = lowering.spreadOf(contract);
  cards = spread == Spread::None ? 1 : lowering.options.cards;
  slots = spread == Spread::Columns ? (columns + cards - 1) / cards : columns;
  cardRows = spread == Spread::Rows ? (m + cards - 1) / cards : m;
  replicas = replicasWanted();
  tails = tailsSideBySide();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

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

Progression Lowering::progressionFor(Location loc, const Refs &refs, int64_t bytes) {
  if (std::optional<Progression> progression = progressionOf(refs))
    return *progression;
  return {emitter.copyToBuffer(loc, refs, bytes), 0, refs.size() > 1 ? 1 : 0};
}

//===----------------------------------------------------------------------===//
// Units
//===----------------------------------------------------------------------===//

/// As many columns as occupy all units evenly need no more groups of rows than the accumulators do, so that
/// their weights are installed once; those that are left over have as many as it takes.
SmallVector<Lowering::Contraction::Slots, 2> Lowering::Contraction::cutSlots() const {
  int64_t even = batches.size() == 1 && cards == 1
                     ? slots - slots % (planes * partition::unitsAtOnce(planes, bytes, emitter.target))
                     : 0;
  SmallVector<Slots, 2> ranges;
  if (even > 0)
    ranges.push_back({0, even});
  if (even < slots)
    ranges.push_back({even, slots});
  return ranges;
}

/// Storage for a result of a group of rows, every column on every card: a view for each slot.
std::vector<Progression> Lowering::Contraction::storeResult(Value result, Refs &refs, ArrayRef<int64_t> rows,
                                                            Slots range) {
  int64_t width = bytesOf(lowering.rootOf(result).type.getElementType()), count = rows.size();
  std::vector<Progression> stored(range.end);
  for (int64_t column = range.first; column < range.end; ++column) {
    int32_t buffer = emitter.createBuffer(loc, count, width);
    stored[column] = {buffer, 0, 1};
    for (auto [i, row] : llvm::enumerate(rows))
      refs[*resultVector(row, column, 0)] = {buffer, -1, static_cast<int64_t>(i)};
  }
  return stored;
}

/// The same where each card has columns or rows of its own: what is read again is exchanged, after the
/// units ran (see lowerGroup); what leaves is read from its card.
std::vector<Progression> Lowering::Contraction::storeSpreadResult(Value result, Refs &refs,
                                                                  ArrayRef<int64_t> rows) {
  int64_t width = bytesOf(lowering.rootOf(result).type.getElementType()), count = rows.size();
  bool stays = lowering.leavesInWholeVectors(result);
  std::vector<Progression> stored;
  for (int64_t slot = 0; slot < slots; ++slot) {
    int32_t buffer = emitter.createBuffer(loc, count, width);
    int32_t all = stays ? buffer : emitter.createBuffer(loc, count * cards, width);
    stored.push_back({buffer, 0, 1});
    if (!stays)
      exchanges.push_back({buffer, all, count});
    for (int64_t card = 0; card < cards; ++card)
      for (int64_t i = 0; i < count; ++i)
        if (std::optional<int64_t> vector = resultVector(rows[i], slot, card))
          refs[*vector] = stays ? Ref{buffer, static_cast<int32_t>(card), i} : Ref{all, -1, card * count + i};
  }
  return stored;
}

/// Stores the results of a group of rows and runs its units.
void Lowering::Contraction::lowerGroup(const Batch &batch, int64_t firstRow, int64_t count, Slots range) {
  SmallVector<int64_t> rows;
  for (int64_t row = firstRow; row < firstRow + count; ++row)
    rows.push_back(rowOf(batch, row));
  std::vector<std::vector<Progression>> stored;
  for (auto [result, refs] : llvm::zip_equal(results, resultVectors))
    stored.push_back(cards > 1 ? storeSpreadResult(result, refs, rows)
                               : storeResult(result, refs, rows, range));
  for (int64_t slot = range.first; slot < range.end; slot += planes)
    emitUnit(batch, rows, stored, slot, std::min(planes, range.end - slot));
  for (const Exchange &exchange : exchanges)
    tile::ExchangeOp::create(emitter.builder, loc, emitter.valueOf(exchange.from),
                             emitter.valueOf(exchange.to), exchange.count, DenseI64ArrayAttr(),
                             DenseI64ArrayAttr(), DenseI64ArrayAttr());
  exchanges.clear();
}

/// The vectors that the body's operand `extra` brings to the rows in `slot`.
Progression Lowering::Contraction::extraFor(size_t extra, ArrayRef<int64_t> rows, int64_t slot) {
  int64_t width = bytesOf(bodyTypes[extra + 1]);
  if (!extras[extra].empty()) {
    Refs refs;
    for (int64_t row : rows)
      refs.push_back(extras[extra][*resultVector(row, slot, 0)]);
    return lowering.progressionFor(loc, refs, width);
  }
  const View &view = extraViews[extra];
  Grid grid = lowering.gridOf(view.shape(), *lowering.rootOf(results.front()).layout);
  std::vector<std::vector<std::string>> vectors(cards);
  for (int64_t card = 0; card < cards; ++card)
    for (int64_t row : rows) {
      std::string &content = vectors[card].emplace_back(lanes * width, 0);
      std::optional<int64_t> vector = resultVector(row, slot, card);
      for (int64_t lane = 0; vector && lane < widthOfColumn(columnAt(slot, card)); ++lane) {
        uint32_t bits = lowering.bitsOf(view.at(grid.element(*vector, lane)));
        std::memcpy(content.data() + lane * width, &bits, width);
      }
    }
  bool isSame = llvm::all_of(vectors, [](const auto &list) { return llvm::all_equal(list); });
  std::vector<std::string> flat;
  for (const std::vector<std::string> &list : vectors)
    flat.insert(flat.end(), list.begin(), isSame ? list.begin() + 1 : list.end());
  return {emitter.createConstant(loc, flat, width, 1, cards), 0, isSame ? 0 : 1};
}

void Lowering::Contraction::emitUnit(const Batch &batch, ArrayRef<int64_t> rows,
                                     ArrayRef<std::vector<Progression>> stored, int64_t firstSlot,
                                     int64_t planeCount) {
  ContractUnit unit(emitter, planeCount, rows.size());
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    SmallVector<int32_t> weights;
    for (int64_t plane = 0; plane < planeCount; ++plane)
      weights.push_back(tileOf(batch.first, firstSlot + plane, chunk));
    const bool sharesTile = tails > 1 && isTail(chunk);
    Refs vectors;
    for (int64_t row : rows)
      vectors.push_back(spread == Spread::Rows ? Ref{constantRows(chunk), -1, row}
                        : sharesTile           ? tailRows(firstSlot % tails)[row]
                                               : rowVectors[vectorOf(row, b * m, chunk)]);
    unit.addChunk(weights, sharesTile ? tails * depthOf(chunk) : depthOf(chunk), vectors);
  }
  for (int64_t slot = firstSlot; slot < firstSlot + planeCount; ++slot) {
    // The first card's columns are never narrower than another's.
    unit.addPlane(widthOfColumn(slot));
    for (size_t extra = 0; extra < extras.size(); ++extra)
      unit.addExtra(extraFor(extra, rows, slot));
    for (const std::vector<Progression> &result : stored)
      unit.addOutput(result[slot]);
  }
  unit.create(loc, fused ? fused.getLoc() : loc, bodyTypes,
              [&](OpBuilder &builder, Location loc, ValueRange arguments) {
                if (fused)
                  return lowering.cloneBody(fused, argumentOf, builder, loc, arguments);
                return SmallVector<Value>(arguments);
              });
}

LogicalResult Lowering::Contraction::run() {
  prepareOperands();
  prepareBatches();
  resultVectors.assign(results.size(), Refs(b * m * columns));
  for (Slots range : cutSlots()) {
    int64_t units = batches.size() * ((range.end - range.first + planes - 1) / planes);
    for (const Batch &batch : batches) {
      int64_t size = rowsOfGroup(rowsOf(batch), units, planes, bytes, emitter.target);
      for (int64_t row = 0; row < rowsOf(batch); row += size)
        lowerGroup(batch, row, std::min(size, rowsOf(batch) - row), range);
    }
  }
  for (auto [result, refs] : llvm::zip_equal(results, resultVectors))
    lowering.define(lowering.rootOf(result), std::move(refs), replicas);
  return success();
}

LogicalResult Lowering::lowerContract(stensor::ContractOp contract, stensor::MapOp fused) {
  return Contraction(*this, contract, fused).run();
}

} // namespace sluice::tiling
