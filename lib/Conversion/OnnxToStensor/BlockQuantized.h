//===- BlockQuantized.h - Numbers of few bits in blocks ---------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ONNX Runtime packs numbers of 2 or 4 bits into bytes, the first number in the lowest bits. A scale, and
// perhaps a zero point, belongs to each block of them along one dimension.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_BLOCKQUANTIZED_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_BLOCKQUANTIZED_H

#include "Node.h"

namespace sluice::conversion {

/// How many numbers of `bits` (2, 4 or 8) a byte holds.
inline int64_t numbersPerByte(int64_t bits) { return 8 / bits; }

/// How many bytes hold `count` numbers of `bits`.
inline int64_t bytesOf(int64_t count, int64_t bits) { return (count * bits + 7) / 8; }

/// The zero point of unsigned numbers of `bits` that have none of their own: the middle.
inline double middleOf(int64_t bits) { return static_cast<double>(int64_t{1} << (bits - 1)); }

/// The numbers of `bits` in the bytes of the last dimension, as i32 with a new dimension before that one: of
/// the places in a byte. Nothing moves.
Tensor unpackApart(Node &node, const Tensor &packed, int64_t bits);

/// The first `count` numbers of `bits` in the bytes of the last dimension, in order, as i32.
Tensor unpack(Node &node, const Tensor &packed, int64_t bits, int64_t count);

/// Repeats each element of dimension `dim` `block` times and keeps `count` of them.
Tensor spread(Node &node, const Tensor &parameter, int64_t dim, int64_t block, int64_t count);

/// (numbers - zeros) * scales in f32; they broadcast. `numbers` are integers, `zeros` integers or real.
Tensor dequantize(Node &node, const Tensor &numbers, const Tensor &zeros, const Tensor &scales);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_BLOCKQUANTIZED_H
