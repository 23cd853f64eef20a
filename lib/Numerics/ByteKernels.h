//===- ByteKernels.h - The loops behind int8 weight tiles -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled once for each instruction set, like Elementary.h. A tile is cut into blocks
// of 16 columns and each into quads of four rows of K: four bytes of each column lie
// side by side, as `[n / 16][k / 4][16][4]`. All sums are exact.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_NUMERICS_BYTEKERNELS_H
#define SLUICE_LIB_NUMERICS_BYTEKERNELS_H

#include "Elementary.h"
#include "Kernels.h"

#include <cstring>
#include <immintrin.h>

namespace sluice::numerics {

static uint32_t loadQuad(const void *bytes) {
  uint32_t quad;
  std::memcpy(&quad, bytes, sizeof(quad));
  return quad;
}

/// What quads of weights are stored with: VNNI multiplies unsigned by signed bytes, so
/// its weights have 128 added, but none where there is no weight.
#ifdef __AVX512VNNI__
static constexpr uint32_t weightBias = 0x80808080;
#else
static constexpr uint32_t weightBias = 0;
#endif

static void packBytesLoop(const int8_t *weights, size_t k, size_t n, size_t stride, uint8_t *tile) {
  const size_t quads = (k + 3) / 4, whole = k / 4;
  std::memset(tile, 0, byteTileBytes(k, n));
  for (size_t c = 0; c < n; ++c, weights += stride) {
    uint8_t *column = tile + (c / byteBlockColumns * quads * byteBlockColumns + c % byteBlockColumns) * 4;
    for (size_t q = 0; q < whole; ++q) {
      const uint32_t quad = loadQuad(weights + q * 4) ^ weightBias;
      std::memcpy(column + q * byteBlockColumns * 4, &quad, sizeof(quad));
    }
    for (size_t i = whole * 4; i < k; ++i)
      column[whole * byteBlockColumns * 4 + i % 4] = uint8_t(weights[i]) ^ uint8_t(weightBias);
  }
}

/// A row as the kernels take it: its whole quads where they lie, and the last one filled with zeros.
struct ByteRow {
  const int8_t *bytes;
  uint32_t last;
};

#if defined(__AVX512VNNI__)
using ByteSums = __m512i; ///< of 16 columns
static constexpr size_t sumVectors = 1;
#elif defined(__AVX512BW__)
using ByteSums = __m512i; ///< of 8 columns, two sums each
static constexpr size_t sumVectors = 2;
#elif defined(__AVX2__)
using ByteSums = __m256i; ///< of 4 columns, two sums each
static constexpr size_t sumVectors = 4;
#else
using ByteSums = __m128i; ///< of 2 columns, two sums each
static constexpr size_t sumVectors = 8;
#endif

/// Bytes of weights that one vector of sums takes.
static constexpr size_t sumBytes = byteBlockColumns * 4 / sumVectors;

/// Adds a quad's products with the weights of one vector.
SLUICE_INLINE void addProducts(ByteSums &sums, uint32_t quad, const uint8_t *weights) {
#if defined(__AVX512VNNI__)
  sums = _mm512_dpbusd_epi32(sums, _mm512_loadu_si512(weights), _mm512_set1_epi32(int(quad)));
#elif defined(__AVX512BW__)
  const __m512i row = _mm512_broadcastq_epi64(_mm_cvtepi8_epi16(_mm_cvtsi32_si128(int(quad))));
  const __m512i wide = _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(weights)));
  sums = _mm512_add_epi32(sums, _mm512_madd_epi16(row, wide));
#elif defined(__AVX2__)
  const __m256i row = _mm256_broadcastq_epi64(_mm_cvtepi8_epi16(_mm_cvtsi32_si128(int(quad))));
  const __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(weights)));
  sums = _mm256_add_epi32(sums, _mm256_madd_epi16(row, wide));
#else
  const __m128i bytes = _mm_set1_epi32(int(quad));
  const __m128i row = _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
  const __m128i raw = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(weights));
  sums = _mm_add_epi32(sums, _mm_madd_epi16(row, _mm_srai_epi16(_mm_unpacklo_epi8(raw, raw), 8)));
#endif
}

/// The 16 sums of a block of columns, of which `sums` are all vectors.
SLUICE_INLINE void storeSums(const ByteSums *sums, int32_t *out) {
#ifdef __AVX512VNNI__
  _mm512_storeu_si512(out, sums[0]);
#else
  int32_t halves[2 * byteBlockColumns];
  std::memcpy(halves, sums, sizeof(halves));
  for (size_t c = 0; c < byteBlockColumns; ++c)
    out[c] = int32_t(uint32_t(halves[2 * c]) + uint32_t(halves[2 * c + 1]));
#endif
}

/// What the bias of the weights adds to each sum of a row.
static uint32_t biasOf(const ByteRow &row, size_t k) {
  if (weightBias == 0)
    return 0;
  int32_t sum = 0;
  for (size_t i = 0; i < k; ++i)
    sum += row.bytes[i];
  return uint32_t(sum) * 128;
}

