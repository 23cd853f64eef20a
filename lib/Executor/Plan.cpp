//===- Plan.cpp - A program as steps on whole blocks ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Plan.h"

#include "Dependences.h"

#include "sluice/Support/Cancellation.h"

#include <algorithm>
#include <map>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;

namespace {

/// Gives out room in one buffer, and takes it back.
class Allocator {
public:
  uint64_t allocate(uint64_t bytes) {
    bytes = (bytes + alignment - 1) / alignment * alignment;
    // The smallest free room that does, unless most of it were lost.
    auto found = free.lower_bound(bytes);
    if (found != free.end() && found->first <= 2 * bytes) {
      const auto [size, offset] = *found;
      free.erase(found);
      sizes[offset] = size;
      return offset;
    }
    const uint64_t offset = end;
    sizes[offset] = bytes;
    end += bytes;
    return offset;
  }
  void release(uint64_t offset) { free.emplace(sizes.at(offset), offset); }
  uint64_t bytes() const { return end; }

private:
  static constexpr uint64_t alignment = 64;
  std::multimap<uint64_t, uint64_t> free; ///< size to offset
  std::map<uint64_t, uint64_t> sizes;     ///< by offset
  uint64_t end = 0;
};

class Planner {
public:
  Planner(const Program &program, const std::vector<Burst> &bursts, const target::Target &target)
      : bursts(bursts), target(target), lanes(target.lanes()), segments(bursts, program) {
    plan.areaIsUsed.resize(1 + 2 * program.cards.size() * target.slicesPerHemisphere);
  }
  Plan run();

private:
  void allocate();
  void emitPhase(const Phase &phase);
  void emitSteps(const Node &node);
  void emitAluSources(const Burst &burst, const Block &block, Step &step);
  Source sourceOf(const Taken &taken, bool asWords);
  unsigned planesOf(const Burst &burst) const;

  const std::vector<Burst> &bursts;
  const target::Target &target;
  const uint64_t lanes;
  Segments segments;
  Plan plan;
};

} // namespace

/// Byte planes that an element of a burst gives.
unsigned Planner::planesOf(const Burst &burst) const {
  if (isAlu(burst.what->opcode))
    return streamCount(OutType(burst.what->outType));
  if (burst.what->opcode == Opcode::Send)
    return 1;
  return unsigned(burst.outputs.size());
}

/// Room lasts to the end of the window of its last use.
void Planner::allocate() {
  Allocator allocator;
  std::vector<std::vector<uint64_t>> ending(segments.windows());
  for (size_t window = 0; window != segments.windows(); ++window) {
    for (uint32_t number : segments.inWindow(window)) {
      Segment &segment = segments[number];
      if (segment.inPlace)
        continue;
      auto room = [&](uint64_t bytes) {
        const uint64_t offset = allocator.allocate(bytes);
        ending[segment.lastUse].push_back(offset);
        return offset;
      };
      if (segment.givesBytes)
        segment.bytes = room(planesOf(segments.burstOf(number)) * segment.count * lanes);
      if (segment.givesWords)
        segment.words = room(segment.count * lanes * sizeof(uint32_t));
    }
    for (uint64_t offset : ending[window])
      allocator.release(offset);
  }
  plan.bufferBytes = allocator.bytes();
}

Source Planner::sourceOf(const Taken &taken, bool asWords) {
  if (taken.segment == Taken::nothing)
    return {};
  const Segment &segment = segments[taken.segment];
  const Burst &burst = bursts[segment.burst];
  if (segment.inPlace) {
    const uint32_t area = areaOf(burst.card, burst.queue->hemisphere, burst.queue->index, target);
    plan.areaIsUsed[area] = true;
    const int64_t address = burst.what->address + int64_t(taken.element) * burst.what->step;
    return {area, int32_t(taken.step * burst.what->step * int64_t(lanes)), uint64_t(address) * lanes};
  }
  const uint64_t element = taken.element - segment.first;
  if (asWords)
    return {Plan::buffers, int32_t(taken.step * int64_t(lanes * sizeof(uint32_t))),
            segment.words + element * lanes * sizeof(uint32_t)};
  // An ALU's westward copy is its eastward one.
  const uint64_t plane = isAlu(burst.what->opcode) ? taken.slot % kWordStreams : taken.slot;
  return {Plan::buffers, int32_t(taken.step * int64_t(lanes)),
          segment.bytes + (plane * segment.count + element) * lanes};
}

