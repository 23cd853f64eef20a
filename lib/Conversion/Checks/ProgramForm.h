//===- ProgramForm.h - What a program at a level is made of -----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every step down takes a program of one level. A text may hold anything that parses; what the operations'
// own verifiers cannot see, whether they stand where their level wants them, is checked here.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_CHECKS_PROGRAMFORM_H
#define SLUICE_LIB_CONVERSION_CHECKS_PROGRAMFORM_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace sluice {

/// The function of a program at `level`, which is the name of the level's dialect: the module's only
/// operation, a func.func @main of one block that holds operations of the level and ends with a return. Its
/// arguments and results are of types that `isEdge`. Reports everything that is otherwise, each on its
/// operation.
mlir::FailureOr<mlir::func::FuncOp> checkForm(mlir::ModuleOp module, llvm::StringRef level,
                                              llvm::function_ref<bool(mlir::Type)> isEdge);

} // namespace sluice

#endif // SLUICE_LIB_CONVERSION_CHECKS_PROGRAMFORM_H
