//===- Packing.cpp - When trains depart, and what held them ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Packing.h"

#include "PassNeeds.h"

#include "sluice/Support/Cancellation.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

using namespace sluice;
using namespace sluice::scheduling;

namespace {

/// Holds passes back until those are over that they wait for so that memory suffices.
class MemoryGate {
public:
  MemoryGate(unsigned passes, const PassOrder *memory) : order(memory), waits(passes, 0), ends(passes) {
    if (memory)
      for (auto [pass, wait] : llvm::zip_equal(memory->passes, memory->waits))
        waits[pass] = wait;
  }

  /// Whether `pass` may depart; else finish will say when.
  bool admits(unsigned pass) {
    if (waits[pass] < over.size())
      return true;
    held[waits[pass]].push_back(pass);
    return false;
  }
  /// No cycle before it may be the departure of `pass`, which may depart.
  int64_t opens(unsigned pass) const { return over[waits[pass]]; }
  /// `pass` is over in cycle `end`; gives those of the passes held back that may depart now.
  std::vector<unsigned> finish(unsigned pass, int64_t end) {
    std::vector<unsigned> admitted;
    if (!order)
      return admitted;
    ends[pass] = end;
    while (over.size() <= order->passes.size() && ends[order->passes[over.size() - 1]]) {
      over.push_back(std::max(over.back(), *ends[order->passes[over.size() - 1]]));
      llvm::append_range(admitted, held[over.size() - 1]);
    }
    return admitted;
  }

private:
  const PassOrder *order;
  std::vector<unsigned> waits;              ///< by pass
  std::vector<std::optional<int64_t>> ends; ///< of those that are over
  std::vector<int64_t> over = {0};          ///< when the first passes of the order are, as far as they are
  std::map<unsigned, std::vector<unsigned>> held; ///< by how many they wait for
};

class Packer {
public:
  Packer(const Problem &problem, const target::Target &target, std::optional<uint64_t> seed)
      : problem(problem), table(target, seed) {
    packing.departures.resize(problem.trains.size());
  }

  Packing run(PassOrder order) {
    // First cycle in which the first passes of the order, as many as the index says, are over.
    std::vector<int64_t> over = {0};
    for (auto [pass, wait] : llvm::zip_equal(order.passes, order.waits)) {
      if (isCancelled())
        break;
      plan = over[wait];
      departPass(pass);
      over.push_back(packing.end);
    }
    packing.order = std::move(order);
    return std::move(packing);
  }

  Packing runReadyFirst(llvm::ArrayRef<int64_t> advance, Grain grain, const PassOrder *memory) {
    const PassNeeds needs(problem);
    std::vector<size_t> missing(needs.size());
    MemoryGate gate(needs.size(), memory);
    auto admitNeedless = [&](unsigned pass) {
      if (gate.admits(pass))
        waiting.insert({std::max(beginOf(pass), gate.opens(pass)) - advance[pass], pass});
    };
    for (unsigned pass = 0; pass < needs.size(); ++pass)
      if ((missing[pass] = needs.needsOf(pass).size()) == 0)
        admitNeedless(pass);
    std::vector<TrainId> next(problem.passes.begin(), problem.passes.end() - 1);
    if (grain == Grain::Train)
      findPlanes();
    admit();
    while (!running.empty() && !isCancelled()) {
      const unsigned pass = running.begin()->second;
      running.erase(running.begin());
      if (next[pass] == problem.passes[pass])
        packing.order.passes.push_back(pass);
      const TrainId end = grain == Grain::Train ? next[pass] + 1 : problem.passes[pass + 1];
      plan = gate.opens(pass);
      while (next[pass] < end)
        departNext(next[pass]++);
      if (end < problem.passes[pass + 1]) {
        running.insert({readingEarliest(end).cycle - advance[pass], pass});
        continue;
      }
      if (grain == Grain::Train)
        planesTaken &= ~planesOf[pass];
      for (unsigned dependent : needs.dependentsOf(pass))
        if (--missing[dependent] == 0)
          admitNeedless(dependent);
      for (unsigned admitted : gate.finish(pass, endOf(pass)))
        admitNeedless(admitted);
      admit();
    }
    packing.order.waits.assign(packing.order.passes.size(), 0);
    return std::move(packing);
  }

private:
  /// The latest of what a departure waits for.
  struct Earliest {
    int64_t cycle = 0;
    Hold hold;
    void atLeast(int64_t other, Hold::Cause cause, TrainId by) {
      if (other <= cycle)
        return;
      cycle = other;
      hold = {cause, by};
    }
  };

  void waitFor(llvm::ArrayRef<Wait> waits, Earliest &earliest) const {
    for (const Wait &wait : waits)
      earliest.atLeast(packing.departures[wait.on].cycle + wait.delay, Hold::Operand, wait.on);
  }

