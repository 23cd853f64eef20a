//===- ImageMaker.cpp - The bytes of images -------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A place's index is the sum of a vector's part and a lane's part. Both are listed once
// for a piece, with what lies outside of its box left out; only where vectors and lanes
// move along one dimension is each place looked at by itself.
//
//===----------------------------------------------------------------------===//

#include "ImageMaker.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <algorithm>
#include <cstring>

using namespace mlir;

namespace sluice {

using tile::ImageAttr;
using tile::ImagePieceAttr;

/// Lanes that are copied at a time where neighbouring vectors are neighbours in the source.
constexpr int64_t lanesAtATime = 16;

bool ImageMaker::isAtHand(ElementsAttr data) {
  if (auto image = dyn_cast<ImageAttr>(data))
    return llvm::all_of(image.getPieces().getAsRange<ImagePieceAttr>(),
                        [](ImagePieceAttr piece) { return isAtHand(piece.getSource()); });
  auto resource = dyn_cast<DenseResourceElementsAttr>(data);
  if (!resource)
    return isa<DenseElementsAttr>(data);
  auto type = cast<RankedTensorType>(data.getType());
  const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  return blob && static_cast<int64_t>(blob->getData().size()) ==
                     type.getNumElements() * std::max(1u, type.getElementTypeBitWidth() / 8);
}

StringRef ImageMaker::nameOf(ElementsAttr data) {
  auto image = dyn_cast<ImageAttr>(data);
  if (!image)
    return {};
  for (ImagePieceAttr piece : image.getPieces().getAsRange<ImagePieceAttr>())
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(piece.getSource()))
      return resource.getRawHandle().getKey();
  return {};
}

int64_t ImageMaker::cardBytes(ElementsAttr data) {
  auto type = cast<RankedTensorType>(data.getType());
  return type.getNumElements() / (type.getRank() == 4 ? type.getDimSize(0) : 1);
}

ArrayRef<char> ImageMaker::bytesOf(ElementsAttr source) {
  // What pads comes and goes between the pieces of a weight.
  Source &slot = sources[source.getNumElements() != 1];
  if (source != slot.attribute)
    slot = {source, *golden::TensorValue::fromAttribute(source)};
  return slot.value.bytes();
}

//===----------------------------------------------------------------------===//
// Places of a piece
//===----------------------------------------------------------------------===//

namespace {

/// What a list of loops adds to the indices of a space, place by place.
struct Sums {
  /// `count` places from `first` on.
  Sums(ArrayRef<int64_t> loops, int64_t first, int64_t count, ArrayRef<int64_t> steps, size_t rank);

  std::vector<int64_t> place;              ///< numbers of the places that are left
  std::vector<int64_t> element;            ///< of each, what it adds to the element's number
  std::vector<std::vector<int64_t>> index; ///< by dimension, of each, what it adds
  std::vector<bool> moves;                 ///< by dimension, whether any loop does

  /// Leaves out the places that `isLeft` does not hold for.
  template <typename Predicate>
  void keepIf(Predicate isLeft);
};

} // namespace

Sums::Sums(ArrayRef<int64_t> loops, int64_t first, int64_t count, ArrayRef<int64_t> strides, size_t rank)
    : index(rank), moves(rank, false) {
  int64_t all = 1;
  for (size_t i = 0; i < loops.size(); i += 3) {
    all *= loops[i + 1];
    moves[loops[i]] = moves[loops[i]] || (loops[i + 1] > 1 && loops[i + 2] != 0);
  }
  for (int64_t at = first; at < std::min(all, first + count); ++at) {
    SmallVector<int64_t, 6> sum(rank, 0);
    int64_t rest = at;
    for (size_t i = loops.size(); i != 0; i -= 3) {
      sum[loops[i - 3]] += rest % loops[i - 2] * loops[i - 1];
      rest /= loops[i - 2];
    }
    place.push_back(at - first);
    int64_t number = 0;
    for (size_t d = 0; d < rank; ++d) {
      index[d].push_back(sum[d]);
      number += sum[d] * strides[d];
    }
    element.push_back(number);
  }
}

template <typename Predicate>
void Sums::keepIf(Predicate isLeft) {
  size_t left = 0;
  for (size_t i = 0; i < place.size(); ++i) {
    if (!isLeft(i))
      continue;
    place[left] = place[i];
    element[left] = element[i];
    for (std::vector<int64_t> &list : index)
      list[left] = list[i];
    ++left;
  }
  place.resize(left);
  element.resize(left);
  for (std::vector<int64_t> &list : index)
    list.resize(left);
}

/// The byte planes of `count` elements that follow one another in the source.
template <int64_t bytes>
static void copyRow(const char *from, char *to, int64_t planeBytes, int64_t count) {
  if constexpr (bytes == 1) {
    std::memcpy(to, from, count);
    return;
  }
  for (int64_t byte = 0; byte < bytes; ++byte)
    for (int64_t i = 0; i < count; ++i)
      to[byte * planeBytes + i] = from[i * bytes + byte];
}

