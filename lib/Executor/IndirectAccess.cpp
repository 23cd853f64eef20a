//===- IndirectAccess.cpp - Where Gathers and Scatters may lead -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IndirectAccess.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::binary;

std::map<const Instruction *, uint32_t> executor::indirectReaches(const Card &card,
                                                                  const target::Target &target) {
  std::map<const Instruction *, uint64_t> tables;
  for (const proto::FlowEdge &edge : card.flow) {
    if (edge.queue() == kOutput || edge.slot() != kMemorySlot)
      continue;
    const Instruction &what = card.queues[edge.queue()].instructions[edge.instruction()];
    if (what.opcode == Opcode::Gather)
      tables[&what] = std::max(tables[&what], uint64_t(edge.first()) + edge.count());
  }
  std::map<const Instruction *, uint32_t> reaches;
  for (const QueueProgram &queue : card.queues)
    for (const Instruction &what : queue.instructions) {
      if (what.opcode != Opcode::Gather && what.opcode != Opcode::Scatter)
        continue;
      const uint64_t left = target.wordsPerBank - uint32_t(what.address) % target.wordsPerBank;
      const auto table = tables.find(&what);
      reaches[&what] = uint32_t(table == tables.end() ? left : std::min(table->second, left));
    }
  return reaches;
}
