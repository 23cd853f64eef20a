//===- Reservation.h - Who uses what, when ----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The space-time of one card: queues, banks and streams, each a timeline of
// cycles. A stream's timeline is kept in the frame in which its values stand still:
// in a hemisphere, a value is named by the cycle in which it passes (outward) or
// reaches (inward) the VXM's stop, its *key*; one key of one stream carries one value from
// end to end of the hemisphere.
//
// A *train* is a footprint of uses relative to its departure; packing trains is
// finding departures at which no use meets another (problem), which
// `depart` does by the earliest one (algorithm).
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SCHEDULING_RESERVATION_H
#define SLUICE_SCHEDULING_RESERVATION_H

#include "sluice/Binary/Instruction.h"
#include "sluice/Scheduling/Freedom.h"
#include "sluice/Target/Target.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::scheduling {

/// An arithmetic progression of cycles.
struct Cycles {
  int64_t first = 0;
  int64_t count = 1;
  int64_t step = 1;
  int64_t last() const { return first + (count - 1) * step; }
  bool operator==(const Cycles &) const = default;
};

/// The cycles in which one thing is taken.
class Timeline {
public:
  /// Last of `cycles` that is taken, or INT64_MIN.
  int64_t lastConflict(const Cycles &cycles) const;
  void reserve(const Cycles &cycles);
  void release(const Cycles &cycles);
  int64_t reservedCycles() const;
  /// A cycle from which on none is taken.
  int64_t end() const { return int64_t(words.size()) * 64 - origin; }

private:
  /// Cycles from -origin on, one bit each: streams' keys precede cycle 0.
  static constexpr int64_t origin = 64;
  static_assert(origin > target::kMostStops);
  std::vector<uint64_t> words;
};

/// Number of a timeline in a ReservationTable.
using Resource = uint32_t;

/// A use of a fixed resource: the cycles (relative to departure) must be free in
/// `check` and become taken in `take`.
struct Use {
  Resource check;
  Resource take;
  Cycles cycles;
  bool operator==(const Use &) const = default;
};

/// A stretch of the streams of one direction: in the hemisphere that they leave, at the
/// VXM's stop, where results join and operands end, or in the hemisphere that they enter.
struct StreamSegment {
  enum Stretch : uint8_t { Inward, AtVxm, Outward } stretch;
  target::Direction direction;
  bool operator==(const StreamSegment &) const = default;
};

/// A group of streams that may be chosen freely: `width` consecutive ones, the
/// first a multiple of `alignment`, on every listed segment, for keys relative to departure.
struct StreamDemand {
  std::vector<StreamSegment> segments;
  unsigned width;
  unsigned alignment;
  Cycles keys;
  bool operator==(const StreamDemand &) const = default;
};

/// An ALU that may be chosen freely: it dispatches in `cycles` and gives its results `latency` later, when no
/// other operation's results may leave it.
struct AluDemand {
  Cycles cycles;
  int64_t latency;
  bool operator==(const AluDemand &) const = default;
};

/// A rigid footprint, and after departure what was chosen for it.
struct Train {
  std::vector<Use> uses;
  std::vector<StreamDemand> streams;
  std::vector<AluDemand> alus;
  /// No earlier departure than this.
  int64_t earliest = 0;

  int64_t departure = 0;
  std::vector<unsigned> chosenStreams; ///< first stream of each demand
  std::vector<unsigned> chosenAlus;
  /// What was taken in the last departure that failed, and in which cycle; none if the first succeeded.
  struct Conflict {
    Resource resource;
    int64_t cycle;
  };
  std::optional<Conflict> conflict = {};
};

/// The timelines of a card and their names.
class Resources {
public:
  explicit Resources(const target::Target &target);

  Resource queue(const binary::Queue &queue) const;
  /// Reads (writes) of a bank of a slice.
  Resource bankReads(target::Hemisphere hemisphere, unsigned slice, unsigned bank) const;
  Resource bankWrites(target::Hemisphere hemisphere, unsigned slice, unsigned bank) const;
  Resource stream(const StreamSegment &segment, unsigned stream) const;
  /// Result port of an ALU.
  Resource aluResult(unsigned alu) const { return firstResult + alu; }
  unsigned size() const { return firstResult + target.alus; }

  /// For messages: the queue's name, or which bank or stream.
  std::string nameOf(Resource resource) const;
  /// The kind of unit, or "bank" or "stream", as statistics call it.
  std::string kindOf(Resource resource) const;

protected:
  const target::Target &target;

private:
  /// Places for the queues of one unit in one hemisphere: as many as the unit with the most has.
  unsigned queuesPerSide = 0;
  Resource firstBank = 0, firstStream = 0, firstResult = 0;
};

class ReservationTable : public Resources {
public:
  /// With a seed trains depart some cycles later than they could, on any free streams and ALUs.
  explicit ReservationTable(const target::Target &target, std::optional<uint64_t> seed = std::nullopt)
      : Resources(target), choices(seed), timelines(size()) {}

  /// Gives `train` the earliest departure at which its whole footprint is free, with the
  /// lowest-numbered streams and ALUs, and reserves it. False, and nothing reserved, if it has more streams
  /// or ALUs in it than there are: then it finds no room even where nothing else is.
  bool depart(Train &train);
  /// Departs at `departure` and no other cycle; false, and nothing reserved, if something there is taken.
  bool departAt(Train &train, int64_t departure) { return !tryDepart(train, departure); }

  Freedom &freedom() { return choices; }

  int64_t busyCycles(Resource resource) const { return timelines[resource].reservedCycles(); }

private:
  /// First departure at which `train` meets nothing that is reserved.
  int64_t firstUntouched(const Train &train) const;
  /// What stands in the way of a departure, and the least departure beyond that.
  struct Obstacle {
    Train::Conflict conflict;
    int64_t next;
  };
  std::optional<Obstacle> tryDepart(Train &train, int64_t departure);
  /// Frees what `train` has reserved and chosen so far for `departure`.
  void undo(const Train &train, int64_t departure);
  std::optional<Obstacle> chooseStream(const StreamDemand &demand, int64_t departure, unsigned &chosen);
  std::optional<Obstacle> chooseAlu(const AluDemand &demand, int64_t departure, unsigned &chosen);

  /// One of `count` places from which the search begins.
  unsigned drawStart(unsigned count) { return isLastResort ? 0 : choices.draw(count); }

  Freedom choices;
  /// Whether a train is tried where nothing else is: with the lowest numbers, so that it fits if it can.
  bool isLastResort = false;
  std::vector<Timeline> timelines;
};

/// `cycles` moved by `offset`.
inline Cycles shifted(Cycles cycles, int64_t offset) {
  cycles.first += offset;
  return cycles;
}

/// The unbroken stretch from the first to the last of `cycles`: what a burst does to its queue.
inline Cycles span(const Cycles &cycles) { return {cycles.first, cycles.last() - cycles.first + 1, 1}; }

} // namespace sluice::scheduling

#endif // SLUICE_SCHEDULING_RESERVATION_H
