//===- Session.cpp - One use of the compiler ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Session.h"

#include "sluice/Compiler/Diagnostics.h"
#include "sluice/Registry/Dialects.h"
#include "sluice/Support/Cancellation.h"

#include "mlir/IR/Action.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace sluice {

static DialectRegistry allDialects() {
  DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

Session::Session(const CompileOptions &options)
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
  // Passes and patterns, whichever thread runs them, are left out from when the session is cancelled.
  if (const CancellationFlag *flag = cancellationFlag())
    context.registerActionHandler([flag](function_ref<void()> act, const tracing::Action &) {
      CancellationScope scope(flag);
      if (!isCancelled())
        act();
    });
  // The node's name says to users what a whole operation does not.
  context.printOpOnDiagnostic(false);
  context.loadAllAvailableDialects();
}

absl::Status Session::failure() const {
  if (isCancelled())
    return cancelledError();
  return absl::InvalidArgumentError(errors.empty() ? "compilation failed" : llvm::join(errors, "\n"));
}

} // namespace sluice
