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
#include "Contraction.h"

#include "lib/Conversion/Partition/Cost.h"

#include <cstring>

using namespace mlir;

namespace sluice::tiling {

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
