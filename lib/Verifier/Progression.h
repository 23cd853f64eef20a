//===- Progression.h - Arithmetic progressions and where they meet --*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_PROGRESSION_H
#define SLUICE_LIB_VERIFIER_PROGRESSION_H

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::verifier {

/// A number for each index k: base + k * slope. Cycles, diagonals, words and elements of bursts
/// are lines; all stay below 2^50, so that differences and sums of two never overflow.
struct Line {
  int64_t base = 0, slope = 0;
  int64_t at(int64_t k) const { return base + k * slope; }
  /// The line through this one's values at inner(0), inner(1), ...
  Line after(const Line &inner) const { return {at(inner.base), slope * inner.slope}; }
  auto operator<=>(const Line &) const = default;
  Line operator-(const Line &other) const { return {base - other.base, slope - other.slope}; }
};

/// The numbers first, first + step, ..., `count` of them, with step > 0: elements of a burst.
struct Progression {
  int64_t first = 0, step = 1, count = 0;
  int64_t at(int64_t k) const { return first + k * step; }
  int64_t last() const { return at(count - 1); }
  Line line() const { return {first, step}; }
  /// The numbers with indices begin ... end - 1.
  Progression part(int64_t begin, int64_t end) const { return {at(begin), step, end - begin}; }
  /// Index of `number`, which must be among the numbers.
  int64_t indexOf(int64_t number) const { return count == 1 ? 0 : (number - first) / step; }
  bool operator==(const Progression &) const = default;
  /// `indices` as numbers of this progression.
  Progression select(const Progression &indices) const {
    return {at(indices.first), step * indices.step, indices.count};
  }
};

int64_t floorDivide(int64_t a, int64_t b);
int64_t ceilDivide(int64_t a, int64_t b);

/// Where two lines have equal values: the k-th of them is at index a.at(k) of the first and
/// b.at(k) of the second line.
struct Meeting {
  Progression a;
  Line b;
};

/// Where a(i) = b(j) for i below countA and j below countB, in ascending i; by the Chinese
/// remainder theorem, in constant time. A line of more than one index must have a slope.
std::optional<Meeting> meet(Line a, int64_t countA, Line b, int64_t countB);
inline std::optional<Meeting> meet(const Progression &a, const Progression &b) {
  return meet(a.line(), a.count, b.line(), b.count);
}

/// Indices begin ... end - 1.
struct Range {
  int64_t begin = 0, end = 0;
  bool empty() const { return begin >= end; }
};
/// The indices k below `count` with line(k) >= bound; they are consecutive.
Range whereAtLeast(const Line &line, int64_t bound, int64_t count);

/// Takes the numbers of `part` out of `set`, whose progressions have none in common.
/// Returns how many progressions it looked at.
size_t remove(std::vector<Progression> &set, const Progression &part);

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_PROGRESSION_H
