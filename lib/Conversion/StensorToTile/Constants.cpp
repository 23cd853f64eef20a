//===- Constants.cpp - Buffers of what is known ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights are not read here: an image says which of their elements lies where, and is
// made while the binary is written.
//
//===----------------------------------------------------------------------===//

#include "Places.h"
#include "lib/Conversion/Views/Elements.h"

#include "lib/Conversion/Images/ImageMaker.h"

using namespace mlir;

namespace sluice::tiling {

/// The constant that the elements of a piece are of.
ElementsAttr Lowering::constantOf(const ViewPiece &piece, Type elementType) const {
  if (piece.first.isFixed())
    return DenseElementsAttr::get(RankedTensorType::get({1}, elementType),
                                  Attribute(elementAttribute(elementType, piece.first.value)));
  return roots[piece.first.root].value.getDefiningOp<stensor::ConstantOp>().getValue();
}

/// Whether some place may lie in the box of `piece`.
static bool reaches(const ViewPiece &piece, ArrayRef<int64_t> least, ArrayRef<int64_t> most) {
  for (size_t d = 0; d < piece.low.size(); ++d)
    if (most[d] < piece.low[d] || least[d] >= piece.low[d] + piece.extent[d])
      return false;
  return true;
}

bool Lowering::isByCard(const View &view) {
  return llvm::any_of(view.pieces(), [](const ViewPiece &piece) { return piece.first.cardStep != 0; });
}

/// Cards become the index space's last dimension.
static void addCardDimension(ViewPiece &piece, int64_t cards) {
  piece.low.push_back(0);
  piece.extent.push_back(cards);
  piece.strides.push_back(piece.first.cardStep);
}

int32_t Lowering::constantBuffer(Location loc, const View &view, Places places, Type elementType,
                                 int64_t stripes) {
  OpBuilder &builder = emitter.builder;
  const bool isByCard = Lowering::isByCard(view);
  if (isByCard) {
    places.cards.push_back({static_cast<int64_t>(places.offsets.size()), options.cards, 1});
    places.offsets.push_back(0);
  }
  Shape least = places.offsets, most = places.offsets;
  auto flatten = [&](const Places::Loops &loops) {
    SmallVector<int64_t> flat;
    for (const Loop &loop : loops) {
      flat.append({loop.dim, loop.count, loop.step});
      (loop.step < 0 ? least : most)[loop.dim] += (loop.count - 1) * loop.step;
    }
    return builder.getDenseI64ArrayAttr(flat);
  };
  auto cards = flatten(places.cards), vectors = flatten(places.vectors), lanes = flatten(places.lanes);
  bool isLarge = false;
  SmallVector<Attribute> pieces;
  for (ViewPiece piece : view.pieces()) {
    if (isByCard)
      addCardDimension(piece, options.cards);
    const bool isZero = piece.first.isFixed() && piece.first.value == 0;
    if (isZero || !reaches(piece, least, most))
      continue;
    ElementsAttr source = constantOf(piece, elementType);
    isLarge |= !isa<DenseElementsAttr>(source);
    pieces.push_back(tile::ImagePieceAttr::get(
        builder.getContext(), source, piece.first.number, builder.getDenseI64ArrayAttr(piece.low),
        builder.getDenseI64ArrayAttr(piece.extent), builder.getDenseI64ArrayAttr(piece.strides)));
  }
  SmallVector<int64_t> shape{Places::count(places.vectors), bytesOf(elementType), emitter.target.lanes()};
  if (const int64_t count = Places::count(places.cards); count > 1)
    shape.insert(shape.begin(), count);
  auto type = RankedTensorType::get(shape, builder.getI8Type());
  auto image = tile::ImageAttr::get(builder.getContext(), type, builder.getDenseI64ArrayAttr(places.offsets),
                                    cards, vectors, lanes, places.firstLane, builder.getArrayAttr(pieces));
  if (isLarge)
    return emitter.createConstant(loc, image, stripes);
  golden::TensorValue data(type);
  ImageMaker maker;
  const int64_t size = ImageMaker::cardBytes(image);
  for (int64_t card = 0; card < Places::count(places.cards); ++card)
    maker.make(image, card, data.mutableBytes().slice(card * size, size));
  return emitter.createConstant(loc, data.toAttribute(), stripes);
}

Lowering::Places Lowering::placesOf(const Layout &layout, ArrayRef<int64_t> shape, int64_t chunk) const {
  const Layout loops = layout.byLoops(shape, emitter.target.lanes());
  Places places;
  places.offsets = loops.offsets;
  places.vectors.append(loops.rows.begin(), loops.rows.end());
  places.lanes.append(loops.lanes.begin(), loops.lanes.end());
  places.firstLane = chunk * emitter.target.lanes();
  return places;
}

/// Cuts the vectors of `places` in stretches of at most `most`.
void Lowering::forEachStretch(Places places, int64_t most, llvm::function_ref<void(const Places &)> act) {
  const int64_t all = Places::count(places.vectors);
  auto *loop = llvm::find_if(places.vectors, [](const Loop &loop) { return loop.count > 1; });
  if (all <= most || loop == places.vectors.end())
    return act(places);
  const int64_t count = loop->count, part = std::max<int64_t>(1, most / (all / count));
  for (int64_t first = 0; first < count; first += part) {
    loop->count = std::min(part, count - first);
    forEachStretch(places, most, act);
    places.offsets[loop->dim] += part * loop->step;
  }
}

Refs Lowering::constantsByCard(Location loc, const View &view, ArrayRef<int64_t> shape, Type elementType,
                               const Layout &layout, ArrayRef<Loop> cards) {
  const Grid grid = gridOf(shape, layout);
  Refs refs;
  for (int64_t chunk = 0; chunk < grid.chunks(); ++chunk) {
    Places all = placesOf(layout, shape, chunk);
    all.cards.append(cards.begin(), cards.end());
    forEachStretch(all, emitter.blockOf(grid.rows()), [&](const Places &places) {
      const int32_t buffer = constantBuffer(loc, view, places, elementType);
      for (int64_t vector = 0, count = Places::count(places.vectors); vector < count; ++vector)
        refs.push_back({buffer, -1, vector});
    });
  }
  return refs;
}

} // namespace sluice::tiling
