//===- StreamProof.cpp - Who is on which stream where ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamProof.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;
using target::Direction;

/// Downstream order of a position on the chip.
static int placeOf(int position, Direction direction) {
  return direction == Direction::East ? position : -position;
}

void StreamProof::prove(const BurstTable &table, FlowChecker &flow, Findings &findings, Effort &effort) {
  proveDistinct(table, findings, effort);
  std::sort(producers.begin(), producers.end());
  std::sort(consumers.begin(), consumers.end());
  Cover cover;
  forEachConsumer(consumers, producers, effort,
                  [&](const Appearance &consumer, std::vector<const Appearance *> &candidates) {
                    findCover(consumer, candidates, cover, effort);
                    prove(consumer, cover, table, flow, findings, effort);
                  });
}

void StreamProof::proveDistinct(const BurstTable &table, Findings &findings, Effort &effort) const {
  std::vector<Appearance> byPlace = producers;
  std::sort(byPlace.begin(), byPlace.end(), [](const Appearance &a, const Appearance &b) {
    return std::tie(a.place, a.first, a.burst) < std::tie(b.place, b.first, b.burst);
  });
  for (size_t begin = 0, end; begin != byPlace.size(); begin = end) {
    for (end = begin; end != byPlace.size() && byPlace[end].place == byPlace[begin].place;)
      ++end;
    const std::span<const Appearance> here(byPlace.data() + begin, end - begin);
    forEachOverlap(here, 0, effort, [&](const Appearance &a, const Appearance &b) {
      const Appearance &early = isNearer(a, b) ? a : b, &late = isNearer(a, b) ? b : a;
      const std::optional<Meeting> meeting = meet(late.line(), late.count, early.line(), early.count);
      if (!meeting)
        return true;
      const auto element = uint32_t(meeting->a.first);
      const uint64_t cycle = table[late.burst].what->cycle + uint64_t(element) * late.step;
      findings.report(Hazard::StreamConflict, When{cycle, When::Running, late.burst, late.slot}, [&] {
        return concat(table.describe({late.burst, element}), " and ",
                      table.describe({early.burst, uint32_t(meeting->b.base)}), " both drive stream ",
                      direction == Direction::East ? "e" : "w", stream, " at position ",
                      placeOf(late.place, direction), " in cycle ", int64_t(cycle) + late.offset);
      });
      return true;
    });
  }
}

void StreamProof::prove(const Appearance &consumer, const Cover &cover, const BurstTable &table,
                        FlowChecker &flow, Findings &findings, Effort &effort) const {
  const binary::Instruction &what = *table[consumer.burst].what;
  const Operand operand{
      consumer.operand, consumer.slot, consumer.burst, 0, {int64_t(what.cycle), what.interval}};
  for (const Feed &feed : cover.feeds)
    flow.check(operand, feed.elements, {flow.cardNumber(), feed.producer->burst, feed.producer->slot},
               feed.producing, findings, effort);
  for (const Progression &piece : cover.missing) {
    flow.skip(operand, piece, effort);
    const auto cycle = uint64_t(operand.cycles.at(piece.first));
    const When when{cycle, When::Running, consumer.burst, consumer.slot};
    findings.report(Hazard::StreamEmpty, when, [&] {
      return concat("slot ", consumer.slot, " of ", table.describe({consumer.burst, uint32_t(piece.first)}),
                    ": stream ", direction == Direction::East ? "e" : "w", stream,
                    " is empty at its unit in cycle ", int64_t(cycle) + consumer.offset);
    });
  }
}
