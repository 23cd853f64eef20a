//===- Spacing.h - Elements that come too close behind each other --*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_SPACING_H
#define SLUICE_LIB_VERIFIER_SPACING_H

#include "Effort.h"
#include "Progression.h"

#include "sluice/Verifier/Bursts.h"

#include <span>

namespace sluice::verifier {

/// A burst whose elements each occupy something for `cycles` cycles from their dispatch on.
struct Occupation {
  int64_t first = 0;
  uint32_t step = 1, count = 1;
  uint32_t burst = 0;
  uint32_t cycles = 1;
  int64_t last() const { return first + int64_t(step) * (count - 1); }
  bool operator<(const Occupation &other) const {
    return std::pair(first, burst) < std::pair(other.first, other.burst);
  }
};
inline Occupation occupationOf(uint32_t burst, const binary::Instruction &what, uint32_t cycles) {
  return {int64_t(what.cycle), what.interval, what.count, burst, cycles};
}

/// An element that is dispatched in `cycle`, while `before` still occupies what it needs.
struct Collision {
  int64_t cycle;
  ElementRef element, before;
};
/// The earliest one among `occupations`, which are sorted; elements of one cycle come in order of
/// their bursts' numbers.
std::optional<Collision> findCollision(std::span<const Occupation> occupations, Effort &effort);

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_SPACING_H