  Earliest earliestOf(const Footprint &footprint) const {
    static constexpr std::array causes = {Hold::Slot, Hold::Weights, Hold::Rows};
    Earliest earliest;
    earliest.cycle = footprint.earliest;
    earliest.atLeast(plan, Hold::Plan, noTrain);
    waitFor(footprint.waits, earliest);
    for (const PlaneWait &wait : footprint.planeWaits)
      if (auto state = planes.find({wait.state.plane, wait.state.kind}); state != planes.end())
        earliest.atLeast(state->second.first + wait.delay, causes[wait.state.kind], state->second.second);
    return earliest;
  }

  /// Cycle after the last train of a pass that has departed.
  int64_t endOf(unsigned pass) const {
    int64_t end = 0;
    for (TrainId train = problem.passes[pass]; train < problem.passes[pass + 1]; ++train)
      end = std::max(end, packing.departures[train].cycle + problem.trains[train].last + 1);
    return end;
  }

  void departPass(unsigned pass) {
    for (TrainId train = problem.passes[pass]; train < problem.passes[pass + 1]; ++train)
      departNext(train);
  }

  void departNext(TrainId train) {
    depart(train);
    packing.end = std::max(packing.end, packing.departures[train].cycle + problem.trains[train].last + 1);
  }

  /// Where passes depart train by train, one after the other has a plane to itself: until its last rows are
  /// through others may install there at most.
  void findPlanes() {
    for (unsigned pass = 0; pass + 1 < problem.passes.size(); ++pass) {
      uint64_t &planes = planesOf.emplace_back(0);
      for (TrainId train = problem.passes[pass]; train < problem.passes[pass + 1]; ++train)
        for (const PlaneWait &effect : problem.trains[train].planeEffects)
          planes |= uint64_t(1) << effect.state.plane;
    }
  }

  /// Lets those of the passes that wait begin whose planes are free, in their order.
  void admit() {
    for (auto entry = waiting.begin(); entry != waiting.end();) {
      const uint64_t planes = planesOf.empty() ? 0 : planesOf[entry->second];
      if (planes & planesTaken) {
        ++entry;
        continue;
      }
      planesTaken |= planes;
      // A tile is installed as soon as its plane is free.
      running.insert(planes ? Ready{INT64_MIN, entry->second} : *entry);
      entry = waiting.erase(entry);
    }
  }

  /// The latest of what a train waits for that takes its operands from memory.
  Earliest readingEarliest(TrainId train) const {
    Earliest earliest = earliestOf(problem.trains[train]);
    for (const ReadFootprint &read : problem.trains[train].reads)
      waitFor(read.waits, earliest);
    return earliest;
  }

  /// Cycle in which the operands are there of the first train of `pass` that reads any.
  int64_t beginOf(unsigned pass) const {
    Earliest earliest;
    for (TrainId train = problem.passes[pass]; train < problem.passes[pass + 1]; ++train) {
      waitFor(problem.trains[train].waits, earliest);
      for (const ReadFootprint &read : problem.trains[train].reads)
        waitFor(read.waits, earliest);
      if (!problem.trains[train].reads.empty())
        break;
    }
    return earliest.cycle;
  }

  void depart(TrainId id) {
    const Footprint &footprint = problem.trains[id];
    const Earliest earliest = earliestOf(footprint);
    if (!departTapping(id, earliest))
      departReading(id, earliest);
    for (const PlaneWait &effect : footprint.planeEffects)
      planes[{effect.state.plane, effect.state.kind}] = {packing.departures[id].cycle + effect.delay, id};
  }

  void departReading(TrainId id, Earliest earliest) {
    const Footprint &footprint = problem.trains[id];
    Train whole = withoutReads(footprint);
    for (const ReadFootprint &read : footprint.reads)
      append(whole, read, earliest);
    whole.earliest = earliest.cycle;
    [[maybe_unused]] const bool departed = table.depart(whole);
    assert(departed && "a footprint that finds no room anywhere");
    Hold hold = earliest.hold;
    if (whole.conflict)
      hold = {Hold::Taken, noTrain, whole.conflict->resource, whole.conflict->cycle};
    finish(id, std::move(whole), {}, hold);
  }

  /// Departs as a result flows by that one of the reads wants, at the first such cycle that will do.
  bool departTapping(TrainId id, const Earliest &earliest) {
    std::set<int64_t> cycles;
    for (const ReadFootprint &read : problem.trains[id].reads)
      if (read.tap)
        cycles.insert(cycleOf(*read.tap));
    return llvm::any_of(cycles, [&](int64_t cycle) {
      return table.freedom().draw(2) == 0 && departTappingAt(id, earliest, cycle);
    });
  }

  int64_t cycleOf(const Tap &tap) const { return packing.departures[tap.producer].cycle + tap.delay; }