/// Copies the elements base + vector part + lane part of `source` to their places; `isInside` says which.
template <int64_t bytes, typename Predicate>
static void copyPlaces(const Sums &vectors, const Sums &lanes, const char *source, char *out,
                       int64_t planeBytes, Predicate isInside) {
  const int64_t count = lanes.place.size();
  for (int64_t first = 0; first < count; first += lanesAtATime)
    for (size_t v = 0; v < vectors.place.size(); ++v) {
      char *to = out + vectors.place[v] * bytes * planeBytes;
      for (int64_t l = first; l < std::min(count, first + lanesAtATime); ++l) {
        if (!isInside(v, l))
          continue;
        const char *from = source + (vectors.element[v] + lanes.element[l]) * bytes;
        for (int64_t byte = 0; byte < bytes; ++byte)
          to[byte * planeBytes + lanes.place[l]] = from[byte];
      }
    }
}

/// Whether places and elements are consecutive.
static bool isRow(const Sums &lanes) {
  for (size_t l = 1; l < lanes.place.size(); ++l)
    if (lanes.element[l] != lanes.element[l - 1] + 1 || lanes.place[l] != lanes.place[l - 1] + 1)
      return false;
  return true;
}

namespace {

/// A dimension along which vectors and lanes move, and what a box leaves of it.
struct Shared {
  const std::vector<int64_t> &ofVector, &ofLane;
  int64_t low, end;

  bool holds(size_t v, size_t l) const {
    const int64_t index = ofVector[v] + ofLane[l];
    return index >= low && index < end;
  }
};

} // namespace

template <int64_t bytes>
static void copyPiece(const Sums &vectors, const Sums &lanes, ArrayRef<Shared> shared, const char *source,
                      char *out, int64_t planeBytes) {
  if (!shared.empty())
    return copyPlaces<bytes>(vectors, lanes, source, out, planeBytes, [&](size_t v, size_t l) {
      return llvm::all_of(shared, [&](const Shared &dim) { return dim.holds(v, l); });
    });
  if (lanes.place.empty() || !isRow(lanes))
    return copyPlaces<bytes>(vectors, lanes, source, out, planeBytes, [](size_t, size_t) { return true; });
  for (size_t v = 0; v < vectors.place.size(); ++v)
    copyRow<bytes>(source + (vectors.element[v] + lanes.element[0]) * bytes,
                   out + vectors.place[v] * bytes * planeBytes + lanes.place[0], planeBytes,
                   lanes.place.size());
}

//===----------------------------------------------------------------------===//
// Images
//===----------------------------------------------------------------------===//

void ImageMaker::makePiece(ImageAttr image, ImagePieceAttr piece, int64_t card, MutableArrayRef<char> out) {
  ArrayRef<int64_t> sizes = image.getType().getShape().take_back(3), low = piece.getLow().asArrayRef(),
                    extent = piece.getExtent().asArrayRef(), strides = piece.getStrides().asArrayRef();
  const size_t rank = low.size();
  const Sums cards(image.getCards().asArrayRef(), card, 1, strides, rank);
  const int64_t count = out.size() / (sizes[1] * sizes[2]);
  Sums vectors(image.getVectors().asArrayRef(), 0, count, strides, rank),
      lanes(image.getLanes().asArrayRef(), image.getFirstLane(), sizes[2], strides, rank);
  int64_t base = piece.getStart() + cards.element[0];
  SmallVector<Shared> shared;
  for (size_t d = 0; d < rank; ++d) {
    // The index of the place without what vector and lane add, counted from the box's begin.
    const int64_t start = image.getOffsets()[d] + cards.index[d][0] - low[d];
    base += (image.getOffsets()[d] - low[d]) * strides[d];
    if (vectors.moves[d] && lanes.moves[d]) {
      shared.push_back({vectors.index[d], lanes.index[d], -start, extent[d] - start});
      continue;
    }
    auto isInside = [&](int64_t index) { return start + index >= 0 && start + index < extent[d]; };
    if (lanes.moves[d])
      lanes.keepIf([&](size_t l) { return isInside(lanes.index[d][l]); });
    else
      vectors.keepIf([&](size_t v) { return isInside(vectors.index[d][v]); });
  }
  for (int64_t &element : vectors.element)
    element += base;
  const char *source = bytesOf(piece.getSource()).data();
  switch (sizes[1]) {
  case 1:
    return copyPiece<1>(vectors, lanes, shared, source, out.data(), sizes[2]);
  case 2:
    return copyPiece<2>(vectors, lanes, shared, source, out.data(), sizes[2]);
  default:
    return copyPiece<4>(vectors, lanes, shared, source, out.data(), sizes[2]);
  }
}

void ImageMaker::make(ElementsAttr data, int64_t card, MutableArrayRef<char> out) {
  auto type = cast<RankedTensorType>(data.getType());
  if (type.getRank() == 3 || type.getDimSize(0) == 1)
    card = 0;
  if (auto image = dyn_cast<ImageAttr>(data)) {
    std::fill(out.begin(), out.end(), 0);
    for (ImagePieceAttr piece : image.getPieces().getAsRange<ImagePieceAttr>())
      makePiece(image, piece, card, out);
    return;
  }
  ArrayRef<char> raw = isa<DenseResourceElementsAttr>(data)
                           ? cast<DenseResourceElementsAttr>(data).getRawHandle().getBlob()->getData()
                           : cast<DenseElementsAttr>(data).getRawData();
  if (static_cast<int64_t>(raw.size()) < type.getNumElements())
    std::fill(out.begin(), out.end(), raw.front());
  else
    std::copy_n(raw.begin() + card * cardBytes(data), out.size(), out.begin());
}

} // namespace sluice
