//===- Stopwatch.h - Seconds on the wall clock ------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_STOPWATCH_H
#define SLUICE_SUPPORT_STOPWATCH_H

#include <chrono>

namespace sluice {

/// Measures time from its making on.
class Stopwatch {
public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

private:
  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

} // namespace sluice

#endif // SLUICE_SUPPORT_STOPWATCH_H
