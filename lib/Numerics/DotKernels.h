//===- DotKernels.h - The loops behind the weight tiles ---------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled once for each instruction set, like Elementary.h. All sums here are exact,
// or not finite, so neither their order nor fused operations change a bit.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_NUMERICS_DOTKERNELS_H
#define SLUICE_LIB_NUMERICS_DOTKERNELS_H

#include "Kernels.h"
#include "ScalarKernels.h"

namespace sluice::numerics {

static HalfRange measureHalfLoop(const uint16_t *values, const uint32_t *widened, size_t count) {
  uint64_t allBits = 0;
  uint32_t largest = 0;
  for (size_t i = 0; i < count; ++i) {
    uint32_t magnitude = values[i] & 0x7fff, exponent = magnitude >> 10;
    uint64_t significand = exponent == 0 ? magnitude : (magnitude & 1023) | 1024;
    allBits |= significand << (exponent == 0 ? 0 : exponent - 1);
    largest = magnitude > largest ? magnitude : largest;
  }
  // Independent sums, so that the additions overlap.
  constexpr size_t sums = 8;
  double squares[sums] = {};
  size_t i = 0;
  for (; i + sums <= count; i += sums)
    for (size_t j = 0; j < sums; ++j) {
      double value = double(asFloat(widened[i + j])) * 0x1p24;
      squares[j] += value * value;
    }
  for (; i < count; ++i) {
    double value = double(asFloat(widened[i])) * 0x1p24;
    squares[0] += value * value;
  }
  double total = 0;
  for (double sum : squares)
    total += sum;
  return {allBits, total, largest < 0x7c00};
}

using Doubles = double __attribute__((vector_size(64)));
using Floats = float __attribute__((vector_size(32), aligned(4)));

static constexpr size_t halfBlockVectors = halfBlockColumns / 8;

/// a * b + c where that is exact.
#ifdef __FMA__
#define SLUICE_EXACT_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define SLUICE_EXACT_FMA(a, b, c) ((a) * (b) + (c))
#endif

/// Weights `vector` of row `row` of a block, widened.
#define SLUICE_WEIGHTS(block, row, vector)                                                                   \
  __builtin_convertvector(                                                                                   \
      *reinterpret_cast<const Floats *>((block) + (row) * halfBlockColumns + (vector) * 8), Doubles)

static void dotHalfPlainLoop(const float *block, const RowTerms &row, float *out) {
  // Two sets of sums hide the latency of the additions.
  Doubles even[halfBlockVectors] = {}, odd[halfBlockVectors] = {};
  size_t i = 0;
  for (; i + 2 <= row.count; i += 2) {
    Doubles a = {}, b = {};
    a += row.values[i];
    b += row.values[i + 1];
#pragma clang loop unroll(full)
    for (size_t v = 0; v < halfBlockVectors; ++v) {
      even[v] = SLUICE_EXACT_FMA(a, SLUICE_WEIGHTS(block, row.rows[i], v), even[v]);
      odd[v] = SLUICE_EXACT_FMA(b, SLUICE_WEIGHTS(block, row.rows[i + 1], v), odd[v]);
    }
  }
  for (; i < row.count; ++i)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < halfBlockVectors; ++v)
      even[v] += row.values[i] * SLUICE_WEIGHTS(block, row.rows[i], v);
#pragma clang loop unroll(full)
  for (size_t v = 0; v < halfBlockVectors; ++v) {
    Doubles sum = even[v] + odd[v];
    for (size_t lane = 0; lane < 8; ++lane)
      out[v * 8 + lane] = asFloat(canonical(float(sum[lane])));
  }
}

static void dotHalfSplitLoop(const float *block, const RowTerms &row, float *out) {
  // Adding this rounds a double of magnitude below 2^48 to a multiple of 2^-3.
  constexpr double cut = 0x1.8p49;
  Doubles high[halfBlockVectors] = {}, low[halfBlockVectors] = {};
  for (size_t i = 0; i < row.count; ++i) {
    Doubles a = {};
    a += row.values[i];
#pragma clang loop unroll(full)
    for (size_t v = 0; v < halfBlockVectors; ++v) {
      Doubles product = a * SLUICE_WEIGHTS(block, row.rows[i], v);
      Doubles upper = (product + cut) - cut;
      high[v] += upper;
      low[v] += product - upper;
    }
  }
  for (size_t v = 0; v < halfBlockVectors; ++v)
    for (size_t lane = 0; lane < 8; ++lane)
      out[v * 8 + lane] = asFloat(roundSum(high[v][lane], low[v][lane]));
}

#undef SLUICE_EXACT_FMA
#undef SLUICE_WEIGHTS

} // namespace sluice::numerics

#endif // SLUICE_LIB_NUMERICS_DOTKERNELS_H
