//===- Issues.h - Instructions with their intended sources ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_ISSUES_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_ISSUES_H

#include "Storage.h"

#include "sluice/Binary/Instruction.h"

#include "mlir/IR/Location.h"

#include <vector>

namespace sluice::sched {

/// One edge of the intended flow, into elements first ... first + count - 1 of an operand slot. What comes
/// from initial memory comes from vectors producerFirst, producerFirst + producerStep, ... of byte plane
/// producerSlot of the buffer that the consumer reads.
struct FlowEdge {
  int32_t card = -1; ///< -1: every card
  int32_t slot = 0, first = 0, count = 0;
  IssueId producer = initialMemory;
  int32_t producerSlot = 0, producerFirst = 0, producerStep = 0;
};

/// An instruction of every card, or of those listed.
struct Issue {
  binary::Queue queue;
  binary::Instruction instruction;
  mlir::Location location;
  std::vector<FlowEdge> flow;
  /// The buffer to whose base a memory instruction's address is relative.
  const Buffer *buffer = nullptr;
  /// Words to add to the address, card by card; empty where cards agree.
  std::vector<int64_t> cardOffsets;
  /// Cards that have the instruction; empty: all.
  std::vector<int64_t> cards;
};

/// Cycle in which the last element is dispatched.
inline int64_t lastDispatch(const binary::Instruction &instruction) {
  return instruction.cycle + int64_t(instruction.count - 1) * instruction.interval;
}

/// Appends to `flow` the edges into `slot` of a burst whose element j is element
/// first + j * step of the pass, from `source`.
void addStreamFlow(std::vector<FlowEdge> &flow, int32_t slot, int64_t first, int64_t step, int64_t count,
                   const StreamSource &source);

/// Joins (producer, element) pairs, one an element of a burst, to edges.
class FlowRuns {
public:
  FlowRuns(std::vector<FlowEdge> &flow, int32_t slot, int32_t card = -1)
      : flow(flow), slot(slot), card(card) {}
  void add(int32_t element, IssueId producer, int32_t producerSlot, int32_t producerElement);

private:
  std::vector<FlowEdge> &flow;
  int32_t slot, card;
  bool open = false;
};

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_ISSUES_H
