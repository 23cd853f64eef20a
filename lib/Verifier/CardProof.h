//===- CardProof.h - Proof of one card's program ----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_CARDPROOF_H
#define SLUICE_LIB_VERIFIER_CARDPROOF_H

#include "Flow.h"
#include "MatrixProof.h"
#include "MemoryProof.h"
#include "StreamProof.h"

#include <vector>

namespace sluice::verifier {

/// One element of a Send or Receive.
struct Transfer {
  uint64_t cycle;
  ElementRef element;
};

/// Steps through all elements of a card's bursts in time order, knowing of every
/// value only who made it, and reports what cannot be or is not as carried.
class CardProof {
public:
  CardProof(const binary::Program &program, uint32_t card, const std::vector<BurstTable> &tables,
            const target::Target &target, Findings &findings);
  void run();

  /// In order of cycle, by link; for the proof between cards.
  std::vector<std::vector<Transfer>> sends, receives;
  FlowChecker flow;

private:
  struct Use {
    binary::StreamUse use;
    uint32_t operand; ///< of the flow, for inputs
  };
  /// What a burst takes and gives, as ranges of `uses`.
  struct Burst {
    uint32_t inputs, outputs, end;
    int position;
  };
  /// When an ALU's latest results come out.
  struct Result {
    uint64_t cycle = UINT64_MAX;
    ElementRef producer;
    bool twice = false;
  };

  void collectUses();
  void dispatch(uint64_t cycle, ElementRef element);
  void takeStreams(uint64_t cycle, ElementRef element);
  void giveStreams(uint64_t cycle, ElementRef element);
  void chain(uint64_t cycle, ElementRef element);
  void transfer(uint64_t cycle, ElementRef element);
  Result &resultOf(unsigned alu, uint64_t cycle) {
    return results[alu * resultWindow + cycle % resultWindow];
  }

  const uint32_t card;
  const BurstTable &table;
  const target::Target &target;
  Findings &findings;

  std::vector<Burst> bursts;
  std::vector<Use> uses;
  std::vector<ElementRef> lastOfQueue; ///< by queue index
  std::vector<uint64_t> lastCycle;     ///< of lastOfQueue
  StreamProof streams;
  MemoryProof memory;
  MatrixProof matrix;
  size_t resultWindow;
  std::vector<Result> results; ///< by ALU and cycle modulo resultWindow
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_CARDPROOF_H
