//===- TileAttrs.cpp - Attributes of the tile dialect -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/PassBody.h"
#include "dialects/tile/TileDialect.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;

namespace sluice::tile {

/// Numbers with which sums of products can be reckoned without care.
static constexpr int64_t kMost = int64_t(1) << 40;
static constexpr size_t kMostDimensions = 64;

static bool areModest(ArrayRef<int64_t> numbers) {
  return llvm::all_of(numbers, [](int64_t number) { return number >= -kMost && number <= kMost; });
}

LogicalResult ImagePieceAttr::verify(function_ref<InFlightDiagnostic()> emitError, ElementsAttr source,
                                     int64_t start, DenseI64ArrayAttr low, DenseI64ArrayAttr extent,
                                     DenseI64ArrayAttr strides) {
  auto type = dyn_cast<RankedTensorType>(source.getType());
  if (!type || !type.hasStaticShape() || !isBodyType(type.getElementType()))
    return emitError() << "a piece's source is of type " << source.getType();
  const size_t rank = low.size();
  if (rank > kMostDimensions || extent.size() != int64_t(rank) || strides.size() != int64_t(rank))
    return emitError() << "a piece has " << low.size() << " beginnings, " << extent.size() << " extents and "
                       << strides.size() << " strides";
  if (start < 0 || start > kMost || !areModest(low.asArrayRef()) || !areModest(extent.asArrayRef()) ||
      !areModest(strides.asArrayRef()))
    return emitError() << "a piece has numbers beyond " << kMost;
  // Its first and last element.
  int64_t first = start, last = start;
  for (auto [size, stride] : llvm::zip_equal(extent.asArrayRef(), strides.asArrayRef())) {
    if (size < 1)
      return emitError() << "a piece has extent " << size;
    int64_t &end = stride < 0 ? first : last;
    std::optional<int64_t> moved = llvm::checkedMulAdd(size - 1, stride, end);
    if (!moved)
      return emitError() << "a piece goes beyond its source";
    end = *moved;
  }
  int64_t elements = 1;
  for (int64_t size : type.getShape()) {
    std::optional<int64_t> product = llvm::checkedMul(elements, size);
    if (!product)
      return emitError() << "a piece's source has more elements than there are numbers for";
    elements = *product;
  }
  if (first < 0 || last >= elements)
    return emitError() << "a piece goes beyond its source: elements " << first << " to " << last << " of "
                       << elements;
  return success();
}

/// What the loops of a list count, if they are sound.
static FailureOr<int64_t> countOf(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> loops,
                                  size_t rank) {
  if (loops.size() % 3 != 0 || loops.size() > 3 * kMostDimensions || !areModest(loops)) {
    emitError() << "a loop has a dimension, a count and a step, below " << kMost;
    return failure();
  }
  int64_t count = 1;
  for (size_t i = 0; i < loops.size(); i += 3) {
    if (loops[i] < 0 || loops[i] >= int64_t(rank) || loops[i + 1] < 1) {
      emitError() << "a loop counts " << loops[i + 1] << " along dimension " << loops[i] << " of " << rank;
      return failure();
    }
    count = llvm::checkedMul(count, loops[i + 1]).value_or(kMost);
    count = std::min(count, kMost);
  }
  return count;
}

LogicalResult ImageAttr::verify(function_ref<InFlightDiagnostic()> emitError, RankedTensorType type,
                                DenseI64ArrayAttr offsets, DenseI64ArrayAttr cards, DenseI64ArrayAttr vectors,
                                DenseI64ArrayAttr lanes, int64_t firstLane, ArrayAttr pieces) {
  if (!type || !type.hasStaticShape() || !type.getElementType().isInteger(8) ||
      (type.getRank() != 3 && type.getRank() != 4))
    return emitError() << "an image is int8 of shape [(cards,) vectors, bytes, lanes], is " << type;
  const size_t rank = offsets.size();
  if (rank > kMostDimensions || !areModest(offsets.asArrayRef()) || firstLane < 0 || firstLane > kMost)
    return emitError() << "an image begins beyond " << kMost;
  FailureOr<int64_t> cardCount = countOf(emitError, cards.asArrayRef(), rank),
                     vectorCount = countOf(emitError, vectors.asArrayRef(), rank),
                     laneCount = countOf(emitError, lanes.asArrayRef(), rank);
  if (failed(cardCount) || failed(vectorCount) || failed(laneCount))
    return failure();
  ArrayRef<int64_t> sizes = type.getShape().take_back(3);
  const int64_t cardsHeld = type.getRank() == 4 ? type.getDimSize(0) : 1;
  if (*cardCount < cardsHeld || *vectorCount < sizes[0])
    return emitError() << "the loops of an image count " << *cardCount << " cards and " << *vectorCount
                       << " vectors of " << cardsHeld << " and " << sizes[0];
  for (Attribute piece : pieces) {
    auto part = dyn_cast<ImagePieceAttr>(piece);
    if (!part || part.getLow().size() != int64_t(rank))
      return emitError() << "an image of " << rank << " dimensions has a piece " << piece;
    if (widthOf(part.getSource().getElementType()) != sizes[1])
      return emitError() << "an image of " << sizes[1] << " bytes has a piece of "
                         << part.getSource().getType();
  }
  return success();
}

ImageAttr ImageAttr::withCards() const {
  if (getType().getRank() == 4)
    return *this;
  SmallVector<int64_t> shape{1};
  llvm::append_range(shape, getType().getShape());
  return get(getContext(), RankedTensorType::get(shape, getType().getElementType()), getOffsets(), getCards(),
             getVectors(), getLanes(), getFirstLane(), getPieces());
}

} // namespace sluice::tile
