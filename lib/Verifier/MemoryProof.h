//===- MemoryProof.h - Proof of a slice's memory accesses ------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_MEMORYPROOF_H
#define SLUICE_LIB_VERIFIER_MEMORYPROOF_H

#include "Flow.h"
#include "WordHistory.h"

#include "sluice/Target/Target.h"

namespace sluice::verifier {

/// Words of a slice that initial memory, an input or an output occupies.
struct Region {
  std::string_view name;
  uint32_t order;      ///< among all of the card
  uint64_t vector = 0; ///< of the tensor, at the first word
  Access access;
  uint32_t consumer = 0; ///< of an output: its number in the table of bursts
};

/// Who wrote each word of a slice last, and which bank it serves. Expects that
/// checkCapacity found nothing.
struct MemoryProof {
  uint32_t hemisphere, slice;
  std::vector<Region> initial, outputs;
  std::vector<Access> reads, writes; ///< Gathers and Scatters too

  /// What outputs hold in the end. Parts of one output lie in several slices: their flow is checked in the
  /// end.
  struct Held {
    uint32_t consumer, slot; ///< an output, and its byte plane, or kScatterSlot more
    Progression vectors;
    std::optional<Producer> producer; ///< none: nothing wrote them
    Line producing;
  };
  std::vector<Held> held;

  /// How many of the slice's words the program uses.
  uint64_t usedWords = 0;

  /// How much there is to look at, as Effort counts it.
  size_t items(const FlowChecker &flow) const;
  /// Proves banks, reads and what outputs hold in cycle `end`.
  void prove(const BurstTable &table, const target::Target &target, uint64_t end, FlowChecker &flow,
             Findings &findings, Effort &effort);

private:
  void proveBanks(const BurstTable &table, const target::Target &target, Findings &findings,
                  Effort &effort) const;
  void proveSettled(const BurstTable &table, const target::Target &target, Findings &findings,
                    Effort &effort) const;
  std::vector<Access> directReads(const BurstTable &table, const target::Target &target,
                                  const FlowChecker &flow, Findings &findings) const;
  void proveRead(const Access &read, const WordHistory::Content &content, const BurstTable &table,
                 const target::Target &target, FlowChecker &flow, Findings &findings, Effort &effort) const;
  void proveScatters(const BurstTable &table, const target::Target &target, FlowChecker &flow,
                     Findings &findings, Effort &effort);
  void proveOutputs(WordHistory &history, uint32_t card, uint64_t end, Findings &findings);
  std::string wordName(int64_t word) const;
};

/// Reports as Capacity every memory run or placement that is not within its
/// card, and every binding whose vectors are not covered as they must be.
/// `findings` is one entry a card.
void checkCapacity(const binary::Program &program, const target::Target &target,
                   std::vector<Findings> &findings);

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_MEMORYPROOF_H
