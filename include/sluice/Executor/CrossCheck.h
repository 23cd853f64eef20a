//===- CrossCheck.h - Two executors agree -----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_EXECUTOR_CROSSCHECK_H
#define SLUICE_EXECUTOR_CROSSCHECK_H

#include "sluice/Executor/Executor.h"

namespace sluice::executor {

/// Runs `inputs` on `executor` and on a stepper of its program, and compares every bit of the outputs and
/// every word of all cards' memories, a word that never held anything as zeros. The outputs; Internal names
/// the first output or word that differs, and an error of a run is returned with "stepper: " or "executor: "
/// in front where only one has it.
absl::StatusOr<TensorMap> runStepped(Executor &executor, const TensorMap &inputs);

/// Compares every word of all cards' memories after the last runs of two executors of programs for equal
/// cards; Internal names the first that differs.
absl::Status compareMemory(const Executor &a, const Executor &b, const target::Target &target);

} // namespace sluice::executor

#endif // SLUICE_EXECUTOR_CROSSCHECK_H
