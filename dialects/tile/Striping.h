//===- Striping.h - Which slice holds which vector of a buffer --*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_STRIPING_H
#define SLUICE_DIALECTS_TILE_STRIPING_H

#include <cstdint>

namespace sluice::tile {

/// Vector v of a buffer lies in the (v / block) mod stripes-th of its parts.
struct Striping {
  int64_t stripes = 1, block = 1;

  int64_t partOf(int64_t vector) const { return vector / block % stripes; }
  /// Word of its part, from the buffer's base.
  int64_t wordOf(int64_t vector) const { return vector / block / stripes * block + vector % block; }
  /// Words that each part takes for that many vectors.
  int64_t words(int64_t vectors) const {
    const int64_t blocks = vectors / block;
    return blocks / stripes * block + (blocks % stripes ? block : vectors % block);
  }
};

} // namespace sluice::tile

#endif // SLUICE_DIALECTS_TILE_STRIPING_H
