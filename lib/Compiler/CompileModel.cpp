//===- CompileModel.cpp - The compiler without its IR ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Compiler/CompileModel.h"
#include "sluice/Compiler/Compiler.h"
#include "sluice/Support/Dialects.h"

#include "mlir/IR/MLIRContext.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/raw_ostream.h"

#include <vector>

using namespace mlir;

namespace sluice {
namespace {

DialectRegistry allDialects() {
  DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

/// A context of its own for one compilation, with its threads and its diagnostics.
class Session {
public:
  explicit Session(const CompileOptions &options)
      : pool(llvm::hardware_concurrency(options.threads)),
        context(allDialects(), MLIRContext::Threading::DISABLED),
        handler(&context, [this, &options](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
            errors.push_back(formatDiagnostic(diagnostic));
          else if (diagnostic.getSeverity() == DiagnosticSeverity::Warning && options.onWarning)
            options.onWarning(formatDiagnostic(diagnostic));
        }) {
    if (options.threads != 1)
      context.setThreadPool(pool);
    context.loadAllAvailableDialects();
  }

  /// The diagnostics so far as an error.
  absl::Status failure() const {
    return absl::InvalidArgumentError(errors.empty() ? "compilation failed" : llvm::join(errors, "\n"));
  }

private:
  llvm::DefaultThreadPool pool;

public:
  MLIRContext context;

private:
  std::vector<std::string> errors;
  ScopedDiagnosticHandler handler;
};

} // namespace

absl::StatusOr<binary::Program> compileModel(const std::string &path, const CompileOptions &options) {
  Session session(options);
  FailureOr<binary::Program> program = compile(path, options, session.context);
  if (failed(program))
    return session.failure();
  return *std::move(program);
}

absl::StatusOr<std::string> lowerModel(const std::string &path, const CompileOptions &options) {
  Session session(options);
  FailureOr<OwningOpRef<ModuleOp>> module = lower(path, options, session.context);
  if (failed(module))
    return session.failure();
  std::string text;
  llvm::raw_string_ostream os(text);
  (*module)->print(os, OpPrintingFlags().enableDebugInfo());
  os << "\n";
  return text;
}

} // namespace sluice
