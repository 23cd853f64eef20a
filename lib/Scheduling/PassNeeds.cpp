//===- PassNeeds.cpp - Which pass of a problem follows which --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PassNeeds.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::scheduling;

unsigned scheduling::passOf(const Problem &problem, TrainId train) {
  return llvm::upper_bound(problem.passes, train) - problem.passes.begin() - 1;
}

PassNeeds::PassNeeds(const Problem &problem) : needs(problem.passes.size() - 1), dependents(needs.size()) {
  for (unsigned pass = 0; pass < size(); ++pass) {
    auto add = [&](TrainId train) {
      // Few trains follow one another without being of one pass.
      if (const unsigned need = passOf(problem, train);
          need != pass && (needs[pass].empty() || needs[pass].back() != need))
        needs[pass].push_back(need);
    };
    for (TrainId train = problem.passes[pass]; train < problem.passes[pass + 1]; ++train) {
      for (const Wait &wait : problem.trains[train].waits)
        add(wait.on);
      for (const ReadFootprint &read : problem.trains[train].reads) {
        for (const Wait &wait : read.waits)
          add(wait.on);
        if (read.tap)
          add(read.tap->producer);
      }
    }
    llvm::sort(needs[pass]);
    needs[pass].erase(std::unique(needs[pass].begin(), needs[pass].end()), needs[pass].end());
    for (unsigned need : needs[pass])
      dependents[need].push_back(pass);
  }
}
