//===- Reservation.cpp - Who uses what, when ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Reservation.h"

#include <algorithm>
#include <bit>

using namespace sluice;
using namespace sluice::scheduling;
using binary::Queue;
using binary::Unit;
using target::Hemisphere;

//===----------------------------------------------------------------------===//
// Timeline
//===----------------------------------------------------------------------===//

/// Calls `visit(word, mask)` for the words that `cycles` touches, the last one first,
/// until it returns true.
template <typename Visit>
static void visitWords(const Cycles &cycles, int64_t origin, Visit visit) {
  int64_t first = cycles.first + origin, last = cycles.last() + origin;
  if (cycles.step == 1) {
    for (int64_t word = last / 64; word >= first / 64; --word) {
      uint64_t mask = ~uint64_t(0);
      if (word == last / 64)
        mask &= ~uint64_t(0) >> (63 - last % 64);
      if (word == first / 64)
        mask &= ~uint64_t(0) << (first % 64);
      if (visit(size_t(word), mask))
        return;
    }
    return;
  }
  for (int64_t cycle = last; cycle >= first; cycle -= cycles.step)
    if (visit(size_t(cycle / 64), uint64_t(1) << (cycle % 64)))
      return;
}

int64_t Timeline::lastConflict(const Cycles &cycles) const {
  int64_t conflict = INT64_MIN;
  visitWords(cycles, origin, [&](size_t word, uint64_t mask) {
    uint64_t taken = word < words.size() ? words[word] & mask : 0;
    if (!taken)
      return false;
    conflict = int64_t(word) * 64 + 63 - std::countl_zero(taken) - origin;
    return true;
  });
  return conflict;
}

void Timeline::reserve(const Cycles &cycles) {
  size_t need = size_t(cycles.last() + origin) / 64 + 1;
  if (words.size() < need)
    words.resize(std::max(need, words.size() * 3 / 2));
  visitWords(cycles, origin, [&](size_t word, uint64_t mask) {
    words[word] |= mask;
    return false;
  });
}

void Timeline::release(const Cycles &cycles) {
  visitWords(cycles, origin, [&](size_t word, uint64_t mask) {
    words[word] &= ~mask;
    return false;
  });
}

int64_t Timeline::reservedCycles() const {
  int64_t count = 0;
  for (uint64_t word : words)
    count += std::popcount(word);
  return count;
}

//===----------------------------------------------------------------------===//
// Resources
//===----------------------------------------------------------------------===//

Resources::Resources(const target::Target &target) : target(target) {
  queuesPerSide =
      std::max({target.slicesPerHemisphere, target.alus, target.distributors, target.transposers,
                target.permutors, target.planesPerHemisphere, 2 * (target.localLinks + target.globalLinks)});
  firstBank = 2 * queuesPerSide * unsigned(Unit::Any);
  firstStream = firstBank + 2 * target.slicesPerHemisphere * target.banksPerSlice * 2;
  firstResult = firstStream + 2 * 3 * target.streamsPerDirection;
}

Resource Resources::queue(const Queue &queue) const {
  return (2 * unsigned(queue.unit) + unsigned(queue.hemisphere)) * queuesPerSide + queue.index;
}

Resource Resources::bankReads(Hemisphere hemisphere, unsigned slice, unsigned bank) const {
  return firstBank +
         2 * ((unsigned(hemisphere) * target.slicesPerHemisphere + slice) * target.banksPerSlice + bank);
}

Resource Resources::bankWrites(Hemisphere hemisphere, unsigned slice, unsigned bank) const {
  return bankReads(hemisphere, slice, bank) + 1;
}

Resource Resources::stream(const StreamSegment &segment, unsigned stream) const {
  return firstStream + (3 * unsigned(segment.direction) + segment.stretch) * target.streamsPerDirection +
         stream;
}

std::string Resources::nameOf(Resource resource) const {
  if (resource < firstBank)
    return binary::queueName({static_cast<Unit>(resource / queuesPerSide / 2),
                              static_cast<Hemisphere>(resource / queuesPerSide % 2),
                              uint16_t(resource % queuesPerSide)});
  if (resource >= firstResult)
    return "results of vxm." + std::to_string(resource - firstResult);
  if (resource >= firstStream)
    return "stream " + std::to_string((resource - firstStream) % target.streamsPerDirection);
  Resource bank = (resource - firstBank) / 2, slice = bank / target.banksPerSlice;
  return std::string(slice < target.slicesPerHemisphere ? "mem.e" : "mem.w") +
         std::to_string(slice % target.slicesPerHemisphere) + " bank " +
         std::to_string(bank % target.banksPerSlice);
}

std::string Resources::kindOf(Resource resource) const {
  if (resource >= firstResult)
    return "vxm";
  if (resource >= firstBank)
    return resource >= firstStream ? "stream" : "bank";
  return std::string(binary::unitGroup(static_cast<Unit>(resource / queuesPerSide / 2)));
}

//===----------------------------------------------------------------------===//
// Departure
//===----------------------------------------------------------------------===//

/// Cycles by which a train departs later than it could where the schedule is any legal one: more than a trip
/// across the chip, so that neighbours change places.
static constexpr uint64_t maxSlack = 100;

/// Least departure after `departure` at which `cycles` no longer meets the taken cycle
/// `conflict`. An unbroken stretch meets it until it starts behind it.
static int64_t departureBeyond(const Cycles &cycles, int64_t departure, int64_t conflict) {
  return cycles.step == 1 ? conflict - cycles.first + 1 : departure + 1;
}

