//===- ContractUnit.cpp - Rows through a column of weight tiles -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractUnit.h"

#include "lib/Conversion/Partition/Cost.h"

using namespace mlir;

namespace sluice::tiling {

/// Rows below which a unit is not cut to occupy more planes.
constexpr int64_t fewRows = 32;

int64_t rowsOfGroup(int64_t rows, int64_t units, int64_t planes, int64_t bytes,
                    const target::Target &target) {
  // int8 on single planes: each plane is on its own. fp16: a hemisphere's planes are one tandem.
  int64_t sideBySide = partition::unitsAtOnce(planes, bytes, target);
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

void ContractUnit::addChunk(ArrayRef<int32_t> buffers, int64_t depth, ArrayRef<Ref> vectors) {
  int64_t chunk = depths.size();
  for (int32_t buffer : buffers)
    weights.push_back(emitter.valueOf(buffer));
  depths.push_back(depth);
  for (; !vectors.empty(); vectors = vectors.drop_front(count)) {
    forEachRun(vectors.take_front(count), [&](int64_t first, int64_t step, int64_t length) {
      rows.push_back(emitter.valueOf(vectors[first].buffer));
      segments.append({chunk, vectors[first].index, step, length});
    });
  }
}

void ContractUnit::create(Location loc, Location bodyLoc, TypeRange types, BodyBuilder body) {
  auto unit = tile::ContractOp::create(emitter.builder, loc, weights, rows, extras, outputs, segments, depths,
                                       widths, extraViews, outputViews, planes, count, apart);
  emitter.fillBody(unit.getBody(), bodyLoc, types, body);
}

} // namespace sluice::tiling
