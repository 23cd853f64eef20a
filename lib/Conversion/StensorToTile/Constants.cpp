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

#include "Elements.h"
#include "Places.h"

#include "lib/Conversion/Images/ImageMaker.h"

#include <cstring>

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
    for (const Places::Loop &loop : loops) {
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

Refs Lowering::constantsByCard(Location loc, const View &view, Type elementType, const Layout &layout,
                               int64_t replicas) {
  const Grid grid = gridOf(view.shape(), layout);
  const int64_t width = bytesOf(elementType), lanes = emitter.target.lanes();
  std::vector<std::string> vectors;
  for (int64_t card = 0; card < int64_t(options.cards); ++card)
    for (int64_t vector = 0; vector < grid.vectors(); ++vector) {
      std::string &content = vectors.emplace_back(lanes * width, 0);
      for (int64_t lane = 0, e = grid.isReplicated() ? replicas : grid.validLanes(vector); lane < e; ++lane) {
        const int64_t number = grid.element(vector, grid.isReplicated() ? 0 : lane);
        Element element = number < 0 ? Element() : view.at(number);
        if (!element.isFixed())
          element.number += card * element.cardStep;
        const uint32_t bits = bitsOf(element);
        std::memcpy(content.data() + lane * width, &bits, width);
      }
    }
  const int32_t buffer = emitter.createConstant(loc, vectors, width, 1, options.cards);
  Refs refs;
  for (int64_t vector = 0; vector < grid.vectors(); ++vector)
    refs.push_back({buffer, -1, vector});
  return refs;
}

} // namespace sluice::tiling
