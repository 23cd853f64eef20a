//===- Flow.cpp - The derived flow against the carried one ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flow.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;
using binary::proto::FlowEdge;

FlowChecker::FlowChecker(const binary::Program &program, uint32_t card, const std::vector<BurstTable> &tables,
                         Findings &findings)
    : card(card), tables(tables) {
  readEdges(program, findings);
  groupEdges(findings);
}

/// Turns the carried edges into Edges, and reports those that name nothing.
void FlowChecker::readEdges(const binary::Program &program, Findings &findings) {
  const BurstTable &table = tables[card];
  const auto &flow = program.cards[card].flow;
  edges.reserve(flow.size());
  for (size_t index = 0; index != flow.size(); ++index) {
    const FlowEdge &edge = flow[index];
    auto reject = [&](std::string_view why) {
      findings.report(Hazard::FlowMismatch, 0, [&] { return concat("flow edge ", index, ": ", why); });
    };
    const bool isOutput = edge.queue() == binary::kOutput;
    const bool exists =
        isOutput ? edge.instruction() < table.outputs() : table.has(edge.queue(), edge.instruction());
    if (!exists || edge.slot() > 0xff) {
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
    const uint64_t most = isOutput ? UINT32_MAX : binary::kMaxCount;
    if (edge.count() == 0 || uint64_t(edge.first()) + edge.count() > most || edge.producer_slot() > 0xff) {
      reject("its elements make no sense");
      continue;
    }
    Producer producer{card, Producer::initialMemory, edge.producer_slot(), edge.producer_instruction()};
    if (!fromMemory)
      producer = {producerCard,
                  tables[producerCard].number(edge.producer_queue(), edge.producer_instruction()),
                  edge.producer_slot()};
    const Line producing{edge.producer_first(), edge.producer_step()};
    const uint32_t plane = edge.slot() == binary::kWeightsSlot ? edge.producer_slot() : 0;
    const uint32_t consumer =
        isOutput ? table.numberOfOutput(edge.instruction()) : table.number(edge.queue(), edge.instruction());
    edges.push_back({keyOf(consumer, edge.slot(), plane), edge.first(), edge.count(), producer, producing});
  }
}

void FlowChecker::groupEdges(Findings &findings) {
  std::sort(edges.begin(), edges.end());
  uint64_t covered = 0; // End of the elements that the present operand's edges cover.
  for (uint32_t index = 0; index != edges.size(); ++index) {
    Edge &edge = edges[index];
    if (operands.empty() || operands.back().key != edge.key) {
      operands.push_back({edge.key, index, index});
      covered = 0;
    }
    Carried &operand = operands.back();
    operand.elements += edge.count;
    operand.end = index + 1;
    if (edge.first < covered) {
      const uint32_t burst = burstOf(edge.key);
      findings.report(Hazard::FlowMismatch, When{tables[card].cycleOf(burst), When::Reading, burst}, [&] {
        return concat("slot ", slotOf(edge.key), " of ", tables[card].describe({burst, edge.first}),
                      " has two carried producers");
      });
      // From here on, the first one counts.
      const auto lost = uint32_t(covered - edge.first);
      edge.producing.base += int64_t(lost) * edge.producing.slope;
      edge.count -= std::min(edge.count, lost);
      edge.first = uint32_t(covered);
    }
    covered = edge.end();
  }
  const size_t consumers = tables[card].size() + tables[card].outputs();
  firstOfBurst.assign(consumers + 1, uint32_t(operands.size()));
  for (size_t index = operands.size(); index-- != 0;)
    firstOfBurst[burstOf(operands[index].key)] = uint32_t(index);
  for (size_t burst = consumers; burst-- != 0;)
    firstOfBurst[burst] = std::min(firstOfBurst[burst], firstOfBurst[burst + 1]);
}

uint32_t FlowChecker::index(uint32_t burst, uint32_t slot, uint32_t plane) const {
  const uint64_t key = keyOf(burst, slot, plane);
  for (uint32_t index = firstOfBurst[burst]; index != firstOfBurst[burst + 1]; ++index)
    if (operands[index].key == key)
      return index;
  return none;
}

size_t FlowChecker::edgesInto(uint32_t burst, uint32_t first, uint32_t last) const {
  size_t count = 0;
  for (uint32_t index = firstOfBurst[burst]; index != firstOfBurst[burst + 1]; ++index)
    if (const uint32_t slot = slotOf(operands[index].key); first <= slot && slot <= last)
      count += operands[index].end - operands[index].edge;
  return count;
}

Operand FlowChecker::operand(uint32_t burst, uint32_t slot) const {
  const BurstTable &table = tables[card];
  const int64_t interval = burst < table.size() ? table[burst].what->interval : 0;
  return {index(burst, slot), slot, burst, 0, {int64_t(table.cycleOf(burst)), interval}};
}

std::string FlowChecker::describe(const Producer &producer, int64_t element) const {
  if (producer.burst == Producer::initialMemory)
    return tables[card].describeInitial(producer.memory, producer.slot, element);
  const BurstTable &table = tables[producer.card];
  const bool exists = element >= 0 && element < table[producer.burst].what->count;
  std::string text =
      exists ? table.describe({producer.burst, uint32_t(element)})
             : concat("element ", element, ", which is not there, of ", table.describe({producer.burst, 0}));
  if (producer.card != card)
    text = concat("card ", producer.card, "'s ", text);
  return producer.slot == 0 ? text : concat("output ", producer.slot, " of ", text);
}

void FlowChecker::reportMismatch(const Operand &operand, int64_t element, const Producer &producer,
                                 int64_t producing, const Edge *carried, Findings &findings) const {
  const bool isOwn = operand.element.empty();
  // All of an output is taken in one cycle, vector after vector.
  const uint32_t order = operand.burst >= tables[card].size()
                             ? uint32_t(element) << 2 | (operand.slot & 3)
                             : operand.slot << 16 | operand.plane << 8 | (isOwn ? 0 : uint32_t(element));
  const When when{uint64_t(operand.cycles.at(element)), When::Running, operand.burst, order};
  findings.report(Hazard::FlowMismatch, when, [&] {
    return concat(isOwn ? concat("slot ", operand.slot, " of ")
                        : concat(operand.element, " ", element, " of the ", operand.whole, " of "),
                  tables[card].describe({operand.burst, isOwn ? uint32_t(element) : 0}), " is fed by ",
                  describe(producer, producing), ", but the carried flow has ",
                  carried ? describe(carried->producer, carried->producing.at(element - carried->first))
                          : "nothing for it");
  });
}

/// The first edge that ends behind `element`; looks near `edge` first.
template <typename Edge>
static Edge firstBehind(Edge edge, Edge last, int64_t element) {
  auto ends = [&](const auto &edge) { return int64_t(edge.end()) <= element; };
  for (ptrdiff_t stride = 1; edge != last && ends(*edge); stride *= 2) {
    const Edge far = last - edge > stride ? edge + stride : last;
    if (far == last || !ends(*far))
      return std::partition_point(edge + 1, far, ends);
    edge = far;
  }
  return edge;
}

/// Calls visit(begin, end, edge) for consecutive ranges of indices into `elements`, with the carried
/// edge, or null where there is none.
template <typename Visit>
void FlowChecker::forEachEdge(uint32_t operand, const Progression &elements, Effort &effort, Visit &&visit) {
  if (operand == none)
    return visit(0, elements.count, nullptr);
  const auto last = edges.begin() + operands[operand].end;
  auto edge = std::partition_point(edges.begin() + operands[operand].edge, last,
                                   [&](const Edge &edge) { return int64_t(edge.end()) <= elements.first; });
  for (int64_t index = 0; index < elements.count;) {
    if (!effort.spend(1))
      return;
    const int64_t element = elements.at(index);
    edge = firstBehind(edge, last, element);
    const bool carried = edge != last && edge->first <= element;
    // To the end of the edge, or of the gap in front of it.
    const int64_t border = carried ? int64_t(edge->end()) : edge != last ? edge->first : INT64_MAX;
    const int64_t end = std::min(elements.count - 1, (border - 1 - elements.first) / elements.step) + 1;
    visit(index, end, carried ? &*edge : nullptr);
    index = end;
  }
}

void FlowChecker::check(const Operand &operand, const Progression &elements, const Producer &producer,
                        const Line &producing, Findings &findings, Effort &effort) {
  forEachEdge(operand.index, elements, effort, [&](int64_t begin, int64_t end, const Edge *edge) {
    auto mismatch = [&](int64_t index) {
      reportMismatch(operand, elements.at(index), producer, producing.at(index), edge, findings);
    };
    if (!edge)
      return mismatch(begin);
    if (!operand.again)
      operands[operand.index].taken += uint64_t(end - begin);
    if (edge->producer != producer)
      return mismatch(begin);
    // Two lines that agree in two places agree everywhere.
    const Line carried = edge->producing.after({elements.first - edge->first, elements.step});
    for (int64_t index = begin; index != std::min(end, begin + 2); ++index)
      if (carried.at(index) != producing.at(index))
        return mismatch(index);
  });
}

void FlowChecker::skip(const Operand &operand, const Progression &elements, Effort &effort) {
  if (operand.index != none && !operand.again)
    forEachEdge(operand.index, elements, effort, [&](int64_t begin, int64_t end, const Edge *edge) {
      if (edge)
        operands[operand.index].taken += uint64_t(end - begin);
    });
}

void FlowChecker::finish(Findings &findings) const {
  for (const Carried &operand : operands) {
    if (operand.taken == operand.elements)
      continue;
    const uint32_t burst = burstOf(operand.key);
    const When when{tables[card].cycleOf(burst), When::Finishing, burst, uint32_t(operand.key & 0xffff)};
    findings.report(Hazard::FlowMismatch, when, [&] {
      return concat("slot ", slotOf(operand.key), " of ", tables[card].describe({burst, 0}), " takes ",
                    operand.taken, " elements that the carried flow knows, which has ", operand.elements);
    });
  }
}
