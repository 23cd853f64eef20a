//===- BeyondMachine.h - What no version will support -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_CONVERSION_BEYONDMACHINE_H
#define SLUICE_CONVERSION_BEYONDMACHINE_H

#include "llvm/ADT/StringRef.h"

namespace sluice {

/// Begins the reasons of refusals that are final: types and operators that a statically scheduled machine
/// cannot hold (strings, sequences, shapes that depend on data, random numbers, ...). Whatever else is
/// refused is not supported yet.
inline constexpr llvm::StringLiteral kBeyondMachine = "beyond the machine: ";

} // namespace sluice

#endif // SLUICE_CONVERSION_BEYONDMACHINE_H
