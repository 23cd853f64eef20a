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

#include "Lowering.h"

#include <cstring>

using namespace mlir;

namespace sluice::tiling {

/// Rows below which a unit is not cut to occupy more planes.
constexpr int64_t fewRows = 32;
/// An output of at most this many vectors is stored chunk by chunk, whatever its order.
constexpr int64_t fewVectors = 64;

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
  /// A row of a batch and the vectors that it takes and gives.
  struct Row {
    int64_t input;  ///< of all lhs rows [b, m]
    int64_t result; ///< row in the layout of the results
  };

  LogicalResult check();
  void prepareOperands();
  void prepareBatches();
  bool haveSameWeights(int64_t a, int64_t b) const;
  int32_t tileOf(int64_t batch, int64_t column, int64_t chunk);
  int32_t constantTile(int64_t batch, int64_t column, int64_t chunk);
  int64_t rowsOf(const Batch &batch) const { return batch.members.size() * m; }
  Row rowOf(const Batch &batch, int64_t row) const;
  int64_t groupRows(int64_t rows, int64_t units) const;
  void lowerGroup(const Batch &batch, int64_t firstRow, int64_t count);
  void emitUnit(const Batch &batch, ArrayRef<Row> rows, int64_t firstColumn, int64_t planeCount);
  /// A view of `refs`, copied to a buffer of their own if they do not step regularly.
  Progression progressionFor(const Refs &refs, int64_t bytes);

  int64_t columnCount(int64_t column) const { return std::min(lanes, n - column * lanes); }

  Lowering &lowering;
  Emitter &emitter;
  stensor::ContractOp contract;
  stensor::MapOp fused;
  Location loc;
  const View &lhs, &rhs;
  Type elementType;
  int64_t lanes, bytes;
  int64_t b, m, n, t, k;   ///< sizes, as in the operation's description
  int64_t kChunks, chunks; ///< pieces of k; those of all t
  int64_t columns;         ///< of weight tiles
  int64_t planes;          ///< that a unit may use

  Refs rowVectors;    ///< [b, m, t, piece of k]
  Refs weightVectors; ///< [b, n, t, piece of k]; empty for constant weights
  std::vector<Batch> batches;
  std::map<std::array<int64_t, 3>, int32_t> tiles;

  // Results: of the map that runs in the body, or the contraction's own.
  SmallVector<Value> results;
  std::vector<int64_t> resultRow;  ///< of row [b, m]
  std::vector<Refs> resultVectors; ///< of each result
  std::vector<Refs> extras;        ///< the body's other operands, by result vector
  SmallVector<Type> bodyTypes;
  SmallVector<int64_t> argumentOf;
};

Lowering::Contraction::Contraction(Lowering &lowering, stensor::ContractOp contract, stensor::MapOp fused)
    : lowering(lowering), emitter(lowering.emitter), contract(contract), fused(fused),
      loc(fused ? fused.getLoc() : contract.getLoc()), lhs(lowering.viewOf(contract.getLhs())),
      rhs(lowering.viewOf(contract.getRhs())), elementType(contract.getLhs().getType().getElementType()),
      lanes(emitter.target.lanes()), bytes(bytesOf(elementType)) {
  ArrayRef<int64_t> left = contract.getLhs().getType().getShape();
  b = left[0], m = left[1], t = left[2], k = left[3];
  n = contract.getType().getDimSize(2);
  kChunks = (k + lanes - 1) / lanes;
  chunks = t * kChunks;
  columns = (n + lanes - 1) / lanes;
  planes = lowering.planesOf(contract);
}

LogicalResult Lowering::Contraction::check() {
  if (elementType.isF16() && k > lanes && lanes != stensor::kContractionChunk)
    return contract.emitOpError("sums chunks of ")
           << stensor::kContractionChunk << " products, target '" << emitter.target.name << "' has " << lanes
           << " lanes and cannot sum " << k << " in that order";
  return success();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

void Lowering::Contraction::prepareOperands() {
  Layout layout = Layout::onLanes(4, 3);
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
      extras.push_back(
          lowering.materialise(loc, view.broadcast(fused.getShape()), argument.getType(), resultLayout));
    }
  }
}

bool Lowering::Contraction::haveSameWeights(int64_t x, int64_t y) const {
  int64_t size = n * t * k;
  if (!weightVectors.empty()) {
    auto begin = weightVectors.begin();
    int64_t vectors = n * chunks;
    return std::equal(begin + x * vectors, begin + (x + 1) * vectors, begin + y * vectors);
  }
  for (int64_t i = 0; i < size; ++i) {
    Element first = rhs.at(x * size + i), second = rhs.at(y * size + i);
    if (first.root != second.root || first.number != second.number || first.value != second.value)
      return false;
  }
  return true;
}

