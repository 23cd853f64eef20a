//===- Dependences.h - In which order segments may run ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_DEPENDENCES_H
#define SLUICE_LIB_EXECUTOR_DEPENDENCES_H

#include "Segments.h"

namespace sluice::executor {

/// Elements of a segment that run at once.
struct Node {
  uint32_t segment, first, count;
};

/// Nodes that may run in any order, and at the same time, as long as each comes before its successors. They
/// are in such an order.
struct Phase {
  std::vector<Node> nodes;
  std::vector<std::vector<uint32_t>> successors; ///< by node
};

/// The segments of a window as phases, one after another. Where segments depend on one another in both
/// directions they are cut in time until none does: elements of one cycle never depend on one another, but
/// for an Install, which comes last in its cycle.
std::vector<Phase> orderWindow(const Segments &segments, size_t window, const target::Target &target);

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_DEPENDENCES_H
