//===- PassNeeds.h - Which pass of a problem follows which ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_SCHEDULING_PASSNEEDS_H
#define SLUICE_LIB_SCHEDULING_PASSNEEDS_H

#include "sluice/Scheduling/Problem.h"

#include "llvm/ADT/ArrayRef.h"

namespace sluice::scheduling {

/// Pass of a train.
unsigned passOf(const Problem &problem, TrainId train);

/// The passes whose trains others wait for, or may take results from.
class PassNeeds {
public:
  explicit PassNeeds(const Problem &problem);

  unsigned size() const { return needs.size(); }
  llvm::ArrayRef<unsigned> needsOf(unsigned pass) const { return needs[pass]; }
  llvm::ArrayRef<unsigned> dependentsOf(unsigned pass) const { return dependents[pass]; }

private:
  std::vector<std::vector<unsigned>> needs, dependents;
};

} // namespace sluice::scheduling

#endif // SLUICE_LIB_SCHEDULING_PASSNEEDS_H