void Lowering::Contraction::prepareBatches() {
  for (int64_t i = 0; i < b; ++i) {
    auto same = llvm::find_if(batches, [&](const Batch &batch) { return haveSameWeights(batch.first, i); });
    if (same == batches.end())
      batches.push_back({i, {i}});
    else
      same->members.push_back(i);
  }
}

int32_t Lowering::Contraction::constantTile(int64_t batch, int64_t column, int64_t chunk) {
  int64_t first = chunk % kChunks * lanes, depth = std::min(lanes, k - first);
  std::vector<std::string> vectors;
  for (int64_t c = 0; c < columnCount(column); ++c) {
    std::string &content = vectors.emplace_back(lanes * bytes, 0);
    int64_t element = ((batch * n + column * lanes + c) * t + chunk / kChunks) * k + first;
    for (int64_t lane = 0; lane < depth; ++lane) {
      uint32_t bits = lowering.bitsOf(rhs.at(element + lane));
      std::memcpy(content.data() + lane * bytes, &bits, bytes);
    }
  }
  return emitter.createConstant(loc, vectors, bytes, emitter.target.installStreams);
}

/// The buffer of one weight tile: its columns are the vectors.
int32_t Lowering::Contraction::tileOf(int64_t batch, int64_t column, int64_t chunk) {
  auto [entry, inserted] = tiles.try_emplace({batch, column, chunk}, -1);
  if (!inserted)
    return entry->second;
  if (weightVectors.empty())
    return entry->second = constantTile(batch, column, chunk);
  Refs refs;
  for (int64_t c = 0; c < columnCount(column); ++c)
    refs.push_back(weightVectors[(batch * n + column * lanes + c) * chunks + chunk]);
  return entry->second = lowering.weightTile(loc, refs, bytes);
}

/// The buffer that holds exactly `refs` as a weight tile, a copy if there is none.
int32_t Lowering::weightTile(Location loc, const Refs &refs, int64_t bytes) {
  if (auto known = weightTiles.find(refs); known != weightTiles.end())
    return known->second;
  int32_t buffer = emitter.createBuffer(loc, refs.size(), bytes, emitter.target.installStreams);
  std::vector<Job> jobs;
  for (auto [i, ref] : llvm::enumerate(refs))
    jobs.push_back({ref, {buffer, -1, static_cast<int64_t>(i)}});
  emitter.copy(loc, bytes, jobs);
  return weightTiles[refs] = buffer;
}

//===----------------------------------------------------------------------===//
// Units
//===----------------------------------------------------------------------===//

/// Rows of a group, for `rows` rows of each of `units` columns: as many groups as it takes to
/// occupy all planes evenly, no more.
int64_t Lowering::Contraction::groupRows(int64_t rows, int64_t units) const {
  const target::Target &target = emitter.target;
  // int8 on single planes: each plane is on its own. fp16: a hemisphere's planes are one tandem.
  int64_t sideBySide = 2 * (bytes == 1 && planes == 1 ? target.planesPerHemisphere : 1);
  int64_t least = (rows + target.accumulatorRows - 1) / target.accumulatorRows;
  int64_t best = least, bestTime = -1;
  for (int64_t groups = least; groups <= least * sideBySide; ++groups) {
    int64_t size = (rows + groups - 1) / groups;
    if (groups > least && size < fewRows)
      break;
    int64_t time = (units * groups + sideBySide - 1) / sideBySide * size;
    if (bestTime < 0 || time < bestTime)
      best = groups, bestTime = time;
  }
  return (rows + best - 1) / best;
}

Lowering::Contraction::Row Lowering::Contraction::rowOf(const Batch &batch, int64_t row) const {
  int64_t input = batch.members[row / m] * m + row % m;
  return {input, resultRow[input]};
}

Progression Lowering::Contraction::progressionFor(const Refs &refs, int64_t width) {
  if (std::optional<Progression> progression = progressionOf(refs))
    return *progression;
  int32_t buffer = emitter.createBuffer(loc, refs.size(), width);
  std::vector<Job> jobs;
  for (auto [i, ref] : llvm::enumerate(refs))
    jobs.push_back({ref, {buffer, -1, static_cast<int64_t>(i)}});
  emitter.copy(loc, width, jobs);
  return {buffer, 0, refs.size() > 1 ? 1 : 0};
}

