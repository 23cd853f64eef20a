//===- PlanRun.h - Runs the nodes of a plan, on many threads ----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_PLANRUN_H
#define SLUICE_LIB_EXECUTOR_PLANRUN_H

#include "Plan.h"

#include "absl/status/status.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace sluice::executor {

/// Executes a node on thread `thread`.
using ExecuteNode = std::function<absl::Status(const PlanNode &node, unsigned thread)>;

/// One run through a plan. Whatever the number of threads, nodes see what they would in the plan's order, and
/// of those that fail the first one in it is told.
class PlanRun {
public:
  PlanRun(const Plan &plan, ExecuteNode execute) : plan(plan), execute(std::move(execute)) {}
  absl::Status run(unsigned threads);

private:
  static constexpr uint32_t none = UINT32_MAX;

  absl::Status runInOrder();
  void work(unsigned thread);
  void executeOne(uint32_t node, unsigned thread);
  uint32_t complete(uint32_t node);
  void startPhase(size_t phase, std::vector<uint32_t> &started);
  uint32_t give(std::vector<uint32_t> &nodes);
  void finish();
  uint32_t take();

  const Plan &plan;
  const ExecuteNode execute;

  std::vector<std::atomic<uint32_t>> waitsFor; ///< by node, how many predecessors are to come
  std::atomic<uint32_t> left = 0;              ///< nodes of the phase
  size_t phase = 0;                            ///< changed by who completes the last node of it
  std::atomic<bool> isOver = false;
  std::atomic<uint32_t> readyNodes = 0; ///< how many
  std::atomic<uint32_t> failed = none;  ///< the first node in order that is known to

  std::mutex mutex;             ///< of what follows
  std::condition_variable wake; ///< when there are nodes for those who sleep
  unsigned sleepers = 0;
  std::vector<uint32_t> ready; ///< nodes that may run, the latest first
  absl::Status status;         ///< of `failed`
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_PLANRUN_H
