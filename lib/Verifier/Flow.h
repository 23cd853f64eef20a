//===- Flow.h - The derived flow against the carried one --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_FLOW_H
#define SLUICE_LIB_VERIFIER_FLOW_H

#include "Findings.h"
#include "sluice/Verifier/Bursts.h"

namespace sluice::verifier {

/// Who feeds one element of an operand.
struct Producer {
  static constexpr uint32_t initialMemory = binary::kInitialMemory;
  uint32_t card = 0;
  uint32_t burst = initialMemory; ///< number on `card`, or initialMemory
  uint32_t slot = 0;
  uint32_t element = 0;
  bool operator==(const Producer &) const = default;
};

/// Compares, operand by operand and element by element, who is found to feed an
/// operand with who should. The elements of one operand come in ascending order.
class FlowChecker {
public:
  /// Index of an operand for which nothing is carried.
  static constexpr uint32_t none = 0xffffffff;

  FlowChecker(const binary::Program &program, uint32_t card, const std::vector<BurstTable> &tables,
              Findings &findings);

  uint32_t cardNumber() const { return card; }
  /// Index of operand `slot` of a burst. The weights of a multiply (slot 96) are an
  /// operand for each `plane` of its tandem.
  uint32_t operand(uint32_t burst, uint32_t slot, uint32_t plane = 0) const;
  /// `producer` was found to feed element `element` of the operand of `consumer`
  /// in cycle `cycle`. For weights an element is a column group.
  void check(uint32_t operand, uint32_t slot, ElementRef consumer, uint32_t element, uint64_t cycle,
             const Producer &producer);
  /// Nothing feeds the element, which has been reported as another hazard.
  void skip(uint32_t operand) {
    if (operand != none)
      ++operands[operand].visited;
  }
  /// Reports carried elements that no operand takes.
  void finish();

private:
  struct Edge {
    uint64_t key;
    uint32_t first, count;
    Producer producer;
    int32_t step;
  };
  struct Operand {
    uint64_t key;
    uint32_t edge, end; ///< the edges not yet behind the operand's elements
    uint64_t carried = 0, visited = 0;
  };
  static uint64_t keyOf(uint32_t burst, uint32_t slot, uint32_t plane) {
    return uint64_t(burst) << 16 | slot << 8 | plane;
  }
  static uint32_t burstOf(uint64_t key) { return uint32_t(key >> 16); }
  static uint32_t slotOf(uint64_t key) { return uint32_t(key >> 8) & 0xff; }
  void readEdges(const binary::Program &program);
  void groupEdges();
  std::string describe(const Producer &producer) const;

  uint32_t card;
  const std::vector<BurstTable> &tables;
  Findings &findings;
  std::vector<Edge> edges;       ///< by key, then first element
  std::vector<Operand> operands; ///< by key
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_FLOW_H
