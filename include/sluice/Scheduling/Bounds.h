//===- Bounds.h - What no schedule can beat ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Three lower bounds on the cycles of a program, each from its own level and by code that neither the tiling
// nor the scheduler uses.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SCHEDULING_BOUNDS_H
#define SLUICE_SCHEDULING_BOUNDS_H

#include "sluice/Target/Target.h"

#include "mlir/IR/BuiltinOps.h"

namespace sluice {

/// Module attributes in which the bounds travel to the statistics: a dictionary of i64 by what is busy for so
/// many cycles, and an i64.
inline constexpr llvm::StringLiteral kTensorBoundsAttr = "sluice.tensor_bounds";
inline constexpr llvm::StringLiteral kResourceBoundsAttr = "sluice.resource_bounds";
inline constexpr llvm::StringLiteral kPathBoundAttr = "sluice.path_bound";

/// Computes the **tensor bound** for a module that `checkStensor` lets pass, for a program of `cards` cards,
/// and sets its attribute. No tiling of the module is faster: products, scalar operations and bytes that
/// results depend on, each by what all cards do of it in a cycle with all lanes full. Takes time by
/// operations, whatever their size.
void computeTensorBound(mlir::ModuleOp module, const target::Target &target, unsigned cards);

/// Computes two bounds for a module at the tile level, for a program of `cards` cards, and sets the
/// attributes. No schedule of the module is shorter than either (docs/scheduling.md says what is left open to
/// schedules).
/// **Resource bound**: for each kind of unit, port and stream what must be done there, divided by how many
/// there are, from when it can begin to when it has its effect; the largest. **Path bound**: the longest
/// chain of dependences, vector by vector, each with its least latencies and transit.
void computeBounds(mlir::ModuleOp module, const target::Target &target, unsigned cards);

/// The cycles of one of the attributes: of a dictionary the largest; 0 where the module has none.
int64_t boundOf(mlir::ModuleOp module, llvm::StringRef attribute);

} // namespace sluice

#endif // SLUICE_SCHEDULING_BOUNDS_H
