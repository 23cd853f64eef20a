//===- Sampling.h - Interpolation at run-time coordinates -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_SAMPLING_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_SAMPLING_H

#include "Node.h"

namespace sluice::conversion {

/// One spatial axis of what is sampled.
struct SampleAxis {
  Tensor coordinates; ///< [M], f32; 0 is the centre of the first element
  int64_t size;       ///< elements along the axis
  int64_t stride;     ///< rows of the table from one element to the next
};

/// How elements between and outside the given ones are made.
struct SampleMode {
  enum Interpolation { nearest, linear, cubic } interpolation = linear;
  enum Padding { zeros, border, reflection } padding = zeros;
  bool alignCorners = false; ///< reflection is about the centres of the outermost elements, not their edges
};

/// The rows of `table` [R, C] (f32) that surround each of M points, weighted: the row of an element is `base`
/// (i32, [M] or [1]) plus its position times the stride along each axis. Result [K, M, C]: their sum over the
/// K neighbours is the interpolated value.
Tensor sampleNeighbours(Node &node, const Tensor &table, const Tensor &base, llvm::ArrayRef<SampleAxis> axes,
                        SampleMode mode);

/// sampleNeighbours, summed: [M, C].
Tensor sample(Node &node, const Tensor &table, const Tensor &base, llvm::ArrayRef<SampleAxis> axes,
              SampleMode mode);

/// 0, 1, ... as i32 [size].
Tensor iota(Node &node, int64_t size);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_SAMPLING_H
