//===- Problem.h - Trains that are to depart --------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What passes take of the machine and of one another, as data: each pass is a sequence of trains, each train
// a footprint relative to its departure. A packing (Packing.h) gives the departures; what instructions a
// train is, nobody needs to know for that.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SCHEDULING_PROBLEM_H
#define SLUICE_SCHEDULING_PROBLEM_H

#include "sluice/Scheduling/Reservation.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::scheduling {

/// Number of a train, in the order in which they are described.
using TrainId = uint32_t;
inline constexpr TrainId noTrain = UINT32_MAX;

/// It takes what train `on` gives, and departs `delay` cycles after that or later.
struct Wait {
  TrainId on;
  int64_t delay;
  bool operator==(const Wait &) const = default;
};

/// What a plane does next. Which trains follow one another there is the packing's choice, so that they wait
/// for the plane and not for one another.
struct PlaneState {
  enum Kind : uint8_t {
    MayLoad,    ///< the loading slot's tile has been taken
    HasLoaded,  ///< the loading slot's tile is complete
    MayMultiply ///< the rows before are through
  } kind;
  unsigned plane;
  bool operator==(const PlaneState &) const = default;
};

/// Waits for, or brings about, a state of a plane, `delay` cycles after the state, or the departure.
struct PlaneWait {
  PlaneState state;
  int64_t delay;
  bool operator==(const PlaneWait &) const = default;
};

/// A result that a read may take as it flows by: in the one departure that is `delay` cycles after the
/// producer's. Then `segments` of the result's streams must be free for it, as far as they are not the
/// result's own.
struct Tap {
  TrainId producer;
  unsigned result;
  int64_t delay;
  std::vector<StreamSegment> segments;
  bool operator==(const Tap &) const = default;
};

/// What a read takes if it comes from memory.
struct ReadFootprint {
  std::vector<Use> uses;
  StreamDemand streams;
  std::vector<Wait> waits;
  /// No earlier departure than this.
  int64_t earliest = 0;
  std::optional<Tap> tap;
  bool operator==(const ReadFootprint &) const = default;
};

/// All that a train takes.
struct Footprint {
  std::vector<Use> uses;
  /// Of its results; the first demands of its departure.
  std::vector<StreamDemand> results;
  std::vector<AluDemand> alus;
  std::vector<ReadFootprint> reads;
  std::vector<Wait> waits;
  std::vector<PlaneWait> planeWaits, planeEffects;
  int64_t earliest = 0;
  /// Cycle of its last dispatch.
  int64_t last = 0;
  bool operator==(const Footprint &) const = default;
};

struct Problem {
  std::vector<Footprint> trains;
  /// First train of each pass, and the number of trains.
  std::vector<TrainId> passes = {0};
  bool operator==(const Problem &) const = default;
};

/// Writes a problem as text, a line a fact; parseProblem reads it again, and says what it does not
/// understand.
void printProblem(llvm::raw_ostream &stream, const Problem &problem, const target::Target &target);
llvm::Expected<Problem> parseProblem(llvm::StringRef text, const target::Target &target);

} // namespace sluice::scheduling

#endif // SLUICE_SCHEDULING_PROBLEM_H
