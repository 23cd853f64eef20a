//===- WordHistory.cpp - Who wrote each word last -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WordHistory.h"

#include <algorithm>
#include <numeric>

using namespace sluice;
using namespace sluice::verifier;

//===----------------------------------------------------------------------===//
// Two accesses of the same words
//===----------------------------------------------------------------------===//

/// `access` without the elements whose words later elements of it write: all but the last
/// of one that stays at its word.
static Progression lastingElements(const Access &access) {
  if (access.count > 1 && access.word.slope == 0)
    return {access.count - 1, 1, 1};
  return {0, 1, access.count};
}

/// Indices below `count` at which something dispatched in cycle `late` by burst `lateBurst` comes
/// after something dispatched in cycle `early`.
static Range whereAfter(const Line &late, uint32_t lateBurst, const Line &early, uint32_t earlyBurst,
                        int64_t count) {
  return whereAtLeast(late - early, lateBurst > earlyBurst ? 0 : 1, count);
}

/// Elements of `read` that see elements of `write`, which both stay at one word, if that is equal.
static void seeRepeated(const Access &read, const Access &write, std::vector<WordsFound> &seen,
                        Effort &effort) {
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
static void see(const Access &read, const Access &write, std::vector<WordsFound> &seen, Effort &effort) {
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

/// `found` for some of its elements only.
static WordsFound restrict(const WordsFound &found, const Progression &elements) {
  const int64_t begin = found.elements.indexOf(elements.first);
  const int64_t stride = elements.count == 1 ? 1 : elements.step / found.elements.step;
  return {elements, found.writer, {found.writing.at(begin), found.writing.slope * stride}};
}

//===----------------------------------------------------------------------===//
// Content
//===----------------------------------------------------------------------===//

std::pair<WordHistory::Tracks::key_type, int64_t> WordHistory::placeOf(const Piece &piece) {
  const Line word = piece.word();
  const bool alone = piece.elements.count == 1;
  const int64_t distance = alone ? 1 : std::abs(word.slope);
  const int64_t first = std::min(word.base, word.at(piece.elements.count - 1));
  return {{distance, first % distance}, first};
}

void WordHistory::insert(const Piece &piece) {
  const auto [track, first] = placeOf(piece);
  tracks[track].emplace(first, piece);
}

void WordHistory::erase(const Piece &piece) {
  const auto [key, first] = placeOf(piece);
  const auto track = tracks.find(key);
  track->second.erase(first);
  if (track->second.empty())
    tracks.erase(track);
}

template <typename Visit>
void WordHistory::forEachNear(const Line &words, int64_t count, Visit &&visit) {
  const int64_t a = words.base, b = words.at(count - 1), low = std::min(a, b), high = std::max(a, b);
  for (auto &[key, track] : tracks) {
    const int64_t divisor = count > 1 ? std::gcd(key.first, words.slope) : key.first;
    if (!effort.spend(1))
      return;
    if ((low - key.second) % divisor != 0)
      continue;
    auto place = track.upper_bound(low);
    if (place != track.begin() && std::prev(place)->second.lastWord() >= low)
      --place;
    for (; place != track.end() && place->first <= high && effort.spend(1); ++place)
      visit(place->second);
  }
}

void WordHistory::commit(const Access &write) {
  const Progression lasting = lastingElements(write);
  const Line words = write.word.after(lasting.line());
  std::vector<Piece> near;
  forEachNear(words, lasting.count, [&](const Piece &piece) { near.push_back(piece); });

  std::vector<Progression> own{lasting};
  for (const Piece &piece : near) {
    const std::optional<Meeting> common = meet(words, lasting.count, piece.word(), piece.elements.count);
    if (!common)
      continue;
    const Progression ownElements = lasting.select(common->a);
    const Line theirElements = piece.elements.line().after(common->b);
    const Range later =
        whereAfter(write.cycle.after(ownElements.line()), write.burst,
                   piece.writer->cycle.after(theirElements), piece.writer->burst, common->a.count);
    // Each word stays with whoever wrote it later.
    if (later.empty()) {
      effort.spend(remove(own, ownElements));
      continue;
    }
    if (later.begin > 0)
      effort.spend(remove(own, ownElements.part(0, later.begin)));
    if (later.end < ownElements.count)
      effort.spend(remove(own, ownElements.part(later.end, ownElements.count)));
    const int64_t first = theirElements.at(later.begin), last = theirElements.at(later.end - 1);
    std::vector<Progression> rest{piece.elements};
    effort.spend(remove(rest, {std::min(first, last), std::max<int64_t>(1, std::abs(theirElements.slope)),
                               later.end - later.begin}));
    erase(piece);
    for (const Progression &elements : rest)
      insert({piece.writer, elements});
  }
  for (const Progression &elements : own)
    insert({&write, elements});
}

void WordHistory::commitEnded(std::vector<const Access *> &running, int64_t cycle) {
  std::erase_if(running, [&](const Access *write) {
    if (write->lastCycle() >= cycle)
      return false;
    commit(*write);
    return true;
  });
}

std::optional<int64_t> WordHistory::initialise(const Access &access) {
  std::optional<int64_t> twice;
  if (access.count > 1 && access.word.slope == 0)
    twice = 1;
  const int64_t count = twice ? 1 : access.count;
  forEachNear(access.word, count, [&](const Piece &piece) {
    if (std::optional<Meeting> common = meet(access.word, count, piece.word(), piece.elements.count))
      twice = std::min(twice.value_or(common->a.first), common->a.first);
  });
  commit(access);
  return twice;
}

uint64_t WordHistory::words() const {
  uint64_t count = 0;
  for (const auto &[key, track] : tracks)
    for (const auto &[first, piece] : track)
      count += uint64_t(piece.elements.count);
  return count;
}

//===----------------------------------------------------------------------===//
// Reads
//===----------------------------------------------------------------------===//

void WordHistory::find(const Access &read, Content &content) {
  content.found.clear();
  content.missing.clear();
  const bool stays = read.count > 1 && read.word.slope == 0;
  const int64_t count = stays ? 1 : read.count;
  int64_t found = 0;
  forEachNear(read.word, count, [&](const Piece &piece) {
    const std::optional<Meeting> common = meet(read.word, count, piece.word(), piece.elements.count);
    if (!common)
      return;
    const Progression elements = stays ? Progression{0, 1, read.count} : common->a;
    Line writing = piece.elements.line().after(common->b);
    if (elements.count != common->a.count)
      writing.slope = 0;
    content.found.push_back({elements, piece.writer, writing});
    found += elements.count;
  });
  if (found == read.count)
    return;
  content.missing.push_back({0, 1, read.count});
  for (const WordsFound &words : content.found)
    effort.spend(remove(content.missing, words.elements));
}

/// Lets the elements of `read` that come after those of a running `write` see it.
void WordHistory::overlay(const Access &read, const Access &write, Content &content) {
  std::vector<WordsFound> seen;
  see(read, write, seen, effort);
  for (const WordsFound &sight : seen) {
    std::vector<WordsFound> kept, taken;
    for (const WordsFound &before : content.found) {
      const std::optional<Meeting> common = meet(before.elements, sight.elements);
      const Range later = common
                              ? whereAfter(write.cycle.after(sight.writing).after(common->b), write.burst,
                                           before.writer->cycle.after(before.writing).after(common->a.line()),
                                           before.writer->burst, common->a.count)
                              : Range{};
      effort.spend(1);
      if (later.empty()) {
        kept.push_back(before);
        continue;
      }
      const Progression elements = before.elements.select(common->a).part(later.begin, later.end);
      taken.push_back(restrict(sight, elements));
      std::vector<Progression> rest{before.elements};
      effort.spend(remove(rest, elements));
      for (const Progression &piece : rest)
        kept.push_back(restrict(before, piece));
    }
    for (const Progression &missing : content.missing)
      if (std::optional<Meeting> common = meet(missing, sight.elements))
        taken.push_back(restrict(sight, missing.select(common->a)));
    for (const WordsFound &words : taken)
      effort.spend(remove(content.missing, words.elements));
    content.found = std::move(kept);
    content.found.insert(content.found.end(), taken.begin(), taken.end());
  }
}
