//===- Convolutions.h - What kinds of convolutions share --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_CONVOLUTIONS_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_CONVOLUTIONS_H

#include "Families.h"
#include "OperatorTable.h"

namespace sluice::conversion {

/// A convolution as a contraction: one row for each position, one column for each channel of the result.
struct Convolution {
  Tensor rows;    ///< [G, N positions, taps, C / G]
  Tensor columns; ///< [G, O / G, taps, C / G]
  Shape shape;    ///< [N, positions..., O]
};

/// `windows` has shape [N, positions..., taps..., C], `columns` those of a Convolution.
Convolution arrange(Node &node, const Tensor &windows, const Tensor &columns, size_t spatialRank);

/// A contraction's [G, M, O / G] with the bias added, as the convolution's result of `element`.
Tensor finishConvolution(Node &node, const Convolution &convolution, const Tensor &product,
                         const Tensor &bias, mlir::Type element);

/// Whether the input's channels come in `groups` equal parts; refuses it if not.
bool checkGroups(Node &node, int64_t groups);

/// Any size for each spatial dimension of operand 0, behind `first` and `second`.
Shape filterShape(Node &node, int64_t first, int64_t second);

/// With the bias [O] added, of `element`.
Tensor addBias(Node &node, const Tensor &sums, const Tensor &bias, mlir::Type element);

/// The convolution with known filters [O, C / groups, taps...], [N, positions..., O]. That of channels which
/// were joined is the sum of those of their parts: nothing is moved to join them.
Tensor convolveParts(Node &node, const Tensor &input, const Tensor &weights, const Windows &windows,
                     int64_t groups);

/// The part of the family that is transposed.
void addTransposedConvolutions(OperatorTable &table);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_CONVOLUTIONS_H
