//===- Convolutions.cpp - Packed pixels through weight tiles --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The groups of a phase are rows of one contraction for each slot of the result: a chunk is a
// vector that the windows touch and a tap of the dimensions in front. Rows whose vector would
// lie outside the image take a vector of padding.
//
//===----------------------------------------------------------------------===//

#include "ContractUnit.h"
#include "Lowering.h"
#include "lib/Conversion/Views/Elements.h"

#include <cstring>
#include <numeric>

using namespace mlir;

namespace sluice::tiling {

class Lowering::Convolution {
public:
  /// Of the result's pixels one variant.
  Convolution(Lowering &lowering, stensor::ConvolveOp op, stensor::MapOp fused, int64_t variant)
      : lowering(lowering), emitter(lowering.emitter), op(op), fused(fused), loc(op.getLoc()),
        variant(variant), variants(lowering.packings.at(op).out.variants),
        packed(lowering.packingOf(op, variant)), sizes(packed.sizes), lanes(packed.lanes),
        bytes(bytesOf(op.getInput().getType().getElementType())) {}

  /// Enters the vectors of each result.
  void run(std::vector<Refs> &resultVectors);

private:
  using Chunk = PackedConvolution::Chunk;

  Refs findInput();
  void prepareInput();
  void prepareBody();
  int64_t groupSize(int64_t rows, int64_t units) const;
  void lowerPhase(int64_t phase, int64_t size);
  std::vector<size_t> orderOf(ArrayRef<Refs> rowsOfChunks) const;
  /// Neighbouring slots of the result.
  struct Slots {
    int64_t first, count;
  };
  /// Neighbouring rows of a phase.
  struct Rows {
    int64_t first, count;
  };
  void emitUnit(int64_t phase, Slots slots, int64_t planeCount, ArrayRef<Rows> rowsOfPlanes);
  int32_t tileOf(int64_t phase, int64_t slot, const Chunk &chunk);
  /// The vector of the input that `chunk` needs for each of some rows of a phase.
  Refs rowsOf(int64_t phase, const Chunk &chunk, const Rows &present, size_t plane) const;
  /// Rows of a phase: image, group, position in the dimensions in front.
  int64_t rowCount(int64_t phase) const { return sizes.images * packed.groupsOf(phase) * positionsInFront; }
  int64_t resultVector(int64_t phase, int64_t slot, int64_t row) const {
    const int64_t line = row % positionsInFront, group = row / positionsInFront % packed.groupsOf(phase),
                  image = row / positionsInFront / packed.groupsOf(phase);
    return (((slot * sizes.images + image) * variants + variant) * packed.outGroups + group * packed.phases +
            phase) *
               positionsInFront +
           line;
  }

  Lowering &lowering;
  Emitter &emitter;
  stensor::ConvolveOp op;
  stensor::MapOp fused;
  Location loc;
  const int64_t variant, variants;
  const PackedConvolution packed;
  const ConvolutionSizes &sizes;
  const int64_t lanes, bytes;   ///< bytes of an element of the operands
  int64_t positionsInFront = 1; ///< of an image, in the dimensions in front
  int64_t planes = 1;           ///< that a unit may use
  int64_t planesApart = 1;      ///< of a unit whose planes share a tile
  bool canBeApart = false;

  Refs inputVectors;            ///< [chunk, image, group, dimensions in front]
  SmallVector<Ref, 2> paddings; ///< by plane, so that planes apart read it at once; zeros are left out
  std::string filters;

