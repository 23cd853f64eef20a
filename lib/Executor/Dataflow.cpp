//===- Dataflow.cpp - Who feeds the operands of bursts --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Dataflow.h"

#include <algorithm>
#include <tuple>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;

/// Whether an edge leads from a burst to an operand on a stream, of a chain or of a Receive.
static bool carriesVectors(const proto::FlowEdge &edge) {
  const bool isOperand = edge.slot() < kMemorySlot || edge.slot() >= kChainSlot;
  return isOperand && edge.queue() != kOutput && edge.producer_queue() != kInitialMemory;
}

Dataflow::Dataflow(const Program &program) {
  std::vector<std::vector<uint32_t>> firstOfQueue; ///< by card
  uint32_t bursts = 0;
  for (const Card &card : program.cards) {
    std::vector<uint32_t> &firsts = firstOfQueue.emplace_back();
    for (const QueueProgram &queue : card.queues) {
      firsts.push_back(bursts);
      bursts += uint32_t(queue.instructions.size());
    }
  }
  for (uint32_t card = 0; card != program.cards.size(); ++card)
    for (const proto::FlowEdge &edge : program.cards[card].flow) {
      if (!carriesVectors(edge))
        continue;
      const uint32_t from = edge.slot() == kReceiveSlot ? edge.producer_card() : card;
      feeds.push_back({firstOfQueue[card][edge.queue()] + edge.instruction(), edge.slot(), edge.first(),
                       edge.count(), firstOfQueue[from][edge.producer_queue()] + edge.producer_instruction(),
                       edge.producer_slot(), edge.producer_first(), edge.producer_step()});
    }
  std::sort(feeds.begin(), feeds.end(), [](const Feed &a, const Feed &b) {
    return std::tuple(a.consumer, a.operand, a.first) < std::tuple(b.consumer, b.operand, b.first);
  });
  firstOfBurst.resize(bursts + 1);
  for (const Feed &feed : feeds)
    ++firstOfBurst[feed.consumer + 1];
  for (uint32_t burst = 0; burst != bursts; ++burst)
    firstOfBurst[burst + 1] += firstOfBurst[burst];
}

std::span<const Feed> Dataflow::into(uint32_t burst, uint32_t slot) const {
  const auto begin = feeds.begin() + firstOfBurst[burst], end = feeds.begin() + firstOfBurst[burst + 1];
  const auto first = std::partition_point(begin, end, [&](const Feed &feed) { return feed.operand < slot; });
  const auto last = std::partition_point(first, end, [&](const Feed &feed) { return feed.operand == slot; });
  return {first, last};
}
