//===- WordHistory.h - Who wrote each word last ----------------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_WORDHISTORY_H
#define SLUICE_LIB_VERIFIER_WORDHISTORY_H

#include "LastWriters.h"

#include <optional>
#include <span>
#include <vector>

namespace sluice::verifier {

/// Elements of a read and who wrote what they find.
struct WordsFound {
  Progression elements;
  const Access *writer;
  Line writing; ///< element of the writer, by index into `elements`
};

/// The words of a slice, or the accumulator rows of a plane, as the bursts left them that have ended.
class WordHistory {
public:
  /// What a read finds, and its elements that find nothing.
  struct Content {
    std::vector<WordsFound> found;
    std::vector<Progression> missing;
  };

  explicit WordHistory(Effort &effort) : effort(effort), words(effort), elements(effort) {}

  /// Words that are there from the start; `access` must outlive this. Returns the first of its
  /// elements whose word was there already, if any.
  std::optional<int64_t> initialise(const Access &access);
  /// Lets `reads` and `writes` take place, which are sorted and outlive this, and calls
  /// visit(read, content) for each read. An element sees the writes of earlier cycles, and those of
  /// its own cycle by bursts of smaller numbers. Stops when the effort is exhausted. Costs a step for each
  /// read and write that run at the same time, and what their words in common cost.
  template <typename Visit>
  void run(std::span<const Access> reads, std::span<const Access> writes, Visit &&visit) {
    Content content;
    std::vector<const Access *> running, concurrent; // Begun and not known to have ended.
    size_t next = 0;
    for (const Access &read : reads) {
      for (; next != writes.size() && writes[next].cycle.base < read.cycle.base; ++next)
        running.push_back(&writes[next]);
      commitEnded(running, read.cycle.base);
      concurrent = running;
      for (size_t ahead = next;
           ahead != writes.size() && writes[ahead].cycle.base <= read.lastCycle() && effort.spend(1); ++ahead)
        concurrent.push_back(&writes[ahead]);
      if (!effort.spend(1 + running.size()))
        return;
      find(read, concurrent, content);
      visit(read, content);
    }
    for (; next != writes.size(); ++next)
      running.push_back(&writes[next]);
    commitEnded(running, INT64_MAX);
  }
  /// What a read of these words finds now, with `concurrent` writes under way.
  void find(const Access &read, std::span<const Access *const> concurrent, Content &content);
  /// How many words hold something.
  uint64_t size() const;

private:
  void commitEnded(std::vector<const Access *> &running, int64_t cycle);

  Effort &effort;
  LastWriters words;
  // Of the read that is looked at:
  LastWriters elements; ///< places are its elements
  std::vector<Written> seen;
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_WORDHISTORY_H
