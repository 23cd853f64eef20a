//===- Improve.cpp - Packing again ----------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// No order of passes is the best one for all programs. Several are tried; of the best the pass that was in
// the way of the critical chain for longest comes earlier, which is kept where the packing ends earlier.
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Packing.h"

#include "PassNeeds.h"

#include "sluice/Support/Cancellation.h"

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
    const std::vector<int64_t> path = pathLengths(problem);
    // How much sooner than its operands a pass comes for each cycle of the path that it begins: what can
    // begin first, what leaves the least slack, what has the longest path.
    for (int64_t weight : {int64_t(0), int64_t(1), weightOfPath}) {
      std::vector<int64_t> advance;
      for (int64_t cycles : path)
        advance.push_back(weight * cycles);
      tryPacking(advance);
    }
    for (unsigned round = 0; round < rounds && !isCancelled(); ++round) {
      const std::optional<Blocked> blocked = mostBlocked();
      if (!blocked)
        break;
      std::vector<int64_t> advance = best.advance;
      advance[blocked->pass] += 2 * blocked->cycles;
      if (tryPacking(std::move(advance)))
        tried.clear();
      else
        tried.insert(blocked->pass);
    }
    if (!isCancelled() && best.packing.end < packing.end)
      packing = std::move(best.packing);
    return packing;
  }

private:
  /// So much of the path outweighs when operands are there.
  static constexpr int64_t weightOfPath = 1000;

  struct Attempt {
    std::vector<int64_t> advance;
    Packing packing;
  };
  struct Blocked {
    unsigned pass;
    int64_t cycles;
  };

  /// Whether that is the best so far.
  bool tryPacking(std::vector<int64_t> advance) {
    if (isCancelled())
      return false;
    Packing packing = packReadyFirst(problem, advance, target);
    const bool isBetter = best.advance.empty() || packing.end < best.packing.end;
    if (isBetter)
      best = {std::move(advance), std::move(packing)};
    return isBetter;
  }

  /// The pass of the critical chain that found something taken for longest, and has not been tried since the
  /// packing is the best.
  std::optional<Blocked> mostBlocked() {
    findHolders(problem, target, best.packing);
    std::map<unsigned, int64_t> blocked;
    for (TrainId train : criticalChain(problem, best.packing))
      if (const Hold &hold = best.packing.departures[train].hold;
          hold.cause == Hold::Taken && hold.by != noTrain)
        blocked[passOf(problem, train)] +=
            best.packing.departures[train].cycle - best.packing.departures[hold.by].cycle;
    std::optional<Blocked> most;
    for (const auto &[pass, cycles] : blocked)
      if (!tried.count(pass) && cycles > (most ? most->cycles : 0))
        most = {pass, cycles};
    return most;
  }

  const Problem &problem;
  const target::Target &target;
  Attempt best;
  std::set<unsigned> tried;
};

} // namespace

Packing scheduling::improvePacking(const Problem &problem, Packing packing, const target::Target &target,
                                   unsigned rounds) {
  return Improver(problem, target).run(std::move(packing), rounds);
}
