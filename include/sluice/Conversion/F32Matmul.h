//===- F32Matmul.h - How fp32 contractions run ------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_CONVERSION_F32MATMUL_H
#define SLUICE_CONVERSION_F32MATMUL_H

#include <cstdint>

namespace sluice {

/// How contractions of fp32 operands run (docs/numerics.md).
enum class F32Matmul : uint8_t {
  F16, ///< operands rounded to fp16
  F32, ///< sums of scaled fp16 pieces, which keep fp32 accuracy
};

} // namespace sluice

#endif // SLUICE_CONVERSION_F32MATMUL_H
