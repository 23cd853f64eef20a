//===- Dataflow.h - Who feeds the operands of bursts ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_DATAFLOW_H
#define SLUICE_LIB_EXECUTOR_DATAFLOW_H

#include "sluice/Binary/Program.h"

#include <span>
#include <vector>

namespace sluice::executor {

/// Elements first ... first + count - 1 of an operand and who feeds them: element first + i takes output
/// `slot` of element `producing` + i * `step` of `burst`.
struct Feed {
  uint32_t consumer, operand; ///< burst and slot
  uint32_t first, count;
  uint32_t burst, slot;
  int64_t producing;
  int32_t step;
};

/// The proven flow of vectors and chained results between bursts, which are numbered through all cards and
/// queues. What lies in memory, weights and accumulators is no part of it.
class Dataflow {
public:
  explicit Dataflow(const binary::Program &program);

  /// Who feeds operand `slot` of a burst, by element.
  std::span<const Feed> into(uint32_t burst, uint32_t slot) const;
  std::span<const Feed> all() const { return feeds; }

private:
  std::vector<Feed> feeds;            ///< by consumer, operand, first element
  std::vector<uint32_t> firstOfBurst; ///< in `feeds`, and one past the last
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_DATAFLOW_H
