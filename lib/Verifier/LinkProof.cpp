//===- LinkProof.cpp - Proof of transfers between cards -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinkProof.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;
using target::Target;

/// The transfers of one direction of one link.
static void proveLink(uint32_t from, const std::vector<Transfer> &sends, uint32_t to, CardProof &receiver,
                      unsigned receivingLink, const std::vector<BurstTable> &tables, const Target &target,
                      std::vector<Findings> &findings) {
  const std::vector<Transfer> &receives = receiver.receives[receivingLink];
  size_t send = 0, receive = 0;
  while (send != sends.size() || receive != receives.size()) {
    const uint64_t arrival = send != sends.size() ? sends[send].cycle + target.linkLatency : UINT64_MAX;
    const uint64_t expected = receive != receives.size() ? receives[receive].cycle : UINT64_MAX;
    if (arrival < expected) {
      const Transfer &lost = sends[send++];
      findings[from].report(Hazard::LinkMismatch, lost.cycle, [&] {
        return concat(tables[from].describe(lost.element), " arrives in cycle ", arrival, " at card ", to,
                      " link ", receivingLink, ", which receives nothing then");
      });
      continue;
    }
    const Transfer &taken = receives[receive++];
    const uint32_t operand = receiver.flow.operand(taken.element.burst, binary::kReceiveSlot);
    if (arrival == expected) {
      const ElementRef sent = sends[send++].element;
      receiver.flow.check(operand, binary::kReceiveSlot, taken.element, taken.element.element, taken.cycle,
                          {from, sent.burst, 0, sent.element});
      continue;
    }
    receiver.flow.skip(operand);
    findings[to].report(Hazard::LinkMismatch, taken.cycle, [&] {
      return concat(tables[to].describe(taken.element), " finds nothing: card ", from, " sends nothing ",
                    target.linkLatency, " cycles before");
    });
  }
}

void verifier::proveLinks(const std::vector<std::unique_ptr<CardProof>> &proofs,
                          const std::vector<BurstTable> &tables, const Target &target,
                          std::vector<Findings> &findings) {
  for (uint32_t from = 0; from != proofs.size(); ++from)
    for (unsigned link = 0; link != target.localLinks; ++link) {
      const unsigned to = target.localPeer(from, link);
      if (to < proofs.size() && proofs[from] && proofs[to])
        proveLink(from, proofs[from]->sends[link], to, *proofs[to], target.localLink(to, from), tables,
                  target, findings);
    }
}
