//===- LoopPlaces.cpp - Elements in the lanes of a looped input -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopPlaces.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::executor;
using verifier::TensorLayout;

/// Adds to `index` where the loops are at place `number`.
static void addPlace(const std::vector<TensorLayout::Loop> &loops, size_t number,
                     std::vector<int64_t> &index) {
  for (size_t i = loops.size(); i-- != 0; number /= loops[i].count)
    index[loops[i].dim] += loops[i].step * int64_t(number % loops[i].count);
}

/// The number of an element, modulo 2^64: that of a sum of indices is the sum of theirs.
static size_t elementAt(const TensorLayout &layout, const std::vector<int64_t> &index) {
  size_t element = 0;
  for (size_t dim = 0; dim != index.size(); ++dim)
    element += size_t(index[dim]) * layout.strides[dim];
  return element;
}

LoopPlaces::LoopPlaces(const TensorLayout &layout, size_t lanes)
    : layout(layout), lanes(lanes), laneIndices(layout.shape.size(), std::vector<int64_t>(lanes)),
      laneElements(lanes), least(layout.shape.size()), most(layout.shape.size()), elements(lanes) {}

void LoopPlaces::enterChunk(size_t number) {
  chunk = number;
  laneCount = std::min(lanes, layout.laneElements - chunk * lanes);
  for (size_t lane = 0; lane != laneCount; ++lane) {
    std::vector<int64_t> index(layout.shape.size());
    addPlace(layout.lanes, chunk * lanes + lane, index);
    laneElements[lane] = elementAt(layout, index);
    for (size_t dim = 0; dim != index.size(); ++dim)
      laneIndices[dim][lane] = index[dim];
  }
  for (size_t dim = 0; dim != laneIndices.size(); ++dim) {
    const auto begin = laneIndices[dim].begin();
    const auto [low, high] = std::minmax_element(begin, begin + ptrdiff_t(laneCount));
    least[dim] = *low;
    most[dim] = *high;
  }
  std::fill(elements.begin(), elements.end(), kNone);
}

const std::vector<size_t> &LoopPlaces::elementsOf(size_t vector) {
  if (vector / layout.outer != chunk)
    enterChunk(vector / layout.outer);
  std::vector<int64_t> row = layout.offsets;
  addPlace(layout.rows, vector % layout.outer, row);
  const size_t first = elementAt(layout, row);
  for (size_t lane = 0; lane != laneCount; ++lane)
    elements[lane] = first + laneElements[lane];
  for (size_t dim = 0; dim != row.size(); ++dim) {
    const int64_t extent = layout.shape[dim];
    if (row[dim] + least[dim] >= 0 && row[dim] + most[dim] < extent)
      continue;
    for (size_t lane = 0; lane != laneCount; ++lane)
      if (const int64_t index = row[dim] + laneIndices[dim][lane]; index < 0 || index >= extent)
        elements[lane] = kNone;
  }
  return elements;
}
