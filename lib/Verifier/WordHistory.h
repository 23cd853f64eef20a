//===- WordHistory.h - Who wrote each word last ----------------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_WORDHISTORY_H
#define SLUICE_LIB_VERIFIER_WORDHISTORY_H

#include "Effort.h"
#include "Progression.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace sluice::verifier {

/// A burst that reads or writes words, element by element.
struct Access {
  uint32_t burst = 0; ///< or Producer::initialMemory
  Line word, cycle;   ///< by element
  int64_t count = 0;
  // Of initialMemory, as in FlowEdge: the number of the run or of runs and the input, the input's byte plane,
  // and the word or vector that is element 0.
  uint32_t memory = 0, plane = 0;
  int64_t firstNumber = 0;
  int64_t lastCycle() const { return cycle.at(count - 1); }
  bool operator<(const Access &other) const {
    return std::pair(cycle.base, burst) < std::pair(other.cycle.base, other.burst);
  }
};

/// Elements of a read and who wrote what they find.
struct WordsFound {
  Progression elements;
  const Access *writer;
  Line writing; ///< element of the writer, by index into `elements`
};

/// The words of a slice, or the accumulator rows of a plane, as the bursts left them that have ended.
/// Words are held as progressions; there are never more of them than words.
class WordHistory {
public:
  /// What a read finds, and its elements that find nothing.
  struct Content {
    std::vector<WordsFound> found;
    std::vector<Progression> missing;
  };

  explicit WordHistory(Effort &effort) : effort(effort) {}

  /// Words that are there from the start; `access` must outlive this. Returns the first of its
  /// elements whose word was there already, if any.
  std::optional<int64_t> initialise(const Access &access);
  /// Lets `reads` and `writes` take place, which are sorted and outlive this, and calls
  /// visit(read, content) for each read. An element sees the writes of earlier cycles, and those of
  /// its own cycle by bursts of smaller numbers. Stops when the effort is exhausted.
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
      find(read, content);
      for (const Access *write : concurrent)
        overlay(read, *write, content);
      visit(read, content);
    }
    for (; next != writes.size(); ++next)
      running.push_back(&writes[next]);
    commitEnded(running, INT64_MAX);
  }
  /// What a read of these words finds now.
  void find(const Access &read, Content &content);
  /// How many words hold something.
  uint64_t words() const;

private:
  /// Elements of a writer that nobody has overwritten.
  struct Piece {
    const Access *writer;
    Progression elements;
    Line word() const { return writer->word.after(elements.line()); }
    int64_t lastWord() const { return std::max(word().base, word().at(elements.count - 1)); }
  };
  /// Pieces of equal distance and residue of their words cannot interleave; by first word.
  using Track = std::map<int64_t, Piece>;
  using Tracks = std::map<std::pair<int64_t, int64_t>, Track>;

  void commitEnded(std::vector<const Access *> &running, int64_t cycle);
  void commit(const Access &write);
  void insert(const Piece &piece);
  void erase(const Piece &piece);
  static std::pair<Tracks::key_type, int64_t> placeOf(const Piece &piece);
  /// Calls visit(piece) for the pieces that may have words among `words`.
  template <typename Visit>
  void forEachNear(const Line &words, int64_t count, Visit &&visit);
  void overlay(const Access &read, const Access &write, Content &content);

  Effort &effort;
  Tracks tracks;
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_WORDHISTORY_H
