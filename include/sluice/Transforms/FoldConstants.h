//===- FoldConstants.h - Run at compile time what can be --------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TRANSFORMS_FOLDCONSTANTS_H
#define SLUICE_TRANSFORMS_FOLDCONSTANTS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

namespace sluice {

/// If every operand of the `stensor` operation `op` is a constant, gives its results as
/// new constants at the builder's insertion point; the caller replaces `op` by them.
/// Fails, silently, if an operand is not constant or the result would be too large.
mlir::FailureOr<mlir::SmallVector<mlir::Value>> foldConstant(mlir::OpBuilder &builder, mlir::Operation *op);

/// Replaces every `stensor` operation of constants by its value, computed by the
/// interpreter. Only what other operations still need becomes a constant. The pass
/// `--stensor-fold-constants`.
mlir::LogicalResult foldConstants(mlir::ModuleOp module);

/// Registers `--stensor-fold-constants`.
void registerFoldConstantsPass();

} // namespace sluice

#endif // SLUICE_TRANSFORMS_FOLDCONSTANTS_H
