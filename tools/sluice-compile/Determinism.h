//===- Determinism.h - Compiling a second time ------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TOOLS_SLUICE_COMPILE_DETERMINISM_H
#define SLUICE_TOOLS_SLUICE_COMPILE_DETERMINISM_H

#include "sluice/Binary/Program.h"

#include "llvm/ADT/ArrayRef.h"

#include <optional>
#include <string>

namespace sluice {

/// The option by which the second compilation is told where to leave its binary.
inline constexpr char kTwinOption[] = "determinism-twin";

/// Compiles once more, by the command line `arguments` of this process and --determinism-twin, in a process
/// of its own: other addresses, and so other seeds of address-seeded hashes, and a larger environment. What
/// differs from `program`, or what went wrong; nothing if the binaries are equal.
std::optional<std::string> compareWithTwin(const binary::Program &program,
                                           llvm::ArrayRef<const char *> arguments);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_COMPILE_DETERMINISM_H
