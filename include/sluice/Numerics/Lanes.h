//===- Lanes.h - Between bytes and 32 bits a lane ---------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_NUMERICS_LANES_H
#define SLUICE_NUMERICS_LANES_H

#include <cstddef>
#include <cstdint>

namespace sluice::numerics {

/// How lanes become 32 bits wide and narrow again. Inputs and outputs do not overlap.
struct LaneKernels {
  void (*widenI8)(const int8_t *in, uint32_t *out, size_t count);
  void (*widenU8)(const uint8_t *in, uint32_t *out, size_t count);
  void (*widenI16)(const int16_t *in, uint32_t *out, size_t count);
  void (*widenU16)(const uint16_t *in, uint32_t *out, size_t count);
  /// The low bits.
  void (*low8)(const uint32_t *in, uint8_t *out, size_t count);
  void (*low16)(const uint32_t *in, uint16_t *out, size_t count);
  /// An int32 clamped to the type's range.
  void (*saturateI8)(const uint32_t *in, uint8_t *out, size_t count);
  void (*saturateU8)(const uint32_t *in, uint8_t *out, size_t count);
  void (*saturateI16)(const uint32_t *in, uint16_t *out, size_t count);
  void (*saturateU16)(const uint32_t *in, uint16_t *out, size_t count);
  /// Between numbers and their byte planes, the lowest first.
  void (*joinHalves)(const uint8_t *low, const uint8_t *high, uint16_t *out, size_t count);
  void (*splitHalves)(const uint16_t *in, uint8_t *low, uint8_t *high, size_t count);
  void (*joinWords)(const uint8_t *const *planes, uint32_t *out, size_t count);
  void (*splitWords)(const uint32_t *in, uint8_t *const *planes, size_t count);
};

/// Those for the widest instruction set of this host.
const LaneKernels &laneKernels();

} // namespace sluice::numerics

#endif // SLUICE_NUMERICS_LANES_H
