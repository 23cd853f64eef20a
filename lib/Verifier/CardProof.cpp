//===- CardProof.cpp - Proof of one card's program ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CardProof.h"

#include "Spacing.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;
using namespace sluice::binary;
using target::Direction;
using target::Target;

/// A cycle before all programs, and within what a Line may hold.
static constexpr int64_t beforeStart = -(int64_t(1) << 49);

void verifier::reportExhausted(const Effort &effort, std::string_view what, Findings &findings) {
  if (effort.exhausted())
    findings.report(Hazard::TooIntricate, uint64_t(0),
                    [&] { return concat(what, ": the bursts meet in more ways than the proof follows"); });
}

CardProof::CardProof(const Program &program, uint32_t card, const std::vector<BurstTable> &tables,
                     const Target &target, Findings &findings)
    : sends(target.localLinks), receives(target.localLinks), flow(program, card, tables, findings),
      card(card), end(program.metadata.cycles()), textSize(textWords(program.cards[card])),
      table(tables[card]), target(target), matrices(2, MatrixProof(table, target, flow)),
      queues(program.cards[card].queues.size()) {
  for (Direction direction : {Direction::East, Direction::West})
    for (unsigned stream = 0; stream != target.streamsPerDirection; ++stream)
      streams.push_back({direction, stream, {}, {}, 0});
  for (uint32_t hemisphere : {0, 1})
    for (uint32_t slice = 0; slice != target.slicesPerHemisphere; ++slice) {
      slices.emplace_back();
      slices.back().hemisphere = hemisphere;
      slices.back().slice = slice;
    }
  for (unsigned alu = 0; alu != target.alus; ++alu)
    alus.push_back({alu, {}, {}});
  collectRegions(program);
  for (uint32_t burst = 0; burst != table.size(); ++burst)
    collectBurst(burst);
  for (auto *links : {&sends, &receives})
    for (std::vector<Appearance> &link : *links)
      std::sort(link.begin(), link.end());
}

//===----------------------------------------------------------------------===//
// Sorting by resource
//===----------------------------------------------------------------------===//

/// `burst`, whose elements appear `offset` cycles after their dispatch.
static Appearance appearanceOf(uint32_t burst, const Instruction &what, int32_t offset) {
  Appearance appearance;
  appearance.first = int64_t(what.cycle) + offset;
  appearance.step = what.interval;
  appearance.count = what.count;
  appearance.burst = burst;
  appearance.offset = offset;
  return appearance;
}

void CardProof::collectBurst(uint32_t burst) {
  const BurstTable::Entry &entry = table[burst];
  const Queue &queue = *entry.where;
  const Instruction &what = *entry.what;
  const bool link = queue.unit == Unit::Link;
  queues[entry.queue].push_back(occupationOf(burst, what, link ? target.linkInterval : 1));
  collectStreams(burst);
  switch (queue.unit) {
  case Unit::MemRead:
  case Unit::MemWrite: {
    MemoryProof &slice = slices[size_t(queue.hemisphere) * target.slicesPerHemisphere + queue.index];
    const bool direct = what.opcode == Opcode::Read || what.opcode == Opcode::Write;
    (queue.unit == Unit::MemRead ? slice.reads : slice.writes)
        .push_back({burst,
                    {what.address, direct ? what.step : 0},
                    {int64_t(what.cycle), what.interval},
                    what.count});
    break;
  }
  case Unit::Alu:
    collectAlu(burst);
    break;
  case Unit::Link:
    if (what.opcode == Opcode::Send)
      sends[size_t(what.link)].push_back(appearanceOf(burst, what, int32_t(target.linkLatency)));
    else
      receives[size_t(what.link)].push_back(appearanceOf(burst, what, 0));
    break;
  case Unit::Installer:
  case Unit::Multiplier:
    matrices[size_t(queue.hemisphere)].add(burst);
    break;
  case Unit::Distributor:
  case Unit::Transposer:
  case Unit::Permutor:
  case Unit::Any:
    break;
  }
}

