//===- Scalar.cpp - Choice of the kernels, scalar operations --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Numerics/Scalar.h"
#include "Kernels.h"

namespace sluice::numerics {

extern const Kernels baselineKernels, avx2Kernels, avx512Kernels, vnniKernels;

std::span<const Kernels *const> supportedKernels() {
  static constexpr const Kernels *all[] = {&baselineKernels, &avx2Kernels, &avx512Kernels, &vnniKernels};
  static const size_t count = [] {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("x86-64-v3"))
      return 1;
    if (!__builtin_cpu_supports("x86-64-v4"))
      return 2;
    return __builtin_cpu_supports("avx512vnni") ? 4 : 3;
  }();
  return std::span(all).first(count);
}

const Kernels &kernels() {
  static const Kernels &widest = *supportedKernels().back();
  return widest;
}

const LaneKernels &laneKernels() { return kernels().lanes; }

void evaluate(ScalarOp op, const uint32_t *a, const uint32_t *b, const uint32_t *c, uint32_t *out,
              size_t count) {
  kernels().evaluate(op, a, b, c, out, count);
}

uint32_t evaluate(ScalarOp op, uint32_t a, uint32_t b, uint32_t c) {
  uint32_t result;
  evaluate(op, &a, &b, &c, &result, 1);
  return result;
}

uint16_t floatToHalf(uint32_t bits) {
  uint16_t result;
  kernels().floatToHalf(&bits, &result, 1);
  return result;
}

uint32_t halfToFloat(uint16_t bits) {
  uint32_t result;
  kernels().halfToFloat(&bits, &result, 1);
  return result;
}

size_t floatToHalf(const uint32_t *in, uint16_t *out, size_t count) {
  return kernels().floatToHalf(in, out, count);
}

void halfToFloat(const uint16_t *in, uint32_t *out, size_t count) { kernels().halfToFloat(in, out, count); }

} // namespace sluice::numerics
