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

/// Cycles of the longest path from each pass to the end, as far as trains last.
static std::vector<int64_t> pathLengths(const Problem &problem) {
  const PassNeeds needs(problem);
  std::vector<int64_t> path(needs.size(), 0);
  for (unsigned pass = needs.size(); pass-- > 0;) {
    for (unsigned dependent : needs.dependentsOf(pass))
      path[pass] = std::max(path[pass], path[dependent]);
    int64_t last = 0;
    for (TrainId train = problem.passes[pass]; train < problem.passes[pass + 1]; ++train)
      last = std::max(last, problem.trains[train].last);
    path[pass] += last;
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
  Improver(const Problem &problem, const target::Target &target) : problem(problem), target(target) {}

  Packing run(Packing packing, unsigned rounds) {
    best = std::move(packing);
    const std::vector<int64_t> path = pathLengths(problem);
    // How much sooner than its operands a pass comes for each cycle of the path that it begins: what can
    // begin first, what leaves the least slack, what has the longest path.
    for (int64_t weight : {int64_t(0), int64_t(1), weightOfPath}) {
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
    Packing packing = packReadyFirst(problem, advance, grain, target);
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
  Packing best;
  /// Of the best packing that was tried.
  Grain grain = Grain::Pass;
  std::set<Move> tried;
};

} // namespace

Packing scheduling::improvePacking(const Problem &problem, Packing packing, const target::Target &target,
                                   unsigned rounds) {
  return Improver(problem, target).run(std::move(packing), rounds);
}
