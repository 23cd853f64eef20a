//===- Indexing.h - Places that indices name --------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_INDEXING_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_INDEXING_H

#include "Node.h"
#include "OperatorTable.h"

namespace sluice::conversion {

/// Row-major distances between neighbours in each dimension.
Shape stridesOf(llvm::ArrayRef<int64_t> shape);

/// For each element of `shape` in order, the sum of its coordinates times `strides`.
llvm::SmallVector<int64_t> positions(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> strides);

/// Indices of an axis of `size`, those that count from the end made to count from the start. Known ones
/// outside the axis are refused.
Tensor wrapIndices(Node &node, const Tensor &indices, int64_t size);

/// The slices of `data` along `dim` that `indices`, which count from the start, name, with the dimensions of
/// `indices` in that one's place.
Tensor gatherAlong(Node &node, const Tensor &data, const Tensor &indices, int64_t dim);

/// A run's indices (i32, at least one) as they are; one outside [0, size) is a fault.
Tensor checkIndices(Node &node, const Tensor &indices, int64_t size);

/// The place in the flat data that each element of `indices` along `dim` names; outside the data if a run's
/// index is outside the dimension.
Tensor elementPlaces(Node &node, const Tensor &data, const Tensor &indices, int64_t dim);

/// The row of data (seen as rows of what lies behind the indexed dimensions) that each tuple of indices
/// names, flat; outside the data if one of a run's indices is outside its dimension.
Tensor tuplePlaces(Node &node, const Tensor &data, const Tensor &indices, int64_t batchDims);

/// The data as rows of what lies behind its first `indexed` dimensions.
Tensor asRows(Node &node, const Tensor &data, int64_t indexed);

/// The elements of `parts`, which have one shape, in turn along dimension `dim`: the first one of each, then
/// the second one of each.
Tensor interleaveAlong(Node &node, llvm::ArrayRef<Tensor> parts, int64_t dim);

/// The part of the family that writes.
void addScatters(OperatorTable &table);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_INDEXING_H
