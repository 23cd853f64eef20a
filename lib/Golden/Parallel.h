//===- Parallel.h - Independent pieces of work on all cores ----- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_GOLDEN_PARALLEL_H
#define SLUICE_LIB_GOLDEN_PARALLEL_H

#include "sluice/Support/Cancellation.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace sluice::golden {

/// Calls body(0) ... body(count - 1), each once, in any order and at the same time. The
/// bodies write disjoint memory, so the result does not depend on the number of threads. Work that is
/// cancelled ends early: its result is nobody's.
template <class Body>
void parallelFor(size_t count, Body body) {
  size_t threads = std::min<size_t>(count, std::max(1u, std::thread::hardware_concurrency()));
  std::atomic<size_t> next{0};
  auto work = [&, flag = cancellationFlag()] {
    CancellationScope scope(flag);
    for (size_t i = next++; i < count && !isCancelled(); i = next++)
      body(i);
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < threads; ++i)
    helpers.emplace_back(work);
  work();
  for (std::thread &helper : helpers)
    helper.join();
}

} // namespace sluice::golden

#endif // SLUICE_LIB_GOLDEN_PARALLEL_H
