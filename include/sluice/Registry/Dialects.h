//===- Dialects.h - All dialects and passes ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_REGISTRY_DIALECTS_H
#define SLUICE_REGISTRY_DIALECTS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace sluice {

/// Registers the project's dialects and the upstream ones that programs use.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Registers the project's passes and the upstream clean-up passes under their command-line names.
void registerAllPasses();

} // namespace sluice

#endif // SLUICE_REGISTRY_DIALECTS_H
