//===- PlanRun.cpp - Runs the nodes of a plan, on many threads ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanRun.h"

#include "sluice/Support/Cancellation.h"

#include <thread>

using namespace sluice;
using namespace sluice::executor;

absl::Status PlanRun::run(unsigned threads) {
  if (threads == 1 || plan.phases.empty())
    return runInOrder();
  waitsFor = std::vector<std::atomic<uint32_t>>(plan.nodes.size());
  for (size_t node = 0; node != plan.nodes.size(); ++node)
    waitsFor[node].store(plan.nodes[node].predecessors, std::memory_order_relaxed);
  startPhase(0, ready);

  std::vector<std::thread> helpers;
  for (unsigned helper = 1; helper < threads; ++helper)
    helpers.emplace_back([this, helper, flag = cancellationFlag()] {
      CancellationScope scope(flag);
      work(helper);
    });
  work(0);
  for (std::thread &helper : helpers)
    helper.join();
  return status;
}

absl::Status PlanRun::runInOrder() {
  for (const PlanNode &node : plan.nodes)
    if (absl::Status status = isCancelled() ? cancelledError() : execute(node, 0); !status.ok())
      return status;
  return absl::OkStatus();
}

void PlanRun::work(unsigned thread) {
  for (uint32_t node = take(); node != none;) {
    executeOne(node, thread);
    node = complete(node);
    if (node == none)
      node = take();
  }
}

/// Nodes behind one that failed have no effect.
void PlanRun::executeOne(uint32_t node, unsigned thread) {
  if (node > failed.load(std::memory_order_relaxed))
    return;
  absl::Status result = isCancelled() ? cancelledError() : execute(plan.nodes[node], thread);
  if (result.ok())
    return;
  std::lock_guard lock(mutex);
  if (node < failed.load(std::memory_order_relaxed)) {
    failed.store(node, std::memory_order_relaxed);
    status = std::move(result);
  }
}

/// Sets free what waited for a node. One of them, for this thread to go on with; or none.
uint32_t PlanRun::complete(uint32_t node) {
  std::vector<uint32_t> freed;
  for (uint32_t next = plan.nodes[node].firstSuccessor; next != plan.nodes[node].endSuccessor; ++next) {
    const uint32_t successor = plan.successors[next];
    if (waitsFor[successor].fetch_sub(1, std::memory_order_acq_rel) == 1)
      freed.push_back(successor);
  }
  if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    ++phase;
    if (phase == plan.phases.size() || failed.load(std::memory_order_relaxed) != none)
      finish();
    else
      startPhase(phase, freed);
  }
  return give(freed);
}

/// Appends the nodes that a phase begins with, the last ones first.
void PlanRun::startPhase(size_t started, std::vector<uint32_t> &nodes) {
  const auto [firstNode, endNode] = plan.phases[started];
  left.store(endNode - firstNode, std::memory_order_release);
  for (uint32_t node = endNode; node-- != firstNode;)
    if (plan.nodes[node].predecessors == 0)
      nodes.push_back(node);
}

/// Leaves all of `nodes` but the last one to whoever has time. That one, or none.
uint32_t PlanRun::give(std::vector<uint32_t> &nodes) {
  if (nodes.empty())
    return none;
  const uint32_t kept = nodes.back();
  nodes.pop_back();
  if (nodes.empty())
    return kept;
  std::lock_guard lock(mutex);
  ready.insert(ready.end(), nodes.begin(), nodes.end());
  readyNodes.store(uint32_t(ready.size()), std::memory_order_relaxed);
  if (sleepers != 0)
    wake.notify_all();
  return kept;
}

void PlanRun::finish() {
  std::lock_guard lock(mutex);
  isOver.store(true, std::memory_order_relaxed);
  wake.notify_all();
}

/// A node that may run, once there is one; none when all is over.
uint32_t PlanRun::take() {
  // Nodes are short: one that is wanted comes soon, or this thread had better leave its core to others.
  constexpr unsigned patience = 1000;
  for (unsigned looks = 0; looks != patience && !isOver.load(std::memory_order_relaxed) &&
                           readyNodes.load(std::memory_order_relaxed) == 0;
       ++looks)
    __builtin_ia32_pause();
  std::unique_lock lock(mutex);
  ++sleepers;
  wake.wait(lock, [&] { return !ready.empty() || isOver.load(std::memory_order_relaxed); });
  --sleepers;
  if (ready.empty())
    return none;
  const uint32_t node = ready.back();
  ready.pop_back();
  readyNodes.store(uint32_t(ready.size()), std::memory_order_relaxed);
  return node;
}
