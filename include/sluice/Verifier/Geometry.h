//===- Geometry.h - Where units are and how long values live ----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_VERIFIER_GEOMETRY_H
#define SLUICE_VERIFIER_GEOMETRY_H

#include "sluice/Binary/Instruction.h"

namespace sluice::verifier {

/// Position of a queue's unit on the chip's west-east axis.
int positionOf(const binary::Queue &queue, const target::Target &target);

/// The longest of all latencies from a dispatch to its result on a stream.
unsigned longestLatency(const target::Target &target);

/// Diagonals of one stream that may be in use in one cycle, rounded up to a power
/// of two: the chip's length, and how far units reach back and ahead in time.
size_t liveDiagonals(const target::Target &target);

} // namespace sluice::verifier

#endif // SLUICE_VERIFIER_GEOMETRY_H
