//===- Figures.h - What a file says of its program --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_FIGURES_H
#define SLUICE_LIB_VERIFIER_FIGURES_H

#include "Findings.h"

#include "sluice/Binary/Program.h"
#include "sluice/Target/Target.h"

#include <vector>

namespace sluice::verifier {

/// Cycles that a program takes: from cycle 0 to the last effect of an element on any card, which comes the
/// latency of its instruction after its dispatch, and not in the cycle of its dispatch. 0 without
/// instructions. Expects that checkOperands found nothing.
uint64_t lengthOf(const binary::Program &program, const target::Target &target);

/// Reports as FalseFigure what the file says of its program and is not so: its cycles, the words that each
/// card uses, which are `usedWords`, and of its statistics those that follow from the program
/// (docs/container.md). Of a card the first of these.
void checkFigures(const binary::Program &program, const target::Target &target,
                  const std::vector<uint64_t> &usedWords, std::vector<Findings> &findings);

/// What is wrong with the statistics of a program that takes `cycles`, empty if nothing is.
std::string statisticsFault(const binary::Program &program, const target::Target &target, uint64_t cycles);

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_FIGURES_H
