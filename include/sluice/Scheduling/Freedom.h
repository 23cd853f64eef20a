//===- Freedom.h - What a scheduler does with equal choices -----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SCHEDULING_FREEDOM_H
#define SLUICE_SCHEDULING_FREEDOM_H

#include <cstdint>
#include <optional>
#include <random>

namespace sluice::scheduling {

/// The first of several legal choices, or with a seed any of them. A schedule made with a seed is legal and
/// wasteful; that it gives the same bits shows that values do not come from how they are scheduled.
class Freedom {
public:
  explicit Freedom(std::optional<uint64_t> seed = std::nullopt) {
    if (seed)
      generator.emplace(*seed);
  }
  bool isRandom() const { return generator.has_value(); }
  /// One of 0 ... choices - 1; 0 without a seed. The same numbers from a seed on every machine.
  uint64_t draw(uint64_t choices) { return generator ? (*generator)() % choices : 0; }

private:
  std::optional<std::mt19937_64> generator;
};

} // namespace sluice::scheduling

#endif // SLUICE_SCHEDULING_FREEDOM_H
