//===- Cover.h - Which bursts' values other bursts take --------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_COVER_H
#define SLUICE_LIB_VERIFIER_COVER_H

#include "Effort.h"
#include "Progression.h"

#include <algorithm>
#include <span>
#include <vector>

namespace sluice::verifier {

/// The elements of a burst where they give or take a value: element i at number
/// first + i * step. Numbers are the diagonals of a stream, or cycles.
struct Appearance {
  int64_t first = 0;
  uint32_t step = 1, count = 1;
  uint32_t burst = 0;
  uint32_t slot = 0;    ///< of the burst's operand or output
  int32_t place = 0;    ///< a value goes on from its place to higher ones
  int32_t offset = 0;   ///< cycles from the dispatch to the appearance
  uint32_t operand = 0; ///< of the flow, when it takes
  int64_t last() const { return first + int64_t(step) * (count - 1); }
  Line line() const { return {first, step}; }
  Progression elements() const { return {0, 1, count}; }
  bool operator<(const Appearance &other) const {
    return std::pair(first, burst) < std::pair(other.first, other.burst);
  }
};

/// What feeds some elements of a consumer: element elements.at(k) by element producing.at(k)
/// of the producer.
struct Feed {
  Progression elements;
  const Appearance *producer;
  Line producing;
};
struct Cover {
  std::vector<Feed> feeds;
  std::vector<Progression> missing; ///< elements that nothing feeds
};

/// Of two producers with values at one number, the one that a consumer sees: the nearest upstream,
/// of those in one place the first dispatched.
bool isNearer(const Appearance &a, const Appearance &b);

/// Who feeds `consumer`: of `candidates`, which are those that overlap it in numbers, in no order,
/// for each element the nearest one that is not downstream.
void findCover(const Appearance &consumer, std::vector<const Appearance *> &candidates, Cover &cover,
               Effort &effort);

/// Calls visit(consumer, candidates) for each of `consumers` with the `producers` that overlap it in
/// numbers. Both are sorted. Stops when the effort is exhausted.
template <typename Visit>
void forEachConsumer(std::span<const Appearance> consumers, std::span<const Appearance> producers,
                     Effort &effort, Visit &&visit) {
  std::vector<const Appearance *> active, candidates; // Begun, and not known to have ended.
  size_t next = 0;
  for (const Appearance &consumer : consumers) {
    for (; next != producers.size() && producers[next].first <= consumer.first; ++next)
      active.push_back(&producers[next]);
    std::erase_if(active, [&](const Appearance *producer) { return producer->last() < consumer.first; });
    candidates = active;
    for (size_t ahead = next;
         ahead != producers.size() && producers[ahead].first <= consumer.last() && effort.spend(1); ++ahead)
      candidates.push_back(&producers[ahead]);
    if (!effort.spend(1 + active.size()))
      return;
    visit(consumer, candidates);
  }
}

/// Calls visit(a, b) for each two of `sorted` that overlap in numbers, a before b, until it
/// returns false or the effort is exhausted. `reach` is how far past its last number a burst counts.
template <typename Item, typename Visit>
void forEachOverlap(std::span<const Item> sorted, int64_t reach, Effort &effort, Visit &&visit) {
  std::vector<const Item *> active;
  for (const Item &item : sorted) {
    std::erase_if(active, [&](const Item *other) { return other->last() + reach < item.first; });
    for (const Item *other : active)
      if (!effort.spend(1) || !visit(*other, item))
        return;
    active.push_back(&item);
  }
}

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_COVER_H
