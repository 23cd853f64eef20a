//===- VectorPlan.h - What a wanted vector is put together from -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_VECTORPLAN_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_VECTORPLAN_H

#include "Lowering.h"

namespace sluice::tiling {

/// A source vector as it is, or the lanes of it that a lane map takes and zeros elsewhere.
struct Lowering::Piece {
  enum Kind { Whole, Masked, Mapped } kind;
  Ref source;
  int32_t laneMap = -1; ///< Masked: lane l where it is not kNoLane
};

struct Lowering::VectorPlan {
  llvm::SmallVector<Piece, 2> pieces;
};

/// The body of a pass that merges vectors: the or of all operands, those with a mask after its and. Narrow
/// elements are combined as words.
llvm::SmallVector<mlir::Value> mergeBody(llvm::ArrayRef<bool> masked, mlir::OpBuilder &builder,
                                         mlir::Location loc, mlir::ValueRange arguments);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_VECTORPLAN_H
