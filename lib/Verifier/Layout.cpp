//===- Layout.cpp - How a bound tensor lies on vectors --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Verifier/Layout.h"
#include "sluice/Binary/Layout.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::verifier;
using binary::proto::Binding;

bool TensorLayout::inUserOrder() const {
  size_t stride = 1;
  for (size_t dim = permuted.size(); dim-- != 0; stride *= size_t(permuted[dim]))
    if (permuted[dim] != 1 && strides[dim] != stride)
      return false;
  return true;
}

/// The loops of a binding, and how many places they have.
static size_t enterLoops(const google::protobuf::RepeatedPtrField<binary::proto::Loop> &loops,
                         std::vector<TensorLayout::Loop> &entered) {
  size_t places = 1;
  for (const binary::proto::Loop &loop : loops) {
    entered.push_back({size_t(loop.dim()), size_t(loop.count()), loop.step()});
    places *= size_t(loop.count());
  }
  return places;
}

absl::StatusOr<TensorLayout> verifier::layoutOf(const Binding &binding, bool isOutput,
                                                const target::Target &target) {
  TensorLayout layout;
  layout.userType = static_cast<ElementType>(binding.type().element_type());
  layout.machineType = static_cast<ElementType>(binding.type().machine_type());
  if (elementBytes(layout.userType) == 0 || elementBytes(layout.machineType) == 0 ||
      layout.machineType != machineType(layout.userType))
    return invalidArgument("binding '", escapeLine(binding.name()), "': cannot keep element type ",
                           binding.type().element_type(), " as machine type ", binding.type().machine_type());

  // Bytes on all cards' memory bound the elements, so that no product overflows.
  const uint64_t limit = target.memoryBytes() * std::max(1u, target.cardsPerNode);
  uint64_t elements = 1;
  for (int64_t extent : binding.type().shape()) {
    if (extent < 0 || uint64_t(extent) > limit || elements * uint64_t(extent) > limit)
      return invalidArgument("binding '", escapeLine(binding.name()), "': extent ", extent,
                             " is negative or beyond the cards' memory");
    layout.shape.push_back(extent);
    elements *= uint64_t(extent);
  }
  layout.elements = elements;

  const size_t rank = layout.shape.size();
  const bool byLoops = binary::hasLoops(binding.layout());
  if (byLoops)
    if (absl::Status status = binary::checkLoops(binding.layout(), rank, isOutput, target); !status.ok())
      return withContext(status, concat("binding '", escapeLine(binding.name()), "'"));
  const auto &permutation = binding.layout().permutation();
  std::vector<size_t> order(rank);
  for (size_t i = 0; i != rank; ++i)
    order[i] = i;
  if (!permutation.empty()) {
    if (size_t(permutation.size()) != rank)
      return invalidArgument("binding '", escapeLine(binding.name()), "': permutation of ",
                             permutation.size(), " dimensions for rank ", rank);
    std::vector<bool> seen(rank);
    for (size_t i = 0; i != rank; ++i) {
      const int32_t dim = permutation[int(i)];
      if (dim < 0 || size_t(dim) >= rank || seen[size_t(dim)])
        return invalidArgument("binding '", escapeLine(binding.name()), "': entry ", i,
                               " of the permutation is ", dim);
      seen[size_t(dim)] = true;
      order[i] = size_t(dim);
    }
  }
  const int32_t laneDims = binding.layout().lane_dims();
  if (laneDims < 0 || size_t(laneDims) > rank)
    return invalidArgument("binding '", escapeLine(binding.name()), "': ", laneDims,
                           " lane dimensions for rank ", rank);

  std::vector<size_t> userStrides(rank, 1);
  for (size_t i = rank; i-- > 1;)
    userStrides[i - 1] = userStrides[i] * size_t(layout.shape[i]);
  layout.outer = layout.laneElements = 1;
  for (size_t i = 0; i != rank; ++i) {
    layout.permuted.push_back(layout.shape[order[i]]);
    layout.strides.push_back(userStrides[order[i]]);
    (i + size_t(laneDims) < rank ? layout.outer : layout.laneElements) *= size_t(layout.shape[order[i]]);
  }
  if (byLoops) {
    layout.outer = enterLoops(binding.layout().rows(), layout.rows);
    layout.laneElements = enterLoops(binding.layout().lanes(), layout.lanes);
    layout.offsets.assign(binding.layout().offsets().begin(), binding.layout().offsets().end());
  }
  layout.chunks = (layout.laneElements + target.lanes() - 1) / target.lanes();
  return layout;
}
