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

  /// "mem.e0.r read at cycle 12 (element 3 of the burst at 9, node '/a')".
  std::string describe(ElementRef ref) const;

private:
  const binary::Program &program;
  uint32_t card;
  std::vector<uint32_t> firstOfQueue; ///< and one past the last
  std::vector<Entry> entries;
};

} // namespace sluice::verifier

#endif // SLUICE_VERIFIER_BURSTS_H
