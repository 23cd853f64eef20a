//===- Families.h - What operator families use of one another ---*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_FAMILIES_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_FAMILIES_H

#include "Node.h"

namespace sluice::conversion {

/// The mean over dimensions (ascending), which are kept with size 1; f32 or i32. Divides, or multiplies by
/// the reciprocal where that is exact.
Tensor meanOver(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims);

/// Of integers over dimensions (ascending), which are kept with size 1, cut towards zero: the root of the sum
/// of squares (exact where that sum is below 2^32, else to f32's precision), the logarithm of the sum, and
/// the logarithm of the sum of e^x. Log 0 is the least integer, that of a negative sum 0.
Tensor wholeNorm(Node &node, const Tensor &numbers, llvm::ArrayRef<int64_t> dims);
Tensor wholeLogSum(Node &node, const Tensor &numbers, llvm::ArrayRef<int64_t> dims);
Tensor wholeLogSumExp(Node &node, const Tensor &numbers, llvm::ArrayRef<int64_t> dims);

/// The index, i32, of the first (or last) greatest or least element along a dimension, which is kept with
/// size 1; of NaNs, if there are any.
Tensor indexOfExtremum(Node &node, const Tensor &input, int64_t dim, stensor::ReduceKind kind, bool last);

/// The softmax over dimensions (ascending) and its logarithm.
Tensor softmax(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims);
Tensor logSoftmax(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims);

/// What a layer normalization gives: its output, and the f32 mean and 1 / sqrt(variance + epsilon) of each
/// row.
struct Normalized {
  Tensor output, mean, inverse;
};

/// input centred over dimensions (ascending), divided by its deviation, times scale, plus bias unless that is
/// absent; of type `element`.
Normalized layerNormalize(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims, double epsilon,
                          const Tensor &scale, const Tensor &bias, mlir::Type element);
/// The same without centring: by the root of the mean square. There is no mean.
Normalized rmsNormalize(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims, double epsilon,
                        const Tensor &scale, mlir::Type element);

/// lhs [B, M, T, K] times rhs [B, N, T, K] of f32 or f16 elements as f32 [B, M, N]: f32 operands are
/// rounded to f16 or cut into pieces, as the options say. A constant operand beyond f16's range is refused.
Tensor contractReals(Node &node, const Tensor &lhs, const Tensor &rhs);
/// The same of any product of f16 operands that gives f32.
Tensor multiplyReals(Node &node, const Tensor &lhs, const Tensor &rhs,
                     llvm::function_ref<Tensor(const Tensor &, const Tensor &)> multiply);

/// The same of operands of one element type, floating-point ones or 32-bit integers, of which the result is
/// modulo 2^32; or constants of 64 bits.
Tensor contractElements(Node &node, const Tensor &lhs, const Tensor &rhs);

/// A matrix product in the form of a contraction.
struct MatrixProduct {
  Tensor lhs;  ///< [B, M, 1, K]
  Tensor rhs;  ///< [B, N, 1, K]
  Shape shape; ///< the result's, to reshape [B, M, N] to
};

/// Brings the operands of NumPy's matmul into the form of a contraction; none, refused, if they do not fit.
std::optional<MatrixProduct> arrangeMatMul(Node &node, Tensor lhs, Tensor rhs);
/// Refuses operands, which stand at these places, of shapes that MatMul does not multiply.
mlir::LogicalResult needMatrices(Node &node, size_t lhs, size_t rhs);

/// 1 / (1 + e^-x), and log(1 + e^x) without overflow, of f32.
mlir::Value sigmoid(Scalars &s, mlir::Value x);
mlir::Value softplus(Scalars &s, mlir::Value x);

/// x times the normal distribution's share below it, exactly or in the approximation by tanh; of f32.
mlir::Value gelu(Scalars &s, mlir::Value x, bool byTanh);

/// A node that is as `plain` converts it, plus operand `summand` if that is there, through the function that
/// the attribute 'activation' names.
Results convertFused(Node &node, Results (*plain)(Node &), size_t summand);

/// Spatial geometry of a convolution or pooling, one entry per spatial dimension.
struct Windows {
  Shape sizes, strides, dilations, low, high;
  /// Elements that a window may read beyond `high` because the last one was rounded up (ceil_mode).
  Shape overhang;
  Shape positions;
};

/// Reads strides, dilations, pads, auto_pad and ceil_mode for windows of `sizes` over `spatial`
/// dimensions. None, refused, if they do not fit.
std::optional<Windows> readWindows(Node &node, llvm::ArrayRef<int64_t> sizes,
                                   llvm::ArrayRef<int64_t> spatial);

/// How windows are averaged: in any order, or as ONNX Runtime averages quantized numbers, which adds them one
/// after the other and, where padding counts, counts what lies beyond it too.
enum class Averaging { AnyOrder, InOrder };

/// `input` [N, C, spatial...] averaged over the windows that the node's attributes say; none if refused.
std::optional<Tensor> averagePool(Node &node, const Tensor &input, Averaging averaging = Averaging::AnyOrder);

/// N, C, spatial... to N, spatial..., C, and back.
Tensor channelsLast(Node &node, const Tensor &input);
Tensor channelsFirst(Node &node, const Tensor &input);

/// Whether input and weights fit a convolution of `groups`; refuses otherwise.
bool checkConvolution(Node &node, size_t weightsAt, int64_t groups);

/// A convolution's windows, their sizes from the weights; none, refused, if 'kernel_shape' says another one.
std::optional<Windows> convolutionWindows(Node &node, const Tensor &input, const Tensor &weights);

/// The windows of `input` [N, C, spatial...], padded with `padding`, as [N, positions..., taps..., C].
Tensor padAndSlide(Node &node, const Tensor &input, const Windows &windows, double padding);

/// Whether a recurrence over `steps` may be unrolled; refuses more than a limit.
bool checkSteps(Node &node, int64_t steps);

/// `first` where the one truth `condition` holds, else `second`. Both are of one element type and shape, or
/// are refused: `what` begins the reason.
Tensor selectTensor(Node &node, const Tensor &condition, const Tensor &first, const Tensor &second,
                    const llvm::Twine &what);

/// Tensors of one shape side by side along a new axis, or the graph's output if there are none (emptyStack).
Tensor stack(Node &node, llvm::ArrayRef<Tensor> tensors, int64_t axis, llvm::StringRef graph, size_t output);

/// Elements `indices` of one dimension, in that order.
Tensor takeKnown(Node &node, const Tensor &input, int64_t dim, llvm::ArrayRef<int64_t> indices);

/// A tensor quantized to ui8 by its own range.
struct DynamicallyQuantized {
  Tensor values;      ///< ui8
  Tensor scale, zero; ///< one f32, one ui8
};
DynamicallyQuantized quantizeDynamically(Node &node, const Tensor &input);

/// round(x / scale) + zero point, saturated to `element` (i8, ui8, i16 or ui16); operands broadcast.
Tensor quantize(Node &node, const Tensor &input, const Tensor &scale, const Tensor &zero, mlir::Type element);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_FAMILIES_H
