//===- LoopPlaces.h - Elements in the lanes of a looped input ---*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_LOOPPLACES_H
#define SLUICE_LIB_EXECUTOR_LOOPPLACES_H

#include "sluice/Verifier/Layout.h"

namespace sluice::executor {

/// Finds the element in each lane of the vectors of an input that loops lay out. An
/// index is the sum of a row's and a lane's: the lanes' are kept for a chunk.
class LoopPlaces {
public:
  static constexpr size_t kNone = SIZE_MAX;

  LoopPlaces(const verifier::TensorLayout &layout, size_t lanes);

  /// Lane by lane, the number of the element in the user's order, or kNone; until the
  /// next call.
  const std::vector<size_t> &elementsOf(size_t vector);

private:
  void enterChunk(size_t number);

  const verifier::TensorLayout &layout;
  const size_t lanes;
  size_t chunk = kNone, laneCount = 0;
  std::vector<std::vector<int64_t>> laneIndices; ///< by dimension, then lane
  std::vector<size_t> laneElements;              ///< of each lane, as if the row were at 0
  std::vector<int64_t> least, most;              ///< of the lanes' indices in each dimension
  std::vector<size_t> elements;
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_LOOPPLACES_H
