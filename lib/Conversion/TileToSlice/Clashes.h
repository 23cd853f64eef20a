//===- Clashes.h - Operands of one pass in one slice ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_TILETOSLICE_CLASHES_H
#define SLUICE_LIB_CONVERSION_TILETOSLICE_CLASHES_H

#include "Placement.h"

#include <optional>

namespace sluice::tile {

/// A buffer that one pass alone uses in place of another.
struct Copy {
  mlir::Value buffer;
  /// What moves vectors from one to the other; none for constants, which are there twice.
  MapOp mover;
};

/// If two operands of `op` lie in one port's way, gives it a copy of one of them, in a hemisphere but in no
/// slices yet, and enters that in the placement's copies, which are not copied again.
std::optional<Copy> separateClash(mlir::Operation *op, Placement &placement);

/// Whether two operands of `op` lie in one port's way.
bool hasClash(mlir::Operation *op, Placement &placement);

} // namespace sluice::tile

#endif // SLUICE_LIB_CONVERSION_TILETOSLICE_CLASHES_H
