//===- Session.h - One use of the compiler ----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_COMPILER_SESSION_H
#define SLUICE_LIB_COMPILER_SESSION_H

#include "sluice/Compiler/CompileModel.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include "llvm/Support/ThreadPool.h"

#include <string>
#include <vector>

namespace sluice {

/// A context of its own for one compilation, with its threads and its diagnostics.
class Session {
public:
  explicit Session(const CompileOptions &options);

  /// The diagnostics so far as an error; Cancelled where that is why the work ended.
  absl::Status failure() const;

private:
  llvm::DefaultThreadPool pool;

public:
  mlir::MLIRContext context;

private:
  std::vector<std::string> errors;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace sluice

#endif // SLUICE_LIB_COMPILER_SESSION_H
