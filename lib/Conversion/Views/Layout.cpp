//===- Layout.cpp - Tensors as vectors of lanes ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Layout.h"

#include "llvm/ADT/STLExtras.h"

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

Layout Layout::byLoops(llvm::ArrayRef<int64_t> shape, int64_t lanes) const {
  if (hasLoops())
    return *this;
  Layout loops;
  loops.offsets.assign(shape.size(), 0);
  const int64_t outer = static_cast<int64_t>(permutation.size()) - laneDims;
  for (auto [i, dim] : llvm::enumerate(permutation))
    (static_cast<int64_t>(i) < outer ? loops.rows : loops.lanes).push_back({dim, shape[dim], 1});
  int64_t elements = 1;
  for (const Loop &loop : loops.lanes)
    elements *= loop.count;
  if (elements == 1)
    loops.lanes.push_back({0, lanes, 0});
  return loops;
}

/// What `loops` add up to, the last one running fastest; a step of dimension d counts `weights[d]`.
static std::vector<int64_t> sumsOf(llvm::ArrayRef<Loop> loops, llvm::ArrayRef<int64_t> weights) {
  std::vector<int64_t> sums{0};
  for (const Loop &loop : loops) {
    std::vector<int64_t> next;
    next.reserve(sums.size() * loop.count);
    for (int64_t sum : sums)
      for (int64_t i = 0; i < loop.count; ++i)
        next.push_back(sum + i * loop.step * weights[loop.dim]);
    sums = std::move(next);
  }
  return sums;
}

Grid::Grid(llvm::ArrayRef<int64_t> shape, const Layout &layout, int64_t lanes)
    : lanes(lanes), elementCount(elementsOf(shape)), hasLoops(layout.hasLoops()) {
  const Shape strides = stridesOf(shape);
  std::vector<Loop> rows = layout.rows, elements = layout.lanes;
  const int64_t outerDims = static_cast<int64_t>(layout.permutation.size()) - layout.laneDims;
  for (auto [i, dim] : llvm::enumerate(layout.permutation))
    (static_cast<int64_t>(i) < outerDims ? rows : elements).push_back({dim, shape[dim], 1});
  outer = sumsOf(rows, strides);
  inner = sumsOf(elements, strides);
  chunkCount = (static_cast<int64_t>(inner.size()) + lanes - 1) / lanes;
  for (auto [dim, offset] : llvm::enumerate(layout.offsets)) {
    int64_t low = offset, high = offset;
    for (const auto &loops : {rows, elements})
      for (const Loop &loop : loops)
        if (loop.dim == static_cast<int64_t>(dim))
          high += (loop.count - 1) * loop.step;
    for (int64_t &element : outer)
      element += offset * strides[dim];
    if (low >= 0 && high < shape[dim])
      continue;
    Shape one(shape.size(), 0);
    one[dim] = 1;
    Bound &bound = bounds.emplace_back(Bound{shape[dim], sumsOf(rows, one), sumsOf(elements, one)});
    for (int64_t &index : bound.ofRow)
      index += offset;
  }
}

std::vector<int64_t> Grid::places() const {
  std::vector<int64_t> result(elementCount);
  for (int64_t row = 0; row < rows(); ++row)
    for (size_t i = 0; i < inner.size(); ++i)
      result[outer[row] + inner[i]] = vectorAt(row, i / lanes) * lanes + i % lanes;
  return result;
}

std::pair<std::vector<int64_t>, std::vector<int64_t>> Grid::allPlaces() const {
  std::vector<int64_t> starts(elementCount + 1, 0);
  auto forEach = [&](auto visit) {
    for (int64_t row = 0; row < rows(); ++row)
      for (int64_t i = 0; i < rowElements(); ++i)
        if (int64_t element = elementOfRow(row, i); element >= 0)
          visit(element, vectorAt(row, i / lanes) * lanes + i % lanes);
  };
  forEach([&](int64_t element, int64_t) { ++starts[element + 1]; });
  for (int64_t element = 0; element < elementCount; ++element)
    starts[element + 1] += starts[element];
  std::vector<int64_t> places(starts.back()), next(starts.begin(), starts.end() - 1);
  forEach([&](int64_t element, int64_t place) { places[next[element]++] = place; });
  return {std::move(starts), std::move(places)};
}

} // namespace sluice::tiling
