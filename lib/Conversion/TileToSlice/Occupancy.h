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
  Occupancy(const scheduling::PassGraph &graph, scheduling::MemoryPlan plan)
      : plan(std::move(plan)),
        placesPerPeriod(std::max<size_t>(1, (this->plan.order.size() + periods - 1) / periods)) {
    for (auto [place, pass] : llvm::enumerate(this->plan.order))
      places[graph[pass].op] = place;
  }

  /// `copy`, which is not in the plan, is alive while `pass` runs.
  void addCopy(mlir::Value copy, mlir::Operation *pass) {
    if (!scheduling::livesToTheEnd(copy))
      plan.lives[copy] = {plan.waits[places.lookup(pass)], places.lookup(pass)};
  }

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

  scheduling::MemoryPlan plan;
  /// Of each pass in the plan's order.
  llvm::DenseMap<mlir::Operation *, unsigned> places;
  size_t placesPerPeriod;
  std::map<Bank, std::vector<int64_t>> taken;
};

} // namespace sluice::tile

#endif // SLUICE_LIB_CONVERSION_TILETOSLICE_OCCUPANCY_H
