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
#include <optional>

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
      positions(spatialOf(op.getType())), isOrdered(op.getInput().getType().getElementType().isF16()),
      isJoined(op.getJoined() > 0) {}

int64_t ConvolutionSizes::lines() const {
  return images * elementsOf(ArrayRef<int64_t>(positions).drop_back());
}

int64_t ConvolutionSizes::lineTaps() const { return elementsOf(ArrayRef<int64_t>(taps).drop_back()); }

ConvolutionSizes ConvolutionSizes::sliced(const Pixels &pixels, int64_t variant) const {
  ConvolutionSizes part = *this;
  part.low.back() -= strides.back() * (pixels.first + variant);
  part.strides.back() *= pixels.pitch;
  return part;
}

Layout imageLayout(ArrayRef<int64_t> shape, const Pixels &pixels, const ConvolutionSizes *reader) {
  const int64_t rank = shape.size(), packed = rank - 2, channels = shape.back();
  Layout layout;
  if (pixels == Pixels() || pixels == Pixels{shape[packed]}) {
    for (int64_t dim = 0; dim < rank; ++dim)
      layout.permutation.push_back(dim);
    layout.laneDims = pixels.count > 1 ? 2 : 1;
    if (layout.laneDims == 1)
      std::rotate(layout.permutation.begin() + 1, layout.permutation.begin() + packed,
                  layout.permutation.begin() + packed + 1);
    return layout;
  }
  layout.offsets.assign(rank, 0);
  layout.offsets[packed] = pixels.first;
  const int64_t block = pixels.block > 0 ? pixels.block : channels;
  if (pixels.block > 0)
    layout.rows.push_back({rank - 1, (channels + block - 1) / block, block});
  layout.rows.push_back({0, shape[0], 1});
  if (pixels.variants > 1)
    layout.rows.push_back({packed, pixels.variants, 1});
  layout.rows.push_back({packed, pixels.groupsOf(shape[packed]), pixels.advanced()});
  for (int64_t dim = 1; dim < packed; ++dim) {
    if (!pixels.hasLines) {
      layout.rows.push_back({dim, shape[dim], 1});
      continue;
    }
    layout.offsets[dim] = -reader->low[dim - 1];
    layout.rows.push_back({dim, reader->positions[dim - 1], reader->strides[dim - 1]});
    layout.lanes.push_back({dim, reader->taps[dim - 1], reader->dilations[dim - 1]});
  }
  layout.lanes.push_back({packed, pixels.count, pixels.pitch});
  layout.lanes.push_back({rank - 1, block, 1});
  return layout;
}

PackedConvolution::PackedConvolution(const ConvolutionSizes &whole, const Pixels &in, const Pixels &out,
                                     int64_t lanes, int64_t variant)
    : sizes(whole.sliced(out, variant)), in(in), out(out), lanes(lanes),
      inGroups(in.groupsOf(sizes.extents.back())), outGroups(out.groupsOf(sizes.positions.back())),
      inChunks(
          llvm::divideCeil(in.block > 0 ? sizes.channels : laneElements(), in.block > 0 ? in.block : lanes)),
      slots(llvm::divideCeil(out.block > 0 ? sizes.outputs : out.count * sizes.outputs,
                             out.block > 0 ? out.block : lanes)) {
  const int64_t advance = sizes.strides.back() * (out.advanced() / out.pitch);
  phases = in.advanced() / std::gcd(advance, in.advanced());
  step = advance * phases / in.advanced();
}

//===----------------------------------------------------------------------===//
// Geometry
//===----------------------------------------------------------------------===//

