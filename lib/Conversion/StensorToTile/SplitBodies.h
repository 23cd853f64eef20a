//===- SplitBodies.h - Maps that fit the machine ----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_SPLITBODIES_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_SPLITBODIES_H

#include "sluice/Target/Target.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sluice::tiling {

/// Cuts every stensor.map that needs more ALUs or streams than the machine has into several; what
/// crosses a cut becomes a tensor. Operands of which all elements are the same become constants of the
/// body. Fails with an error for a single operation that does not fit.
mlir::LogicalResult splitBodies(mlir::func::FuncOp function, const target::Target &target);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_SPLITBODIES_H
