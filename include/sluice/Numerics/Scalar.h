//===- Scalar.h - What every scalar operation computes ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bit-exact on every x86: IEEE 754 binary32, round to nearest even, subnormals
// kept, every NaN result is the canonical quiet NaN 0x7fc00000.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_NUMERICS_SCALAR_H
#define SLUICE_NUMERICS_SCALAR_H

#include <cstddef>
#include <cstdint>

namespace sluice::numerics {

inline constexpr uint32_t canonicalNaN = 0x7fc00000;

/// The scalar operations of the machine, one for each ALU opcode, with its number
/// (see ScalarOps.def).
enum class ScalarOp : uint8_t {
#define SLUICE_SCALAR(Name, mnemonic, number, operands, latency, description) Name = number,
#include "sluice/Numerics/ScalarOps.def"
};

/// out[i] = op(a[i], b[i], c[i]) on 32-bit patterns; operands that the operation
/// does not have may be null. `out` may be one of the operands.
void evaluate(ScalarOp op, const uint32_t *a, const uint32_t *b, const uint32_t *c, uint32_t *out,
              size_t count);

/// The same for one element.
uint32_t evaluate(ScalarOp op, uint32_t a, uint32_t b = 0, uint32_t c = 0);

/// fp32 bits to fp16 bits, nearest even, overflow to infinity, NaN to 0x7e00.
uint16_t floatToHalf(uint32_t bits);
/// fp16 bits to fp32 bits, exact; NaN becomes the canonical one.
uint32_t halfToFloat(uint16_t bits);
/// Array forms. floatToHalf returns how many finite values overflowed to infinity.
size_t floatToHalf(const uint32_t *in, uint16_t *out, size_t count);
void halfToFloat(const uint16_t *in, uint32_t *out, size_t count);

} // namespace sluice::numerics

#endif // SLUICE_NUMERICS_SCALAR_H