void CardProof::collectStreams(uint32_t burst) {
  const BurstTable::Entry &entry = table[burst];
  const int position = positionOf(*entry.where, target);
  auto add = [&](const StreamUse &use, bool takes) {
    Appearance appearance = appearanceOf(burst, *entry.what, use.offset);
    appearance.first = Target::diagonal(use.direction, appearance.first, position);
    appearance.place = use.direction == Direction::East ? position : -position;
    appearance.slot = use.slot;
    StreamProof &stream = streams[size_t(use.direction) * target.streamsPerDirection + use.stream];
    if (!takes)
      return stream.producers.push_back(appearance);
    if (use.firstElementOnly)
      appearance.count = 1;
    appearance.operand = flow.index(burst, use.slot);
    stream.edges += flow.edgesInto(appearance.operand);
    stream.consumers.push_back(appearance);
  };
  for (const StreamUse &use : streamInputs(*entry.where, *entry.what, target))
    add(use, true);
  for (const StreamUse &use : streamOutputs(*entry.where, *entry.what, target))
    add(use, false);
}

void CardProof::collectAlu(uint32_t burst) {
  const BurstTable::Entry &entry = table[burst];
  const Instruction &what = *entry.what;
  alus[entry.where->index].results.push_back(
      appearanceOf(burst, what, int32_t(latencyOf(what.opcode, target))));
  const std::pair<int32_t, int32_t> operands[] = {
      {what.aKind, what.aLocation}, {what.bKind, what.bLocation}, {what.cKind, what.cLocation}};
  for (uint32_t index = 0; index != aluOperands(what.opcode); ++index) {
    const auto &[kind, location] = operands[index];
    if (OperandKind(kind) != OperandKind::Alu)
      continue;
    Appearance operand = appearanceOf(burst, what, 0);
    operand.slot = kChainSlot + index;
    alus[size_t(location)].operands.push_back(operand);
  }
}

void CardProof::collectRegions(const Program &program) {
  uint32_t order = 0;
  auto sliceAt = [&](uint32_t hemisphere, uint32_t slice) -> MemoryProof & {
    return slices[size_t(hemisphere) * target.slicesPerHemisphere + slice];
  };
  auto region = [&](std::string_view name, Line word, uint64_t count, uint64_t vector, uint32_t number,
                    uint32_t plane) {
    Region result{name, order++, vector, {Producer::initialMemory, word, {beforeStart, 0}, int64_t(count)}};
    result.consumer = number;
    result.access.memory = number;
    result.access.plane = plane;
    result.access.firstNumber = int64_t(vector);
    return result;
  };
  uint32_t number = 0;
  for (const proto::MemoryRun &run : program.cards[card].memory)
    sliceAt(run.hemisphere(), run.slice())
        .initial.push_back(region("initial memory", {run.address(), 1}, run.words(), 0, number++, 0));
  auto collect = [&](const proto::Binding &binding, uint32_t number,
                     std::vector<Region> MemoryProof::*regions) {
    for (const proto::Placement &placement : binding.placements())
      for (int plane = 0; placement.card() == card && plane != placement.slices_size(); ++plane)
        (sliceAt(placement.hemisphere(), placement.slices(plane)).*regions)
            .push_back(region(binding.name(), {placement.address(), placement.step()}, placement.count(),
                              placement.first(), number, uint32_t(plane)));
  };
  for (const proto::Binding &input : program.metadata.inputs())
    collect(input, number++, &MemoryProof::initial);
  uint32_t output = 0;
  for (const proto::Binding &binding : program.metadata.outputs())
    collect(binding, table.numberOfOutput(output++), &MemoryProof::outputs);
}

//===----------------------------------------------------------------------===//
// Proving
//===----------------------------------------------------------------------===//

