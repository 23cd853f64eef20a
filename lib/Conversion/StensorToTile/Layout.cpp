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

/// Offsets of all elements of the dimensions `dims`, the last one running fastest.
static std::vector<int64_t> offsetsOf(llvm::ArrayRef<int64_t> dims, llvm::ArrayRef<int64_t> shape) {
  Shape strides = stridesOf(shape);
  std::vector<int64_t> offsets{0};
  for (int64_t d : dims) {
    std::vector<int64_t> next;
    next.reserve(offsets.size() * shape[d]);
    for (int64_t offset : offsets)
      for (int64_t i = 0; i < shape[d]; ++i)
        next.push_back(offset + i * strides[d]);
    offsets = std::move(next);
  }
  return offsets;
}

Grid::Grid(llvm::ArrayRef<int64_t> shape, const Layout &layout, int64_t lanes) : lanes(lanes) {
  llvm::ArrayRef<int64_t> permutation = layout.permutation;
  outer = offsetsOf(permutation.drop_back(layout.laneDims), shape);
  inner = offsetsOf(permutation.take_back(layout.laneDims), shape);
  chunkCount = (static_cast<int64_t>(inner.size()) + lanes - 1) / lanes;
}

std::vector<int64_t> Grid::places() const {
  std::vector<int64_t> result(outer.size() * inner.size());
  for (int64_t row = 0; row < rows(); ++row)
    for (size_t i = 0; i < inner.size(); ++i)
      result[outer[row] + inner[i]] = vectorAt(row, i / lanes) * lanes + i % lanes;
  return result;
}

} // namespace sluice::tiling
