//===- CardProof.h - Proof of one card's program ---------------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_CARDPROOF_H
#define SLUICE_LIB_VERIFIER_CARDPROOF_H

#include "ChainProof.h"
#include "Flow.h"
#include "MatrixProof.h"
#include "MemoryProof.h"
#include "Spacing.h"
#include "StreamProof.h"

#include <functional>
#include <vector>

namespace sluice::verifier {

/// Sorts a card's bursts by what they use, and proves each of these resources by itself. Expects
/// that checkCapacity and checkOperands found nothing.
class CardProof {
public:
  CardProof(const binary::Program &program, uint32_t card, const std::vector<BurstTable> &tables,
            const target::Target &target, Findings &findings);

  /// Proofs of one resource each; they may run at the same time.
  using Part = std::function<void(Findings &)>;
  std::vector<Part> parts();
  /// After all parts: the flow of outputs, which lie in several slices. Gives back what the proof of the
  /// links does not need.
  void finishParts(Findings &findings);
  /// After the proof of the links: everything fits and all of the carried flow was seen.
  void finish(Findings &findings) const;

  /// After all parts: words of memory that hold something at some time.
  uint64_t wordsUsed() const { return usedWords; }

  /// By link, for the proof between cards; sorted by the cycle of arrival.
  std::vector<std::vector<Appearance>> sends, receives;
  FlowChecker flow;

private:
  void collectBurst(uint32_t burst);
  void collectStreams(uint32_t burst);
  void collectAlu(uint32_t burst);
  void collectRegions(const binary::Program &program);
  void proveQueue(size_t queue, Findings &findings) const;

  const uint32_t card;
  const uint64_t end;      ///< the program's cycles
  const uint64_t textSize; ///< in words
  const BurstTable &table;
  const target::Target &target;
  std::vector<StreamProof> streams; ///< by direction, then stream
  std::vector<MemoryProof> slices;  ///< by hemisphere, then slice
  std::vector<ChainProof> alus;
  std::vector<MatrixProof> matrices; ///< by hemisphere
  std::vector<std::vector<Occupation>> queues;
  uint64_t usedWords = 0; ///< of all slices
};

/// Reports that the proof of `what` was given up, if it was.
void reportExhausted(const Effort &effort, std::string_view what, Findings &findings);

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_CARDPROOF_H
