//===- PlaneUnits.cpp - The passes of moves through planes ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlaneMoves.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice::tiling {

//===----------------------------------------------------------------------===//
// Tiles and rows
//===----------------------------------------------------------------------===//

Refs Lowering::PlaneMover::unitRows(ArrayRef<uint16_t> at) {
  auto [entry, inserted] =
      lowering.unitRows.try_emplace(std::vector<uint16_t>(at.begin(), at.end()), int32_t(-1));
  if (inserted) {
    std::vector<std::string> rows;
    for (uint16_t lane : at)
      rows.emplace_back(target.lanes(), 0)[lane] = 1;
    entry->second = emitter.createConstant(loc, rows, 1);
  }
  Refs refs;
  for (int64_t i = 0, e = at.size(); i < e; ++i)
    refs.push_back({entry->second, -1, i});
  return refs;
}

int32_t Lowering::PlaneMover::mapTile(int32_t laneMap, int64_t columns) {
  auto [entry, inserted] = lowering.mapTiles.try_emplace({laneMap, columns}, -1);
  if (inserted) {
    const LaneMap &map = emitter.laneMapOf(laneMap);
    std::vector<std::string> vectors(columns, std::string(target.lanes(), 0));
    for (auto [lane, vector] : llvm::enumerate(vectors))
      if (map[lane] != kNoLane)
        vector[map[lane]] = 1;
    entry->second = emitter.createConstant(loc, vectors, 1, target.installStreams);
  }
  return entry->second;
}

SmallVector<int32_t> Lowering::PlaneMover::columnTiles(Refs columns) {
  for (Ref &ref : columns)
    if (ref.buffer < 0)
      ref = emitter.constants(loc, std::string(target.lanes() * bytes, 0), bytes).front();
  if (bytes == 1)
    return {lowering.weightTile(loc, columns, 1)};
  SmallVector<int32_t> tiles;
  for (int64_t byte = 0; byte < bytes; ++byte)
    tiles.push_back(emitter.createBuffer(loc, columns.size(), 1, target.installStreams));
  std::vector<Job> jobs;
  for (auto [i, ref] : llvm::enumerate(columns)) {
    Job &job = jobs.emplace_back(Job{ref});
    for (int32_t tile : tiles)
      job.push_back({tile, -1, static_cast<int64_t>(i)});
  }
  splitJobs(jobs);
  return tiles;
}

/// Byte `byte` of a word.
static Value byteOf(OpBuilder &builder, Location loc, Value word, int64_t byte) {
  if (byte > 0)
    word = arith::ShRUIOp::create(
        builder, loc, word,
        arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(8 * byte)).getResult());
  return arith::TruncIOp::create(builder, loc, builder.getI8Type(), word);
}

void Lowering::PlaneMover::splitJobs(ArrayRef<Job> jobs) {
  Type type = carrier(emitter.builder.getContext(), bytes);
  emitter.map(loc, {type}, jobs, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
    Value word = arguments.front();
    if (!type.isInteger(32))
      word = arith::ExtSIOp::create(builder, loc, builder.getI32Type(), word);
    SmallVector<Value> results;
    for (int64_t byte = 0; byte < bytes; ++byte)
      results.push_back(byteOf(builder, loc, word, byte));
    return results;
  });
}

std::vector<Refs> Lowering::PlaneMover::splitBytes(const Refs &refs) {
  if (bytes == 1)
    return {refs};
  Refs distinct = refs;
  llvm::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<Refs> made;
  for (int64_t byte = 0; byte < bytes; ++byte)
    made.push_back(emitter.allocate(loc, distinct.size(), 1));
  std::vector<Job> jobs;
  for (auto [i, ref] : llvm::enumerate(distinct)) {
    Job &job = jobs.emplace_back(Job{ref});
    for (const Refs &plane : made)
      job.push_back(plane[i]);
  }
  splitJobs(jobs);
  std::vector<Refs> planes(bytes);
  for (Ref ref : refs)
    for (auto [plane, from] : llvm::zip_equal(planes, made))
      plane.push_back(from[llvm::lower_bound(distinct, ref) - distinct.begin()]);
  return planes;
}

