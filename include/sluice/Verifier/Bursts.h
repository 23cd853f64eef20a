//===- Bursts.h - A card's bursts by number ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_VERIFIER_BURSTS_H
#define SLUICE_VERIFIER_BURSTS_H

#include "sluice/Binary/Program.h"

#include <string>
#include <vector>

namespace sluice::verifier {

/// One element of a burst of a card, by the burst's number in BurstTable.
struct ElementRef {
  uint32_t burst = 0;
  uint32_t element = 0;
};

/// Numbers the bursts of a card through its queues.
class BurstTable {
public:
  struct Entry {
    uint32_t queue, instruction; ///< indices as in FlowEdge
    const binary::Queue *where;
    const binary::Instruction *what;
  };

  BurstTable(const binary::Program &program, uint32_t card);

  size_t size() const { return entries.size(); }
  const Entry &operator[](uint32_t burst) const { return entries[burst]; }
  /// Whether the card has instruction `instruction` on queue `queue`.
  bool has(uint32_t queue, uint32_t instruction) const {
    return queue + 1 < firstOfQueue.size() && instruction < firstOfQueue[queue + 1] - firstOfQueue[queue];
  }
  uint32_t number(uint32_t queue, uint32_t instruction) const { return firstOfQueue[queue] + instruction; }

  /// The program's outputs take what their words hold in the end, as operands of bursts behind the last one
  /// do: the number of output `output` as such, and how many there are.
  uint32_t numberOfOutput(uint32_t output) const { return uint32_t(entries.size()) + output; }
  uint32_t outputs() const { return uint32_t(program.metadata.outputs_size()); }
  /// Dispatch of the burst's first element; of an output, the program's end.
  uint64_t cycleOf(uint32_t burst) const {
    return burst < entries.size() ? entries[burst].what->cycle : program.metadata.cycles();
  }

  /// "mem.e0.r read at cycle 12 (element 3 of the burst at 9, node '/a')", or "vector 3 of output 'y'".
  std::string describe(ElementRef ref) const;
  /// Element `element` of what lies in memory before the start, by number as in FlowEdge: a word of a run, or
  /// a vector of an input in byte plane `plane`.
  std::string describeInitial(uint32_t number, uint32_t plane, int64_t element) const;

private:
  const binary::Program &program;
  uint32_t card;
  std::vector<uint32_t> firstOfQueue; ///< and one past the last
  std::vector<Entry> entries;
};

} // namespace sluice::verifier

#endif // SLUICE_VERIFIER_BURSTS_H
