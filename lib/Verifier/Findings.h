//===- Findings.h - The earliest finding of each class ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_FINDINGS_H
#define SLUICE_LIB_VERIFIER_FINDINGS_H

#include "sluice/Verifier/Verifier.h"

#include <algorithm>
#include <array>
#include <optional>

namespace sluice::verifier {

inline constexpr size_t hazardCount = size_t(Hazard::FlowMismatch) + 1;

/// Keeps one card's earliest finding of each class; the first reported wins among
/// those of one cycle. Messages are made only for findings that are kept.
class Findings {
public:
  explicit Findings(uint32_t card) : card(card) {}

  /// `message()` returns the text.
  template <typename Message>
  void report(Hazard hazard, uint64_t cycle, Message &&message) {
    std::optional<Finding> &slot = earliest[size_t(hazard)];
    if (!slot || cycle < slot->cycle)
      slot = Finding{hazard, card, cycle, message()};
  }
  bool empty() const {
    return std::none_of(earliest.begin(), earliest.end(), [](const auto &slot) { return slot.has_value(); });
  }
  /// In order of cycle, then class.
  std::vector<Finding> sorted() const {
    std::vector<Finding> found;
    for (const std::optional<Finding> &slot : earliest)
      if (slot)
        found.push_back(*slot);
    std::sort(found.begin(), found.end(), [](const Finding &a, const Finding &b) {
      return std::pair(a.cycle, a.hazard) < std::pair(b.cycle, b.hazard);
    });
    return found;
  }

private:
  uint32_t card;
  std::array<std::optional<Finding>, hazardCount> earliest;
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_FINDINGS_H