Refs Lowering::PlaneMover::joinBytes(ArrayRef<Refs> planes) {
  if (bytes == 1)
    return planes.front();
  MLIRContext *context = emitter.builder.getContext();
  Refs joined = emitter.allocate(loc, planes.front().size(), bytes);
  std::vector<Job> jobs;
  for (auto [i, ref] : llvm::enumerate(joined)) {
    Job &job = jobs.emplace_back();
    for (const Refs &plane : planes)
      job.push_back(plane[i]);
    job.push_back(ref);
  }
  SmallVector<Type> types(bytes, IntegerType::get(context, 8));
  emitter.map(loc, types, jobs, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
    Value word;
    for (int64_t byte = 0; byte < bytes; ++byte) {
      // The highest byte brings the sign, which no width keeps.
      bool isLast = byte + 1 == bytes;
      Value part =
          isLast ? arith::ExtSIOp::create(builder, loc, builder.getI32Type(), arguments[byte]).getResult()
                 : arith::ExtUIOp::create(builder, loc, builder.getI32Type(), arguments[byte]).getResult();
      if (byte > 0) {
        Value shift = arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(8 * byte));
        part = arith::ShLIOp::create(builder, loc, part, shift);
      }
      word = word ? arith::OrIOp::create(builder, loc, word, part).getResult() : part;
    }
    if (bytes < 4)
      word = arith::TruncIOp::create(builder, loc, carrier(builder.getContext(), bytes), word);
    return SmallVector<Value>{word};
  });
  return joined;
}

//===----------------------------------------------------------------------===//
// Units
//===----------------------------------------------------------------------===//

std::vector<Refs> Lowering::PlaneMover::emitUnit(ArrayRef<int32_t> tiles, ArrayRef<Refs> rows,
                                                 int64_t planes) {
  SmallVector<Value> weights, rowOperands, outputs;
  SmallVector<int64_t> segments, outputViews, depths(rows.size(), target.lanes());
  const int64_t count = rows.front().size();
  for (int32_t tile : tiles)
    weights.push_back(emitter.valueOf(tile));
  SmallVector<int64_t> widths(planes, cast<tile::BufferType>(weights.front().getType()).getVectors());
  for (auto [chunk, refs] : llvm::enumerate(rows)) {
    forEachRun(refs, [&](int64_t first, int64_t step, int64_t length) {
      rowOperands.push_back(emitter.valueOf(refs[first].buffer));
      segments.append({static_cast<int64_t>(chunk), refs[first].index, step, length});
    });
  }
  std::vector<Refs> made(planes);
  for (Refs &plane : made) {
    int32_t buffer = emitter.createBuffer(loc, count, 1);
    for (int64_t i = 0; i < count; ++i)
      plane.push_back({buffer, -1, i});
    outputs.push_back(emitter.valueOf(buffer));
    outputViews.append({0, 1});
  }
  auto unit =
      tile::ContractOp::create(emitter.builder, loc, weights, rowOperands, ValueRange(), outputs, segments,
                               depths, widths, ArrayRef<int64_t>(), outputViews, planes, count);
  emitter.fillBody(unit.getBody(), loc, {emitter.builder.getI32Type()},
                   [](OpBuilder &builder, Location loc, ValueRange arguments) {
                     return SmallVector<Value>{byteOf(builder, loc, arguments.front(), 0)};
                   });
  return made;
}

Refs Lowering::PlaneMover::transpose(const Transposition &transposition) {
  SmallVector<int32_t> tiles = columnTiles(transposition.columns);
  const int64_t sharing = sharingPlanes(), rows = transposition.rows.size();
  const int64_t size = cutOf(rows, 1, sharing).rows;
  std::vector<Refs> planes(bytes);
  for (int64_t first = 0; first < rows; first += size) {
    Refs units = unitRows(ArrayRef(transposition.rows).slice(first, std::min(size, rows - first)));
    for (int64_t byte = 0; byte < bytes; byte += sharing) {
      std::vector<Refs> made = emitUnit(ArrayRef(tiles).slice(byte, sharing), units, sharing);
      for (int64_t plane = 0; plane < sharing; ++plane)
        llvm::append_range(planes[byte + plane], made[plane]);
    }
  }
  return joinBytes(planes);
}

Refs Lowering::PlaneMover::map(const Mapping &mapping) {
  std::vector<std::vector<Refs>> sources; // by chunk and byte plane
  SmallVector<int32_t> tiles;
  for (auto [number, refs] : llvm::zip_equal(mapping.maps, mapping.sources)) {
    sources.push_back(splitBytes(refs));
    tiles.push_back(mapTile(number, mapping.columns));
  }
  const int64_t chunks = tiles.size(), rows = mapping.members.size(), size = cutOf(rows, chunks, 1).rows;
  std::vector<Refs> planes(bytes);
  for (int64_t byte = 0; byte < bytes; ++byte)
    for (int64_t first = 0; first < rows; first += size) {
      std::vector<Refs> part;
      for (const std::vector<Refs> &chunk : sources) {
        auto begin = chunk[byte].begin() + first;
        part.emplace_back(begin, begin + std::min(size, rows - first));
      }
      llvm::append_range(planes[byte], emitUnit(tiles, part, 1).front());
    }
  return joinBytes(planes);
}

} // namespace sluice::tiling
