//===- Stripes.cpp - Maps that write weight tiles -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A map that writes a striped buffer in the order of its vectors holds the slices of all
// stripes from its first to its last vector, though each takes one vector in so many. In the
// order of stripes it is a map a stripe, each of which holds one slice for a short while.
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "mlir/IR/Builders.h"

using namespace sluice;
using namespace sluice::tile;

/// Stripes of the buffers that `map` writes; 1 if none is striped or they differ.
static int64_t stripesWritten(MapOp map) {
  int64_t stripes = 0;
  for (mlir::Value output : map.getOutputs()) {
    int64_t has = output.getDefiningOp<BufferOp>().getStripes();
    if (stripes && has != stripes)
      return 1;
    stripes = has;
  }
  return stripes;
}

/// Views of every stripes-th element from `first` on.
static llvm::SmallVector<int64_t> thinned(llvm::ArrayRef<int64_t> views, int64_t first, int64_t stripes) {
  llvm::SmallVector<int64_t> result;
  for (size_t i = 0; i < views.size(); i += 2)
    result.append({views[i] + first * views[i + 1], views[i + 1] * stripes});
  return result;
}

void tile::splitStripedMaps(mlir::Block &body) {
  for (mlir::Operation &op : llvm::make_early_inc_range(body)) {
    auto map = llvm::dyn_cast<MapOp>(op);
    if (!map)
      continue;
    int64_t stripes = stripesWritten(map), count = map.getCount();
    if (stripes <= 1 || count <= stripes)
      continue;
    mlir::OpBuilder builder(map);
    for (int64_t first = 0; first < stripes; ++first) {
      auto part = llvm::cast<MapOp>(builder.clone(op));
      part.setInputViews(thinned(map.getInputViews(), first, stripes));
      part.setOutputViews(thinned(map.getOutputViews(), first, stripes));
      part.setCount(llvm::divideCeilSigned(count - first, stripes));
    }
    map.erase();
  }
}
