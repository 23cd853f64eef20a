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
  /// The parts, a bit each, in which `count` vectors start, start + step, ... lie; of more than 64 parts all.
  uint64_t partsOf(int64_t start, int64_t step, int64_t count) const {
    if (stripes > 64)
      return ~uint64_t{0};
    const uint64_t all = ~uint64_t{0} >> (64 - stripes);
    uint64_t parts = 0;
    for (int64_t i = 0; i < count && parts != all;) {
      const int64_t vector = start + i * step;
      parts |= uint64_t{1} << partOf(vector);
      if (step == 0)
        break;
      // On to the next block.
      i += step < 0 ? 1 : (block - vector % block + step - 1) / step;
    }
    return parts;
  }
};

} // namespace sluice::tile

#endif // SLUICE_DIALECTS_TILE_STRIPING_H
