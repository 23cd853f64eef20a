//===- Dot.cpp - Exact dot products, rounded once -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Numerics/Dot.h"
#include "Kernels.h"
#include "sluice/Numerics/Scalar.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace sluice::numerics {
namespace {

constexpr size_t roundUp(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

bool isFinite(uint16_t half) { return (half & 0x7c00) != 0x7c00; }
bool isZero(uint16_t half) { return (half & 0x7fff) == 0; }

/// A finite fp16 value in units of 2^-24: an integer below 2^41.
int64_t fixedPoint(uint16_t half) {
  int exponent = half >> 10 & 31, fraction = half & 1023;
  int64_t magnitude = exponent == 0 ? fraction : int64_t(fraction | 1024) << (exponent - 1);
  return half & 0x8000 ? -magnitude : magnitude;
}

/// sum * 2^-48, rounded once to fp32.
float roundFixedPoint(__int128 sum) {
  if (sum == 0)
    return 0.0f;
  unsigned __int128 magnitude = sum < 0 ? -static_cast<unsigned __int128>(sum) : sum;
  uint64_t high = uint64_t(magnitude >> 64);
  int length = high ? 128 - std::countl_zero(high) : 64 - std::countl_zero(uint64_t(magnitude));
  int exponent = -48;
  if (int excess = length - 24; excess > 0) {
    unsigned __int128 kept = magnitude >> excess, half = static_cast<unsigned __int128>(1) << (excess - 1);
    unsigned __int128 rest = magnitude - (kept << excess);
    magnitude = kept + (rest > half || (rest == half && (kept & 1)));
    exponent += excess;
  }
  float result = std::ldexp(float(uint32_t(magnitude)), exponent);
  return sum < 0 ? -result : result;
}

/// How many bits the sums of products need. For vectors a and b whose elements are
/// multiples of 2^x and 2^y, each partial sum of the products is a multiple of 2^(x + y)
/// and, by Cauchy and Schwarz, at most |a| |b|. It is exact in double precision if
/// |a| 2^-x times |b| 2^-y is at most 2^53; the spread of a is (|a| 2^-x)^2.
double spreadOf(const HalfRange &range) {
  return range.allBits == 0 ? 0 : std::ldexp(range.squares, -2 * std::countr_zero(range.allBits));
}

/// The range of the finite ones among `count` values, of which `widened` holds the fp32 form; whether
/// all are is told by `finite`.
HalfRange rangeOfFinite(const uint16_t *values, const uint32_t *widened, size_t count) {
  HalfRange range = kernels().measureHalf(values, widened, count);
  if (range.finite)
    return range;
  std::vector<uint16_t> kept(values, values + count);
  std::vector<uint32_t> keptWidened(widened, widened + count);
  for (size_t i = 0; i < count; ++i)
    if (!isFinite(values[i]))
      kept[i] = 0, keptWidened[i] = 0;
  range = kernels().measureHalf(kept.data(), keptWidened.data(), count);
  range.finite = false;
  return range;
}

/// 2^106, less than what the rounding of the squares' sums may have lost.
constexpr double exactSpread = 0x1p106 * (1 - 0x1p-30);

} // namespace

float dotHalf(const uint16_t *a, const uint16_t *b, size_t k) {
  __int128 sum = 0;
  float special = 0;
  for (size_t i = 0; i < k; ++i) {
    if (isZero(a[i]) || isZero(b[i]))
      continue;
    if (isFinite(a[i]) && isFinite(b[i]))
      sum += static_cast<__int128>(fixedPoint(a[i])) * fixedPoint(b[i]);
    else // Infinities and NaNs only; finite products have no influence.
      special += std::bit_cast<float>(halfToFloat(a[i])) * std::bit_cast<float>(halfToFloat(b[i]));
  }
  if (std::isnan(special))
    return std::bit_cast<float>(canonicalNaN);
  return special != 0 ? special : roundFixedPoint(sum);
}

HalfTile::HalfTile(const uint16_t *weights, size_t k, size_t n, size_t stride) : depth(k), columns(n) {
  size_t blocks = roundUp(n, halfBlockColumns) / halfBlockColumns;
  values.resize(blocks * k * halfBlockColumns);
  spreads.resize(blocks);
  notFinite.resize(blocks);
  if (k > maxSplitDepth)
    bits.resize(n * k);
  std::vector<uint32_t> column(k);
  for (size_t c = 0; c < n; ++c) {
    const uint16_t *source = weights + c * stride;
    size_t block = c / halfBlockColumns;
    float *target = values.data() + block * k * halfBlockColumns + c % halfBlockColumns;
    halfToFloat(source, column.data(), k);
    for (size_t i = 0; i < k; ++i)
      target[i * halfBlockColumns] = std::bit_cast<float>(column[i]);
    HalfRange range = rangeOfFinite(source, column.data(), k);
    spreads[block] = std::max(spreads[block], spreadOf(range));
    if (!range.finite)
      notFinite[block] = true;
    if (k > maxSplitDepth)
      std::copy_n(source, k, bits.begin() + c * k);
  }
}

void HalfTile::multiply(const uint16_t *row, float *out) const {
  if (depth > maxSplitDepth) {
    for (size_t c = 0; c < columns; ++c)
      out[c] = dotHalf(row, bits.data() + c * depth, depth);
    return;
  }

  std::array<uint32_t, maxSplitDepth> widened;
  halfToFloat(row, widened.data(), depth);
  const HalfRange range = rangeOfFinite(row, widened.data(), depth);
  std::array<double, maxSplitDepth> terms;
  std::array<uint32_t, maxSplitDepth> rows;
  RowTerms compact = {terms.data(), rows.data(), 0};
  for (size_t i = 0; i < depth; ++i) {
    terms[compact.count] = std::bit_cast<float>(widened[i]);
    rows[compact.count] = uint32_t(i);
    compact.count += !isZero(row[i]) && (range.finite || isFinite(row[i]));
  }
  multiplyFinite(compact, spreadOf(range), out);
  if (!range.finite)
    addNotFinite(row, out);
}

void HalfTile::multiplyFinite(const RowTerms &row, double rowSpread, float *out) const {
  const Kernels &loops = kernels();
  for (size_t first = 0, block = 0; first < columns; first += halfBlockColumns, ++block) {
    const float *weights = values.data() + block * depth * halfBlockColumns;
    std::array<float, halfBlockColumns> sums;
    // Infinities and NaNs show in the plain sum, whatever else rounds there.
    bool exact = rowSpread * spreads[block] <= exactSpread;
    if (exact || notFinite[block])
      loops.dotHalfPlain(weights, row, sums.data());
    if (!exact) {
      std::array<float, halfBlockColumns> split;
      loops.dotHalfSplit(weights, row, split.data());
      for (size_t i = 0; i < halfBlockColumns; ++i)
        if (!notFinite[block] || std::isfinite(sums[i]))
          sums[i] = split[i];
    }
    std::copy_n(sums.begin(), std::min(halfBlockColumns, columns - first), out + first);
  }
}

void HalfTile::addNotFinite(const uint16_t *row, float *out) const {
  for (size_t i = 0; i < depth; ++i) {
    if (isFinite(row[i]))
      continue;
    const float value = std::bit_cast<float>(halfToFloat(row[i]));
    for (size_t c = 0; c < columns; ++c) {
      const size_t block = c / halfBlockColumns;
      const float weight = values[(block * depth + i) * halfBlockColumns + c % halfBlockColumns];
      if (weight == 0)
        continue;
      const float sum = out[c] + value * weight;
      out[c] = std::isnan(sum) ? std::bit_cast<float>(canonicalNaN) : sum;
    }
  }
}

ByteTile::ByteTile(const int8_t *weights, size_t k, size_t n, size_t stride)
    : depth(k), columns(n), values(byteTileBytes(k, n)) {
  kernels().packBytes(weights, k, n, stride, values.data());
}

void ByteTile::multiply(const int8_t *rows, ptrdiff_t stride, size_t count, int32_t *out, size_t outStride,
                        const int32_t *addend, size_t addendStride) const {
  kernels().multiplyBytes({values.data(), depth, columns}, rows, stride, count, {out, outStride},
                          {addend, addendStride});
}

} // namespace sluice::numerics
