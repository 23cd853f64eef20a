//===- Cover.cpp - Which bursts' values other bursts take -----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cover.h"

using namespace sluice;
using namespace sluice::verifier;

/// Candidates up to which all are tried on all of a consumer's elements.
static constexpr size_t fewCandidates = 8;

bool verifier::isNearer(const Appearance &a, const Appearance &b) {
  if (a.place != b.place)
    return a.place > b.place;
  if (a.offset != b.offset)
    return a.offset > b.offset; // The longer one under way was dispatched first.
  return a.burst < b.burst;
}

/// Covers some elements by candidates that are sorted, nearest first.
static void coverElements(const Appearance &consumer, const Progression &elements,
                          std::span<const Appearance *const> candidates, Cover &cover, Effort &effort) {
  std::vector<Progression> open{elements};
  for (const Appearance *candidate : candidates) {
    if (open.empty())
      return;
    std::vector<Progression> met;
    for (const Progression &piece : open) {
      if (!effort.spend(1))
        return;
      const Line where = consumer.line().after(piece.line());
      if (std::optional<Meeting> meeting = meet(where, piece.count, candidate->line(), candidate->count)) {
        met.push_back(piece.select(meeting->a));
        cover.feeds.push_back({met.back(), candidate, meeting->b});
      }
    }
    for (const Progression &piece : met)
      if (!effort.spend(remove(open, piece)))
        return;
  }
  cover.missing.insert(cover.missing.end(), open.begin(), open.end());
}

namespace {
/// Where a candidate begins or ends among a consumer's elements.
struct Border {
  int64_t element;
  bool begins;
  const Appearance *candidate;
  bool operator<(const Border &other) const { return element < other.element; }
};
} // namespace

void verifier::findCover(const Appearance &consumer, std::vector<const Appearance *> &candidates,
                         Cover &cover, Effort &effort) {
  cover.feeds.clear();
  cover.missing.clear();
  auto nearer = [](const Appearance *a, const Appearance *b) {
    return isNearer(*a, *b) || (!isNearer(*b, *a) && a < b); // Both are of one list.
  };
  std::erase_if(candidates, [&](const Appearance *candidate) { return candidate->place > consumer.place; });
  if (candidates.size() <= fewCandidates) {
    std::sort(candidates.begin(), candidates.end(), nearer);
    return coverElements(consumer, consumer.elements(), candidates, cover, effort);
  }

  // Between two borders the same few candidates take part.
  std::vector<Border> borders;
  for (const Appearance *candidate : candidates) {
    const int64_t begin = ceilDivide(candidate->first - consumer.first, consumer.step);
    const int64_t end = floorDivide(candidate->last() - consumer.first, consumer.step) + 1;
    if (begin >= end) // Between two elements.
      continue;
    borders.push_back({std::max<int64_t>(begin, 0), true, candidate});
    borders.push_back({std::min<int64_t>(end, consumer.count), false, candidate});
  }
  std::sort(borders.begin(), borders.end());
  std::vector<const Appearance *> present;
  int64_t from = 0;
  for (size_t index = 0; index != borders.size() && !effort.exhausted();) {
    const int64_t to = borders[index].element;
    if (from < to)
      coverElements(consumer, {from, 1, to - from}, present, cover, effort);
    from = to;
    for (; index != borders.size() && borders[index].element == to; ++index) {
      const Border &border = borders[index];
      auto place = std::lower_bound(present.begin(), present.end(), border.candidate, nearer);
      if (border.begins)
        present.insert(place, border.candidate);
      else
        present.erase(place);
      effort.spend(1);
    }
  }
  if (from < consumer.count)
    coverElements(consumer, {from, 1, consumer.count - from}, {}, cover, effort);
}
