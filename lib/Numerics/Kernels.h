//===- Kernels.h - Loops compiled for each instruction set ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The hot loops are compiled once for each level of x86-64 that pays, from the
// same source and with the same operations in the same order, so that all give
// equal bits. The widest that the host has is used. What a loop is compiled to
// may contract a multiplication and an addition only where both are exact.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_NUMERICS_KERNELS_H
#define SLUICE_LIB_NUMERICS_KERNELS_H

#include "sluice/Numerics/Lanes.h"
#include "sluice/Numerics/Scalar.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::numerics {

/// Columns of a weight tile that one call of a dot-product kernel computes.
inline constexpr size_t halfBlockColumns = 32;
inline constexpr size_t byteBlockColumns = 16;

/// The finite elements of one fp16 activation row that are not zero.
struct RowTerms {
  const double *values;
  const uint32_t *rows; ///< K index of each value
  size_t count;
};

/// What the proof of exactness has to know of some fp16 values.
struct HalfRange {
  uint64_t allBits; ///< union of the magnitudes' bits, in units of 2^-24
  double squares;   ///< sum of squares in those units, within 2^-40 relative
  bool finite;      ///< all of them; else the other fields mean nothing
};

/// A packed tile of int8 weights.
struct ByteTileView {
  const uint8_t *bytes;
  size_t k, n;
};

/// Rows of sums, `stride` apart; or none.
template <typename Sum>
struct Rows {
  Sum *first;
  size_t stride;

  Sum *operator[](size_t row) const { return first + row * stride; }
};

/// Bytes of a packed tile: whole blocks of columns, whole quads of rows of K.
inline size_t byteTileBytes(size_t k, size_t n) {
  const size_t blocks = (n + byteBlockColumns - 1) / byteBlockColumns, quads = (k + 3) / 4;
  return blocks * byteBlockColumns * quads * 4;
}

/// The loops for one instruction set.
struct Kernels {
  const char *name;
  /// See Scalar.h.
  void (*evaluate)(ScalarOp op, const uint32_t *a, const uint32_t *b, const uint32_t *c, uint32_t *out,
                   size_t count);
  size_t (*floatToHalf)(const uint32_t *in, uint16_t *out, size_t count);
  void (*halfToFloat)(const uint16_t *in, uint32_t *out, size_t count);
  /// `widened` holds the same values as fp32.
  HalfRange (*measureHalf)(const uint16_t *values, const uint32_t *widened, size_t count);
  /// One block of columns, `block[row * halfBlockColumns + column]`: sums in double
  /// precision. Right where every partial sum is exact in 53 bits, or not finite.
  void (*dotHalfPlain)(const float *block, const RowTerms &row, float *out);
  /// The same with each product cut at 2^-3 into two exact sums: right for all finite
  /// fp16 values and up to maxSplitDepth terms.
  void (*dotHalfSplit)(const float *block, const RowTerms &row, float *out);
  /// Packs int8 weights, of which weights[n * stride + k] is row k of column n, into byteTileBytes(k, n)
  /// bytes.
  void (*packBytes)(const int8_t *weights, size_t k, size_t n, size_t stride, uint8_t *tile);
  /// Rows by what packBytes of the same table packed; see ByteTile.
  void (*multiplyBytes)(const ByteTileView &tile, const int8_t *rows, ptrdiff_t stride, size_t count,
                        Rows<int32_t> out, Rows<const int32_t> addend);
  LaneKernels lanes;
};

/// Terms up to which dotHalfSplit is exact: the parts of the products below the cut
/// are multiples of 2^-48 and at most 2^-4, and 2^9 of them stay within 2^53 * 2^-48.
inline constexpr size_t maxSplitDepth = 512;

/// The kernels for the widest instruction set of this host.
const Kernels &kernels();

/// All kernels that run on this host, narrowest first: for tests of their equality.
std::span<const Kernels *const> supportedKernels();

} // namespace sluice::numerics

#endif // SLUICE_LIB_NUMERICS_KERNELS_H
