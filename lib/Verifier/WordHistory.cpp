//===- WordHistory.cpp - Who wrote each word last -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WordHistory.h"

#include <numeric>

using namespace sluice;
using namespace sluice::verifier;

//===----------------------------------------------------------------------===//
// Two accesses of the same words
//===----------------------------------------------------------------------===//

/// The words that `access` leaves written: of one that stays at its word, the last element's.
static Written lastingWords(const Access &access) {
  const int64_t last = access.count - 1;
  const Line &word = access.word;
  if (last == 0 || word.slope == 0)
    return {{word.base, 1, 1}, &access, {last, 0}};
  if (word.slope > 0)
    return {{word.base, word.slope, access.count}, &access, {0, 1}};
  return {{word.at(last), -word.slope, access.count}, &access, {last, -1}};
}

/// Elements of `read` that see elements of `write`, which both stay at one word, if that is equal.
static void seeRepeated(const Access &read, const Access &write, std::vector<Written> &seen, Effort &effort) {
  // The last element j with write.cycle(j) <= read.cycle(i) - margin.
  const int64_t margin = read.burst > write.burst ? 0 : 1;
  const Line since{read.cycle.base - margin - write.cycle.base, read.cycle.slope};
  const int64_t begin = whereAtLeast(since, 0, read.count).begin;
  const int64_t end = whereAtLeast(since, write.cycle.slope * (write.count - 1), read.count).begin;
  const int64_t period = write.cycle.slope / std::gcd(read.cycle.slope, write.cycle.slope);
  for (int64_t i = begin; i < std::min(begin + period, end) && effort.spend(1); ++i)
    seen.push_back({{i, period, (end - 1 - i) / period + 1},
                    &write,
                    {since.at(i) / write.cycle.slope, since.slope * period / write.cycle.slope}});
  if (end < read.count)
    seen.push_back({{end, 1, read.count - end}, &write, {write.count - 1, 0}});
}

/// The elements of `read` that come after the elements of `write` to the same words, and which.
static void see(const Access &read, const Access &write, std::vector<Written> &seen, Effort &effort) {
  const bool readStays = read.count > 1 && read.word.slope == 0;
  const bool writeStays = write.count > 1 && write.word.slope == 0;
  const int64_t reads = readStays ? 1 : read.count, writes = writeStays ? 1 : write.count;
  const std::optional<Meeting> common = meet(read.word, reads, write.word, writes);
  if (!common)
    return;
  if (readStays && writeStays)
    return seeRepeated(read, write, seen, effort);
  if (readStays) {
    const int64_t element = common->b.base;
    const Line written{write.cycle.at(element), 0};
    const Range after = whereAfter(read.cycle, read.burst, written, write.burst, read.count);
    if (!after.empty())
      seen.push_back({{after.begin, 1, after.end - after.begin}, &write, {element, 0}});
    return;
  }
  if (writeStays) {
    const int64_t element = common->a.first;
    const Line readAt{read.cycle.at(element), 0};
    const Range before = whereAfter(readAt, read.burst, write.cycle, write.burst, write.count);
    if (!before.empty())
      seen.push_back({{element, 1, 1}, &write, {before.end - 1, 0}});
    return;
  }
  const Range after = whereAfter(read.cycle.after(common->a.line()), read.burst, write.cycle.after(common->b),
                                 write.burst, common->a.count);
  if (!after.empty())
    seen.push_back(
        {common->a.part(after.begin, after.end), &write, {common->b.at(after.begin), common->b.slope}});
}

//===----------------------------------------------------------------------===//
// Content
//===----------------------------------------------------------------------===//

void WordHistory::commitEnded(std::vector<const Access *> &running, int64_t cycle) {
  std::erase_if(running, [&](const Access *write) {
    if (write->lastCycle() >= cycle)
      return false;
    words.commit(lastingWords(*write));
    return true;
  });
}

std::optional<int64_t> WordHistory::initialise(const Access &access) {
  std::optional<int64_t> twice;
  if (access.count > 1 && access.word.slope == 0)
    twice = 1;
  const Written written = lastingWords(access);
  words.forEachAt(written.places, [&](const Written &piece) {
    if (std::optional<Meeting> common =
            meet(access.word, written.places.count, piece.places.line(), piece.places.count))
      twice = std::min(twice.value_or(common->a.first), common->a.first);
  });
  words.commit(written);
  return twice;
}

uint64_t WordHistory::size() const {
  uint64_t count = 0;
  words.forEach([&](const Written &piece) { count += uint64_t(piece.places.count); });
  return count;
}

//===----------------------------------------------------------------------===//
// Reads
//===----------------------------------------------------------------------===//

void WordHistory::find(const Access &read, std::span<const Access *const> concurrent, Content &content) {
  content.found.clear();
  content.missing.clear();
  seen.clear();
  const Progression places = lastingWords(read).places;
  words.forEachAt(places, [&](const Written &piece) {
    const std::optional<Meeting> common =
        meet(read.word, places.count, piece.places.line(), piece.places.count);
    if (!common)
      return;
    const Line writing = piece.writing.after(common->b);
    if (places.count == read.count)
      content.found.push_back({common->a, piece.writer, writing});
    else // All elements read the one word.
      content.found.push_back({{0, 1, read.count}, piece.writer, {writing.base, 0}});
  });
  for (const Access *write : concurrent)
    see(read, *write, seen, effort);
  if (!seen.empty()) {
    elements.clear();
    for (const WordsFound &found : content.found)
      elements.insert({found.elements, found.writer, found.writing});
    for (const Written &sight : seen)
      elements.commit(sight);
    content.found.clear();
    elements.forEach(
        [&](const Written &piece) { content.found.push_back({piece.places, piece.writer, piece.writing}); });
  }

  int64_t found = 0;
  for (const WordsFound &words : content.found)
    found += words.elements.count;
  if (found == read.count)
    return;
  std::vector<Progression> parts;
  for (const WordsFound &words : content.found)
    parts.push_back(words.elements);
  content.missing = complement(read.count, parts, effort);
}
