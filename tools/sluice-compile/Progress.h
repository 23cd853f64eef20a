//===- Progress.h - Word from a long compilation ----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TOOLS_SLUICE_COMPILE_PROGRESS_H
#define SLUICE_TOOLS_SLUICE_COMPILE_PROGRESS_H

#include "sluice/Compiler/CompileModel.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace sluice {

/// Says on stderr which phase a compilation is in, every two seconds that one
/// phase takes; a quick compilation stays silent.
class Progress {
public:
  Progress();
  ~Progress();
  /// A phase begins; the one before has ended.
  void begin(Phase phase);

private:
  using Clock = std::chrono::steady_clock;
  void watch();

  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Phase> phase;
  Clock::time_point started;
  bool finished = false;
  std::thread watcher;
};

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_COMPILE_PROGRESS_H
