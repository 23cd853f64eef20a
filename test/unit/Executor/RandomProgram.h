//===- RandomProgram.h - Legal programs at random ---------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_UNIT_EXECUTOR_RANDOMPROGRAM_H
#define SLUICE_TEST_UNIT_EXECUTOR_RANDOMPROGRAM_H

#include "sluice/Binary/Program.h"

namespace sluice::test {

/// A program for two cards of the target `tiny` that the stepper runs without meeting a hazard, with the data
/// flow that the stepper saw. Groups of instructions of all units are added at random, each in the cycles in
/// which the operands that it wants flow by; those that bring a hazard are taken back. The same for a seed
/// everywhere.
binary::Program randomProgram(uint64_t seed);

} // namespace sluice::test

#endif // SLUICE_TEST_UNIT_EXECUTOR_RANDOMPROGRAM_H
