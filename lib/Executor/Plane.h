//===- Plane.h - One matrix plane -------------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_PLANE_H
#define SLUICE_LIB_EXECUTOR_PLANE_H

#include "sluice/Numerics/Dot.h"
#include "sluice/Target/Target.h"

#include <cstdint>
#include <vector>

namespace sluice::executor {

/// Weights of a plane: columns of bytes, lane by lane, and which groups are there.
struct Weights {
  std::vector<uint8_t> bytes;     ///< [column][lane]
  std::vector<uint8_t> installed; ///< by column group, 1 or 0: threads may install different groups
};

/// One matrix plane: the weights in use and the loading ones, and accumulators. The
/// tiles that multiply are prepared from the weights in use when first needed.
class Plane {
public:
  explicit Plane(const target::Target &target);
  void reset();

  /// Column `column` of group `group` of the loading slot, `lanes` bytes to be set.
  uint8_t *load(unsigned group, unsigned column);
  /// Takes the loading slot into use and leaves it empty.
  void swap();

  /// Multiplies `count` rows, `stride` bytes apart, by the weights in use over the first `depth` lanes. Row
  /// r's sums go to sums + r * sumStride, and the accumulators addend + r * columns are added if there are
  /// any.
  void multiplyBytes(const int8_t *rows, ptrdiff_t stride, size_t count, size_t depth, const uint32_t *addend,
                     uint32_t *sums, size_t sumStride);
  /// The same with one row in fp16, this plane having the low bytes of the weights and `high` the others;
  /// sums are fp32 bits.
  void multiplyHalves(const Plane &high, const uint16_t *row, size_t depth, const uint32_t *addend,
                      uint32_t *sums);
  /// Accumulators of a row, by column.
  uint32_t *accumulators(size_t row) { return sums.data() + row * columns; }

private:
  /// Columns up to the last installed group; those of empty groups between are zero.
  static size_t usedColumns(const Weights &weights, size_t groupColumns);

  size_t lanes, columns, groupColumns;
  Weights inUse, loading;
  std::vector<uint32_t> sums;
  // The prepared tile: of the weights in use and this depth, or none.
  size_t byteDepth = 0, halfDepth = 0;
  numerics::ByteTile byteTile;
  numerics::HalfTile halfTile;
  std::vector<uint32_t> product; ///< of a row
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_PLANE_H
