//===- LinkProof.h - Proof of transfers between cards ----------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_LINKPROOF_H
#define SLUICE_LIB_VERIFIER_LINKPROOF_H

#include "CardProof.h"

#include <memory>

namespace sluice::verifier {

/// Matches the Sends of every card with the Receives of its peers and checks the
/// Receives' flow. `proofs` and `findings` are one entry a card; a null proof is of
/// a card that could not be looked at, whose transfers are taken for granted.
void proveLinks(const std::vector<std::unique_ptr<CardProof>> &proofs, const std::vector<BurstTable> &tables,
                const target::Target &target, std::vector<Findings> &findings);

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_LINKPROOF_H
