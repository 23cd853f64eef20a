//===- Effort.h - A bound on the work of a proof ---------------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_EFFORT_H
#define SLUICE_LIB_VERIFIER_EFFORT_H

#include "sluice/Binary/Encoding.h"

#include <cstddef>
#include <cstdint>

namespace sluice::verifier {

/// Counts the progressions that a part of the proof puts beside each other. A compiled program needs
/// a few for each burst and each carried edge; one made to be slow is given up, which is a finding.
///
/// Two things make a legal program's proof cost more than a few steps an item. Bursts meet that run at the
/// same time: a queue that dispatches one element a cycle has at most kMaxInterval bursts under way at once,
/// so that no more of them can meet for each burst. And a burst's operand may be fed piece by piece by as
/// many other bursts as it has elements; but then each piece has an edge of its own, which counts.
class Effort {
public:
  /// For a part that looks at `items`: bursts, operands, regions, and the edges that are carried for these
  /// operands.
  explicit Effort(size_t items) : left(floor + perItem * items) {}
  /// Whether there was enough left. After the first false, always false.
  bool spend(uint64_t steps) {
    if (steps > left) {
      left = 0;
      isExhausted = true;
    } else {
      left -= steps;
    }
    return !isExhausted;
  }
  bool exhausted() const { return isExhausted; }

private:
  static constexpr uint64_t floor = uint64_t(1) << 16, perItem = binary::kMaxInterval + 1;
  uint64_t left;
  bool isExhausted = false;
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_EFFORT_H
