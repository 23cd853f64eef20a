//===- Improve.cpp - Packing again ----------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// No order of passes is the best one for all programs. Several are tried; of the best the pass that
// another blocked for longest on the critical chain comes right before that one, which is kept where the
// packing ends earlier.
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Packing.h"

#include "PassNeeds.h"

#include "sluice/Support/Cancellation.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

using namespace sluice;
using namespace sluice::scheduling;

/// For each train of a pass the cycle of its departure if nothing but the pass's own planes held it back.
static std::vector<int64_t> startsAlone(const Problem &problem, unsigned pass) {
  std::map<std::pair<unsigned, PlaneState::Kind>, int64_t> states;
  std::vector<int64_t> starts;
  for (TrainId train = problem.passes[pass]; train < problem.passes[pass + 1]; ++train) {
    int64_t start = 0;
    for (const PlaneWait &wait : problem.trains[train].planeWaits)
      if (auto state = states.find({wait.state.plane, wait.state.kind}); state != states.end())
        start = std::max(start, state->second + wait.delay);
    starts.push_back(start);
    for (const PlaneWait &effect : problem.trains[train].planeEffects)
      states[{effect.state.plane, effect.state.kind}] = start + effect.delay;
  }
  return starts;
}

/// Cycles of the longest path from each pass to the end. What only a later train of a pass waits for may come
/// as much later as that train does.
static std::vector<int64_t> pathLengths(const Problem &problem) {
  std::vector<int64_t> rest(problem.trains.size(), 0), path(problem.passes.size() - 1, 0);
  auto extend = [&](llvm::ArrayRef<Wait> waits, TrainId train) {
    for (const Wait &wait : waits)
      rest[wait.on] = std::max(rest[wait.on], wait.delay + rest[train]);
  };
  for (unsigned pass = path.size(); pass-- > 0;) {
    const std::vector<int64_t> starts = startsAlone(problem, pass);
    const TrainId first = problem.passes[pass], end = problem.passes[pass + 1];
    for (TrainId train = end; train-- > first;) {
      const Footprint &footprint = problem.trains[train];
      rest[train] = std::max(rest[train], footprint.last);
      if (train + 1 < end)
        rest[train] =
            std::max(rest[train], rest[train + 1] + starts[train + 1 - first] - starts[train - first]);
      extend(footprint.waits, train);
      for (const ReadFootprint &read : footprint.reads)
        extend(read.waits, train);
      path[pass] = std::max(path[pass], starts[train - first] + rest[train]);
    }
  }
  return path;
}

std::vector<TrainId> scheduling::criticalChain(const Problem &problem, const Packing &packing) {
  std::vector<TrainId> chain;
  int64_t end = -1;
  TrainId next = noTrain;
  for (TrainId train = 0; train < problem.trains.size(); ++train)
    if (int64_t last = packing.departures[train].cycle + problem.trains[train].last; last > end) {
      end = last;
      next = train;
    }
  // A train may be held by one that departs later but was packed before: none comes twice.
  std::vector<bool> isIn(problem.trains.size(), false);
  for (; next != noTrain && !isIn[next]; next = packing.departures[next].hold.by) {
    isIn[next] = true;
    chain.push_back(next);
  }
  return chain;
}

namespace {

class Improver {
public:
  Improver(const Problem &problem, const target::Target &target, const PassOrder *memory)
      : problem(problem), target(target), memory(memory) {}

  Packing run(Packing packing, unsigned rounds) {
    best = std::move(packing);
    const std::vector<int64_t> path = pathLengths(problem);
    // How much sooner than its operands a pass comes for each cycle of the path that it begins: what can
    // begin first, what leaves the least slack, by path and even more so, what has the longest path.
    for (int64_t weight : {int64_t(0), int64_t(1), int64_t(8), weightOfPath}) {
      std::vector<int64_t> advance;
      for (int64_t cycles : path)
        advance.push_back(weight * cycles);
      for (Grain candidate : {Grain::Pass, Grain::Train})
        if (tryPacking(advance, candidate))
          grain = candidate;
    }
    for (unsigned round = 0; round < rounds && !isCancelled(); ++round) {
      const std::optional<Move> move = mostBlocked();
      if (!move)
        break;
      if (tryPacking(movedOrder(*move), grain))
        tried.clear();
      else
        tried.insert(*move);
    }
    return std::move(best);
  }

private:
  /// So much of the path outweighs when operands are there.
  static constexpr int64_t weightOfPath = 1000;

  /// A pass, and the one before which it is to come.
  using Move = std::pair<unsigned, unsigned>;

  /// Whether that is the best so far.
  bool tryPacking(const std::vector<int64_t> &advance, Grain grain) {
    if (isCancelled())
      return false;
    Packing packing = packReadyFirst(problem, advance, grain, target, memory);
    if (isCancelled() || packing.end >= best.end)
      return false;
    best = std::move(packing);
    return true;
  }

  /// The order of the best packing, with a pass right before another as far as its needs allow.
  std::vector<int64_t> movedOrder(const Move &move) const {
    const std::vector<unsigned> &order = best.order.passes;
    // A place of the order outweighs when operands are there.
    const int64_t place = 2 * (best.end + 1);
    std::vector<int64_t> advance(order.size());
    for (auto [index, pass] : llvm::enumerate(order))
      advance[pass] = int64_t(order.size() - index) * place;
    advance[move.first] = advance[move.second] + place / 2;
    return advance;
  }

  /// The pass of the critical chain that another blocked for longest, and the other one; none that has been
  /// tried since the packing is the best.
  std::optional<Move> mostBlocked() {
    findHolders(problem, target, best);
    std::map<Move, int64_t> blocked;
    for (TrainId train : criticalChain(problem, best))
      if (const Hold &hold = best.departures[train].hold; hold.cause == Hold::Taken && hold.by != noTrain) {
        const Move move{passOf(problem, train), passOf(problem, hold.by)};
        if (move.first != move.second && !tried.count(move))
          blocked[move] += best.departures[train].cycle - best.departures[hold.by].cycle;
      }
    std::optional<Move> most;
    int64_t longest = 0;
    for (const auto &[move, cycles] : blocked)
      if (cycles > longest) {
        most = move;
        longest = cycles;
      }
    return most;
  }

  const Problem &problem;
  const target::Target &target;
  const PassOrder *memory;
  Packing best;
  /// Of the best packing that was tried.
  Grain grain = Grain::Pass;
  std::set<Move> tried;
};

} // namespace

Packing scheduling::improvePacking(const Problem &problem, Packing packing, const target::Target &target,
                                   unsigned rounds, const PassOrder *memory) {
  return Improver(problem, target, memory).run(std::move(packing), rounds);
}
