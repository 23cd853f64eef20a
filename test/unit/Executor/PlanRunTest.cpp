//===- PlanRunTest.cpp - Nodes of a plan in any legal order ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanRun.h"

#include <gtest/gtest.h>

#include <random>

using namespace sluice;
using namespace sluice::executor;

namespace {

/// A plan of some phases without steps, whose nodes depend on earlier ones of their phase.
struct RandomPlan {
  explicit RandomPlan(unsigned seed) {
    std::mt19937 random(seed);
    for (unsigned phase = 0; phase != 20; ++phase) {
      const uint32_t first = uint32_t(plan.nodes.size()), end = first + 1 + uint32_t(random() % 30);
      for (uint32_t node = first; node != end; ++node) {
        PlanNode &added = plan.nodes.emplace_back();
        added.firstSuccessor = uint32_t(plan.successors.size());
        for (uint32_t next = node + 1; next != end; ++next)
          if (random() % 5 == 0) {
            plan.successors.push_back(next);
            edges.emplace_back(node, next);
          }
        added.endSuccessor = uint32_t(plan.successors.size());
      }
      plan.phases.push_back({first, end});
      for (uint32_t node = first; first != 0 && node != end; ++node)
        edges.emplace_back(first - 1, node); // The last of an earlier phase.
    }
    for (uint32_t successor : plan.successors)
      ++plan.nodes[successor].predecessors;
  }
  uint32_t numberOf(const PlanNode &node) const { return uint32_t(&node - plan.nodes.data()); }

  Plan plan;
  std::vector<std::pair<uint32_t, uint32_t>> edges;
};

} // namespace

TEST(PlanRun, EachNodeRunsOnceBehindWhatItNeeds) {
  for (unsigned threads : {1u, 2u, 5u})
    for (unsigned seed = 0; seed != 20; ++seed) {
      RandomPlan random(seed);
      std::atomic<uint32_t> next = 1;
      std::vector<std::atomic<uint32_t>> places(random.plan.nodes.size());
      std::atomic<bool> isRight = true;
      PlanRun run(random.plan, [&](const PlanNode &node, unsigned thread) {
        const uint32_t before = places[random.numberOf(node)].exchange(next++);
        if (before != 0 || thread >= threads)
          isRight = false;
        return absl::OkStatus();
      });
      ASSERT_TRUE(run.run(threads).ok());
      EXPECT_TRUE(isRight);
      EXPECT_EQ(next, places.size() + 1);
      for (const auto &[from, to] : random.edges)
        EXPECT_LT(places[from], places[to]) << "seed " << seed << ", " << threads << " threads";
    }
}

// Of several nodes that fail, the first in the plan's order is told, whichever came first in time.
TEST(PlanRun, TheFirstFailureCounts) {
  for (unsigned threads : {1u, 2u, 5u})
    for (unsigned seed = 0; seed != 40; ++seed) {
      RandomPlan random(seed);
      const uint32_t first = seed * 7 % uint32_t(random.plan.nodes.size());
      PlanRun run(random.plan, [&](const PlanNode &node, unsigned) {
        const uint32_t number = random.numberOf(node);
        return number >= first && (number - first) % 3 == 0 ? absl::OutOfRangeError(std::to_string(number))
                                                            : absl::OkStatus();
      });
      EXPECT_EQ(run.run(threads).message(), std::to_string(first)) << "seed " << seed << ", " << threads;
    }
}
