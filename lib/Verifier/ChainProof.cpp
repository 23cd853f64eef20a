//===- ChainProof.cpp - Results that ALUs pass to each other --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChainProof.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;

/// The place of two results that come out together, nearer to who looks than those of single ones.
static constexpr int32_t doubled = 1;

/// Adds, for results that come out together, one that hides them both.
void ChainProof::findDoubles(Effort &effort) {
  std::sort(results.begin(), results.end());
  std::vector<Appearance> doubles;
  forEachOverlap(std::span<const Appearance>(results), 0, effort,
                 [&](const Appearance &a, const Appearance &b) {
                   if (std::optional<Meeting> meeting = meet(a.line(), a.count, b.line(), b.count)) {
                     Appearance both = a;
                     both.first = a.first + int64_t(a.step) * meeting->a.first;
                     both.step = uint32_t(a.step * meeting->a.step);
                     both.count = uint32_t(meeting->a.count);
                     both.place = doubled;
                     doubles.push_back(both);
                   }
                   return true;
                 });
  results.insert(results.end(), doubles.begin(), doubles.end());
}

void ChainProof::prove(const BurstTable &table, FlowChecker &flow, Findings &findings, Effort &effort) {
  if (operands.empty())
    return;
  findDoubles(effort);
  for (Appearance &operand : operands)
    operand.place = doubled;
  std::sort(results.begin(), results.end());
  std::sort(operands.begin(), operands.end());

  Cover cover;
  auto prove = [&](const Appearance &consumer, std::vector<const Appearance *> &candidates) {
    findCover(consumer, candidates, cover, effort);
    const Operand operand = flow.operand(consumer.burst, consumer.slot);
    auto missing = [&](const Progression &elements, std::string_view what) {
      flow.skip(operand, elements, effort);
      const auto cycle = uint64_t(operand.cycles.at(elements.first));
      const When when{cycle, When::Running, consumer.burst, consumer.slot};
      findings.report(Hazard::ChainMissing, when, [&] {
        return concat("operand ", consumer.slot - binary::kChainSlot, " of ",
                      table.describe({consumer.burst, uint32_t(elements.first)}), ": ALU ", alu, what,
                      " in cycle ", cycle);
      });
    };
    for (const Feed &feed : cover.feeds)
      if (feed.producer->place == doubled)
        missing(feed.elements, " gives two results");
      else
        flow.check(operand, feed.elements, {flow.cardNumber(), feed.producer->burst, 0}, feed.producing,
                   findings, effort);
    for (const Progression &elements : cover.missing)
      missing(elements, " gives no result");
  };
  forEachConsumer(operands, results, effort, prove);
}