void Planner::emitAluSources(const Burst &burst, const Block &block, Step &step) {
  const Instruction &what = *burst.what;
  size_t stream = 0, chain = burst.inputs.size();
  unsigned index = 0;
  for (const auto &[kind, type] : {std::pair(what.aKind, what.aType), std::pair(what.bKind, what.bType),
                                   std::pair(what.cKind, what.cType)}) {
    const unsigned bit = 1u << index++;
    if (OperandKind(kind) == OperandKind::Alu) {
      step.words |= bit;
      plan.sources.push_back(sourceOf(block.taken[chain++], true));
    }
    if (OperandKind(kind) != OperandKind::Stream)
      continue;
    const unsigned bytes = streamCount(InType(type));
    if (InType(type) == InType::Word && segments.isWholeWord(&block.taken[stream])) {
      step.words |= bit;
      plan.sources.push_back(sourceOf(block.taken[stream], true));
    } else {
      for (unsigned byte = 0; byte != bytes; ++byte)
        plan.sources.push_back(sourceOf(block.taken[stream + byte], false));
    }
    stream += bytes;
  }
}

void Planner::emitSteps(const Node &node) {
  const Segment &segment = segments[node.segment];
  const Burst &burst = bursts[segment.burst];
  for (const Block &block : segments.blocksOf(segment.burst, node.first, node.count)) {
    Step step{segment.burst, block.first, block.count, uint32_t(plan.sources.size()), 0};
    const uint64_t element = block.first - segment.first;
    if (segment.givesBytes)
      step.bytesOut = segment.bytes + element * lanes;
    if (segment.givesWords)
      step.wordsOut = segment.words + element * lanes * sizeof(uint32_t);
    step.planeStride = segment.count * lanes;
    if (isAlu(burst.what->opcode))
      emitAluSources(burst, block, step);
    else
      for (const Taken &taken : block.taken)
        plan.sources.push_back(sourceOf(taken, false));
    if (burst.queue->unit == Unit::MemRead || burst.queue->unit == Unit::MemWrite)
      plan.areaIsUsed[areaOf(burst.card, burst.queue->hemisphere, burst.queue->index, target)] = true;
    plan.steps.push_back(step);
    plan.vectors += step.count;
  }
}

void Planner::emitPhase(const Phase &phase) {
  const auto firstNode = uint32_t(plan.nodes.size());
  for (size_t node = 0; node != phase.nodes.size(); ++node) {
    const auto firstStep = uint32_t(plan.steps.size()), firstSuccessor = uint32_t(plan.successors.size());
    emitSteps(phase.nodes[node]);
    for (uint32_t successor : phase.successors[node])
      plan.successors.push_back(firstNode + successor);
    plan.nodes.push_back(
        {firstStep, uint32_t(plan.steps.size()), firstSuccessor, uint32_t(plan.successors.size())});
  }
  const auto endNode = uint32_t(plan.nodes.size());
  for (uint32_t node = firstNode; node != endNode; ++node)
    for (uint32_t next = plan.nodes[node].firstSuccessor; next != plan.nodes[node].endSuccessor; ++next)
      ++plan.nodes[plan.successors[next]].predecessors;
  plan.phases.push_back({firstNode, endNode});
}

Plan Planner::run() {
  allocate();
  for (size_t window = 0; window != segments.windows() && !isCancelled(); ++window)
    for (const Phase &phase : orderWindow(segments, window, target))
      emitPhase(phase);
  return std::move(plan);
}

Plan executor::makePlan(const Program &program, const std::vector<Burst> &bursts,
                        const target::Target &target) {
  return Planner(program, bursts, target).run();
}
