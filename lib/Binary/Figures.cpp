//===- Figures.cpp - What a program takes of time and memory --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Program.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::binary;
using target::Target;

uint64_t binary::lastEffect(const Program &program, const Target &target) {
  uint64_t end = 0;
  for (const Card &card : program.cards)
    for (const QueueProgram &queue : card.queues)
      for (const Instruction &what : queue.instructions)
        end = std::max(end, what.cycle + uint64_t(what.count - 1) * what.interval +
                                std::max(1u, latencyOf(what.opcode, target)));
  return end;
}

uint64_t binary::countWordsUsed(const Program &program, size_t card, const Target &target) {
  std::vector<bool> used(size_t(2) * target.slicesPerHemisphere * target.wordsPerSlice());
  uint64_t count = 0;
  auto use = [&](uint32_t hemisphere, uint32_t slice, int64_t first, int64_t step, uint64_t words) {
    // As many steps as a slice has words lead out of it, or nowhere.
    words = std::min<uint64_t>(words, step == 0 ? 1 : target.wordsPerSlice());
    for (uint64_t i = 0; i != words; ++i) {
      const int64_t word = first + int64_t(i) * step;
      if (hemisphere > 1 || slice >= target.slicesPerHemisphere || word < 0 || word >= target.wordsPerSlice())
        continue;
      auto &&place = used[(size_t(hemisphere) * target.slicesPerHemisphere + slice) * target.wordsPerSlice() +
                          size_t(word)];
      count += !place;
      place = true;
    }
  };
  for (const proto::MemoryRun &run : program.cards[card].memory)
    use(run.hemisphere(), run.slice(), run.address(), 1, run.words());
  for (const proto::Binding &input : program.metadata.inputs())
    for (const proto::Placement &placement : input.placements())
      for (uint32_t slice : placement.slices())
        if (placement.card() == card)
          use(placement.hemisphere(), slice, placement.address(), placement.step(), placement.count());
  for (const QueueProgram &queue : program.cards[card].queues)
    for (const Instruction &what : queue.instructions)
      if (what.opcode == Opcode::Write)
        use(uint32_t(queue.queue.hemisphere), queue.queue.index, what.address, what.step, what.count);
  return count;
}
