//===- LastRun.h - What an executor remembers of its runs -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_LASTRUN_H
#define SLUICE_LIB_EXECUTOR_LASTRUN_H

#include "sluice/Executor/Executor.h"

#include <mutex>

namespace sluice::executor {

/// What the run that finished last did and took, for any thread to note and to ask.
class LastRun {
public:
  /// Of the making of the executor.
  void noteMaking(double prove, double plan) {
    std::lock_guard lock(mutex);
    lastSeconds = {prove, plan, 0};
  }
  void note(const Run &run) {
    std::lock_guard lock(mutex);
    lastCounters = run.counters;
    lastSeconds.run = run.seconds;
  }
  Counters counters() const {
    std::lock_guard lock(mutex);
    return lastCounters;
  }
  Seconds seconds() const {
    std::lock_guard lock(mutex);
    return lastSeconds;
  }

private:
  mutable std::mutex mutex;
  Counters lastCounters;
  Seconds lastSeconds;
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_LASTRUN_H
