//===- Packing.cpp - Convolutions as weight tiles over packed pixels ------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Packing.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace sluice::tiling {

static Shape spatialOf(RankedTensorType type) {
  ArrayRef<int64_t> spatial = type.getShape().drop_front().drop_back();
  return Shape(spatial.begin(), spatial.end());
}

static Shape copyOf(ArrayRef<int64_t> values) { return Shape(values.begin(), values.end()); }

ConvolutionSizes::ConvolutionSizes(stensor::ConvolveOp op)
    : images(op.getInput().getType().getDimSize(0)), channels(op.getInput().getType().getShape().back()),
      outputs(op.getType().getShape().back()), groups(op.getGroups()),
      extents(spatialOf(op.getInput().getType())), taps(spatialOf(op.getFilters().getType())),
      strides(copyOf(op.getStrides())), dilations(copyOf(op.getDilations())), low(copyOf(op.getLow())),
      positions(spatialOf(op.getType())) {}

int64_t ConvolutionSizes::lines() const {
  return images * elementsOf(ArrayRef<int64_t>(positions).drop_back());
}

int64_t ConvolutionSizes::lineTaps() const { return elementsOf(ArrayRef<int64_t>(taps).drop_back()); }

PackedConvolution::PackedConvolution(const ConvolutionSizes &sizes, int64_t in, int64_t out, int64_t lanes)
    : sizes(sizes), in(in), out(out), lanes(lanes), inGroups(llvm::divideCeil(sizes.extents.back(), in)),
      outGroups(llvm::divideCeil(sizes.positions.back(), out)),
      inChunks(llvm::divideCeil(in * sizes.channels, lanes)),
      slots(llvm::divideCeil(out * sizes.outputs, lanes)) {
  int64_t advance = sizes.strides.back() * out;
  phases = in / std::gcd(advance, in);
  step = advance * phases / in;
}

std::vector<PackedConvolution::Source> PackedConvolution::sourcesOf(int64_t phase, int64_t slot) const {
  std::vector<Source> sources;
  const int64_t outputs = sizes.outputs, each = outputs / sizes.groups, depth = sizes.depth();
  const int64_t firstColumn = slot * lanes, endColumn = firstColumn + widthOf(slot);
  for (int64_t pixel = firstColumn / outputs; pixel * outputs < endColumn; ++pixel) {
    // Groups of channels that this slot has of the pixel.
    int64_t first = std::max<int64_t>(0, firstColumn - pixel * outputs) / each,
            last = (std::min(outputs, endColumn - pixel * outputs) - 1) / each;
    forEachTap(phase, pixel, [&](int64_t, int64_t place, int64_t group) {
      int64_t from = place * sizes.channels + first * depth,
              to = place * sizes.channels + (last + 1) * depth - 1;
      for (int64_t chunk = from / lanes; chunk <= to / lanes; ++chunk)
        sources.push_back({group, chunk});
    });
  }
  llvm::sort(sources);
  sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
  return sources;
}

void PackedConvolution::forEachRun(int64_t phase, int64_t slot, const Source &source, int64_t lineTap,
                                   llvm::function_ref<void(int64_t, int64_t, int64_t, int64_t)> visit) const {
  const int64_t outputs = sizes.outputs, depth = sizes.depth(), each = outputs / sizes.groups;
  for (int64_t column = 0; column < widthOf(slot); ++column) {
    const int64_t pixel = (slot * lanes + column) / outputs, output = (slot * lanes + column) % outputs;
    forEachTap(phase, pixel, [&](int64_t tap, int64_t place, int64_t group) {
      if (group != source.group)
        return;
      // The part of the tap's channels that this chunk has.
      const int64_t first = place * sizes.channels + output / each * depth - source.chunk * lanes;
      const int64_t from = std::max<int64_t>(first, 0), to = std::min(first + depth, lanes);
      if (from < to)
        visit(column, from,
              ((output * sizes.lineTaps() + lineTap) * sizes.taps.back() + tap) * depth + from - first,
              to - from);
    });
  }
}

bool PackedConvolution::readsBeyond() const {
  int64_t last = (sizes.positions.back() - 1) * sizes.strides.back() +
                 (sizes.taps.back() - 1) * sizes.dilations.back() - sizes.low.back();
  return last >= sizes.extents.back();
}

PackedConvolution::Cost PackedConvolution::cost(const target::Target &target) const {
  Cost cost;
  for (int64_t phase = 0; phase < std::min(phases, outGroups); ++phase) {
    const int64_t rows = sizes.lines() * groupsOf(phase);
    for (int64_t slot = 0; slot < slots; ++slot) {
      const int64_t tiles = static_cast<int64_t>(sourcesOf(phase, slot).size()) * sizes.lineTaps();
      cost.tiles += tiles;
      cost.planeCycles += tiles * std::max<int64_t>(rows, target.columnGroups());
    }
  }
  cost.vectors = sizes.lines() * outGroups * slots;
  return cost;
}

} // namespace sluice::tiling
