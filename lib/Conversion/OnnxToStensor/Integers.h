//===- Integers.h - Products of quantized numbers ---------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Contractions multiply signed bytes. An unsigned byte counts from 128: x - 128 has the
// same bits but the highest, and so has its zero point.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_INTEGERS_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_INTEGERS_H

#include "Node.h"

namespace sluice::conversion {

/// Bytes and what stands for zero among them.
struct Bytes {
  Tensor values; ///< i8
  Tensor zero;   ///< i32, broadcast to `values` or to what is said; absent: 0
};

/// `tensor` of type i8 or ui8 and its zero point (absent: 0) as signed bytes.
Bytes toBytes(Node &node, const Tensor &tensor, const Tensor &zero);

/// The sums over (t, k) of (lhs - its zero) * (rhs - its zero), and a bias, as i32 [B, M, N], exact: lhs [B,
/// M, T, K], rhs [B, N, T, K]; zeros broadcast to [B, M, 1] and [B, 1, N], `bias` (absent: 0) to [B, M, N].
/// `inside` [B, M or 1, T, K] holds 1 where lhs counts and 0 where it, 0 itself, is left out; `counted` [B, N
/// or 1, T, K] the same of rhs; absent: all counts.
Tensor contractIntegers(Node &node, const Bytes &lhs, const Bytes &rhs, const Tensor &bias = Tensor(),
                        Tensor inside = Tensor(), Tensor counted = Tensor());

/// Numbers that `scaled` computes of operands, in units of the result's scale, as a quantized tensor of
/// `element` (i8, ui8, i16, ui16): clamped to what is left of the range beside the zero point (absent: 0),
/// rounded to even, and the zero point added. All broadcast.
Tensor quantizeScaled(Node &node, llvm::ArrayRef<Tensor> operands, const Tensor &zero, mlir::Type element,
                      Emitter::Body scaled);

/// An exact sum of products as a number of the scale `scale` and zero point `zero` (one number, of the
/// result's type i8 or ui8; absent: ui8 0): saturate(round(sum * scale) + zero), where the product is clamped
/// before it is rounded to even. `scale` broadcasts to the sum.
Tensor requantize(Node &node, const Tensor &sum, const Tensor &scale, const Tensor &zero);

/// `x` and `y` multiplied and divided by `z` in this order; `z` may be absent. They broadcast.
Tensor combinedScale(Node &node, const Tensor &x, const Tensor &y, const Tensor &z = Tensor());

/// Whether the tensor holds one number.
inline bool isOne(const Tensor &tensor) { return tensor.count() == 1; }

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_INTEGERS_H
