//===- Spacing.cpp - Elements that come too close behind each other -------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Spacing.h"

#include "Cover.h"

using namespace sluice;
using namespace sluice::verifier;

static void keepEarlier(std::optional<Collision> &earliest, const Collision &found) {
  if (!earliest ||
      std::pair(found.cycle, found.element.burst) < std::pair(earliest->cycle, earliest->element.burst))
    earliest = found;
}

/// The earliest element of `late` that is dispatched while one of `early` occupies.
static void meetBehind(const Occupation &early, const Occupation &late, std::optional<Collision> &earliest) {
  // In one cycle, the burst of the smaller number comes first.
  for (int64_t behind = early.burst < late.burst ? 0 : 1; behind < early.cycles; ++behind)
    if (std::optional<Meeting> meeting =
            meet({late.first, late.step}, late.count, {early.first + behind, early.step}, early.count))
      keepEarlier(earliest, {late.first + int64_t(late.step) * meeting->a.first,
                             {late.burst, uint32_t(meeting->a.first)},
                             {early.burst, uint32_t(meeting->b.base)}});
}

std::optional<Collision> verifier::findCollision(std::span<const Occupation> occupations, Effort &effort) {
  std::optional<Collision> earliest;
  int64_t longest = 1;
  for (const Occupation &occupation : occupations) {
    longest = std::max<int64_t>(longest, occupation.cycles);
    if (occupation.count > 1 && occupation.step < occupation.cycles)
      keepEarlier(earliest,
                  {occupation.first + occupation.step, {occupation.burst, 1}, {occupation.burst, 0}});
  }
  forEachOverlap(occupations, longest - 1, effort, [&](const Occupation &a, const Occupation &b) {
    if (earliest && earliest->cycle < b.first)
      return false;
    meetBehind(a, b, earliest);
    meetBehind(b, a, earliest);
    return true;
  });
  return earliest;
}
