//===- Standing.cpp - Where values lie if nothing moves -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A contraction gives its columns on lanes, and what elementwise functions and reductions over vectors make
// of it stays there. Readers may wish something else; then either the operands of a function move or its
// result does.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;

namespace sluice::tiling {

std::optional<Layout> Lowering::layoutAlongColumns(const View &view, int64_t columns) {
  int64_t rank = view.shape().size();
  Shape strides = stridesOf(view.shape()), lanes;
  int64_t covered = 1, origin = view.at(0).number;
  while (covered < columns) {
    int64_t dim = rank - 1;
    while (dim >= 0 && (view.shape()[dim] == 1 || llvm::is_contained(lanes, dim) ||
                        view.at(strides[dim]).number - origin != covered))
      --dim;
    if (dim < 0)
      return std::nullopt;
    lanes.insert(lanes.begin(), dim);
    covered *= view.shape()[dim];
  }
  Layout layout;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(lanes, dim))
      layout.permutation.push_back(dim);
  layout.permutation.append(lanes);
  layout.laneDims = lanes.size();
  return layout;
}

/// The dimensions on lanes.
static ArrayRef<int64_t> laneDimsOf(const Layout &layout) {
  return ArrayRef(layout.permutation).take_back(layout.laneDims);
}

std::optional<Layout> Lowering::standingLayoutOf(Value value) const {
  const View &view = viewOf(value);
  std::optional<int32_t> whole = view.wholeRoot();
  if (whole && roots[*whole].type.getShape() == view.shape())
    return roots[*whole].standing;
  SmallVector<int32_t> behind = view.roots();
  if (behind.size() != 1 || view.elements() == 0 || view.elements() != roots[behind[0]].type.getNumElements())
    return std::nullopt;
  auto contract = roots[behind[0]].value.getDefiningOp<stensor::ContractOp>();
  return contract ? layoutAlongColumns(view, contract.getType().getDimSize(2)) : std::nullopt;
}

void Lowering::findStandingLayouts() {
  for (Operation &op : source.getBody().front()) {
    if (auto contract = dyn_cast<stensor::ContractOp>(op))
      rootOf(contract.getResult()).standing = Layout::onLanes(3, 2);
    if (auto reduce = dyn_cast<stensor::ReduceOp>(op))
      if (std::optional<Layout> layout = standingLayoutOf(reduce.getInput());
          layout && !llvm::is_contained(laneDimsOf(*layout), reduce.getDim()))
        rootOf(reduce.getResult()).standing = layout;
    if (auto map = dyn_cast<stensor::MapOp>(op))
      for (Value operand : map.getInputs())
        if (std::optional<Layout> layout = standingLayoutOf(operand);
            layout && viewOf(operand).shape() == map.getShape()) {
          for (Value result : map.getResults())
            rootOf(result).standing = layout;
          break;
        }
  }
}

std::optional<Layout> Lowering::layoutWithoutMoving(stensor::MapOp map, const Layout &wished) {
  const std::optional<Layout> &standing = rootOf(map.getResult(0)).standing;
  if (!standing || laneDimsOf(*standing) == laneDimsOf(wished))
    return std::nullopt;
  int64_t operandBytes = 0, resultBytes = 0;
  for (Value operand : map.getInputs())
    if (viewOf(operand).shape() == map.getShape() && standingLayoutOf(operand) == standing)
      operandBytes += bytesOf(cast<RankedTensorType>(operand.getType()).getElementType());
  for (Value result : map.getResults())
    resultBytes += bytesOf(cast<RankedTensorType>(result.getType()).getElementType());
  // What moves goes through a plane byte by byte, in vectors of either layout.
  const int64_t there = gridOf(map.getShape(), wished).vectors(),
                here = gridOf(map.getShape(), *standing).vectors(), moved = there + here;
  if (here + resultBytes * moved < there + operandBytes * moved)
    return standing;
  return std::nullopt;
}

} // namespace sluice::tiling
