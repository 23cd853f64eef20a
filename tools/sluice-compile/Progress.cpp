//===- Progress.cpp - Word from a long compilation ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Progress.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

namespace sluice {

constexpr std::chrono::seconds interval(2);

Progress::Progress() : watcher([this] { watch(); }) {}

Progress::~Progress() {
  {
    std::lock_guard lock(mutex);
    finished = true;
  }
  changed.notify_one();
  watcher.join();
}

void Progress::endPhase() {
  if (!phase.empty())
    ended.push_back({phase, std::chrono::duration<double>(Clock::now() - started).count()});
}

void Progress::begin(std::string_view next) {
  {
    std::lock_guard lock(mutex);
    endPhase();
    phase = next;
    started = Clock::now();
  }
  changed.notify_one();
}

std::vector<std::pair<std::string, double>> Progress::end() {
  std::lock_guard lock(mutex);
  endPhase();
  return std::move(ended);
}

void Progress::watch() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return finished || !phase.empty(); });
  while (!finished) {
    Clock::time_point seen = started;
    Clock::time_point due = started + interval;
    while (!changed.wait_until(lock, due, [&] { return finished || started != seen; })) {
      auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - started).count();
      llvm::errs() << "sluice-compile: " << phase << ": " << seconds << " s\n";
      due += interval;
    }
  }
}

} // namespace sluice
