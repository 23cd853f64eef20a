//===- Stepper.h - The machine, cycle by cycle ------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_EXECUTOR_STEPPER_H
#define SLUICE_EXECUTOR_STEPPER_H

#include "sluice/Executor/Executor.h"

namespace sluice::executor {

inline constexpr uint64_t kMostSteppedCycles = 2'000'000;

/// A run of the stepper.
class SteppedRun : public Run {
public:
  /// The recorded data flow, by card: one edge for each operand that an element took.
  virtual std::vector<std::vector<binary::proto::FlowEdge>> flow() const = 0;
};

/// The second executor: in each cycle every stream moves one stop, results appear, units take operands and
/// dispatch. It knows nothing of diagonals and asks no verifier; it meets hazards as they happen. A run that
/// meets one ends there with FailedPrecondition: cycle, card, queue, the hazard's name as the verifier has
/// it, and why. Of the counters it keeps `cycles`. For programs of some 100,000 cycles: what is longer than
/// kMostSteppedCycles is refused.
class Stepper : public Executor {
public:
  /// With `recordsFlow`, runs remember their data flow, at some memory for each operand.
  static absl::StatusOr<std::unique_ptr<Stepper>> create(std::shared_ptr<const binary::Program> program,
                                                         bool recordsFlow = false);
  static absl::StatusOr<std::unique_ptr<Stepper>> create(binary::Program program, bool recordsFlow = false);
  /// execute(inputs), as a run that knows its data flow.
  virtual absl::StatusOr<std::unique_ptr<SteppedRun>> step(const TensorMap &inputs) const = 0;
};

} // namespace sluice::executor

#endif // SLUICE_EXECUTOR_STEPPER_H
