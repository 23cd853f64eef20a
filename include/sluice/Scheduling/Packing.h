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

#include "sluice/Scheduling/Problem.h"

#include "llvm/ADT/ArrayRef.h"

#include <map>
#include <string>

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
  /// The train behind it, if it is one; where something was taken findHolders names it.
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

/// What departs at once before another choice: all trains of a pass, or one.
enum class Grain { Pass, Train };

/// The same where of the passes whose needs have departed that comes next whose operands are there first,
/// `advance` cycles earlier than they are, by pass. Train by train passes still follow one another on a
/// plane. Where memory is short, each also waits until as many of the first passes of the order `memory` are
/// over as that says.
Packing packReadyFirst(const Problem &problem, llvm::ArrayRef<int64_t> advance, Grain grain,
                       const target::Target &target, const PassOrder *memory = nullptr);

/// Names the train behind each hold for which something was taken.
void findHolders(const Problem &problem, const target::Target &target, Packing &packing);

/// Trains from the last one to one that nothing held, each held by the next, as far as findHolders has named
/// them.
std::vector<TrainId> criticalChain(const Problem &problem, const Packing &packing);

/// The cycles of the critical chain by what held its trains: each is held from the departure of the one
/// behind it to its own. Needs what findHolders names.
std::map<std::string, int64_t> heldCycles(const Problem &problem, const Packing &packing,
                                          const target::Target &target);

/// The best of `packing` and some others: first what can begin first, what leaves the least slack, and what
/// has the longest path; then, `rounds` times, the best with the pass that was blocked for longest on its
/// critical chain before the pass that blocked it. All keep to the order `memory`, if there is one.
Packing improvePacking(const Problem &problem, Packing packing, const target::Target &target, unsigned rounds,
                       const PassOrder *memory = nullptr);

} // namespace sluice::scheduling

#endif // SLUICE_SCHEDULING_PACKING_H