/// `rowCount` rows by `blocks` blocks of columns: all of that fits registers.
template <size_t rowCount, size_t blocks>
static void multiplyBytesBlock(const uint8_t *tile, const ByteRow *rows, size_t quads, size_t whole,
                               int32_t (*out)[blocks * byteBlockColumns]) {
  constexpr size_t vectors = blocks * sumVectors;
  const size_t blockBytes = quads * byteBlockColumns * 4;
  ByteSums sums[rowCount][vectors] = {};
  auto add = [&](size_t q, const uint32_t *row) __attribute__((always_inline)) {
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; ++v) {
      const uint8_t *weights =
          tile + v / sumVectors * blockBytes + q * byteBlockColumns * 4 + v % sumVectors * sumBytes;
#pragma clang loop unroll(full)
      for (size_t r = 0; r < rowCount; ++r)
        addProducts(sums[r][v], row[r], weights);
    }
  };
  uint32_t quad[rowCount];
  for (size_t q = 0; q < whole; ++q) {
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rowCount; ++r)
      quad[r] = loadQuad(rows[r].bytes + q * 4);
    add(q, quad);
  }
  if (whole != quads) {
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rowCount; ++r)
      quad[r] = rows[r].last;
    add(whole, quad);
  }
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rowCount; ++r)
#pragma clang loop unroll(full)
    for (size_t b = 0; b < blocks; ++b)
      storeSums(&sums[r][b * sumVectors], out[r] + b * byteBlockColumns);
}

/// Rows and blocks of columns that one turn takes.
#ifdef __AVX512VNNI__
static constexpr size_t byteRowsAtOnce = 4, byteBlocksAtOnce = 4;
#else
static constexpr size_t byteRowsAtOnce = 4, byteBlocksAtOnce = 1;
#endif

/// `rowCount` rows by all columns from `first` on, as many as one turn takes.
template <size_t rowCount, size_t blocks>
static void multiplyBytesTurn(const uint8_t *tile, const ByteRow *rows, const uint32_t *biases, size_t k,
                              size_t columns, int32_t *out, size_t outStride, bool accumulates) {
  int32_t sums[rowCount][blocks * byteBlockColumns];
  multiplyBytesBlock<rowCount, blocks>(tile, rows, (k + 3) / 4, k / 4, sums);
  for (size_t r = 0; r < rowCount; ++r)
    for (size_t c = 0; c < columns; ++c) {
      const uint32_t sum = uint32_t(sums[r][c]) - biases[r];
      out[r * outStride + c] = int32_t(accumulates ? sum + uint32_t(out[r * outStride + c]) : sum);
    }
}

template <size_t rowCount>
static void multiplyByteRows(const ByteTileView &tile, const ByteRow *rows, int32_t *out, size_t outStride,
                             bool accumulates) {
  uint32_t biases[rowCount];
  for (size_t r = 0; r < rowCount; ++r)
    biases[r] = biasOf(rows[r], tile.k);
  constexpr size_t most = byteBlocksAtOnce * byteBlockColumns;
  const size_t blockBytes = (tile.k + 3) / 4 * 4;
  size_t first = 0;
  for (; first + most <= tile.n; first += most)
    multiplyBytesTurn<rowCount, byteBlocksAtOnce>(tile.bytes + first * blockBytes, rows, biases, tile.k, most,
                                                  out + first, outStride, accumulates);
  for (; first < tile.n; first += byteBlockColumns) {
    const size_t rest = tile.n - first;
    multiplyBytesTurn<rowCount, 1>(tile.bytes + first * blockBytes, rows, biases, tile.k,
                                   rest < byteBlockColumns ? rest : byteBlockColumns, out + first, outStride,
                                   accumulates);
  }
}

static void multiplyBytesLoop(const ByteTileView &tile, const int8_t *rows, ptrdiff_t stride, size_t count,
                              int32_t *out, size_t outStride, bool accumulates) {
  auto rowAt = [&](size_t r) {
    ByteRow row = {rows + ptrdiff_t(r) * stride, 0};
    std::memcpy(&row.last, row.bytes + tile.k / 4 * 4, tile.k % 4);
    return row;
  };
  size_t r = 0;
  for (; r + byteRowsAtOnce <= count; r += byteRowsAtOnce) {
    ByteRow some[byteRowsAtOnce];
    for (size_t i = 0; i < byteRowsAtOnce; ++i)
      some[i] = rowAt(r + i);
    multiplyByteRows<byteRowsAtOnce>(tile, some, out + r * outStride, outStride, accumulates);
  }
  for (; r < count; ++r) {
    const ByteRow row = rowAt(r);
    multiplyByteRows<1>(tile, &row, out + r * outStride, outStride, accumulates);
  }
}

} // namespace sluice::numerics

#endif // SLUICE_LIB_NUMERICS_BYTEKERNELS_H
