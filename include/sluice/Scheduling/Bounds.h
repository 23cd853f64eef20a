//===- Bounds.h - What no schedule can beat ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two lower bounds on the cycles of a program, from its tile level alone and by
// code that the scheduler does not use.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SCHEDULING_BOUNDS_H
#define SLUICE_SCHEDULING_BOUNDS_H

#include "sluice/Target/Target.h"

#include "mlir/IR/BuiltinOps.h"

namespace sluice {

/// Module attributes (i64, cycles) in which the bounds travel to the statistics.
inline constexpr llvm::StringLiteral kResourceBoundAttr = "sluice.resource_bound";
inline constexpr llvm::StringLiteral kPathBoundAttr = "sluice.path_bound";

/// Computes both bounds for a module at the tile level, for a program of `cards` cards, and sets the
/// attributes. No schedule of the module is shorter than either (docs/scheduling.md says what is left open to
/// schedules).
/// Resource bound: for each kind of unit, port and stream what must be done there, divided by how many there
/// are, from when it can begin to when it has its effect; the largest. Path bound: the longest chain of
/// dependences, vector by vector, each with its least latencies and transit.
void computeBounds(mlir::ModuleOp module, const target::Target &target, unsigned cards);

} // namespace sluice

#endif // SLUICE_SCHEDULING_BOUNDS_H