/// Stores the results of a group of rows and runs its units.
void Lowering::Contraction::lowerGroup(const Batch &batch, int64_t firstRow, int64_t count) {
  SmallVector<Row> rows;
  for (int64_t row = firstRow; row < firstRow + count; ++row)
    rows.push_back(rowOf(batch, row));
  for (auto [result, refs] : llvm::zip_equal(results, resultVectors)) {
    const Root &root = lowering.rootOf(result);
    int64_t width = bytesOf(root.type.getElementType());
    // What leaves the program is stored in its order, so that few bindings describe it.
    bool together = root.isOutput && columns > 1 && b * m * columns > fewVectors;
    int32_t buffer = -1;
    for (int64_t column = 0; column < columns; ++column) {
      if (buffer < 0 || !together)
        buffer = emitter.createBuffer(loc, together ? count * columns : count, width, together ? columns : 1);
      for (auto [i, row] : llvm::enumerate(rows))
        refs[row.result * columns + column] = {buffer, -1,
                                               static_cast<int64_t>(together ? i * columns + column : i)};
    }
  }
  for (int64_t column = 0; column < columns; column += planes)
    emitUnit(batch, rows, column, std::min(planes, columns - column));
}

void Lowering::Contraction::emitUnit(const Batch &batch, ArrayRef<Row> rows, int64_t firstColumn,
                                     int64_t planeCount) {
  SmallVector<Value> weights, rowOperands, extraOperands, outputs;
  SmallVector<int64_t> segments, depths, columnCounts, extraViews, outputViews;
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    for (int64_t plane = 0; plane < planeCount; ++plane)
      weights.push_back(emitter.valueOf(tileOf(batch.first, firstColumn + plane, chunk)));
    depths.push_back(std::min(lanes, k - chunk % kChunks * lanes));
    std::vector<Job> vectors;
    for (const Row &row : rows)
      vectors.push_back({rowVectors[row.input * chunks + chunk]});
    forEachRun(vectors, [&](int64_t first, int64_t count) {
      Ref ref = vectors[first][0];
      rowOperands.push_back(emitter.valueOf(ref.buffer));
      segments.append({chunk, ref.index, count > 1 ? vectors[first + 1][0].index - ref.index : 0, count});
    });
  }
  auto addOperand = [&](const Refs &all, int64_t column, int64_t width, SmallVector<Value> &operands,
                        SmallVector<int64_t> &operandViews) {
    Refs refs;
    for (const Row &row : rows)
      refs.push_back(all[row.result * columns + column]);
    Progression progression = progressionFor(refs, width);
    operands.push_back(emitter.valueOf(progression.buffer));
    operandViews.append({progression.start, progression.step});
  };
  for (int64_t column = firstColumn; column < firstColumn + planeCount; ++column) {
    columnCounts.push_back(columnCount(column));
    for (auto [refs, type] : llvm::zip_equal(extras, ArrayRef(bodyTypes).drop_front()))
      addOperand(refs, column, bytesOf(type), extraOperands, extraViews);
    for (auto [refs, result] : llvm::zip_equal(resultVectors, results))
      addOperand(refs, column, bytesOf(cast<RankedTensorType>(result.getType()).getElementType()), outputs,
                 outputViews);
  }
  auto unit =
      tile::ContractOp::create(emitter.builder, loc, weights, rowOperands, extraOperands, outputs, segments,
                               depths, columnCounts, extraViews, outputViews, planeCount, rows.size());
  emitter.fillBody(unit.getBody(), loc, bodyTypes,
                   [&](OpBuilder &builder, Location loc, ValueRange arguments) {
                     if (fused)
                       return lowering.cloneBody(fused, argumentOf, builder, loc, arguments);
                     return SmallVector<Value>(arguments);
                   });
}

LogicalResult Lowering::Contraction::run() {
  if (failed(check()))
    return failure();
  prepareOperands();
  prepareBatches();
  resultVectors.assign(results.size(), Refs(b * m * columns));
  int64_t units = batches.size() * ((columns + planes - 1) / planes);
  for (const Batch &batch : batches) {
    int64_t size = groupRows(rowsOf(batch), units);
    for (int64_t row = 0; row < rowsOf(batch); row += size)
      lowerGroup(batch, row, std::min(size, rowsOf(batch) - row));
  }
  for (auto [result, refs] : llvm::zip_equal(results, resultVectors))
    lowering.define(lowering.rootOf(result), std::move(refs));
  return success();
}

LogicalResult Lowering::lowerContract(stensor::ContractOp contract, stensor::MapOp fused) {
  return Contraction(*this, contract, fused).run();
}

} // namespace sluice::tiling
