//===- CardProof.cpp - Proof of one card's program ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CardProof.h"

#include "sluice/Support/Strings.h"
#include "sluice/Verifier/DispatchOrder.h"
#include "sluice/Verifier/Geometry.h"

using namespace sluice;
using namespace sluice::verifier;
using namespace sluice::binary;
using target::Direction;
using target::Target;

static constexpr uint64_t never = UINT64_MAX;

CardProof::CardProof(const Program &program, uint32_t card, const std::vector<BurstTable> &tables,
                     const Target &target, Findings &findings)
    : sends(target.localLinks), receives(target.localLinks), flow(program, card, tables, findings),
      card(card), table(tables[card]), target(target), findings(findings),
      lastOfQueue(program.cards[card].queues.size()), lastCycle(program.cards[card].queues.size(), never),
      streams(target), memory(program, card, table, target, findings, flow),
      matrix(table, target, findings, flow), resultWindow(longestLatency(target) + 1),
      results(target.alus * resultWindow) {
  collectUses();
}

void CardProof::collectUses() {
  bursts.reserve(table.size());
  for (uint32_t number = 0; number != table.size(); ++number) {
    const BurstTable::Entry &entry = table[number];
    Burst burst{uint32_t(uses.size()), 0, 0, positionOf(*entry.where, target)};
    for (const StreamUse &use : streamInputs(*entry.where, *entry.what, target))
      uses.push_back({use, flow.operand(number, use.slot)});
    burst.outputs = uint32_t(uses.size());
    for (const StreamUse &use : streamOutputs(*entry.where, *entry.what, target))
      uses.push_back({use, FlowChecker::none});
    burst.end = uint32_t(uses.size());
    bursts.push_back(burst);
  }
}

void CardProof::run() {
  DispatchOrder order;
  for (uint32_t number = 0; number != table.size(); ++number)
    order.add(*table[number].what);
  order.forEach([&](uint64_t cycle, uint32_t burst, uint32_t element) {
    dispatch(cycle, {burst, element});
    return true;
  });
  memory.checkOutputs();
}

void CardProof::dispatch(uint64_t cycle, ElementRef element) {
  const BurstTable::Entry &entry = table[element.burst];
  if (lastCycle[entry.queue] == cycle)
    findings.report(Hazard::QueueOverlap, cycle, [&] {
      return concat(table.describe(element), " is dispatched together with ",
                    table.describe(lastOfQueue[entry.queue]));
    });
  takeStreams(cycle, element);
  switch (entry.where->unit) {
  case Unit::MemRead:
  case Unit::MemWrite:
    memory.access(cycle, element);
    break;
  case Unit::Alu:
    chain(cycle, element);
    break;
  case Unit::Link:
    transfer(cycle, element);
    break;
  case Unit::Installer:
    matrix.install(cycle, element);
    break;
  case Unit::Multiplier:
    matrix.multiply(cycle, element);
    break;
  case Unit::Distributor:
  case Unit::Transposer:
  case Unit::Permutor:
  case Unit::Any:
    break;
  }
  giveStreams(cycle, element);
  lastCycle[entry.queue] = cycle;
  lastOfQueue[entry.queue] = element;
}

static std::string streamName(Direction direction, unsigned stream) {
  return concat("stream ", direction == Direction::East ? "e" : "w", stream);
}

void CardProof::takeStreams(uint64_t cycle, ElementRef element) {
  const Burst &burst = bursts[element.burst];
  for (uint32_t index = burst.inputs; index != burst.outputs; ++index) {
    const auto &[use, operand] = uses[index];
    if (use.firstElementOnly && element.element != 0)
      continue;
    const int64_t diagonal = Target::diagonal(use.direction, int64_t(cycle) + use.offset, burst.position);
    if (const StreamValue *value = streams.find(use.direction, use.stream, diagonal, burst.position)) {
      flow.check(operand, use.slot, element, element.element, cycle,
                 {card, value->producer.burst, value->slot, value->producer.element});
      continue;
    }
    flow.skip(operand);
    findings.report(Hazard::StreamEmpty, cycle, [&] {
      return concat("slot ", use.slot, " of ", table.describe(element), ": ",
                    streamName(use.direction, use.stream), " is empty at its unit in cycle ",
                    int64_t(cycle) + use.offset);
    });
  }
}

void CardProof::giveStreams(uint64_t cycle, ElementRef element) {
  const Burst &burst = bursts[element.burst];
  for (uint32_t index = burst.outputs; index != burst.end; ++index) {
    const StreamUse &use = uses[index].use;
    const int64_t diagonal = Target::diagonal(use.direction, int64_t(cycle) + use.offset, burst.position);
    const StreamValue value{burst.position, element, use.slot};
    if (const StreamValue *other = streams.put(use.direction, use.stream, diagonal, value))
      findings.report(Hazard::StreamConflict, cycle, [&] {
        return concat(table.describe(element), " and ", table.describe(other->producer), " both drive ",
                      streamName(use.direction, use.stream), " at position ", burst.position, " in cycle ",
                      int64_t(cycle) + use.offset);
      });
  }
}

void CardProof::chain(uint64_t cycle, ElementRef element) {
  const auto &[queue, instruction, where, what] = table[element.burst];
  const struct {
    int32_t kind, location;
  } operands[] = {
      {what->aKind, what->aLocation}, {what->bKind, what->bLocation}, {what->cKind, what->cLocation}};
  for (uint32_t index = 0; index != aluOperands(what->opcode); ++index) {
    if (OperandKind(operands[index].kind) != OperandKind::Alu)
      continue;
    const uint32_t slot = kChainSlot + index;
    const uint32_t operand = flow.operand(element.burst, slot);
    const Result &result = resultOf(unsigned(operands[index].location), cycle);
    if (result.cycle == cycle && !result.twice) {
      flow.check(operand, slot, element, element.element, cycle,
                 {card, result.producer.burst, 0, result.producer.element});
      continue;
    }
    flow.skip(operand);
    findings.report(Hazard::ChainMissing, cycle, [&] {
      return concat("operand ", index, " of ", table.describe(element), ": ALU ", operands[index].location,
                    result.cycle == cycle ? " gives two results" : " gives no result", " in cycle ", cycle);
    });
  }
  const uint64_t done = cycle + latencyOf(what->opcode, target);
  Result &result = resultOf(where->index, done);
  const bool twice = result.cycle == done;
  result = {done, element, twice};
}

void CardProof::transfer(uint64_t cycle, ElementRef element) {
  const BurstTable::Entry &entry = table[element.burst];
  const uint64_t before = lastCycle[entry.queue];
  if (before != never && cycle - before < target.linkInterval)
    findings.report(Hazard::LinkConflict, cycle, [&] {
      return concat(table.describe(element), " is ", cycle - before, " cycles behind ",
                    table.describe(lastOfQueue[entry.queue]), "; the link needs ", target.linkInterval);
    });
  auto &transfers = entry.what->opcode == Opcode::Send ? sends : receives;
  transfers[size_t(entry.what->link)].push_back({cycle, element});
}
