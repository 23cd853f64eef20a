//===- Places.h - Constants in the vectors of a buffer ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_PLACES_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_PLACES_H

#include "Lowering.h"

namespace sluice::tiling {

/// Which elements of a view lie where in a buffer, as a `tile.image` says it: the index in dimension d is
/// offsets[d] and what the loops over the card, the vector and the lane add; the last loop of a list is the
/// fastest. Where the index lies outside of the view, and in lanes beyond the loops, there are zeros.
struct Lowering::Places {
  using Loops = llvm::SmallVector<Loop, 4>; ///< of a dimension, the last one the fastest

  Shape offsets;
  Loops cards, vectors, lanes;
  int64_t firstLane = 0; ///< that lane 0 counts

  static int64_t count(const Loops &loops) {
    int64_t count = 1;
    for (const Loop &loop : loops)
      count *= loop.count;
    return count;
  }
};

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_PLACES_H
