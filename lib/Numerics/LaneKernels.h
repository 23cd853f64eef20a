//===- LaneKernels.h - Between bytes and 32 bits a lane ---------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled once for each instruction set, like Elementary.h.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_NUMERICS_LANEKERNELS_H
#define SLUICE_LIB_NUMERICS_LANEKERNELS_H

#include "Kernels.h"

namespace sluice::numerics {

/// Each of `in`, as a 32-bit integer of its type's sign.
template <typename Narrow>
static void widenLoop(const Narrow *__restrict in, uint32_t *__restrict out, size_t count) {
  for (size_t i = 0; i < count; ++i)
    out[i] = uint32_t(int32_t(in[i]));
}

/// The low bits of each of `in`.
template <typename Narrow>
static void truncateLoop(const uint32_t *__restrict in, Narrow *__restrict out, size_t count) {
  for (size_t i = 0; i < count; ++i)
    out[i] = Narrow(in[i]);
}

/// Each int32 of `in`, clamped to least ... most.
template <typename Narrow, int32_t least, int32_t most>
static void saturateLoop(const uint32_t *__restrict in, Narrow *__restrict out, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    int32_t value = int32_t(in[i]);
    value = value < least ? least : value;
    out[i] = Narrow(value > most ? most : value);
  }
}

static void joinHalvesLoop(const uint8_t *__restrict low, const uint8_t *__restrict high,
                           uint16_t *__restrict out, size_t count) {
  for (size_t i = 0; i < count; ++i)
    out[i] = uint16_t(low[i] | high[i] << 8);
}

static void splitHalvesLoop(const uint16_t *__restrict in, uint8_t *__restrict low, uint8_t *__restrict high,
                            size_t count) {
  for (size_t i = 0; i < count; ++i) {
    low[i] = uint8_t(in[i]);
    high[i] = uint8_t(in[i] >> 8);
  }
}

static void joinWordsLoop(const uint8_t *const *planes, uint32_t *__restrict out, size_t count) {
  const uint8_t *__restrict a = planes[0], *__restrict b = planes[1], *__restrict c = planes[2],
                            *__restrict d = planes[3];
  for (size_t i = 0; i < count; ++i)
    out[i] = uint32_t(a[i]) | uint32_t(b[i]) << 8 | uint32_t(c[i]) << 16 | uint32_t(d[i]) << 24;
}

static void splitWordsLoop(const uint32_t *__restrict in, uint8_t *const *planes, size_t count) {
  for (unsigned byte = 0; byte < 4; ++byte) {
    uint8_t *__restrict out = planes[byte];
    for (size_t i = 0; i < count; ++i)
      out[i] = uint8_t(in[i] >> (8 * byte));
  }
}

static constexpr LaneKernels laneLoops = {widenLoop<int8_t>,
                                          widenLoop<uint8_t>,
                                          widenLoop<int16_t>,
                                          widenLoop<uint16_t>,
                                          truncateLoop<uint8_t>,
                                          truncateLoop<uint16_t>,
                                          saturateLoop<uint8_t, -128, 127>,
                                          saturateLoop<uint8_t, 0, 255>,
                                          saturateLoop<uint16_t, -32768, 32767>,
                                          saturateLoop<uint16_t, 0, 65535>,
                                          joinHalvesLoop,
                                          splitHalvesLoop,
                                          joinWordsLoop,
                                          splitWordsLoop};

} // namespace sluice::numerics

#endif // SLUICE_LIB_NUMERICS_LANEKERNELS_H
