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
#include <compare>
#include <optional>

namespace sluice::verifier {

inline constexpr size_t hazardCount = size_t(Hazard::TooIntricate) + 1;

/// When a proof comes upon something: the order in which an element by element run of the program
/// would. Of the findings of a class the earliest is reported, so that it does not depend on
/// how the proof is cut into parts.
struct When {
  enum Stage : uint8_t {
    Reading, ///< before the run: what the program says of itself
    Running,
    Loading,  ///< behind all others of the cycle: Installs, which fill what a Multiply has just emptied
    Finishing ///< after the run
  };
  uint64_t cycle = 0;
  Stage stage = Reading;
  uint32_t burst = 0; ///< bursts of one cycle come by number
  uint32_t order = 0; ///< operands and outputs of one element
  auto operator<=>(const When &) const = default;
};

/// Keeps one card's earliest finding of each class; the first reported wins among
/// those of one moment. Messages are made only for findings that are kept.
class Findings {
public:
  explicit Findings(uint32_t card) : card(card) {}

  /// Whether a finding at `when` would be kept.
  bool wants(Hazard hazard, const When &when) const {
    const std::optional<Kept> &slot = earliest[size_t(hazard)];
    return !slot || when < slot->when;
  }
  /// `message()` returns the text.
  template <typename Message>
  void report(Hazard hazard, const When &when, Message &&message) {
    if (wants(hazard, when))
      earliest[size_t(hazard)] = {when, message()};
  }
  /// Before the run.
  template <typename Message>
  void report(Hazard hazard, uint64_t cycle, Message &&message) {
    report(hazard, When{cycle}, message);
  }
  /// Takes over what `other`, of the same card, found earlier.
  void merge(Findings &&other) {
    for (size_t hazard = 0; hazard != hazardCount; ++hazard)
      if (auto &found = other.earliest[hazard])
        report(Hazard(hazard), found->when, [&] { return std::move(found->message); });
  }
  bool empty() const {
    return std::none_of(earliest.begin(), earliest.end(), [](const auto &slot) { return slot.has_value(); });
  }
  /// In order of cycle, then class.
  std::vector<Finding> sorted() const {
    std::vector<Finding> found;
    for (size_t hazard = 0; hazard != hazardCount; ++hazard)
      if (const auto &slot = earliest[hazard])
        found.push_back({Hazard(hazard), card, slot->when.cycle, slot->message});
    std::sort(found.begin(), found.end(), [](const Finding &a, const Finding &b) {
      return std::pair(a.cycle, a.hazard) < std::pair(b.cycle, b.hazard);
    });
    return found;
  }

private:
  struct Kept {
    When when;
    std::string message;
  };
  uint32_t card;
  std::array<std::optional<Kept>, hazardCount> earliest;
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_FINDINGS_H
