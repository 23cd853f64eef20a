//===- ChainProof.h - Results that ALUs pass to each other -----*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_CHAINPROOF_H
#define SLUICE_LIB_VERIFIER_CHAINPROOF_H

#include "Cover.h"
#include "Flow.h"

namespace sluice::verifier {

/// The results of one ALU, by the cycle in which they come out, and who chains them.
struct ChainProof {
  unsigned alu;
  std::vector<Appearance> results, operands;

  /// Every chained operand finds one result, the flow's.
  void prove(const BurstTable &table, FlowChecker &flow, Findings &findings, Effort &effort);

private:
  void findDoubles(Effort &effort);
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_CHAINPROOF_H
