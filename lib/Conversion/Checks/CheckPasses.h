//===- CheckPasses.h - Whether passes suit their target ---------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_CHECKS_CHECKPASSES_H
#define SLUICE_LIB_CONVERSION_CHECKS_CHECKPASSES_H

#include "sluice/Conversion/Lowering.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sluice {

/// The function of a program at `level`, tile or slice, whose passes and buffers suit the target: lanes,
/// cards, planes, columns, rows, counts and the size of each buffer. Reports all that does not, each on its
/// operation, with what is needed and what there is.
mlir::FailureOr<mlir::func::FuncOp> checkPasses(mlir::ModuleOp module, llvm::StringRef level,
                                                const LoweringOptions &options);

} // namespace sluice

#endif // SLUICE_LIB_CONVERSION_CHECKS_CHECKPASSES_H
