//===- Mutations.h - Single faults in programs ------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TOOLS_SLUICE_MUTATE_MUTATIONS_H
#define SLUICE_TOOLS_SLUICE_MUTATE_MUTATIONS_H

#include "sluice/Binary/Program.h"

#include <random>
#include <span>
#include <string>
#include <string_view>

namespace sluice::mutate {

using Random = std::mt19937_64;

/// A way to plant one fault.
struct Kind {
  std::string_view name;
  /// Plants the fault and says what it did; "" if the program has nothing to plant it in.
  std::string (*plant)(binary::Program &program, const target::Target &target, Random &random);
  /// Whether the fault is in what the file says of its program. Behind all others that is made true again:
  /// they are to be found by what the program does.
  bool isFigure = false;
};

/// Whether `a` and `b` connect the same operands in the same places and cycles, and differ in constants,
/// operations of one shape, types or the depth of products only: another valid program.
bool differInMeaningOnly(const binary::Program &a, const binary::Program &b);

/// All kinds, in the order of the table in docs/verification.md.
std::span<const Kind> kinds();

} // namespace sluice::mutate

#endif // SLUICE_TOOLS_SLUICE_MUTATE_MUTATIONS_H
