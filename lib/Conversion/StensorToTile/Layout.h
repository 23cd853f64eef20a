//===- Layout.h - Tensors as vectors of lanes -------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_LAYOUT_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_LAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <vector>

namespace sluice::tiling {

using Shape = llvm::SmallVector<int64_t, 6>;

int64_t elementsOf(llvm::ArrayRef<int64_t> shape);
/// Row-major strides, in elements.
Shape stridesOf(llvm::ArrayRef<int64_t> shape);

/// How a tensor lies in vectors: as the container's Layout says, its dimensions
/// permuted, the last `laneDims` flattened onto lanes and cut in chunks of a vector, the
/// chunk and the others numbering the vectors in row-major order.
struct Layout {
  /// Neighbours along a dimension that lie side by side: `size` of them, the last group may have fewer. The
  /// groups number vectors in the dimension's place, what is in a group comes before the dimensions on lanes.
  struct Group {
    int64_t dim = -1, size = 1; ///< dim -1: none
    auto operator<=>(const Group &) const = default;
  };

  Shape permutation;
  int64_t laneDims = 0;
  Group group;

  /// Dimensions [dim - count + 1, dim] on lanes, the others in their order.
  static Layout onLanes(int64_t rank, int64_t dim, int64_t count = 1);
  /// One element a vector, the same in every lane.
  static Layout replicated(int64_t rank) { return onLanes(rank, rank - 1, 0); }

  bool operator==(const Layout &) const = default;
  bool operator<(const Layout &other) const {
    if (laneDims != other.laneDims)
      return laneDims < other.laneDims;
    return group != other.group ? group < other.group : permutation < other.permutation;
  }
};

/// Where the elements of a tensor lie under a layout. An element is named by its
/// row-major number, a place by vector * lanes + lane. Lanes of a group that has fewer hold no element: -1.
class Grid {
public:
  Grid(llvm::ArrayRef<int64_t> shape, const Layout &layout, int64_t lanes);

  int64_t vectors() const { return static_cast<int64_t>(outer.size()) * chunkCount; }
  int64_t chunks() const { return chunkCount; }
  int64_t rows() const { return outer.size(); }
  /// Elements of a row, which fill its chunks one after the other.
  int64_t rowElements() const { return inner.size(); }
  int64_t elementOfRow(int64_t row, int64_t i) const {
    return isPartial && firstInGroup[row] + placeInGroup[i] >= groupedExtent ? -1 : outer[row] + inner[i];
  }
  /// Whether a vector holds one element, in every lane.
  bool isReplicated() const { return inner.size() == 1; }
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
  /// The place of every element.
  std::vector<int64_t> places() const;

private:
  int64_t lanes, chunkCount, elementCount;
  std::vector<int64_t> outer; ///< element of each row's first lane
  std::vector<int64_t> inner; ///< offset of each lane element
  // Where groups do not divide their dimension.
  bool isPartial = false;
  int64_t groupedExtent = 0;
  std::vector<int64_t> firstInGroup; ///< by row, along the grouped dimension
  std::vector<int64_t> placeInGroup; ///< by lane element
};

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_LAYOUT_H
