//===- Lowering.h - From whole tensors to a schedule ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_CONVERSION_LOWERING_H
#define SLUICE_CONVERSION_LOWERING_H

#include "sluice/Binary/Program.h"
#include "sluice/Target/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LogicalResult.h"

#include <cstdint>
#include <optional>

namespace sluice {

struct LoweringOptions {
  /// The machine; outlives the lowering.
  const target::Target *target = nullptr;
  /// Cards of one node that share the program, 1 ... cardsPerNode.
  unsigned cards = 1;
  /// Makes the schedule any legal one, in random order and with random slack, instead of a short one.
  std::optional<uint64_t> scheduleSeed;
  /// For advice where a program does not fit: whether the user gave sizes of dynamic axes, and whether
  /// products take several pieces of an fp32 operand.
  bool hasDims = false, splitsF32 = false;
};

/// Module attribute (array<i64>): bytes on a card of the constants that several cards divide among them, if
/// there are 1, 2 ... cards.
inline constexpr llvm::StringLiteral kDividedBytesAttr = "sluice.divided_bytes";

/// Refuses what is no program of the stensor level, or more than the target can hold or compute: whoever
/// looks at a module that may be a user's text asks this first. The steps below do so by themselves.
mlir::LogicalResult checkStensor(mlir::ModuleOp module, const LoweringOptions &options);

/// Within stensor: makes the program that each of several cards runs, on bands of tensors where that takes
/// fewer cycles.
mlir::LogicalResult partitionStensor(mlir::ModuleOp module, const LoweringOptions &options);

/// stensor to tile: partitions, chooses layouts, cuts tensors into vectors of lanes and
/// operations into streamed passes, and says which card does what.
mlir::LogicalResult convertStensorToTile(mlir::ModuleOp module, const LoweringOptions &options);

/// tile to slice: gives every buffer its hemisphere, slices and bank, every pass its units.
mlir::LogicalResult convertTileToSlice(mlir::ModuleOp module, const LoweringOptions &options);

/// slice to sched: departs every train and assigns addresses.
mlir::LogicalResult convertSliceToSched(mlir::ModuleOp module, const LoweringOptions &options);

/// sched to a binary program, metadata and statistics (`stats_json`) included.
mlir::FailureOr<binary::Program> emitProgram(mlir::ModuleOp module, const LoweringOptions &options);

} // namespace sluice

#endif // SLUICE_CONVERSION_LOWERING_H
