//===- Compare.h - How two binaries differ ----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_BINARY_COMPARE_H
#define SLUICE_BINARY_COMPARE_H

#include "sluice/Binary/Program.h"

#include "absl/status/statusor.h"

#include <string>
#include <vector>

namespace sluice::binary {

/// What of a binary counts. The schedule is the target, cycles, bindings, instructions in their cycles and
/// the extent of the initial memory; everything adds the memory's content, the flow, the nodes' names, the
/// producer and the statistics.
enum class Scope { Everything, Schedule };

/// Every part in which `a` and `b`, of targets that are known, differ: a line for metadata and memory, and
/// for a queue its number of differing instructions with the first, cycle, text and ONNX node of both.
/// Instructions of a queue are paired by their cycles. Empty: the programs are equal.
std::vector<std::string> differences(const Program &a, const Program &b, Scope scope);

/// SHA-256, as hex, over the schedule: it is the same for two binaries if and only if
/// differences(..., Scope::Schedule) is empty. Fails where encodeProgram would.
absl::StatusOr<std::string> scheduleHash(const Program &program);

} // namespace sluice::binary

#endif // SLUICE_BINARY_COMPARE_H
