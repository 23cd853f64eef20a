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

namespace {
/// One direction of one link.
struct Wire {
  uint32_t from, to;
  unsigned receivingLink;
  std::vector<Appearance> sends, receives; ///< by the cycle of arrival
};
} // namespace

static void proveReceives(const Wire &wire, CardProof &receiver, const BurstTable &table,
                          const Target &target, Findings &findings, Effort &effort) {
  Cover cover;
  forEachConsumer(wire.receives, wire.sends, effort,
                  [&](const Appearance &receive, std::vector<const Appearance *> &candidates) {
                    findCover(receive, candidates, cover, effort);
                    const Operand operand = receiver.flow.operand(receive.burst, binary::kReceiveSlot);
                    for (const Feed &feed : cover.feeds)
                      receiver.flow.check(operand, feed.elements, {wire.from, feed.producer->burst, 0},
                                          feed.producing, findings, effort);
                    for (const Progression &piece : cover.missing) {
                      receiver.flow.skip(operand, piece, effort);
                      const auto cycle = uint64_t(operand.cycles.at(piece.first));
                      findings.report(Hazard::LinkMismatch, When{cycle, When::Running, receive.burst}, [&] {
                        return concat(table.describe({receive.burst, uint32_t(piece.first)}),
                                      " finds nothing: card ", wire.from, " sends nothing ",
                                      target.linkLatency, " cycles before");
                      });
                    }
                  });
}

static void proveSends(const Wire &wire, const BurstTable &table, Findings &findings, Effort &effort) {
  Cover cover;
  forEachConsumer(wire.sends, wire.receives, effort,
                  [&](const Appearance &send, std::vector<const Appearance *> &candidates) {
                    findCover(send, candidates, cover, effort);
                    for (const Progression &piece : cover.missing) {
                      const int64_t arrival = send.line().at(piece.first);
                      const When when{uint64_t(arrival - send.offset), When::Running, send.burst};
                      findings.report(Hazard::LinkMismatch, when, [&] {
                        return concat(table.describe({send.burst, uint32_t(piece.first)}),
                                      " arrives in cycle ", arrival, " at card ", wire.to, " link ",
                                      wire.receivingLink, ", which receives nothing then");
                      });
                    }
                  });
}

void verifier::proveLinks(const std::vector<std::unique_ptr<CardProof>> &proofs,
                          const std::vector<BurstTable> &tables, const Target &target,
                          std::vector<Findings> &findings) {
  for (uint32_t from = 0; from != proofs.size(); ++from)
    for (unsigned link = 0; link != target.localLinks; ++link) {
      const unsigned to = target.localPeer(from, link);
      if (to >= proofs.size() || !proofs[to])
        continue;
      const unsigned receivingLink = target.localLink(to, from);
      const std::vector<Appearance> &receives = proofs[to]->receives[receivingLink];
      size_t edges = 0;
      for (const Appearance &receive : receives)
        edges += proofs[to]->flow.edgesInto(receive.burst, binary::kReceiveSlot, binary::kReceiveSlot);
      if (!proofs[from]) {
        Effort effort(receives.size() + edges);
        for (const Appearance &receive : receives)
          proofs[to]->flow.skip(proofs[to]->flow.operand(receive.burst, binary::kReceiveSlot),
                                receive.elements(), effort);
        continue;
      }
      const Wire wire{from, to, receivingLink, proofs[from]->sends[link], receives};
      Effort effort(wire.sends.size() + receives.size() + edges);
      proveReceives(wire, *proofs[to], tables[to], target, findings[to], effort);
      proveSends(wire, tables[from], findings[from], effort);
      reportExhausted(effort, concat("link ", link), findings[from]);
    }
}