/// The queue dispatches one element a cycle; a link's, one in the link's interval.
void CardProof::proveQueue(size_t queue, Findings &findings) const {
  const std::vector<Occupation> &occupations = queues[queue];
  Effort effort(occupations.size());
  if (occupations.empty())
    return;
  const Queue &where = *table[occupations.front().burst].where;
  if (where.unit == Unit::Link)
    if (std::optional<Collision> collision = findCollision(occupations, effort)) {
      const auto &[cycle, element, before] = *collision;
      findings.report(Hazard::LinkConflict, When{uint64_t(cycle), When::Running, element.burst}, [&] {
        const Instruction &first = *table[before.burst].what;
        return concat(table.describe(element), " is ",
                      uint64_t(cycle) - first.cycle - uint64_t(before.element) * first.interval,
                      " cycles behind ", table.describe(before), "; the link needs ", target.linkInterval);
      });
    }
  std::vector<Occupation> single = occupations;
  for (Occupation &occupation : single)
    occupation.cycles = 1;
  if (std::optional<Collision> collision = findCollision(single, effort))
    findings.report(Hazard::QueueOverlap,
                    When{uint64_t(collision->cycle), When::Running, collision->element.burst}, [&] {
                      return concat(table.describe(collision->element), " is dispatched together with ",
                                    table.describe(collision->before));
                    });
  reportExhausted(effort, concat("queue ", queueName(where)), findings);
}

std::vector<CardProof::Part> CardProof::parts() {
  std::vector<Part> parts;
  for (size_t queue = 0; queue != queues.size(); ++queue)
    parts.push_back([this, queue](Findings &findings) { proveQueue(queue, findings); });
  for (StreamProof &stream : streams)
    parts.push_back([this, &stream](Findings &findings) {
      Effort effort(stream.producers.size() + stream.consumers.size() + stream.edges);
      stream.prove(table, flow, findings, effort);
      reportExhausted(effort,
                      concat("stream ", stream.direction == Direction::East ? "e" : "w", stream.stream),
                      findings);
    });
  for (MemoryProof &slice : slices)
    parts.push_back([this, &slice](Findings &findings) {
      Effort effort(slice.items(flow));
      slice.prove(table, target, end, flow, findings, effort);
      reportExhausted(effort, concat("slice ", slice.hemisphere == 0 ? "e" : "w", slice.slice), findings);
    });
  for (ChainProof &alu : alus)
    parts.push_back([this, &alu](Findings &findings) {
      size_t edges = 0;
      for (const Appearance &operand : alu.operands)
        edges += flow.edgesInto(operand.burst, operand.slot, operand.slot);
      Effort effort(alu.results.size() + alu.operands.size() + edges);
      alu.prove(table, flow, findings, effort);
      reportExhausted(effort, concat("ALU ", alu.alu), findings);
    });
  for (MatrixProof &matrix : matrices)
    parts.push_back([&matrix](Findings &findings) {
      Effort effort(matrix.items());
      matrix.prove(findings, effort);
      reportExhausted(effort, "matrix planes", findings);
    });
  return parts;
}

void CardProof::finishParts(Findings &findings) {
  size_t items = table.size();
  for (uint32_t output = 0; output != table.outputs(); ++output)
    items += flow.edgesInto(table.numberOfOutput(output), 0, UINT8_MAX);
  Effort effort(items);
  for (const MemoryProof &slice : slices) {
    usedWords += slice.usedWords;
    for (const auto &[consumer, slot, vectors, producer, producing] : slice.held) {
      if (producer)
        flow.check(flow.operand(consumer, slot), vectors, *producer, producing, findings, effort);
      else
        flow.skip(flow.operand(consumer, slot), vectors, effort);
    }
  }
  reportExhausted(effort, "outputs", findings);
  streams = decltype(streams)();
  slices = decltype(slices)();
  alus = decltype(alus)();
  matrices = decltype(matrices)();
  queues = decltype(queues)();
}

void CardProof::finish(Findings &findings) const {
  flow.finish(findings);
  const uint64_t used = usedWords * target.lanes(), text = textSize * target.instructionBytes;
  if (used + text > target.memoryBytes())
    findings.report(Hazard::Capacity, When{end, When::Finishing}, [&] {
      return concat("card ", card, " needs ", used, " bytes of memory and ", text, " bytes of text; it has ",
                    target.memoryBytes());
    });
}
