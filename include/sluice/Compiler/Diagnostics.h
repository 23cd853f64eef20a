//===- Diagnostics.h - Diagnostics as text ----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_COMPILER_DIAGNOSTICS_H
#define SLUICE_COMPILER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

#include <string>

namespace sluice {

/// A diagnostic on lines of text: where it is, unless that is unknown, the message, and its notes indented;
/// escaped (see Support/Escape.h), so that each is one line.
std::string formatDiagnostic(const mlir::Diagnostic &diagnostic);

} // namespace sluice

#endif // SLUICE_COMPILER_DIAGNOSTICS_H
