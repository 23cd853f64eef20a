//===- Layout.cpp - Tensors as vectors of lanes ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Layout.h"

namespace sluice::tiling {

int64_t elementsOf(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

Shape stridesOf(llvm::ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (int64_t d = static_cast<int64_t>(shape.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

Layout Layout::onLanes(int64_t rank, int64_t dim, int64_t count) {
  Layout layout;
  layout.laneDims = std::min(count, rank);
  for (int64_t d = 0; d < rank; ++d)
    if (d > dim || d <= dim - layout.laneDims)
      layout.permutation.push_back(d);
  for (int64_t d = dim - layout.laneDims + 1; d <= dim; ++d)
    if (d >= 0 && layout.laneDims > 0)
      layout.permutation.push_back(d);
  return layout;
}

namespace {
/// Part of an index: `count` steps of `stride` elements.
struct Loop {
  int64_t count, stride;
};
} // namespace

/// Offsets that `loops` reach, the last one running fastest.
static std::vector<int64_t> offsetsOf(llvm::ArrayRef<Loop> loops) {
  std::vector<int64_t> offsets{0};
  for (const Loop &loop : loops) {
    std::vector<int64_t> next;
    next.reserve(offsets.size() * loop.count);
    for (int64_t offset : offsets)
      for (int64_t i = 0; i < loop.count; ++i)
        next.push_back(offset + i * loop.stride);
    offsets = std::move(next);
  }
  return offsets;
}

Grid::Grid(llvm::ArrayRef<int64_t> shape, const Layout &layout, int64_t lanes) : lanes(lanes) {
  Shape strides = stridesOf(shape);
  llvm::SmallVector<Loop> rows, elements;
  const Layout::Group &group = layout.group;
  bool isGrouped = group.dim >= 0;
  if (isGrouped)
    elements.push_back({group.size, strides[group.dim]});
  for (auto [i, d] : llvm::enumerate(layout.permutation)) {
    if (static_cast<int64_t>(i) >= static_cast<int64_t>(shape.size()) - layout.laneDims)
      elements.push_back({shape[d], strides[d]});
    else if (d == group.dim)
      rows.push_back({(shape[d] + group.size - 1) / group.size, group.size * strides[d]});
    else
      rows.push_back({shape[d], strides[d]});
  }
  outer = offsetsOf(rows);
  inner = offsetsOf(elements);
  elementCount = elementsOf(shape);
  chunkCount = (static_cast<int64_t>(inner.size()) + lanes - 1) / lanes;
  isPartial = isGrouped && shape[group.dim] % group.size != 0;
  if (!isPartial)
    return;
  groupedExtent = shape[group.dim];
  for (int64_t offset : outer)
    firstInGroup.push_back(offset / strides[group.dim] % groupedExtent);
  for (size_t i = 0; i < inner.size(); ++i)
    placeInGroup.push_back(static_cast<int64_t>(i / (inner.size() / group.size)));
}

std::vector<int64_t> Grid::places() const {
  std::vector<int64_t> result(elementCount);
  for (int64_t row = 0; row < rows(); ++row)
    for (size_t i = 0; i < inner.size(); ++i)
      if (int64_t element = elementOfRow(row, i); element >= 0)
        result[element] = vectorAt(row, i / lanes) * lanes + i % lanes;
  return result;
}

} // namespace sluice::tiling
