//===- Operands.h - Bursts that make sense by themselves --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_OPERANDS_H
#define SLUICE_LIB_VERIFIER_OPERANDS_H

#include "Findings.h"
#include "sluice/Verifier/Bursts.h"

namespace sluice::verifier {

/// What is wrong with `instruction` on `queue` of card `card` of `cards`, whatever
/// the others do; empty when nothing is.
std::string operandFault(const binary::Queue &queue, const binary::Instruction &instruction, uint32_t card,
                         uint32_t cards, const target::Target &target);

/// Reports as Malformed every queue, instruction and location of a card that makes
/// no sense by itself. The other proofs rely on there being none.
void checkOperands(const binary::Program &program, uint32_t card, const BurstTable &table,
                   const target::Target &target, Findings &findings);

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_OPERANDS_H
