//===- StreamProof.h - Who is on which stream where ------------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_STREAMPROOF_H
#define SLUICE_LIB_VERIFIER_STREAMPROOF_H

#include "Cover.h"
#include "Flow.h"

#include "sluice/Target/Target.h"

namespace sluice::verifier {

/// The values on one stream of a card in one direction, by diagonal, where a value stands still.
struct StreamProof {
  target::Direction direction;
  unsigned stream;
  std::vector<Appearance> producers, consumers;
  size_t edges = 0; ///< carried for the consumers

  /// No two producers meet, and every consumer finds what the flow says.
  void prove(const BurstTable &table, FlowChecker &flow, Findings &findings, Effort &effort);

private:
  void proveDistinct(const BurstTable &table, Findings &findings, Effort &effort) const;
  void prove(const Appearance &consumer, const Cover &cover, const BurstTable &table, FlowChecker &flow,
             Findings &findings, Effort &effort) const;
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_STREAMPROOF_H
