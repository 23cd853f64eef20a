//===- Dot.h - Exact dot products, rounded once -----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_NUMERICS_DOT_H
#define SLUICE_NUMERICS_DOT_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::numerics {

struct RowTerms;

/// A K x N tile of fp16 weights (K, N at most 320) prepared for repeated use:
/// the columns of an MXM tandem.
class HalfTile {
public:
  HalfTile() = default;
  /// `weights[n * stride + k]` holds the fp16 bits of row k of column n.
  HalfTile(const uint16_t *weights, size_t k, size_t n, size_t stride);
  size_t k() const { return depth; }
  size_t n() const { return columns; }
  /// out[c] = the exact sum over k of row[k] * weight(k, c), rounded once to fp32
  /// (nearest even; subnormals kept; an exact zero is +0; NaN is 0x7fc00000; a product with a
  /// zero factor is zero, IEEE 754 for other infinities). `row` has k() fp16 values, `out` n() floats.
  void multiply(const uint16_t *row, float *out) const;

private:
  /// The sums of a row's finite terms.
  void multiplyFinite(const RowTerms &row, double rowSpread, float *out) const;
  /// Adds the products of a row's infinities and NaNs.
  void addNotFinite(const uint16_t *row, float *out) const;

  size_t depth = 0, columns = 0;
  std::vector<float> values;   ///< [n / block][k][block], n padded to whole blocks
  std::vector<double> spreads; ///< per block, for the proof that plain sums are exact
  std::vector<bool> notFinite; ///< blocks with an infinite or NaN weight
  std::vector<uint16_t> bits;  ///< [n][k], only for tiles too deep for the fast paths
};

/// The same for int8: exact int32.
class ByteTile {
public:
  ByteTile() = default;
  ByteTile(const int8_t *weights, size_t k, size_t n, size_t stride);
  size_t k() const { return depth; }
  size_t n() const { return columns; }
  /// Multiplies `count` rows of k() bytes, `stride` bytes apart. out[r * outStride + c] is what row r and
  /// column c give, and addend[r * addendStride + c] if there are any, modulo 2^32. They may be the same.
  void multiply(const int8_t *rows, ptrdiff_t stride, size_t count, int32_t *out, size_t outStride,
                const int32_t *addend = nullptr, size_t addendStride = 0) const;

private:
  size_t depth = 0, columns = 0;
  std::vector<uint8_t> values; ///< packed for this host's kernels
};

/// One exact fp16 dot product, rounded once: the plain, wide form that the tiles
/// are tested against.
float dotHalf(const uint16_t *a, const uint16_t *b, size_t k);

} // namespace sluice::numerics

#endif // SLUICE_NUMERICS_DOT_H
