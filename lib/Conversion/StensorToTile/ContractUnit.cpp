//===- ContractUnit.cpp - Rows through a column of weight tiles -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractUnit.h"

#include "lib/Conversion/Partition/Cost.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice::tiling {

int64_t rowsOfGroup(int64_t rows, int64_t units, int64_t planes, int64_t bytes,
                    const target::Target &target) {
  // int8 on single planes: each plane is on its own. fp16: a hemisphere's planes are one tandem.
  const int64_t sideBySide = partition::unitsAtOnce(planes, bytes, target),
                interval = bytes == 2 ? target.f16RowInterval : 1;
  // The next chunk's tile is installed meanwhile, if that leaves streams for the rows.
  const bool isHidden = bytes * target.installStreams + bytes <= int64_t(target.streamsPerDirection);
  const int64_t least = llvm::divideCeil(rows, target.accumulatorRows), install = target.columnGroups();
  int64_t best = least, bestTime = -1;
  for (int64_t groups = least; groups <= least * sideBySide; ++groups) {
    const int64_t multiply = llvm::divideCeil(rows, groups) * interval;
    // Planes that install more than they multiply had better be left to others.
    if (groups > least && !isHidden && multiply < install)
      break;
    const int64_t chunk = isHidden ? std::max(multiply, install) : multiply + install,
                  time = llvm::divideCeil(units * groups, sideBySide) * chunk;
    if (bestTime < 0 || time < bestTime)
      best = groups, bestTime = time;
  }
  return llvm::divideCeil(rows, best);
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
