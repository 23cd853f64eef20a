//===- Packing.h - When trains depart, and what held them -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The algorithm: passes depart in a given order, their trains one by one, each at the earliest cycle at which
// its footprint is free, filling gaps that earlier choices left. What held each train back is kept: the chain
// of holds from the last train to the first is the critical one, which improvePacking shortens.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SCHEDULING_PACKING_H
#define SLUICE_SCHEDULING_PACKING_H

#include "sluice/Scheduling/PassGraph.h"
#include "sluice/Scheduling/Problem.h"

namespace sluice::scheduling {

/// What kept a train from an earlier departure: what it waited for last, or, where something was taken in
/// every cycle from then on, what was taken in the last of these.
struct Hold {
  enum Cause : uint8_t {
    Nothing, ///< it departs as soon as there are cycles
    Plan,    ///< memory is to suffice
    Operand,
    Slot,    ///< of the plane for the tile that is loaded
    Weights, ///< are not loaded
    Rows,    ///< before it in the plane
    Flow,    ///< it departs as a result flows by
    Taken    ///< `resource`, in `cycle`
  } cause = Nothing;
  /// The train behind it, if it is one.
  TrainId by = noTrain;
  Resource resource = 0;
  int64_t cycle = 0;
};

/// How a train departs.
struct Departure {
  int64_t cycle = 0;
  std::vector<unsigned> streams; ///< first stream of each result
  std::vector<unsigned> alus;
  struct Read {
    unsigned stream = 0;
    bool taps = false;
  };
  std::vector<Read> reads;
  Hold hold;
};

/// In what order passes depart; each when as many of the first passes of the order as `waits` says are over.
struct PassOrder {
  std::vector<unsigned> passes, waits;
};

struct Packing {
  PassOrder order;
  std::vector<Departure> departures; ///< by train
  /// Cycle after the last dispatch.
  int64_t end = 0;
};

/// Packs all trains; those of a pass depart one after the other in the table. With a seed each departs some
/// time later than it could. Each footprint must find room where nothing else is.
Packing pack(const Problem &problem, PassOrder order, const target::Target &target,
             std::optional<uint64_t> seed = std::nullopt);

/// Trains from the last one to one that nothing held, each held by the next.
std::vector<TrainId> criticalChain(const Problem &problem, const Packing &packing);

/// Packs again with the passes of the critical chain earlier in the order, `rounds` times, and returns the
/// best of all. `graph` has the passes of the problem.
Packing improvePacking(const Problem &problem, const PassGraph &graph, Packing packing,
                       const target::Target &target, unsigned rounds);

} // namespace sluice::scheduling

#endif // SLUICE_SCHEDULING_PACKING_H