  SmallVector<Value> results;
  std::vector<Refs> *resultVectors = nullptr;
  SmallVector<Type> bodyTypes;
  SmallVector<int64_t> argumentOf;
  /// The body's other operands: by result vector, or by slot where they are the same for all rows.
  struct Extra {
    Refs refs;
    bool isBySlot;
    int64_t bytes;
  };
  std::vector<Extra> extras;
};

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// The vectors of the input, with padding in lanes that hold no pixel and are read.
Refs Lowering::Convolution::findInput() {
  const Packing &packing = lowering.packings.at(op);
  const View *view = &lowering.viewOf(op.getInput());
  View filled;
  const uint32_t bits = elementBits(op.getPadding());
  Pixels pixels = packed.in;
  Shape shape(view->shape().begin(), view->shape().end());
  if (!packing.isPadded && packed.readsOutside()) {
    // Lanes before an image's first pixel and behind its last are filled.
    const int64_t before = std::max<int64_t>(0, -pixels.first);
    pixels.first += before;
    pixels.groups = packed.inGroups;
    int64_t &extent = shape[shape.size() - 2];
    extent = std::max(before + extent, pixels.first + (pixels.groups - 1) * pixels.advanced() + pixels.count);
    Shape low(shape.size(), 0);
    low[shape.size() - 2] = before;
    filled = view->padded(shape, low, bits);
    view = &filled;
  } else if (packing.root >= 0 &&
             lowering.roots[packing.root].layout == lowering.roots[packing.root].imageLayout) {
    return lowering.roots[packing.root].refs;
  }
  return lowering.materialise(loc, *view, op.getInput().getType().getElementType(),
                              imageLayout(shape, pixels, &sizes));
}

void Lowering::Convolution::prepareInput() {
  inputVectors = findInput();
  const uint32_t bits = elementBits(op.getPadding());
  std::string outside(lanes * bytes, 0);
  for (int64_t lane = 0; lane < lanes; ++lane)
    std::memcpy(outside.data() + lane * bytes, &bits, bytes);
  paddings.push_back(emitter.constants(loc, outside, bytes).front());
  while (canBeApart && bits != 0 && static_cast<int64_t>(paddings.size()) < planesApart)
    paddings.push_back({emitter.createConstant(loc, {outside}, bytes), -1, 0});

  const View &weights = lowering.viewOf(op.getFilters());
  filters.resize(weights.elements() * bytes);
  for (int64_t i = 0; i < weights.elements(); ++i) {
    const uint32_t weight = lowering.bitsOf(weights.at(i));
    std::memcpy(filters.data() + i * bytes, &weight, bytes);
  }
}

void Lowering::Convolution::prepareBody() {
  bodyTypes.push_back(op.getType().getElementType());
  if (!fused) {
    results.push_back(op.getResult());
    return;
  }
  llvm::append_range(results, fused.getResults());
  ArrayRef<int64_t> shape = fused.getShape();
  const int64_t rank = shape.size();
  Layout layout = *lowering.rootOf(results.front()).layout;
  for (auto [input, argument] : llvm::zip_equal(fused.getInputs(), fused.getBlock().getArguments())) {
    const View &view = lowering.viewOf(input);
    if (view.uniformValue()) {
      argumentOf.push_back(-1);
      continue;
    }
    if (input == op.getResult()) {
      argumentOf.push_back(0);
      continue;
    }
    argumentOf.push_back(bodyTypes.size());
    bodyTypes.push_back(argument.getType());
    bool isBySlot = elementsOf(view.shape().drop_back()) == 1;
    Shape part(rank, 1);
    part[rank - 2] = packed.out.count;
    part[rank - 1] = shape.back();
    Layout own = layout;
    if (isBySlot)
      own = imageLayout(part, Pixels{.count = packed.out.count, .groups = 1, .block = packed.out.block});
    extras.push_back({lowering.materialise(loc, view.broadcast(isBySlot ? ArrayRef<int64_t>(part) : shape),
                                           argument.getType(), own),
                      isBySlot, bytesOf(argument.getType())});
  }
}

//===----------------------------------------------------------------------===//
// Units
//===----------------------------------------------------------------------===//

int32_t Lowering::Convolution::tileOf(int64_t phase, int64_t slot, const Chunk &chunk) {
  auto &tiles = lowering.convolutionTiles[lowering.packings.at(op).tilesOf];
  auto [entry, inserted] = tiles.try_emplace(
      {variant, phase, slot, chunk.source.group, chunk.source.chunk, chunk.lineTap, chunk.tap}, -1);
  if (!inserted)
    return entry->second;
  std::vector<std::string> columns(packed.widthOf(slot), std::string(lanes * bytes, 0));
  packed.forEachRun(phase, slot, chunk, [&](int64_t column, int64_t lane, int64_t element, int64_t count) {
    std::memcpy(columns[column].data() + lane * bytes, filters.data() + element * bytes, count * bytes);
  });
  return entry->second = emitter.createConstant(loc, columns, bytes, emitter.target.installStreams);
}

/// For each position in the dimensions in front the place in the input under tap `lineTap`, row-major; -1
/// outside the image.
static std::vector<int64_t> placesUnder(const ConvolutionSizes &sizes, int64_t lineTap) {
  std::vector<int64_t> places{0};
  const int64_t front = static_cast<int64_t>(sizes.taps.size()) - 1;
  int64_t taps = sizes.lineTaps();
  for (int64_t dim = 0; dim < front; ++dim) {
    taps /= sizes.taps[dim];
    const int64_t tap = lineTap / taps % sizes.taps[dim];
    std::vector<int64_t> next;
    for (int64_t place : places)
      for (int64_t position = 0; position < sizes.positions[dim]; ++position) {
        int64_t at = position * sizes.strides[dim] + tap * sizes.dilations[dim] - sizes.low[dim];
        bool isInside = place >= 0 && at >= 0 && at < sizes.extents[dim];
        next.push_back(isInside ? place * sizes.extents[dim] + at : -1);
      }
    places = std::move(next);
  }
  return places;
}

Refs Lowering::Convolution::rowsOf(int64_t phase, const Chunk &chunk, const Rows &present,
                                   size_t plane) const {
  std::vector<int64_t> places(positionsInFront);
  std::iota(places.begin(), places.end(), 0);
  int64_t linesIn = positionsInFront;
  if (!packed.in.hasLines) {
    places = placesUnder(sizes, chunk.lineTap);
    linesIn = elementsOf(ArrayRef<int64_t>(sizes.extents).drop_back());
  }
  Refs rows;
  rows.reserve(present.count);
  for (int64_t row = present.first; row < present.first + present.count; ++row) {
    const int64_t place = places[row % positionsInFront], number = row / positionsInFront,
                  image = number / packed.groupsOf(phase),
                  group = number % packed.groupsOf(phase) * packed.step + chunk.source.group;
    if (place < 0 || group < 0 || group >= packed.inGroups)
      rows.push_back(paddings[std::min(plane, paddings.size() - 1)]);
    else
      rows.push_back(
          inputVectors[((chunk.source.chunk * sizes.images + image) * packed.inGroups + group) * linesIn +
                       place]);
  }
  return rows;
}

/// If their order is free, those whose rows are there first come first. All rows are wanted of the first
/// chunk, which sets the sums, and of the last, whose rows go on through the body and had better follow one
/// another: between them padding is left out.
std::vector<size_t> Lowering::Convolution::orderOf(ArrayRef<Refs> rowsOfChunks) const {
  std::vector<size_t> order(rowsOfChunks.size());
  std::iota(order.begin(), order.end(), 0);
  if (sizes.isOrdered)
    return order;
  std::vector<int32_t> arrivals;                  // the buffer that is made last
  std::vector<std::pair<int64_t, int64_t>> waste; // rows of padding, and runs
  for (const Refs &rows : rowsOfChunks) {
    int32_t latest = 0;
    for (const Ref &ref : rows)
      latest = std::max(latest, ref.buffer);
    arrivals.push_back(latest);
    waste.emplace_back(
        llvm::count_if(rows, [&](const Ref &ref) { return llvm::is_contained(paddings, ref); }),
        countRuns(rows));
  }
  llvm::sort(order,
             [&](size_t a, size_t b) { return std::pair(arrivals[a], a) < std::pair(arrivals[b], b); });
  auto last =
      std::min_element(order.rbegin(), order.rend(), [&](size_t a, size_t b) { return waste[a] < waste[b]; });
  std::rotate(last.base() - 1, last.base(), order.end());
  auto first = std::min_element(order.begin(), order.end() - 1,
                                [&](size_t a, size_t b) { return waste[a].first < waste[b].first; });
  if (order.size() > 1)
    std::rotate(order.begin(), first, first + 1);
  return order;
}

/// The same rows for all planes of neighbouring slots or, apart, other rows for each plane of one slot. Where
/// a plane has fewer than the first, the last one comes again, and nobody reads its result.
void Lowering::Convolution::emitUnit(int64_t phase, Slots slots, int64_t planeCount,
                                     ArrayRef<Rows> rowsOfPlanes) {
  const bool apart = rowsOfPlanes.size() > 1;
  const int64_t count = rowsOfPlanes.front().count;
  ContractUnit unit(emitter, planeCount, count, apart);
  const std::vector<Chunk> chunks = packed.chunksOf(phase, slots.first);
  std::vector<Refs> rows(chunks.size());
  for (auto [chunk, refs] : llvm::zip_equal(chunks, rows))
    for (auto [plane, ofPlane] : llvm::enumerate(rowsOfPlanes)) {
      llvm::append_range(refs, rowsOf(phase, chunk, ofPlane, plane));
      const Ref last = refs.back();
      refs.resize(llvm::alignTo(refs.size(), count), last);
    }
  for (size_t number : orderOf(rows)) {
    const Chunk &chunk = chunks[number];
    SmallVector<int32_t> weights;
    for (int64_t plane = 0; plane < planeCount; ++plane)
      weights.push_back(tileOf(phase, slots.first + (apart ? 0 : plane), chunk));
    unit.addChunk(weights, packed.depthOf(chunk.source.chunk), rows[number]);
  }
  for (int64_t plane = 0; plane < planeCount; ++plane) {
    const int64_t slot = slots.first + (apart ? 0 : plane);
    const Rows &present = rowsOfPlanes[apart ? plane : 0];
    auto resultOf = [&](int64_t row) {
      return resultVector(phase, slot, present.first + std::min(row, present.count - 1));
    };
    unit.addPlane(packed.widthOf(slot));
    for (const Extra &extra : extras) {
      Refs refs;
      for (int64_t row = 0; row < count; ++row)
        refs.push_back(extra.refs[extra.isBySlot ? slot : resultOf(row)]);
      unit.addExtra(lowering.progressionFor(loc, refs, extra.bytes));
    }
    for (auto [result, refs] : llvm::zip_equal(results, *resultVectors)) {
      int64_t bytes = bytesOf(lowering.rootOf(result).type.getElementType());
      int32_t buffer = emitter.createBuffer(loc, count, bytes);
      unit.addOutput({buffer, 0, 1});
      for (int64_t row = 0; row < present.count; ++row)
        refs[resultOf(row)] = {buffer, -1, row};
    }
  }
  unit.create(loc, fused ? fused.getLoc() : loc, bodyTypes,
              [&](OpBuilder &builder, Location loc, ValueRange arguments) {
                if (fused)
                  return lowering.cloneBody(fused, argumentOf, builder, loc, arguments);
                return SmallVector<Value>(arguments);
              });
}

/// Slots side by side that need the same vectors of the input share the rows of a unit; or the planes of a
/// hemisphere share the tiles of one slot, and each has rows of its own: far from the other's, which are then
/// in another buffer if whatever makes them is cut alike.
void Lowering::Convolution::lowerPhase(int64_t phase, int64_t size) {
  const int64_t rows = rowCount(phase);
  const bool apart = canBeApart && rows > 1;
  const int64_t share = apart ? llvm::divideCeil(rows, planesApart) : rows,
                count = llvm::divideCeil(share, llvm::divideCeil(share, size));
  for (int64_t row = 0; row < share; row += count) {
    SmallVector<Rows, 2> rowsOfPlanes;
    for (int64_t first = row; first < rows; first += share)
      rowsOfPlanes.push_back({first, std::min({count, share - row, rows - first})});
    for (int64_t slot = 0, together = 1; slot < packed.slots; slot += together) {
      together = 1;
      while (!apart && together < planes && slot + together < packed.slots &&
             packed.sourcesOf(phase, slot + together) == packed.sourcesOf(phase, slot))
        ++together;
      emitUnit(phase, {slot, together}, apart ? rowsOfPlanes.size() : together, rowsOfPlanes);
    }
  }
}

/// Rows of a unit: few, so that who reads the result need not wait for all of it, but enough to hide the
/// installation of tiles, which takes the streams of a plane's rows for as long as it lasts.
int64_t Lowering::Convolution::groupSize(int64_t rows, int64_t units) const {
  const target::Target &target = emitter.target;
  constexpr int64_t installations = 4;
  const int64_t size = rowsOfGroup(rows, units, canBeApart ? 1 : planes, bytes, target),
                parts = std::max<int64_t>(1, size / (installations * target.columnGroups()));
  return llvm::divideCeil(size, parts);
}

void Lowering::Convolution::run(std::vector<Refs> &vectors) {
  resultVectors = &vectors;
  positionsInFront = elementsOf(ArrayRef<int64_t>(sizes.positions).drop_back());
  planes = lowering.planesOf(op, fused);
  planesApart = emitter.target.planesPerHemisphere;
  canBeApart = bytes == 1 && planesApart == 2 && (!fused || lowering.bodyFits(fused, planesApart));
  prepareInput();
  prepareBody();
  const int64_t phases = std::min(packed.phases, packed.outGroups);
  const int64_t units =
      phases * variants * (canBeApart ? packed.slots : llvm::divideCeil(packed.slots, planes));
  for (int64_t phase = 0; phase < phases; ++phase)
    lowerPhase(phase, groupSize(rowCount(phase), units));
}

LogicalResult Lowering::lowerConvolve(stensor::ConvolveOp op, stensor::MapOp fused) {
  SmallVector<Value> results;
  if (fused)
    results.assign(fused.getResults().begin(), fused.getResults().end());
  else
    results.push_back(op.getResult());
  const Root &first = rootOf(results.front());
  std::vector<Refs> vectors(results.size(), Refs(gridOf(first.type.getShape(), *first.layout).vectors()));
  for (int64_t variant = 0; variant < packings.at(op).out.variants; ++variant)
    Convolution(*this, op, fused, variant).run(vectors);
  for (auto [result, refs] : llvm::zip_equal(results, vectors))
    define(rootOf(result), std::move(refs));
  return success();
}

} // namespace sluice::tiling
