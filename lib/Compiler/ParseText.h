//===- ParseText.h - Programs from IR text ----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_COMPILER_PARSETEXT_H
#define SLUICE_LIB_COMPILER_PARSETEXT_H

#include "sluice/Compiler/CompileModel.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace sluice {

/// The program in a file of IR text; null after reporting errors. MLIR's parser makes room for as many
/// results as a use names ("%x#134217727") before it meets the operation, so that a text that names one
/// beyond 65,535 is refused first.
mlir::OwningOpRef<mlir::ModuleOp> parseTextFile(llvm::StringRef path, mlir::MLIRContext &context);

/// Reports options that a program in IR text has no use for: its inputs were settled when it was imported.
mlir::LogicalResult checkTextOptions(llvm::StringRef path, const CompileOptions &options,
                                     mlir::MLIRContext &context);

} // namespace sluice

#endif // SLUICE_LIB_COMPILER_PARSETEXT_H
