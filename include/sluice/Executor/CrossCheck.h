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
/// every word of all cards' memories, a word that never held anything as zeros. The executor's run; Internal
/// names the first output or word that differs, and an error of a run is returned with "stepper: " or
/// "executor: " in front where only one has it.
absl::StatusOr<std::unique_ptr<Run>> runStepped(const Executor &executor, const TensorMap &inputs);

/// Compares every word of the memories of `cards` cards after two runs; Internal names the first that
/// differs.
absl::Status compareMemory(const Run &a, const Run &b, size_t cards, const target::Target &target);

} // namespace sluice::executor

#endif // SLUICE_EXECUTOR_CROSSCHECK_H
