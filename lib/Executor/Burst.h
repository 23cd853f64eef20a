//===- Burst.h - A burst with what it takes and gives -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_BURST_H
#define SLUICE_LIB_EXECUTOR_BURST_H

#include "sluice/Binary/Program.h"

namespace sluice::executor {

/// A burst with what it takes and gives. Runs share bursts and never change them.
struct Burst {
  const binary::Queue *queue;
  const binary::Instruction *what;
  uint32_t card;
  std::vector<binary::StreamUse> inputs, outputs;
  uint32_t reach = 0;     ///< of a Gather or Scatter: see indirectReaches
  uint32_t laneMap = 0;   ///< of a Permute or Distribute: its number among those of the card
  bool keepsSums = false; ///< of a Multiply: another one adds to its accumulators

  uint64_t dispatchOf(uint32_t element) const { return what->cycle + uint64_t(element) * what->interval; }
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_BURST_H
