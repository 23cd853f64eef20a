//===- Progress.h - Word from a long compilation ----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TOOLS_SLUICE_COMPILE_PROGRESS_H
#define SLUICE_TOOLS_SLUICE_COMPILE_PROGRESS_H

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace sluice {

/// Says on stderr which phase a compilation is in, every two seconds that one
/// phase takes; a quick compilation stays silent. Keeps how long each took.
class Progress {
public:
  Progress();
  ~Progress();
  /// A phase begins; the one before has ended.
  void begin(std::string_view phase);
  /// The last phase has ended: the seconds of each, in their order.
  std::vector<std::pair<std::string, double>> end();

private:
  using Clock = std::chrono::steady_clock;
  void watch();
  void endPhase();

  std::mutex mutex;
  std::condition_variable changed;
  std::string phase; ///< none before the first
  Clock::time_point started;
  std::vector<std::pair<std::string, double>> ended;
  bool finished = false;
  std::thread watcher;
};

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_COMPILE_PROGRESS_H
