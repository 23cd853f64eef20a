//===- Compiler.h - The driver from model to binary -------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_COMPILER_COMPILER_H
#define SLUICE_COMPILER_COMPILER_H

#include "sluice/Compiler/CompileModel.h"
#include "sluice/Compiler/Diagnostics.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/LogicalResult.h"

#include <string>

namespace sluice {

/// The passes that clean up a module fresh from the conversion to stensor:
/// folding, elementwise fusion, common subexpressions.
void buildStensorPipeline(mlir::OpPassManager &manager);

/// Runs every phase up to `options.compileTo`, at most Phase::Sched, and returns the
/// module. `context` must have all dialects (registerAllDialects). Errors are diagnostics.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
lower(const std::string &path, const CompileOptions &options, mlir::MLIRContext &context);

/// Runs every phase and proves the result with the verifier; what it finds is reported as errors.
mlir::FailureOr<binary::Program> compile(const std::string &path, const CompileOptions &options,
                                         mlir::MLIRContext &context);

} // namespace sluice

#endif // SLUICE_COMPILER_COMPILER_H
