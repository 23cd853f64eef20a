//===- Flow.cpp - The derived flow against the carried one ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flow.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;
using binary::proto::FlowEdge;

FlowChecker::FlowChecker(const binary::Program &program, uint32_t card, const std::vector<BurstTable> &tables,
                         Findings &findings)
    : card(card), tables(tables), findings(findings) {
  readEdges(program);
  groupEdges();
}

/// Turns the carried edges into Edges, and reports those that name nothing.
void FlowChecker::readEdges(const binary::Program &program) {
  const BurstTable &table = tables[card];
  const auto &flow = program.cards[card].flow;
  edges.reserve(flow.size());
  for (size_t index = 0; index != flow.size(); ++index) {
    const FlowEdge &edge = flow[index];
    auto reject = [&](std::string_view why) {
      findings.report(Hazard::FlowMismatch, 0, [&] { return concat("flow edge ", index, ": ", why); });
    };
    if (!table.has(edge.queue(), edge.instruction()) || edge.slot() > 0xff) {
      reject("its consumer does not exist");
      continue;
    }
    const bool fromMemory = edge.producer_queue() == Producer::initialMemory;
    const uint32_t producerCard = edge.slot() == binary::kReceiveSlot ? edge.producer_card() : card;
    if (!fromMemory && (producerCard >= tables.size() ||
                        !tables[producerCard].has(edge.producer_queue(), edge.producer_instruction()))) {
      reject("its producer does not exist");
      continue;
    }
    if (edge.count() == 0 || uint64_t(edge.first()) + edge.count() > UINT32_MAX ||
        edge.producer_slot() > 0xff) {
      reject("its elements make no sense");
      continue;
    }
    Producer producer{card, Producer::initialMemory, 0, 0};
    if (!fromMemory)
      producer = {producerCard,
                  tables[producerCard].number(edge.producer_queue(), edge.producer_instruction()),
                  edge.producer_slot(), edge.producer_first()};
    const uint32_t plane = edge.slot() == binary::kWeightsSlot ? edge.producer_slot() : 0;
    edges.push_back({keyOf(table.number(edge.queue(), edge.instruction()), edge.slot(), plane), edge.first(),
                     edge.count(), producer, fromMemory ? 0 : edge.producer_step()});
  }
}

void FlowChecker::groupEdges() {
  std::sort(edges.begin(), edges.end(), [](const Edge &a, const Edge &b) {
    return std::pair(a.key, a.first) < std::pair(b.key, b.first);
  });
  for (uint32_t index = 0; index != edges.size(); ++index) {
    const Edge &edge = edges[index];
    if (operands.empty() || operands.back().key != edge.key) {
      operands.push_back({edge.key, index, index});
    } else if (const Edge &before = edges[index - 1]; before.first + before.count > edge.first) {
      const ElementRef consumer{burstOf(edge.key), edge.first};
      findings.report(Hazard::FlowMismatch, tables[card][consumer.burst].what->cycle, [&] {
        return concat("slot ", slotOf(edge.key), " of ", tables[card].describe(consumer),
                      " has two carried producers");
      });
    }
    operands.back().end = index + 1;
    operands.back().carried += edge.count;
  }
}

uint32_t FlowChecker::operand(uint32_t burst, uint32_t slot, uint32_t plane) const {
  const uint64_t key = keyOf(burst, slot, plane);
  auto found = std::lower_bound(operands.begin(), operands.end(), key,
                                [](const Operand &operand, uint64_t key) { return operand.key < key; });
  return found != operands.end() && found->key == key ? uint32_t(found - operands.begin()) : none;
}

std::string FlowChecker::describe(const Producer &producer) const {
  if (producer.burst == Producer::initialMemory)
    return "the initial memory";
  const BurstTable &table = tables[producer.card];
  std::string text = producer.element < table[producer.burst].what->count
                         ? table.describe({producer.burst, producer.element})
                         : concat("element ", producer.element, ", which is not there, of ",
                                  table.describe({producer.burst, 0}));
  if (producer.card != card)
    text = concat("card ", producer.card, "'s ", text);
  return producer.slot == 0 ? text : concat("output ", producer.slot, " of ", text);
}

void FlowChecker::check(uint32_t operand, uint32_t slot, ElementRef consumer, uint32_t element,
                        uint64_t cycle, const Producer &producer) {
  auto mismatch = [&](const std::string &carried) {
    findings.report(Hazard::FlowMismatch, cycle, [&] {
      return concat(slot == binary::kWeightsSlot ? concat("column group ", element, " of the weights of ")
                                                 : concat("slot ", slot, " of "),
                    tables[card].describe(consumer), " is fed by ", describe(producer),
                    ", but the carried flow has ", carried);
    });
  };
  if (operand == none)
    return mismatch("nothing for it");
  Operand &state = operands[operand];
  while (state.edge != state.end && edges[state.edge].first + edges[state.edge].count <= element)
    ++state.edge;
  if (state.edge == state.end || edges[state.edge].first > element)
    return mismatch("nothing for it");
  ++state.visited;
  const Edge &edge = edges[state.edge];
  Producer carried = edge.producer;
  const int64_t carriedElement = int64_t(carried.element) + int64_t(element - edge.first) * edge.step;
  carried.element = static_cast<uint32_t>(carriedElement);
  if (carried != producer || carriedElement != int64_t(carried.element))
    mismatch(describe(carried));
}

void FlowChecker::finish() {
  for (const Operand &operand : operands) {
    if (operand.visited == operand.carried)
      continue;
    const ElementRef consumer{burstOf(operand.key), 0};
    findings.report(Hazard::FlowMismatch, tables[card][consumer.burst].what->cycle, [&] {
      return concat("slot ", slotOf(operand.key), " of ", tables[card].describe(consumer), " takes ",
                    operand.visited, " elements that the carried flow knows, which has ", operand.carried);
    });
  }
}
