//===- InputLoops.h - Inputs that loops lay out -----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_INPUTLOOPS_H
#define SLUICE_DIALECTS_TILE_INPUTLOOPS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/Support/CheckedArithmetic.h"

namespace sluice::tile {

/// Of an input of which each card has a part: card c has the vectors that many times c further on.
inline constexpr llvm::StringLiteral kCardStepAttr = "card_step";

template <typename Op>
int64_t cardStepOf(Op op) {
  auto step = op->template getAttrOfType<mlir::IntegerAttr>(kCardStepAttr);
  return step ? step.getInt() : 0;
}

template <typename Op>
bool hasLoops(Op op) {
  return op.getRowLoops() || op.getLaneLoops() || op.getOffsets();
}

/// The name and layout, from `offsets` on, of what is bound: equal for equal ones.
template <typename Op>
mlir::ArrayAttr layoutKey(Op op, mlir::DenseI64ArrayAttr offsets) {
  llvm::SmallVector<mlir::Attribute> parts{op.getNameAttr(), op.getPermutationAttr(), op.getLaneDimsAttr()};
  for (mlir::DenseI64ArrayAttr loops : {op.getRowLoopsAttr(), op.getLaneLoopsAttr(), offsets})
    if (loops)
      parts.push_back(loops);
  return mlir::ArrayAttr::get(op.getContext(), parts);
}

template <typename Op>
mlir::ArrayAttr layoutKey(Op op) {
  return layoutKey(op, op.getOffsetsAttr());
}

/// Whether a dimension's indices, from -reach to reach, stay numbers when a loop is added.
inline bool addReach(int64_t &reach, int64_t count, int64_t step) {
  std::optional<int64_t> size = step < 0 ? llvm::checkedSub<int64_t>(0, step) : step;
  if (size)
    size = llvm::checkedMulAdd(*size, count - 1, reach);
  if (size)
    reach = *size;
  return size.has_value();
}

/// Fails unless loops, in place of a permutation, describe a layout of `rank` dimensions
/// with as many places, and indices, as there are numbers.
template <typename Op>
mlir::LogicalResult verifyLoops(Op op, int64_t rank) {
  if (!op.getRowLoops() || !op.getLaneLoops() || !op.getOffsets())
    return op.emitOpError("needs row_loops, lane_loops and offsets, or none of them");
  if (!op.getPermutation().empty() || op.getLaneDims() != 0)
    return op.emitOpError("has both loops and a permutation or lane dimensions");
  if (rank == 0)
    return op.emitOpError("has loops for rank 0");
  if (int64_t offsets = op.getOffsets()->size(); offsets != rank)
    return op.emitOpError("has ") << offsets << " offsets for rank " << rank;
  llvm::SmallVector<int64_t> reach(rank, 0);
  for (auto [d, offset] : llvm::enumerate(*op.getOffsets()))
    if (!addReach(reach[d], 2, offset))
      return op.emitOpError("has offset ") << offset << " of dimension " << d;
  int64_t places = 1;
  for (auto [name, loops] :
       {std::pair("row_loops", *op.getRowLoops()), std::pair("lane_loops", *op.getLaneLoops())}) {
    if (loops.size() % 3)
      return op.emitOpError() << name << " needs a dimension, a count and a step of each loop, has "
                              << loops.size() << " numbers";
    for (size_t i = 0; i < loops.size(); i += 3) {
      int64_t dim = loops[i], count = loops[i + 1], step = loops[i + 2];
      if (dim < 0 || dim >= rank)
        return op.emitOpError() << name << " has a loop of dimension " << dim << " of " << rank;
      if (count < 1)
        return op.emitOpError() << name << " has a loop that counts to " << count;
      std::optional<int64_t> product = llvm::checkedMul(places, count);
      if (!product || !addReach(reach[dim], count, step))
        return op.emitOpError() << name << " has a loop of dimension " << dim << " with count " << count
                                << " and step " << step << ", more than there are numbers";
      places = *product;
    }
  }
  return mlir::success();
}

} // namespace sluice::tile

#endif // SLUICE_DIALECTS_TILE_INPUTLOOPS_H
