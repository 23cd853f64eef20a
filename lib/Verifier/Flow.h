//===- Flow.h - The derived flow against the carried one -------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_FLOW_H
#define SLUICE_LIB_VERIFIER_FLOW_H

#include "Effort.h"
#include "Findings.h"
#include "Progression.h"

#include "sluice/Verifier/Bursts.h"

#include <string_view>

namespace sluice::verifier {

/// A burst's output, or the initial memory.
struct Producer {
  static constexpr uint32_t initialMemory = binary::kInitialMemory;
  uint32_t card = 0;
  uint32_t burst = initialMemory; ///< number on `card`, or initialMemory
  uint32_t slot = 0;              ///< of an input: byte plane
  uint32_t memory = 0;            ///< of initialMemory: number of the run, or of runs and the input
  auto operator<=>(const Producer &) const = default;
};

/// An operand of a burst and how to find it in the flow.
struct Operand {
  uint32_t index; ///< FlowChecker::operand
  uint32_t slot;
  uint32_t burst;
  uint32_t plane = 0;
  /// When its elements are dispatched: all weights in the cycle of the swap.
  Line cycles{};
  /// What an element is where it is none of the burst: "column group ... of the weights of".
  std::string_view element{}, whole{};
  /// Whether this is another look at elements that were taken already.
  bool again = false;
};

/// Compares, operand by operand and progression by progression, who is found to feed an operand with
/// who should. Different operands may be checked at the same time.
class FlowChecker {
public:
  /// Index of an operand for which nothing is carried.
  static constexpr uint32_t none = 0xffffffff;

  FlowChecker(const binary::Program &program, uint32_t card, const std::vector<BurstTable> &tables,
              Findings &findings);

  uint32_t cardNumber() const { return card; }
  /// Index of operand `slot` of a burst. The weights of a multiply (slot 96) are an
  /// operand for each `plane` of its tandem.
  uint32_t index(uint32_t burst, uint32_t slot, uint32_t plane = 0) const;
  /// How many edges are carried for an operand.
  size_t edgesInto(uint32_t operand) const {
    return operand == none ? 0 : operands[operand].end - operands[operand].edge;
  }
  /// How many edges are carried for the operands first ... last of a burst or an output.
  size_t edgesInto(uint32_t burst, uint32_t first, uint32_t last) const;
  /// An operand whose elements are the burst's.
  Operand operand(uint32_t burst, uint32_t slot) const;
  /// The operand's `elements` were found to be fed by the elements producing.at(0), ... of
  /// `producer`; of the initial memory, words of a run or vectors of an input. For weights an element is a
  /// column group, for the table of a Gather a word.
  void check(const Operand &operand, const Progression &elements, const Producer &producer,
             const Line &producing, Findings &findings, Effort &effort);
  /// One past the last element of an operand that is carried.
  uint64_t carriedEnd(uint32_t operand) const { return edges[operands[operand].end - 1].end(); }
  /// Nothing feeds the elements, which has been reported as another hazard.
  void skip(const Operand &operand, const Progression &elements, Effort &effort);
  /// Reports carried elements that no operand takes.
  void finish(Findings &findings) const;

private:
  struct Edge {
    uint64_t key;
    uint32_t first, count;
    Producer producer;
    Line producing; ///< by index from `first`
    uint64_t end() const { return uint64_t(first) + count; }
    auto operator<=>(const Edge &) const = default;
  };
  struct Carried {
    uint64_t key;
    uint32_t edge, end; ///< its edges
    uint64_t elements = 0, taken = 0;
  };
  static uint64_t keyOf(uint32_t burst, uint32_t slot, uint32_t plane) {
    return uint64_t(burst) << 16 | slot << 8 | plane;
  }
  static uint32_t burstOf(uint64_t key) { return uint32_t(key >> 16); }
  static uint32_t slotOf(uint64_t key) { return uint32_t(key >> 8) & 0xff; }
  void readEdges(const binary::Program &program, Findings &findings);
  void groupEdges(Findings &findings);
  template <typename Visit>
  void forEachEdge(uint32_t operand, const Progression &elements, Effort &effort, Visit &&visit);
  void reportMismatch(const Operand &operand, int64_t element, const Producer &producer, int64_t producing,
                      const Edge *carried, Findings &findings) const;
  std::string describe(const Producer &producer, int64_t element) const;

  uint32_t card;
  const std::vector<BurstTable> &tables;
  std::vector<Edge> edges;            ///< sorted
  std::vector<Carried> operands;      ///< by key
  std::vector<uint32_t> firstOfBurst; ///< in `operands`, and one past the last
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_FLOW_H
