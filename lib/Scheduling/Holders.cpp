//===- Holders.cpp - Which train took what held another -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Packing.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::scheduling;
using binary::Unit;
using target::Hemisphere;

namespace {

/// What was taken of one resource, and by whom.
struct Stretch {
  Cycles cycles;
  TrainId train;
  /// Greatest last cycle of this and all that begin earlier.
  int64_t lastSoFar = 0;

  bool holds(int64_t cycle) const {
    return cycle >= cycles.first && cycle <= cycles.last() && (cycle - cycles.first) % cycles.step == 0;
  }
};

class HolderFinder {
public:
  HolderFinder(const Problem &problem, const target::Target &target, const Packing &packing)
      : problem(problem), packing(packing), resources(target), stretches(resources.size()) {
    for (TrainId train = 0; train < problem.trains.size(); ++train)
      collect(train);
    for (std::vector<Stretch> &of : stretches) {
      llvm::sort(of, [](const Stretch &a, const Stretch &b) {
        return std::tuple(a.cycles.first, a.train) < std::tuple(b.cycles.first, b.train);
      });
      int64_t last = INT64_MIN;
      for (Stretch &stretch : of)
        stretch.lastSoFar = last = std::max(last, stretch.cycles.last());
    }
  }

  TrainId find(Resource resource, int64_t cycle) const {
    const std::vector<Stretch> &of = stretches[resource];
    auto after = llvm::upper_bound(
        of, cycle, [](int64_t at, const Stretch &stretch) { return at < stretch.cycles.first; });
    while (after != of.begin() && (--after)->lastSoFar >= cycle)
      if (after->holds(cycle))
        return after->train;
    return noTrain;
  }

private:
  void collect(TrainId train) {
    const Footprint &footprint = problem.trains[train];
    const Departure &departure = packing.departures[train];
    add(train, footprint.uses);
    for (auto [demand, first] : llvm::zip_equal(footprint.results, departure.streams))
      addStreams(train, demand.segments, demand, first, departure.cycle);
    for (auto [read, how] : llvm::zip_equal(footprint.reads, departure.reads)) {
      if (how.taps) {
        const StreamDemand &demand = problem.trains[read.tap->producer].results[read.tap->result];
        addStreams(train, read.tap->segments, demand, how.stream,
                   packing.departures[read.tap->producer].cycle);
        continue;
      }
      add(train, read.uses);
      addStreams(train, read.streams.segments, read.streams, how.stream, departure.cycle);
    }
    for (auto [demand, alu] : llvm::zip_equal(footprint.alus, departure.alus)) {
      const Cycles cycles = shifted(demand.cycles, departure.cycle);
      stretches[resources.queue({Unit::Alu, Hemisphere::East, uint16_t(alu)})].push_back({cycles, train});
      stretches[resources.aluResult(alu)].push_back({shifted(cycles, demand.latency), train});
    }
  }

  void add(TrainId train, llvm::ArrayRef<Use> uses) {
    for (const Use &use : uses)
      stretches[use.take].push_back({shifted(use.cycles, packing.departures[train].cycle), train});
  }

  void addStreams(TrainId train, llvm::ArrayRef<StreamSegment> segments, const StreamDemand &demand,
                  unsigned first, int64_t departure) {
    for (const StreamSegment &segment : segments)
      for (unsigned byte = 0; byte < demand.width; ++byte)
        stretches[resources.stream(segment, first + byte)].push_back(
            {shifted(demand.keys, departure), train});
  }

  const Problem &problem;
  const Packing &packing;
  const Resources resources;
  std::vector<std::vector<Stretch>> stretches; ///< by resource
};

} // namespace

void scheduling::findHolders(const Problem &problem, const target::Target &target, Packing &packing) {
  const HolderFinder finder(problem, target, packing);
  for (Departure &departure : packing.departures)
    if (departure.hold.cause == Hold::Taken)
      departure.hold.by = finder.find(departure.hold.resource, departure.hold.cycle);
}

static std::string nameOf(const Hold &hold, const Resources &resources) {
  switch (hold.cause) {
  case Hold::Nothing:
    return "start";
  case Hold::Plan:
    return "memory_plan";
  case Hold::Operand:
    return "operand";
  case Hold::Slot:
    return "loading_slot";
  case Hold::Weights:
    return "weights";
  case Hold::Rows:
    return "rows";
  case Hold::Flow:
    return "flow";
  case Hold::Taken:
    break;
  }
  return resources.kindOf(hold.resource);
}

std::map<std::string, int64_t> scheduling::heldCycles(const Problem &problem, const Packing &packing,
                                                      const target::Target &target) {
  const Resources resources(target);
  std::map<std::string, int64_t> held;
  for (TrainId train : criticalChain(problem, packing)) {
    const Departure &departure = packing.departures[train];
    const int64_t from = departure.hold.by == noTrain ? 0 : packing.departures[departure.hold.by].cycle;
    held[nameOf(departure.hold, resources)] += departure.cycle - from;
  }
  return held;
}
