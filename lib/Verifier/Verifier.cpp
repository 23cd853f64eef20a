//===- Verifier.cpp - Proof that a binary does what it intends ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Verifier/Verifier.h"

#include "Figures.h"
#include "LinkProof.h"
#include "Operands.h"

#include "sluice/Support/Cancellation.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"

#include <atomic>
#include <thread>

using namespace sluice;
using namespace sluice::verifier;
using target::Target;

std::string_view verifier::hazardName(Hazard hazard) {
  switch (hazard) {
  case Hazard::Malformed:
    return "malformed instruction";
  case Hazard::QueueOverlap:
    return "queue overlap";
  case Hazard::StreamConflict:
    return "stream conflict";
  case Hazard::StreamEmpty:
    return "empty stream";
  case Hazard::BankConflict:
    return "bank conflict";
  case Hazard::UnwrittenRead:
    return "unwritten read";
  case Hazard::ChainMissing:
    return "missing chain operand";
  case Hazard::WeightsMissing:
    return "missing weights";
  case Hazard::AccumulatorMissing:
    return "missing accumulator";
  case Hazard::PlaneConflict:
    return "plane conflict";
  case Hazard::LinkConflict:
    return "link conflict";
  case Hazard::LinkMismatch:
    return "link mismatch";
  case Hazard::Capacity:
    return "capacity";
  case Hazard::FlowMismatch:
    return "flow mismatch";
  case Hazard::FalseFigure:
    return "false figure";
  case Hazard::TooIntricate:
    return "too intricate";
  }
  return "unknown hazard";
}

/// What is wrong with the program as a whole; empty when nothing is.
static std::string programFault(const binary::Program &program, const Target &target) {
  const binary::proto::Metadata &metadata = program.metadata;
  if (metadata.target() != target.name || metadata.target_version() != target.version)
    return concat("the program is for target '", escapeLine(metadata.target()), "' version ",
                  metadata.target_version(), ", not '", target.name, "' version ", target.version);
  if (program.cards.empty() || program.cards.size() > target.cardsPerNode)
    return concat("a program for ", program.cards.size(), " cards; a node has 1...", target.cardsPerNode);
  return "";
}

/// Bursts below which threads cost more than they save.
static constexpr size_t fewBursts = 4096;

/// Calls work(index) for each index below `count`, on `threads` threads, unless that is cancelled.
template <typename Work>
static void parallelFor(size_t count, size_t threads, Work &&work) {
  std::atomic<size_t> next = 0;
  auto loop = [&, flag = cancellationFlag()] {
    CancellationScope scope(flag);
    for (size_t index = next++; index < count && !isCancelled(); index = next++)
      work(index);
  };
  std::vector<std::thread> helpers;
  for (size_t helper = 1; helper < std::min(count, threads); ++helper)
    helpers.emplace_back(loop);
  loop();
  for (std::thread &helper : helpers)
    helper.join();
}

/// Proves each resource of the cards begin ... end - 1 that have no finding yet.
static void proveCards(const binary::Program &program, std::pair<size_t, size_t> cards, size_t threads,
                       const std::vector<BurstTable> &tables, const Target &target,
                       std::vector<Findings> &findings, std::vector<std::unique_ptr<CardProof>> &proofs) {
  const auto [begin, end] = cards;
  parallelFor(end - begin, threads, [&, begin = begin](size_t index) {
    const size_t card = begin + index;
    if (findings[card].empty())
      proofs[card] = std::make_unique<CardProof>(program, uint32_t(card), tables, target, findings[card]);
  });
  std::vector<std::pair<size_t, CardProof::Part>> parts;
  for (size_t card = begin; card != end; ++card)
    if (proofs[card])
      for (CardProof::Part &part : proofs[card]->parts())
        parts.emplace_back(card, std::move(part));
  std::vector<Findings> found;
  for (const auto &[card, part] : parts)
    found.emplace_back(uint32_t(card));
  parallelFor(parts.size(), threads, [&](size_t part) { parts[part].second(found[part]); });
  if (isCancelled())
    return;
  for (size_t part = 0; part != parts.size(); ++part)
    findings[parts[part].first].merge(std::move(found[part]));
  for (size_t card = begin; card != end; ++card)
    if (proofs[card])
      proofs[card]->finishParts(findings[card]);
}

std::vector<Finding> verifier::verify(const binary::Program &program, const Target &target) {
  if (std::string fault = programFault(program, target); !fault.empty())
    return {{Hazard::Malformed, 0, 0, fault}};

  const auto cards = static_cast<uint32_t>(program.cards.size());
  std::vector<BurstTable> tables;
  std::vector<Findings> findings;
  size_t bursts = 0;
  for (uint32_t card = 0; card != cards; ++card) {
    tables.emplace_back(program, card);
    findings.emplace_back(card);
    bursts += tables.back().size();
  }
  const size_t threads = bursts < fewBursts ? 1 : std::max(1u, std::thread::hardware_concurrency());
  checkCapacity(program, target, findings);
  parallelFor(cards, threads, [&](size_t card) {
    checkOperands(program, uint32_t(card), tables[card], target, findings[card]);
  });

  // As many cards at a time as there are threads, which bounds the memory that all of this takes. A
  // card whose parts make no sense is not looked at further.
  std::vector<std::unique_ptr<CardProof>> proofs(cards);
  for (size_t begin = 0; begin < cards; begin += threads)
    proveCards(program, {begin, std::min<size_t>(begin + threads, cards)}, threads, tables, target, findings,
               proofs);
  if (isCancelled())
    return {{Hazard::TooIntricate, 0, 0, "the proof was cancelled"}};
  proveLinks(proofs, tables, target, findings);

  std::vector<uint64_t> usedWords;
  for (uint32_t card = 0; card != cards; ++card)
    if (proofs[card]) {
      proofs[card]->finish(findings[card]);
      usedWords.push_back(proofs[card]->wordsUsed());
    }
  // Of a program that is not understood in full, no figure is known.
  if (usedWords.size() == cards)
    checkFigures(program, target, usedWords, findings);

  std::vector<Finding> all;
  for (uint32_t card = 0; card != cards; ++card) {
    std::vector<Finding> sorted = findings[card].sorted();
    all.insert(all.end(), std::make_move_iterator(sorted.begin()), std::make_move_iterator(sorted.end()));
  }
  return all;
}