/// The greatest whole number not above a / b.
static int64_t floorOf(int64_t a, int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

template <typename Visit>
void PackedConvolution::forEachTap(int64_t phase, int64_t pixel, Visit &&visit) const {
  const int64_t stride = sizes.strides.back(), first = phase * (out.advanced() / out.pitch),
                low = first * stride - sizes.low.back() - in.first, high = low + sizes.spanOf(out.count) - 1;
  // One group if it has all pixels that the result's group needs, or else that this pixel does, or else that
  // which begins last.
  const int64_t mine = low + pixel * stride, reach = (sizes.taps.back() - 1) * sizes.dilations.back();
  const int64_t whole = floorOf(low, in.advanced()), own = floorOf(mine, in.advanced());
  const bool isWhole = high < whole * in.advanced() + in.count,
             isOwn = mine + reach < own * in.advanced() + in.count;
  for (int64_t tap = 0; tap < sizes.taps.back(); ++tap) {
    const int64_t at = mine + tap * sizes.dilations.back(), group = isWhole ? whole
                                                                    : isOwn ? own
                                                                            : floorOf(at, in.advanced());
    visit(tap, at - group * in.advanced(), group);
  }
}

llvm::SmallVector<PackedConvolution::Piece> PackedConvolution::piecesOf(int64_t slot) const {
  llvm::SmallVector<Piece> pieces;
  if (out.block > 0) {
    for (int64_t pixel = 0; pixel < out.count; ++pixel)
      pieces.push_back({pixel, slot * out.block, std::min(sizes.outputs, (slot + 1) * out.block) - 1});
    return pieces;
  }
  const int64_t outputs = sizes.outputs, begin = slot * lanes, end = begin + widthOf(slot);
  for (int64_t pixel = begin / outputs; pixel * outputs < end; ++pixel)
    pieces.push_back(
        {pixel, std::max<int64_t>(0, begin - pixel * outputs), std::min(outputs, end - pixel * outputs) - 1});
  return pieces;
}

std::vector<PackedConvolution::Source> PackedConvolution::sourcesOf(int64_t phase, int64_t slot,
                                                                    int64_t only) const {
  std::vector<Source> sources;
  const int64_t each = sizes.outputs / sizes.groups, depth = sizes.depth();
  const int64_t lines = in.hasLines ? sizes.lineTaps() : 1;
  for (const Piece &piece : piecesOf(slot)) {
    const int64_t first = piece.first / each * depth, last = (piece.last / each + 1) * depth - 1;
    forEachTap(phase, piece.pixel, [&](int64_t tap, int64_t pixel, int64_t group) {
      if (only != kAllTaps && tap != only)
        return;
      for (int64_t line = 0; line < lines; ++line) {
        const int64_t place = line * in.count + pixel;
        for (int64_t chunk = placeOf(place, first) / lanes; chunk <= placeOf(place, last) / lanes; ++chunk)
          sources.push_back({group, chunk});
      }
    });
  }
  llvm::sort(sources);
  sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
  return sources;
}

std::vector<PackedConvolution::Chunk> PackedConvolution::chunksOf(int64_t phase, int64_t slot) const {
  const bool isByTap = sizes.isOrdered && !sizes.isJoined;
  std::vector<std::vector<Source>> sources;
  for (int64_t tap = 0; tap < (isByTap ? sizes.taps.back() : 1); ++tap)
    sources.push_back(sourcesOf(phase, slot, isByTap ? tap : kAllTaps));
  std::vector<Chunk> chunks;
  for (int64_t lineTap = 0; lineTap < lineTaps(); ++lineTap)
    for (auto [tap, list] : llvm::enumerate(sources))
      for (const Source &source : list)
        chunks.push_back({source, lineTap, isByTap ? static_cast<int64_t>(tap) : kAllTaps});
  return chunks;
}

bool PackedConvolution::holdsChannels() const {
  const int64_t depth = sizes.depth(), order = stensor::kContractionChunk;
  auto holds = [&](int64_t pixel, int64_t channel) {
    const int64_t last = std::min(channel + order, (channel / depth + 1) * depth) - 1;
    return placeOf(pixel, channel) / lanes == placeOf(pixel, last) / lanes;
  };
  for (int64_t pixel = 0; pixel < in.count; ++pixel)
    for (int64_t group = 0; group < sizes.groups; ++group)
      for (int64_t k = 0; k < depth; k += order)
        if (!holds(pixel, group * depth + k))
          return false;
  return true;
}

bool PackedConvolution::keepsOrder() const {
  if (!sizes.isOrdered)
    return true;
  if (!sizes.isJoined)
    return !in.hasLines && holdsChannels();
  // All that is under a window is one vector.
  if (inChunks > 1 || lineTaps() > 1)
    return false;
  for (int64_t phase = 0; phase < std::min(phases, outGroups); ++phase)
    for (int64_t pixel = 0; pixel < out.count; ++pixel) {
      std::optional<int64_t> first;
      bool isOne = true;
      forEachTap(phase, pixel, [&](int64_t, int64_t, int64_t group) {
        isOne &= group == first.value_or(group);
        first = group;
      });
      if (!isOne)
        return false;
    }
  return true;
}

void PackedConvolution::forEachRun(int64_t phase, int64_t slot, const Chunk &chunk,
                                   llvm::function_ref<void(int64_t, int64_t, int64_t, int64_t)> visit) const {
  const Source &source = chunk.source;
  const int64_t outputs = sizes.outputs, depth = sizes.depth(), each = outputs / sizes.groups;
  const int64_t lines = in.hasLines ? sizes.lineTaps() : 1;
  const int64_t together = in.block > 0 ? in.block : sizes.channels;
  auto visitOutput = [&](int64_t column, int64_t pixelOut, int64_t output) {
    forEachTap(phase, pixelOut, [&](int64_t tap, int64_t pixel, int64_t group) {
      if (group != source.group || (chunk.tap != kAllTaps && tap != chunk.tap))
        return;
      const int64_t firstChannel = output / each * depth, end = firstChannel + depth;
      for (int64_t line = 0; line < lines; ++line)
        // Channels that lie together, and of those the part that this chunk has.
        for (int64_t channel = firstChannel; channel < end;) {
          const int64_t next = std::min(end, (channel / together + 1) * together);
          const int64_t place = placeOf(line * in.count + pixel, channel) - source.chunk * lanes;
          const int64_t from = std::max<int64_t>(place, 0), to = std::min(place + next - channel, lanes);
          if (from < to)
            visit(column, from,
                  ((output * sizes.lineTaps() + chunk.lineTap + line) * sizes.taps.back() + tap) * depth +
                      channel - firstChannel + from - place,
                  to - from);
          channel = next;
        }
    });
  };
  for (const Piece &piece : piecesOf(slot))
    for (int64_t output = piece.first; output <= piece.last; ++output)
      visitOutput(out.block > 0 ? piece.pixel * out.block + output - piece.first
                                : piece.pixel * outputs + output - slot * lanes,
                  piece.pixel, output);
}

bool PackedConvolution::readsOutside() const {
  const int64_t extent = sizes.extents.back(), end = in.first + (inGroups - 1) * in.advanced() + in.count,
                last = sizes.positions.back() - 1;
  if (in.first < 0)
    return true;
  return end > extent && last * sizes.strides.back() + sizes.spanOf(1) - 1 - sizes.low.back() >= extent;
}

PackedConvolution::Cost PackedConvolution::cost(const target::Target &target) const {
  Cost cost;
  // fp16 runs on all planes of a hemisphere together.
  const int64_t planes = sizes.isOrdered ? target.planesPerHemisphere : 1,
                interval = sizes.isOrdered ? target.f16RowInterval : 1;
  for (int64_t phase = 0; phase < std::min(phases, outGroups); ++phase) {
    const int64_t rows = sizes.lines() * groupsOf(phase) * interval;
    for (int64_t slot = 0; slot < slots; ++slot) {
      const auto tiles = static_cast<int64_t>(chunksOf(phase, slot).size());
      // Bytes have so few tiles that those are priced whole; fp16 ones fill a card.
      cost.columns += tiles * (sizes.isOrdered ? widthOf(slot) : int64_t(target.columns)) * planes;
      // Installing the next tile hides behind the rows of one, but for its beginning and end.
      cost.planeCycles +=
          planes * tiles * (std::max<int64_t>(rows, target.columnGroups()) + target.columnGroups());
    }
  }
  return cost;
}

} // namespace sluice::tiling
