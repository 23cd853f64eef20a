//===- SortingNetwork.h - Lists put in order side by side -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Batcher's bitonic networks (K. E. Batcher, "Sorting networks and their applications",
// AFIPS 1968): every step compares the same pairs, whatever the data, and all lists take
// it at once.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_SORTINGNETWORK_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_SORTINGNETWORK_H

#include "Node.h"

namespace sluice::conversion {

/// Lists of elements, all of i32, one on each lane: a greater key comes first, of equal keys the lower tag.
/// No two elements that are compared have both in common.
struct Lists {
  Tensor keys; ///< [lists, length, lanes]
  Tensor tags; ///< the same
  int64_t length() const { return keys.shape[1]; }
  int64_t lanes() const { return keys.shape[2]; }
};

/// What comes after every element.
inline constexpr int64_t kLastKey = INT32_MIN, kLastTag = INT32_MAX;

/// Each lane's elements in order, [1, length, lanes], of which the input is one list: the first ones, as many
/// as the power of two not below `most`, or all. Last ones follow where there are fewer.
Lists sortLists(Node &node, Lists lists, int64_t most);

/// Lists in order, [1, length, lanes] with a power of two for length, as one, [1, ..., 1]: at least the first
/// `most` elements, or all.
Lists mergeLanes(Node &node, Lists lists, int64_t most);

/// The same for many: both numbers are powers of two, and the result's elements, [1, length, lanes], are in
/// order lane by lane.
Lists mergeAcrossLanes(Node &node, Lists lists, int64_t most);

/// Keys or tags of one list, [1, length, lanes], that is in order lane by lane, as a row: [1, length *
/// lanes].
Tensor flatten(Node &node, const Tensor &list);

/// What a network does.
struct NetworkCost {
  int64_t steps = 0;       ///< comparisons one after the other
  int64_t laneSteps = 0;   ///< of these, with elements of other lanes
  int64_t comparisons = 0; ///< of vectors of elements
  int64_t moves = 0;       ///< of vectors of elements to other lanes
  NetworkCost &operator+=(const NetworkCost &other) {
    steps += other.steps;
    laneSteps += other.laneSteps;
    comparisons += other.comparisons;
    moves += other.moves;
    return *this;
  }
};
/// Of sortLists, mergeLanes and mergeAcrossLanes.
NetworkCost sortCost(int64_t length, int64_t most);
NetworkCost mergeCost(int64_t length, int64_t lanes, int64_t most);
NetworkCost mergeAcrossCost(int64_t length, int64_t lanes, int64_t most);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_SORTINGNETWORK_H
