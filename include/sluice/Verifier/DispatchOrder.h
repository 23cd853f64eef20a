//===- DispatchOrder.h - Elements of bursts in time order -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_VERIFIER_DISPATCHORDER_H
#define SLUICE_VERIFIER_DISPATCHORDER_H

#include "sluice/Binary/Encoding.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

namespace sluice::verifier {

/// Visits the elements of many bursts in the order of their dispatch cycles, at a
/// cost that follows the elements. Every latency of a target is at least one
/// cycle, so within a cycle the order only matters where a unit's state turns over:
/// `last` puts a burst behind the others of its cycle (an Install loads the slot
/// that a Multiply of the same cycle has just emptied).
class DispatchOrder {
public:
  /// Appends a burst; its number is how many were added before. The interval is at
  /// most binary::kMaxInterval, as in every encodable instruction.
  void add(const binary::Instruction &instruction) {
    bursts.push_back({instruction.cycle, instruction.count, instruction.interval,
                      instruction.opcode == binary::Opcode::Install});
  }

  /// Calls visit(cycle, burst, element) for each element until it returns false.
  template <typename Visit>
  void forEach(Visit &&visit) const {
    std::vector<uint32_t> starts(bursts.size());
    std::iota(starts.begin(), starts.end(), 0);
    std::sort(starts.begin(), starts.end(), [&](uint32_t a, uint32_t b) {
      return std::pair(bursts[a].cycle, a) < std::pair(bursts[b].cycle, b);
    });

    // A wheel of the next cycles: an element's successor is at most one turn away.
    std::array<std::array<std::vector<Element>, wheelCycles>, 2> wheel;
    size_t waiting = 0, next = 0;
    for (uint64_t cycle = 0; waiting != 0 || next != starts.size(); ++cycle) {
      if (waiting == 0)
        cycle = bursts[starts[next]].cycle;
      for (; next != starts.size() && bursts[starts[next]].cycle == cycle; ++next, ++waiting)
        wheel[bursts[starts[next]].last][cycle % wheelCycles].push_back({starts[next], 0});
      for (auto &phase : wheel) {
        std::vector<Element> &due = phase[cycle % wheelCycles];
        for (const Element &element : due) {
          if (!visit(cycle, element.burst, element.index))
            return;
          const Burst &burst = bursts[element.burst];
          if (element.index + 1 < burst.count)
            phase[(cycle + burst.interval) % wheelCycles].push_back({element.burst, element.index + 1});
          else
            --waiting;
        }
        due.clear();
      }
    }
  }

private:
  static constexpr uint64_t wheelCycles = binary::kMaxInterval + 1;
  struct Burst {
    uint64_t cycle;
    uint32_t count, interval;
    bool last;
  };
  struct Element {
    uint32_t burst, index;
  };
  std::vector<Burst> bursts;
};

} // namespace sluice::verifier

#endif // SLUICE_VERIFIER_DISPATCHORDER_H
