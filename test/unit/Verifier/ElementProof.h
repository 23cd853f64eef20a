//===- ElementProof.h - The proof, element by element ----------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_UNIT_VERIFIER_ELEMENTPROOF_H
#define SLUICE_TEST_UNIT_VERIFIER_ELEMENTPROOF_H

#include "sluice/Verifier/Verifier.h"

namespace sluice::test {

/// What the verifier is to find, worked out without any progression: an abstract run that visits each
/// element in the order of dispatch. For small programs only.
struct ElementProof {
  std::vector<verifier::Finding> findings;
  /// The flow as found, one edge an element, by card.
  std::vector<std::vector<binary::proto::FlowEdge>> flow;
};
ElementProof proveElements(const binary::Program &program, const target::Target &target);

} // namespace sluice::test

#endif // SLUICE_TEST_UNIT_VERIFIER_ELEMENTPROOF_H
