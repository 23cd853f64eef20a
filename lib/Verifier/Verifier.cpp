//===- Verifier.cpp - Proof that a binary does what it intends ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Verifier/Verifier.h"

#include "LinkProof.h"
#include "Operands.h"

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
  }
  return "unknown hazard";
}

/// What is wrong with the program as a whole; empty when nothing is.
static std::string programFault(const binary::Program &program, const Target &target) {
  const binary::proto::Metadata &metadata = program.metadata;
  if (metadata.target() != target.name || metadata.target_version() != target.version)
    return concat("the program is for target '", metadata.target(), "' version ", metadata.target_version(),
                  ", not '", target.name, "' version ", target.version);
  if (program.cards.empty() || program.cards.size() > target.cardsPerNode)
    return concat("a program for ", program.cards.size(), " cards; a node has 1...", target.cardsPerNode);
  return "";
}

/// Calls work(index) for each index below `count`, on as many threads as there are cores.
template <typename Work>
static void parallelFor(size_t count, Work &&work) {
  std::atomic<size_t> next = 0;
  auto loop = [&] {
    for (size_t index = next++; index < count; index = next++)
      work(index);
  };
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> helpers;
  for (size_t helper = 1; helper < std::min(count, cores); ++helper)
    helpers.emplace_back(loop);
  loop();
  for (std::thread &helper : helpers)
    helper.join();
}

std::vector<Finding> verifier::verify(const binary::Program &program, const Target &target) {
  if (std::string fault = programFault(program, target); !fault.empty())
    return {{Hazard::Malformed, 0, 0, fault}};

  const auto cards = static_cast<uint32_t>(program.cards.size());
  std::vector<BurstTable> tables;
  std::vector<Findings> findings;
  for (uint32_t card = 0; card != cards; ++card) {
    tables.emplace_back(program, card);
    findings.emplace_back(card);
  }
  checkCapacity(program, target, findings);
  parallelFor(cards, [&](size_t card) {
    checkOperands(program, uint32_t(card), tables[card], target, findings[card]);
  });

  // A card whose parts make no sense is not stepped through.
  std::vector<std::unique_ptr<CardProof>> proofs(cards);
  parallelFor(cards, [&](size_t card) {
    if (!findings[card].empty())
      return;
    proofs[card] = std::make_unique<CardProof>(program, uint32_t(card), tables, target, findings[card]);
    proofs[card]->run();
  });
  proveLinks(proofs, tables, target, findings);

  std::vector<Finding> all;
  for (uint32_t card = 0; card != cards; ++card) {
    if (proofs[card])
      proofs[card]->flow.finish();
    std::vector<Finding> sorted = findings[card].sorted();
    all.insert(all.end(), std::make_move_iterator(sorted.begin()), std::make_move_iterator(sorted.end()));
  }
  return all;
}
