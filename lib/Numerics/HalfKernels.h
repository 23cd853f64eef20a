//===- HalfKernels.h - fp16 conversions -------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled once for each instruction set, like Elementary.h.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_NUMERICS_HALFKERNELS_H
#define SLUICE_LIB_NUMERICS_HALFKERNELS_H

#include "Elementary.h"
#include "sluice/Numerics/Scalar.h"

#ifdef __F16C__
#include <immintrin.h>
#endif

namespace sluice::numerics {

static constexpr uint32_t floatInfinity = 0x7f800000;

/// fp32 bits to fp16 bits in integer and fp32 arithmetic.
SLUICE_INLINE uint16_t narrowToHalf(uint32_t bits) {
  uint32_t magnitude = bits & 0x7fffffff, sign = bits >> 16 & 0x8000;
  // Normal results: the exponent moves by 112 and 13 bits are rounded off.
  uint32_t normal = (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13;
  // Subnormal results are multiples of 2^-24, the last place of 0.5.
  uint32_t subnormal = bitsAs<uint32_t>(bitsAs<float>(magnitude) + 0.5f) - 0x3f000000;
  uint32_t half = magnitude < 0x38800000 ? subnormal : normal;
  half = magnitude >= 0x477ff000 ? 0x7c00 : half; // from 65520 on
  return uint16_t(magnitude > floatInfinity ? 0x7e00 : sign | half);
}

/// fp16 bits to fp32 bits.
SLUICE_INLINE uint32_t widenHalf(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
  uint32_t normal = (magnitude << 13) + 0x38000000;
  uint32_t subnormal = bitsAs<uint32_t>(bitsAs<float>((magnitude << 13) + 0x38800000) - 0x1p-14f);
  uint32_t single = magnitude < 0x400 ? subnormal : normal;
  single = magnitude >= 0x7c00 ? floatInfinity : single;
  return magnitude > 0x7c00 ? canonicalNaN : sign | single;
}

#ifdef __F16C__

/// Eight values at once; only NaN needs more than the hardware's conversion.
SLUICE_INLINE void narrowToHalf8(const uint32_t *in, uint16_t *out) {
  __m256 value = _mm256_loadu_ps(reinterpret_cast<const float *>(in));
  __m256i isNaN = _mm256_castps_si256(_mm256_cmp_ps(value, value, _CMP_UNORD_Q));
  __m128i narrowNaN = _mm_packs_epi32(_mm256_castsi256_si128(isNaN), _mm256_extracti128_si256(isNaN, 1));
  __m128i half = _mm256_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  half = _mm_blendv_epi8(half, _mm_set1_epi16(0x7e00), narrowNaN);
  _mm_storeu_si128(reinterpret_cast<__m128i *>(out), half);
}

SLUICE_INLINE void widenHalf8(const uint16_t *in, uint32_t *out) {
  __m256 value = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(in)));
  __m256 isNaN = _mm256_cmp_ps(value, value, _CMP_UNORD_Q);
  __m256 canonical = _mm256_castsi256_ps(_mm256_set1_epi32(int(canonicalNaN)));
  _mm256_storeu_ps(reinterpret_cast<float *>(out), _mm256_blendv_ps(value, canonical, isNaN));
}

#endif

static size_t floatToHalfLoop(const uint32_t *in, uint16_t *out, size_t count) {
  uint32_t overflows = 0;
  size_t total = 0, i = 0;
#ifdef __F16C__
  for (; i + 8 <= count; i += 8)
    narrowToHalf8(in + i, out + i);
#endif
  for (; i < count; ++i)
    out[i] = narrowToHalf(in[i]);
  for (size_t first = 0; first < count; first += 1024, total += overflows, overflows = 0)
    for (size_t j = first; j < count && j < first + 1024; ++j)
      overflows += (in[j] & 0x7fffffff) - 0x477ff000 < floatInfinity - 0x477ff000;
  return total;
}

static void halfToFloatLoop(const uint16_t *in, uint32_t *out, size_t count) {
  size_t i = 0;
#ifdef __F16C__
  for (; i + 8 <= count; i += 8)
    widenHalf8(in + i, out + i);
#endif
  for (; i < count; ++i)
    out[i] = widenHalf(in[i]);
}

} // namespace sluice::numerics

#endif // SLUICE_LIB_NUMERICS_HALFKERNELS_H
