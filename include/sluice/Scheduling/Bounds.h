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

/// Computes both bounds for a module at the tile level and sets the attributes.
/// Resource bound: for each kind of unit, busy cycles divided by units; for streams, bytes
/// into and out of the VXM and the ends of the chip divided by what they carry a cycle; for links,
/// vectors times the interval divided by links; the largest. Path bound: the longest
/// chain of passes, each with its minimum latencies, transit and burst length.
void computeBounds(mlir::ModuleOp module, const target::Target &target);

} // namespace sluice

#endif // SLUICE_SCHEDULING_BOUNDS_H
