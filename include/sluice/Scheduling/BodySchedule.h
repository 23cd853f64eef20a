//===- BodySchedule.h - A scalar body on the VXM's ALUs ---------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The body of a pass as a rigid chain: which ALU operation is dispatched how many
// cycles after the pass departs, and when each stream operand must arrive. A value
// that is needed later than it appears is carried by Move operations, or, where
// that is possible, read from memory a second time.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SCHEDULING_BODYSCHEDULE_H
#define SLUICE_SCHEDULING_BODYSCHEDULE_H

#include "sluice/Binary/Instruction.h"
#include "sluice/Target/Target.h"

#include "mlir/IR/Block.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace sluice::scheduling {

/// An operand of a step.
struct BodyOperand {
  enum Kind { Arrival, Immediate, Step } kind;
  /// Number of the arrival or step, or the immediate's bits.
  uint32_t value;
};

/// One ALU operation, dispatched `depth` cycles after the pass departs.
struct BodyStep {
  binary::Opcode opcode;
  int64_t depth;
  llvm::SmallVector<BodyOperand, 3> operands;
  /// Results of the body that this step gives.
  llvm::SmallVector<unsigned, 1> results;
  /// Of the scalar operation that it computes or carries on.
  mlir::LocationAttr location = {};
};

/// Block argument `argument`, read into an ALU that is dispatched `depth` cycles after departure.
struct BodyArrival {
  unsigned argument;
  int64_t depth;
  binary::InType type;
  /// Of its first user.
  mlir::LocationAttr location = {};
};

struct BodySchedule {
  llvm::SmallVector<BodyStep> steps; ///< each on an ALU of its own
  llvm::SmallVector<BodyArrival> arrivals;
  llvm::SmallVector<binary::OutType> resultTypes;
  /// Cycles from departure to the last result at the VXM's stop.
  int64_t latency = 0;
};

/// Type by which an ALU reads, or writes, an element of `type` (f32, i32, f16, i16, i8 or i1).
binary::InType inType(mlir::Type type);
binary::OutType outType(mlir::Type type);

/// Whether a body only passes its first argument on, unchanged.
bool isIdentity(mlir::Block &body);

/// Schedules `body` (a pass's or stensor.map's, see ScalarOps.h) for `count` elements in successive
/// cycles. Arguments below `streamed` come once, from a unit; the others are in
/// memory and may be read again when the first read is over. None if it needs more
/// than the target's ALUs.
std::optional<BodySchedule> scheduleBody(mlir::Block &body, const target::Target &target, int64_t count,
                                         unsigned streamed = 0);

} // namespace sluice::scheduling

#endif // SLUICE_SCHEDULING_BODYSCHEDULE_H