  bool departTappingAt(TrainId id, Earliest earliest, int64_t cycle) {
    const Footprint &footprint = problem.trains[id];
    Train whole = withoutReads(footprint);
    llvm::SmallVector<const Tap *> taps;
    llvm::SmallVector<std::pair<Flow, StreamSegment>> extensions;
    for (const ReadFootprint &read : footprint.reads) {
      const bool isTapping = read.tap && cycleOf(*read.tap) == cycle;
      taps.push_back(isTapping ? &*read.tap : nullptr);
      if (isTapping)
        extend(*read.tap, cycle, whole, extensions);
      else
        append(whole, read, earliest);
    }
    if (earliest.cycle > cycle || !table.departAt(whole, cycle))
      return false;
    for (const auto &[flow, segment] : extensions)
      segmentsOf(flow).push_back(segment);
    const Tap *first = *llvm::find_if(taps, [](const Tap *tap) { return tap; });
    finish(id, std::move(whole), taps, {Hold::Flow, first->producer});
    return true;
  }

  static Train withoutReads(const Footprint &footprint) {
    Train train;
    train.uses = footprint.uses;
    train.streams = footprint.results;
    train.alus = footprint.alus;
    return train;
  }

  void append(Train &whole, const ReadFootprint &read, Earliest &earliest) const {
    whole.uses.insert(whole.uses.end(), read.uses.begin(), read.uses.end());
    whole.streams.push_back(read.streams);
    earliest.atLeast(read.earliest, Hold::Nothing, noTrain);
    waitFor(read.waits, earliest);
  }

  /// A result of a train.
  using Flow = std::pair<TrainId, unsigned>;

  /// What is reserved of the result's streams.
  std::vector<StreamSegment> &segmentsOf(const Flow &flow) {
    auto [entry, isNew] = flows.try_emplace(flow);
    if (isNew)
      entry->second = problem.trains[flow.first].results[flow.second].segments;
    return entry->second;
  }

  /// Adds to `whole`, which departs in `cycle`, what `tap` takes in addition.
  void extend(const Tap &tap, int64_t cycle, Train &whole,
              llvm::SmallVectorImpl<std::pair<Flow, StreamSegment>> &extensions) {
    const Flow flow{tap.producer, tap.result};
    const Departure &producer = packing.departures[tap.producer];
    const StreamDemand &result = problem.trains[tap.producer].results[tap.result];
    for (const StreamSegment &segment : tap.segments) {
      if (llvm::is_contained(segmentsOf(flow), segment) ||
          llvm::is_contained(extensions, std::pair(flow, segment)))
        continue;
      extensions.push_back({flow, segment});
      for (unsigned byte = 0; byte < result.width; ++byte) {
        const Resource stream = table.stream(segment, producer.streams[tap.result] + byte);
        whole.uses.push_back({stream, stream, shifted(result.keys, producer.cycle - cycle)});
      }
    }
  }

  /// Keeps how `whole` has departed; its streams are first those of the results, then those of the reads that
  /// do not tap.
  void finish(TrainId id, Train &&whole, llvm::ArrayRef<const Tap *> taps, const Hold &hold) {
    const Footprint &footprint = problem.trains[id];
    Departure &departure = packing.departures[id];
    departure.cycle = whole.departure;
    departure.hold = hold;
    departure.alus = std::move(whole.chosenAlus);
    auto next = whole.chosenStreams.begin() + footprint.results.size();
    departure.streams.assign(whole.chosenStreams.begin(), next);
    for (size_t read = 0; read < footprint.reads.size(); ++read)
      if (const Tap *tap = taps.empty() ? nullptr : taps[read])
        departure.reads.push_back({packing.departures[tap->producer].streams[tap->result], true});
      else
        departure.reads.push_back({*next++, false});
  }

  const Problem &problem;
  ReservationTable table;
  Packing packing;
  /// Passes all of whose needs have departed, by when they are to depart: those that wait for planes, and
  /// those whose next train is to.
  using Ready = std::pair<int64_t, unsigned>;
  std::set<Ready> waiting, running;
  /// By pass; and those of passes that depart.
  std::vector<uint64_t> planesOf;
  uint64_t planesTaken = 0;
  /// No train of the pass departs earlier, for the memory's sake.
  int64_t plan = 0;
  /// Cycle of each state of a plane, and the train that brings it about.
  std::map<std::pair<unsigned, unsigned>, std::pair<int64_t, TrainId>> planes;
  /// Segments of those results that later trains take further.
  llvm::DenseMap<Flow, std::vector<StreamSegment>> flows;
};

} // namespace

Packing scheduling::pack(const Problem &problem, PassOrder order, const target::Target &target,
                         std::optional<uint64_t> seed) {
  return Packer(problem, target, seed).run(std::move(order));
}

Packing scheduling::packReadyFirst(const Problem &problem, llvm::ArrayRef<int64_t> advance, Grain grain,
                                   const target::Target &target, const PassOrder *memory) {
  return Packer(problem, target, std::nullopt).runReadyFirst(advance, grain, memory);
}