std::optional<ReservationTable::Obstacle>
ReservationTable::chooseStream(const StreamDemand &demand, int64_t departure, unsigned &chosen) {
  Cycles keys = shifted(demand.keys, departure);
  Obstacle soonest{{}, INT64_MAX};
  const unsigned places = (target.streamsPerDirection - demand.width) / demand.alignment + 1;
  const unsigned start = drawStart(places);
  for (unsigned place = 0; place < places; ++place) {
    const unsigned first = (start + place) % places * demand.alignment;
    Train::Conflict conflict{0, INT64_MIN};
    for (const StreamSegment &segment : demand.segments)
      for (unsigned byte = 0; byte < demand.width; ++byte) {
        const Resource resource = stream(segment, first + byte);
        if (int64_t cycle = timelines[resource].lastConflict(keys); cycle > conflict.cycle)
          conflict = {resource, cycle};
      }
    if (conflict.cycle == INT64_MIN) {
      for (const StreamSegment &segment : demand.segments)
        for (unsigned byte = 0; byte < demand.width; ++byte)
          timelines[stream(segment, first + byte)].reserve(keys);
      chosen = first;
      return std::nullopt;
    }
    if (int64_t next = departureBeyond(demand.keys, departure, conflict.cycle); next < soonest.next)
      soonest = {conflict, next};
  }
  return soonest;
}

std::optional<ReservationTable::Obstacle> ReservationTable::chooseAlu(const AluDemand &demand,
                                                                      int64_t departure, unsigned &chosen) {
  const Cycles cycles = shifted(demand.cycles, departure), given = shifted(cycles, demand.latency);
  Obstacle soonest{{}, INT64_MAX};
  const unsigned start = drawStart(target.alus);
  for (unsigned place = 0; place < target.alus; ++place) {
    const unsigned alu = (start + place) % target.alus;
    const Resource dispatches = queue({Unit::Alu, Hemisphere::East, uint16_t(alu)}), results = aluResult(alu);
    const int64_t busy = timelines[dispatches].lastConflict(cycles),
                  late = timelines[results].lastConflict(given);
    if (busy == INT64_MIN && late == INT64_MIN) {
      timelines[dispatches].reserve(cycles);
      timelines[results].reserve(given);
      chosen = alu;
      return std::nullopt;
    }
    const bool isLate = late != INT64_MIN && late - demand.latency > busy;
    const int64_t next = departureBeyond(demand.cycles, departure, isLate ? late - demand.latency : busy);
    if (next < soonest.next)
      soonest = {isLate ? Train::Conflict{results, late} : Train::Conflict{dispatches, busy}, next};
  }
  return soonest;
}

void ReservationTable::undo(const Train &train, int64_t departure) {
  for (const Use &use : train.uses)
    timelines[use.take].release(shifted(use.cycles, departure));
  for (size_t i = 0; i < train.chosenStreams.size(); ++i)
    for (const StreamSegment &segment : train.streams[i].segments)
      for (unsigned byte = 0; byte < train.streams[i].width; ++byte)
        timelines[stream(segment, train.chosenStreams[i] + byte)].release(
            shifted(train.streams[i].keys, departure));
  for (size_t i = 0; i < train.chosenAlus.size(); ++i) {
    Cycles cycles = shifted(train.alus[i].cycles, departure);
    timelines[queue({Unit::Alu, Hemisphere::East, uint16_t(train.chosenAlus[i])})].release(cycles);
    timelines[aluResult(train.chosenAlus[i])].release(shifted(cycles, train.alus[i].latency));
  }
}

std::optional<ReservationTable::Obstacle> ReservationTable::tryDepart(Train &train, int64_t departure) {
  std::optional<Obstacle> obstacle;
  for (const Use &use : train.uses) {
    const int64_t conflict = timelines[use.check].lastConflict(shifted(use.cycles, departure));
    if (conflict == INT64_MIN)
      continue;
    const int64_t next = departureBeyond(use.cycles, departure, conflict);
    if (!obstacle || next > obstacle->next)
      obstacle = {{use.check, conflict}, next};
  }
  if (obstacle)
    return obstacle;

  // Fixed uses come first: a demand of the same train must not choose a stream that one of them takes.
  for (const Use &use : train.uses)
    timelines[use.take].reserve(shifted(use.cycles, departure));
  train.chosenStreams.clear();
  train.chosenAlus.clear();
  unsigned chosen;
  for (const StreamDemand &demand : train.streams) {
    if ((obstacle = chooseStream(demand, departure, chosen)))
      break;
    train.chosenStreams.push_back(chosen);
  }
  if (!obstacle)
    for (const AluDemand &demand : train.alus) {
      if ((obstacle = chooseAlu(demand, departure, chosen)))
        break;
      train.chosenAlus.push_back(chosen);
    }
  if (!obstacle) {
    train.departure = departure;
    return std::nullopt;
  }
  undo(train, departure);
  obstacle->next = std::max(obstacle->next, departure + 1);
  return obstacle;
}

int64_t ReservationTable::firstUntouched(const Train &train) const {
  int64_t end = 0, first = 0;
  for (const Timeline &timeline : timelines)
    end = std::max(end, timeline.end());
  for (const Use &use : train.uses)
    first = std::min(first, use.cycles.first);
  for (const StreamDemand &demand : train.streams)
    first = std::min(first, demand.keys.first);
  for (const AluDemand &demand : train.alus)
    first = std::min(first, demand.cycles.first);
  return end - first;
}

bool ReservationTable::depart(Train &train) {
  int64_t departure = train.earliest + int64_t(choices.draw(maxSlack));
  std::optional<Obstacle> obstacle = tryDepart(train, departure);
  if (!obstacle)
    return true;
  const int64_t untouched = firstUntouched(train);
  while (obstacle && !isLastResort) {
    train.conflict = obstacle->conflict;
    departure = obstacle->next;
    isLastResort = departure >= untouched;
    obstacle = tryDepart(train, departure);
  }
  isLastResort = false;
  return !obstacle;
}
