//===- Occupancy.h - Words taken in banks over a program --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_TILETOSLICE_OCCUPANCY_H
#define SLUICE_LIB_CONVERSION_TILETOSLICE_OCCUPANCY_H

#include "sluice/Scheduling/PassGraph.h"

#include <map>
#include <tuple>
#include <vector>

namespace sluice::tile {

/// A bank of a slice: hemisphere, slice, bank.
using Bank = std::tuple<int64_t, int64_t, int64_t>;

/// How many words of each bank are taken when, as passes depart by a memory plan. Time is cut in at most
/// `periods` equal periods.
class Occupancy {
public:
  explicit Occupancy(const scheduling::MemoryPlan &plan)
      : plan(plan), placesPerPeriod(std::max<size_t>(1, (plan.order.size() + periods - 1) / periods)) {}

  /// Most words that are taken at once while `buffer` is alive.
  int64_t mostDuring(const Bank &bank, mlir::Value buffer) const {
    auto found = taken.find(bank);
    int64_t most = 0;
    if (found != taken.end())
      for (auto [period, end] = periodsOf(buffer); period < end; ++period)
        most = std::max(most, found->second[period]);
    return most;
  }

  void add(const Bank &bank, mlir::Value buffer, int64_t words) {
    std::vector<int64_t> &of = taken.try_emplace(bank, periods, 0).first->second;
    for (auto [period, end] = periodsOf(buffer); period < end; ++period)
      of[period] += words;
  }

private:
  static constexpr size_t periods = 512;

  /// First period of the buffer's life, and the one after its last. A buffer that no pass uses lives always.
  std::pair<size_t, size_t> periodsOf(mlir::Value buffer) const {
    auto life = plan.lives.find(buffer);
    if (life == plan.lives.end())
      return {0, periods};
    return {life->second.first / placesPerPeriod, life->second.last / placesPerPeriod + 1};
  }

  const scheduling::MemoryPlan &plan;
  size_t placesPerPeriod;
  std::map<Bank, std::vector<int64_t>> taken;
};

} // namespace sluice::tile

#endif // SLUICE_LIB_CONVERSION_TILETOSLICE_OCCUPANCY_H
