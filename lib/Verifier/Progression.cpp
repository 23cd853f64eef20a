//===- Progression.cpp - Arithmetic progressions and where they meet ------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Progression.h"

#include <algorithm>
#include <numeric>
#include <utility>

using namespace sluice;
using namespace sluice::verifier;

int64_t verifier::floorDivide(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t verifier::ceilDivide(int64_t a, int64_t b) { return -floorDivide(-a, b); }

/// The least non-negative number congruent to `a`.
static int64_t modulo(int64_t a, int64_t m) { return a - floorDivide(a, m) * m; }

/// The inverse of `a` modulo `m`, which have no common divisor.
static int64_t inverse(int64_t a, int64_t m) {
  int64_t r = m, next = modulo(a, m), x = 0, nextX = 1;
  while (next != 0) {
    const int64_t quotient = r / next;
    r = std::exchange(next, r - quotient * next);
    x = std::exchange(nextX, x - quotient * nextX);
  }
  return modulo(x, m);
}

std::optional<Meeting> verifier::meet(Line a, int64_t countA, Line b, int64_t countB) {
  if (countA <= 0 || countB <= 0)
    return std::nullopt;
  if (countA == 1)
    a.slope = 1;
  if (countB == 1)
    b.slope = 1;
  if (a.slope < 0) {
    a = {-a.base, -a.slope};
    b = {-b.base, -b.slope};
  }
  const bool backwards = b.slope < 0;
  if (backwards)
    b = {b.at(countB - 1), -b.slope};

  const int64_t distance = b.base - a.base;
  const int64_t begin = std::max<int64_t>(0, ceilDivide(distance, a.slope));
  const int64_t end = std::min(countA - 1, floorDivide(b.at(countB - 1) - a.base, a.slope));
  const int64_t divisor = std::gcd(a.slope, b.slope);
  if (begin > end || distance % divisor != 0)
    return std::nullopt;

  // a.slope * i = distance modulo b.slope.
  const int64_t period = b.slope / divisor;
  const int64_t residue =
      period == 1 ? 0 : modulo(distance / divisor, period) * inverse(a.slope / divisor, period) % period;
  const int64_t first = begin + modulo(residue - begin, period);
  if (first > end)
    return std::nullopt;
  const int64_t count = (end - first) / period + 1;
  Line other{(a.at(first) - b.base) / b.slope, a.slope / divisor};
  if (backwards)
    other = {countB - 1 - other.base, -other.slope};
  return Meeting{{first, count == 1 ? 1 : period, count}, other};
}

Range verifier::whereAtLeast(const Line &line, int64_t bound, int64_t count) {
  if (line.slope == 0)
    return line.base >= bound ? Range{0, count} : Range{0, 0};
  if (line.slope > 0)
    return {std::clamp<int64_t>(ceilDivide(bound - line.base, line.slope), 0, count), count};
  return {0, std::clamp<int64_t>(floorDivide(line.base - bound, -line.slope) + 1, 0, count)};
}

size_t verifier::remove(std::vector<Progression> &set, const Progression &part) {
  std::vector<Progression> rest;
  bool changed = false;
  for (const Progression &piece : set) {
    const std::optional<Meeting> hits = meet(piece, part);
    if (!hits) {
      rest.push_back(piece);
      continue;
    }
    changed = true;
    const Progression &hit = hits->a; // Indices into `piece`.
    if (hit.first > 0)
      rest.push_back(piece.part(0, hit.first));
    if (hit.last() + 1 < piece.count)
      rest.push_back(piece.part(hit.last() + 1, piece.count));
    // Between the hits: as gaps or as residue classes, whichever are fewer.
    if (hit.count - 1 < hit.step - 1) {
      for (int64_t gap = 0; gap != hit.count - 1; ++gap)
        rest.push_back(piece.part(hit.at(gap) + 1, hit.at(gap + 1)));
    } else {
      for (int64_t residue = 1; residue < hit.step; ++residue)
        rest.push_back(piece.select({hit.first + residue, hit.step, hit.count - 1}));
    }
  }
  const size_t looked = set.size() + rest.size();
  if (changed)
    set = std::move(rest);
  return looked;
}
