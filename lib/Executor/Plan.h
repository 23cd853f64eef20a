//===- Plan.h - A program as steps on whole blocks --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A proven program needs no streams to be run: its flow says where each operand comes
// from. So it is turned, once, into steps that each compute many elements of a burst at
// a time, with operands at addresses that are known beforehand.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_PLAN_H
#define SLUICE_LIB_EXECUTOR_PLAN_H

#include "Burst.h"

namespace sluice::executor {

/// Where elements of an operand lie: the first one `offset` bytes into an area, each further one `stride` on.
struct Source {
  static constexpr uint32_t none = UINT32_MAX;
  uint32_t area = none;
  int32_t stride = 0;
  uint64_t offset = 0;
};

/// Elements of a burst of which each operand is one Source.
struct Step {
  static constexpr uint64_t none = UINT64_MAX;
  uint32_t burst, first, count;
  uint32_t sources; ///< the first one's number, see Plan::sources
  uint32_t words;   ///< bit i: operand i of an ALU is one Source with 32 bits a lane
  /// Offsets in the buffers of what the first element gives: byte planes, each `planeStride` behind the last,
  /// and 32 bits a lane.
  uint64_t bytesOut = none, wordsOut = none;
  uint64_t planeStride = 0;
};

/// What runs at once, without anything else in between.
struct PlanNode {
  uint32_t firstStep, endStep;
  uint32_t firstSuccessor, endSuccessor; ///< in Plan::successors
  uint32_t predecessors = 0;
};

/// Nodes firstNode ... endNode - 1 depend on each other and on earlier phases. They are in a legal order.
struct PlanPhase {
  uint32_t firstNode, endNode;
};

struct Plan {
  /// Areas: the buffers, then the slices by card, hemisphere, slice.
  static constexpr uint32_t buffers = 0;

  std::vector<Step> steps;
  /// By step: of an ALU its operands from a on, of a stream operand its byte planes; of others the inputs.
  std::vector<Source> sources;
  std::vector<PlanNode> nodes;
  std::vector<uint32_t> successors; ///< numbers of nodes
  std::vector<PlanPhase> phases;
  uint64_t bufferBytes = 0;
  uint64_t vectors = 0;         ///< elements of all steps
  std::vector<bool> areaIsUsed; ///< by area
};

/// Area of a slice.
inline uint32_t areaOf(uint32_t card, target::Hemisphere hemisphere, uint32_t slice,
                       const target::Target &target) {
  return 1 + (2 * card + uint32_t(hemisphere)) * target.slicesPerHemisphere + slice;
}

/// The plan of a proven program, of which `bursts` are all, by card and queue. Of no use if cancelled.
Plan makePlan(const binary::Program &program, const std::vector<Burst> &bursts, const target::Target &target);

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_PLAN_H
