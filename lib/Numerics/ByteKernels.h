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

/// Some rows of a tile, and where their sums go.
template <size_t rowCount>
struct ByteRows {
  ByteRow rows[rowCount];
  uint32_t biases[rowCount];
  Rows<int32_t> out;
  Rows<const int32_t> addend;
};

/// Rows by `columns` columns from `first` on, as many as one turn takes.
template <size_t rowCount, size_t blocks>
static void multiplyBytesTurn(const ByteTileView &tile, const ByteRows<rowCount> &of, size_t first,
                              size_t columns) {
  int32_t sums[rowCount][blocks * byteBlockColumns];
  const size_t quads = (tile.k + 3) / 4;
  multiplyBytesBlock<rowCount, blocks>(tile.bytes + first * quads * 4, of.rows, quads, tile.k / 4, sums);
  for (size_t r = 0; r < rowCount; ++r) {
    int32_t *out = of.out[r] + first;
    if (!of.addend.first) {
      for (size_t c = 0; c < columns; ++c)
        out[c] = int32_t(uint32_t(sums[r][c]) - of.biases[r]);
      continue;
    }
    const int32_t *addend = of.addend[r] + first;
    for (size_t c = 0; c < columns; ++c)
      out[c] = int32_t(uint32_t(sums[r][c]) - of.biases[r] + uint32_t(addend[c]));
  }
}

template <size_t rowCount>
static void multiplyByteRows(const ByteTileView &tile, const ByteRows<rowCount> &of) {
  constexpr size_t most = byteBlocksAtOnce * byteBlockColumns;
  size_t first = 0;
  for (; first + most <= tile.n; first += most)
    multiplyBytesTurn<rowCount, byteBlocksAtOnce>(tile, of, first, most);
  for (; first < tile.n; first += byteBlockColumns)
    multiplyBytesTurn<rowCount, 1>(tile, of, first,
                                   tile.n - first < byteBlockColumns ? tile.n - first : byteBlockColumns);
}

static void multiplyBytesLoop(const ByteTileView &tile, const int8_t *rows, ptrdiff_t stride, size_t count,
                              Rows<int32_t> out, Rows<const int32_t> addend) {
  auto rowsFrom = [&]<size_t rowCount>(size_t first) {
    ByteRows<rowCount> of{{}, {}, {out[first], out.stride}, {nullptr, 0}};
    if (addend.first)
      of.addend = {addend[first], addend.stride};
    for (size_t r = 0; r < rowCount; ++r) {
      of.rows[r] = {rows + ptrdiff_t(first + r) * stride, 0};
      std::memcpy(&of.rows[r].last, of.rows[r].bytes + tile.k / 4 * 4, tile.k % 4);
      of.biases[r] = biasOf(of.rows[r], tile.k);
    }
    multiplyByteRows<rowCount>(tile, of);
  };
  size_t r = 0;
  for (; r + byteRowsAtOnce <= count; r += byteRowsAtOnce)
    rowsFrom.template operator()<byteRowsAtOnce>(r);
  for (; r < count; ++r)
    rowsFrom.template operator()<1>(r);
}

} // namespace sluice::numerics

#endif // SLUICE_LIB_NUMERICS_BYTEKERNELS_H
