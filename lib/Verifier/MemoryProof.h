//===- MemoryProof.h - Proof of a card's memory accesses --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_MEMORYPROOF_H
#define SLUICE_LIB_VERIFIER_MEMORYPROOF_H

#include "Flow.h"

#include "sluice/Target/Target.h"

#include <vector>

namespace sluice::verifier {

/// Who wrote each word of a card last, and which bank each slice serves. Expects
/// that checkCapacity found nothing.
class MemoryProof {
public:
  /// Marks the words of initial memory and of inputs as written.
  MemoryProof(const binary::Program &program, uint32_t card, const BurstTable &table,
              const target::Target &target, Findings &findings, FlowChecker &flow);
  /// Read, Gather, Write or Scatter.
  void access(uint64_t cycle, ElementRef element);
  /// After all accesses: every output word was written, and everything fits.
  void checkOutputs();

private:
  static constexpr uint32_t unwritten = 0xfffffffe;
  static constexpr uint64_t never = UINT64_MAX;
  struct Word {
    uint32_t burst = unwritten; ///< or Producer::initialMemory
    uint32_t element = 0;
    uint64_t cycle = 0; ///< of the write
  };
  struct Access {
    uint64_t cycle = never;
    unsigned bank = 0;
    ElementRef element;
  };
  struct Slice {
    std::vector<Word> words; ///< empty until one is written
    Access read, write;
    std::vector<uint64_t> bankWritten; ///< by bank: cycle of the last Write or Scatter
  };

  Slice &sliceAt(uint32_t hemisphere, uint32_t index) {
    return slices[size_t(hemisphere) * target.slicesPerHemisphere + index];
  }
  Word &wordAt(Slice &slice, uint32_t address);
  void initialise(uint32_t hemisphere, uint32_t index, uint32_t address, std::string_view what);
  void checkBanks(uint64_t cycle, ElementRef element, unsigned bank, const Access &other);
  void read(uint64_t cycle, ElementRef element, Slice &slice, uint32_t address);

  const binary::Program &program;
  const uint32_t card;
  const BurstTable &table;
  const target::Target &target;
  Findings &findings;
  FlowChecker &flow;
  std::vector<Slice> slices; ///< by hemisphere, then slice
  uint64_t usedWords = 0;
};

/// Reports as Capacity every memory run or placement that is not within its
/// card, and every binding whose vectors are not covered as they must be.
/// `findings` is one entry a card.
void checkCapacity(const binary::Program &program, const target::Target &target,
                   std::vector<Findings> &findings);

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_MEMORYPROOF_H
