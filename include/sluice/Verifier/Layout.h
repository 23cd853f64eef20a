//===- Layout.h - How a bound tensor lies on vectors ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_VERIFIER_LAYOUT_H
#define SLUICE_VERIFIER_LAYOUT_H

#include "sluice/Binary/container.pb.h"
#include "sluice/Support/HostTensor.h"
#include "sluice/Target/Target.h"

#include <vector>

namespace sluice::verifier {

/// A binding's Layout worked out for its shape: vector c * outer + o holds lane
/// elements c * lanes ... of outer element o.
struct TensorLayout {
  /// A counter that steps along a dimension.
  struct Loop {
    size_t dim, count;
    int64_t step;
  };

  ElementType userType = ElementType::Float, machineType = ElementType::Float;
  std::vector<int64_t> shape;    ///< as the user sees it
  std::vector<size_t> strides;   ///< in user elements, of the permuted dimensions
  std::vector<int64_t> permuted; ///< the permuted dimensions
  std::vector<Loop> rows, lanes; ///< of a layout by loops
  std::vector<int64_t> offsets;  ///< of a layout by loops: the index in each dimension before all steps
  size_t outer = 0;              ///< elements of the dimensions in front, or rows
  size_t laneElements = 0;       ///< elements of the last `lane_dims` dimensions, or of the lane loops
  size_t chunks = 0;             ///< vectors for one outer element
  size_t elements = 0;           ///< of the tensor
  size_t vectors() const { return outer * chunks; }
  /// Whether the elements lie in the user's order.
  bool inUserOrder() const;
  /// Whether each element fills all lanes of its vector.
  bool replicated() const { return laneElements == 1 && !hasLoops(); }
  /// Whether loops say where elements lie, the same one in many places or none in some.
  bool hasLoops() const { return !offsets.empty(); }
};

/// InvalidArgument when the binding's permutation, lane_dims, loops or types make no
/// sense, or its tensor is larger than a card's memory.
absl::StatusOr<TensorLayout> layoutOf(const binary::proto::Binding &binding, bool isOutput,
                                      const target::Target &target);

} // namespace sluice::verifier

#endif // SLUICE_VERIFIER_LAYOUT_H
