//===- Layout.h - Tensors as vectors of lanes -------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_VIEWS_LAYOUT_H
#define SLUICE_LIB_CONVERSION_VIEWS_LAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <utility>
#include <vector>

namespace sluice::tiling {

using Shape = llvm::SmallVector<int64_t, 6>;

int64_t elementsOf(llvm::ArrayRef<int64_t> shape);
/// Row-major strides, in elements.
Shape stridesOf(llvm::ArrayRef<int64_t> shape);

/// `count` steps of `step` along a dimension.
struct Loop {
  int64_t dim, count, step;
  auto operator<=>(const Loop &) const = default;
};

/// How a tensor lies in vectors. Plain: its dimensions permuted, the last `laneDims` flattened onto lanes and
/// cut in chunks of a vector, the chunk and the others numbering the vectors in row-major order. By loops:
/// `rows` and `lanes` in the place of those dimensions; the index in a dimension is its offset and what its
/// loops add. Then an element may lie in many places, and places outside the tensor hold none.
struct Layout {
  Shape permutation;
  int64_t laneDims = 0;
  std::vector<Loop> rows, lanes;
  Shape offsets; ///< one a dimension where there are loops, else none

  /// Dimensions [dim - count + 1, dim] on lanes, the others in their order.
  static Layout onLanes(int64_t rank, int64_t dim, int64_t count = 1);
  /// One element a vector, the same in every lane.
  static Layout replicated(int64_t rank) { return onLanes(rank, rank - 1, 0); }
  bool hasLoops() const { return !offsets.empty(); }
  /// The same by loops, for a tensor of `shape` in vectors of `lanes`; a replicated element lies in all of
  /// them.
  Layout byLoops(llvm::ArrayRef<int64_t> shape, int64_t lanes) const;

  auto operator<=>(const Layout &other) const {
    auto less = [](const auto &a, const auto &b) {
      return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
    };
    if (auto order = laneDims <=> other.laneDims; order != 0)
      return order;
    if (auto order = less(permutation, other.permutation); order != 0)
      return order;
    if (auto order = less(rows, other.rows); order != 0)
      return order;
    if (auto order = less(lanes, other.lanes); order != 0)
      return order;
    return less(offsets, other.offsets);
  }
  bool operator==(const Layout &other) const { return (*this <=> other) == 0; }
};

/// Where the elements of a tensor lie under a layout. An element is named by its
/// row-major number, a place by vector * lanes + lane. A place that holds no element has element -1.
class Grid {
public:
  Grid(llvm::ArrayRef<int64_t> shape, const Layout &layout, int64_t lanes);

  int64_t vectors() const { return static_cast<int64_t>(outer.size()) * chunkCount; }
  int64_t chunks() const { return chunkCount; }
  int64_t rows() const { return outer.size(); }
  /// Elements of a row, which fill its chunks one after the other.
  int64_t rowElements() const { return inner.size(); }
  int64_t elementOfRow(int64_t row, int64_t i) const {
    for (const Bound &bound : bounds)
      if (uint64_t(bound.ofRow[row] + bound.ofLane[i]) >= uint64_t(bound.extent))
        return -1;
    return outer[row] + inner[i];
  }
  /// Whether a vector holds one element, in every lane.
  bool isReplicated() const { return inner.size() == 1 && !hasLoops; }
  /// Lanes of `vector` that hold elements; 1 when replicated.
  int64_t validLanes(int64_t vector) const {
    return std::min<int64_t>(lanes, inner.size() - chunkOf(vector) * lanes);
  }
  int64_t element(int64_t vector, int64_t lane) const {
    return elementOfRow(rowOf(vector), chunkOf(vector) * lanes + lane);
  }
  int64_t vectorAt(int64_t row, int64_t chunk) const { return chunk * rows() + row; }
  int64_t rowOf(int64_t vector) const { return vector % rows(); }
  int64_t chunkOf(int64_t vector) const { return vector / rows(); }
  /// The place of every element of a plain layout.
  std::vector<int64_t> places() const;
  /// The places of all elements, and where those of each begin, with an end behind the last.
  std::pair<std::vector<int64_t>, std::vector<int64_t>> allPlaces() const;

private:
  /// A dimension that places may be outside of: their index is the sum of the row's and the lane's part.
  struct Bound {
    int64_t extent;
    std::vector<int64_t> ofRow, ofLane;
  };

  int64_t lanes, chunkCount, elementCount;
  bool hasLoops;
  std::vector<int64_t> outer; ///< element of each row's first lane
  std::vector<int64_t> inner; ///< offset of each lane element
  llvm::SmallVector<Bound, 2> bounds;
};

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_VIEWS_LAYOUT_H
