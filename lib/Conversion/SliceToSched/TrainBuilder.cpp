//===- TrainBuilder.cpp - A pass's footprint and instructions -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TrainBuilder.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Program.h"

#include "llvm/ADT/SmallPtrSet.h"

#include <algorithm>
#include <array>
#include <set>

using namespace sluice;
using namespace sluice::sched;
using binary::Instruction;
using binary::Opcode;
using binary::Queue;
using binary::Unit;
using scheduling::BodyOperand;
using scheduling::Cycles;
using scheduling::ReservationTable;
using scheduling::Resource;
using scheduling::Resources;
using scheduling::shifted;
using scheduling::span;
using scheduling::StreamDemand;
using scheduling::Use;
using target::Hemisphere;

/// Aligned as ALUs and the MXM want operands of that many bytes.
static unsigned alignmentOf(unsigned width) { return width == 4 || width == 2 ? width : 1; }

/// What a burst takes of its slice.
static void appendMemoryUses(std::vector<Use> &uses, const Resources &table, const Buffer &buffer,
                             Hemisphere hemisphere, const MemoryBurst &burst, bool write,
                             const Cycles &cycles) {
  Resource queue = table.queue({write ? Unit::MemWrite : Unit::MemRead, hemisphere, uint16_t(burst.slice)});
  uses.push_back({queue, queue, span(cycles)});
  Resource bankReads = table.bankReads(hemisphere, burst.slice, buffer.bank);
  Resource bankWrites = table.bankWrites(hemisphere, burst.slice, buffer.bank);
  uses.push_back({write ? bankReads : bankWrites, write ? bankWrites : bankReads, cycles});
}

void TrainBuilder::reserveMemory(const Buffer &buffer, Hemisphere hemisphere, const MemoryBurst &burst,
                                 bool write, const Cycles &cycles) {
  appendMemoryUses(footprint.uses, state.resources, buffer, hemisphere, burst, write, cycles);
  // Nothing is dispatched before cycle 0.
  footprint.earliest = std::max(footprint.earliest, -cycles.first);
  footprint.last = std::max(footprint.last, cycles.last());
}

void TrainBuilder::addWait(std::vector<scheduling::Wait> &waits, const scheduling::Wait &wait) {
  for (scheduling::Wait &known : llvm::reverse(waits))
    if (known.on == wait.on) {
      known.delay = std::max(known.delay, wait.delay);
      return;
    }
  waits.push_back(wait);
}

unsigned TrainBuilder::addRead(Buffer &buffer, const View &view, int64_t count, int64_t interval,
                               StreamPath path, int64_t key, mlir::LocationAttr wanted) {
  unsigned copy = buffer.copyIn(path.hemisphere);
  scheduling::ReadFootprint read;
  read.streams = {{path.segment()}, buffer.bytes, alignmentOf(buffer.bytes), {key, count, interval}};
  if (!path.outward)
    read.streams.segments.push_back(path.segmentAtVxm());
  for (const MemoryBurst &burst : buffer.bursts(view, count)) {
    int64_t elementZero =
        key + path.cycleAt(state.target.sliceStop(burst.slice)) - int64_t(state.target.readLatency);
    Cycles cycles = cyclesOf(burst, interval, elementZero);
    appendMemoryUses(read.uses, state.resources, buffer, path.hemisphere, burst, false, cycles);
    read.earliest = std::max(read.earliest, -cycles.first);
    footprint.last = std::max(footprint.last, cycles.last());
    for (int64_t j = 0; j < burst.count; ++j) {
      int64_t element = burst.firstElement + j * burst.elementStep;
      const Writer &writer = buffer.writer(copy, burst.byte, view.start + element * view.step);
      if (writer.train != scheduling::noTrain)
        addWait(read.waits, {writer.train, writer.ready - (elementZero + element * interval)});
    }
    for (const scheduling::Wait &whole : buffer.readyWhole)
      addWait(read.waits, {whole.on, whole.delay - cycles.first});
  }
  reads.push_back(
      {{&buffer, view, path, copy}, count, interval, key, wanted ? mlir::Location(wanted) : location});
  read.tap = findTap(reads.back());
  footprint.reads.push_back(std::move(read));
  return reads.size() - 1;
}

unsigned TrainBuilder::addResult(Buffer *buffer, const View &view, int64_t count, int64_t interval,
                                 llvm::ArrayRef<StreamPath> paths, unsigned width, int64_t key) {
  StreamDemand demand{{}, width, alignmentOf(width), {key, count, interval}};
  for (const StreamPath &path : paths) {
    demand.segments.push_back(path.segment());
    if (!buffer || path.outward)
      demand.segments.push_back(path.segmentAtVxm());
  }
  footprint.results.push_back(demand);
  results.push_back({count,
                     interval,
                     key,
                     width,
                     unsigned(footprint.results.size() - 1),
                     {paths.begin(), paths.end()},
                     {},
                     {}});
  unsigned result = results.size() - 1;
  if (buffer)
    addWrite(result, *buffer, view);
  return result;
}

void TrainBuilder::addWrite(unsigned number, Buffer &buffer, const View &view) {
  Result &result = results[number];
  for (const StreamPath &path : result.paths) {
    if (!buffer.isIn(path.hemisphere))
      continue;
    result.writes.push_back({&buffer, view, path, buffer.copyIn(path.hemisphere)});
    for (const MemoryBurst &burst : buffer.bursts(view, result.count)) {
      int64_t elementZero = result.key + path.cycleAt(state.target.sliceStop(burst.slice));
      reserveMemory(buffer, path.hemisphere, burst, true, cyclesOf(burst, result.interval, elementZero));
    }
  }
}

void TrainBuilder::addBody(const scheduling::BodySchedule &body, int64_t offset, int64_t count,
                           int64_t interval) {
  for (const scheduling::BodyStep &step : body.steps) {
    footprint.alus.push_back({span({offset + step.depth, count, interval}),
                              int64_t(binary::latencyOf(step.opcode, state.target))});
    footprint.earliest = std::max(footprint.earliest, -(offset + step.depth));
    footprint.last = std::max(footprint.last, footprint.alus.back().cycles.last());
  }
}

/// Whether two progressions share a cycle.
static bool meet(const Cycles &a, const Cycles &b) {
  if (a.last() < b.first || b.last() < a.first)
    return false;
  const Cycles &sparse = a.count < b.count ? a : b, &dense = a.count < b.count ? b : a;
  for (int64_t i = 0; i < sparse.count; ++i) {
    int64_t offset = sparse.first + i * sparse.step - dense.first;
    if (offset >= 0 && offset % dense.step == 0 && offset / dense.step < dense.count)
      return true;
  }
  return false;
}

/// Two uses of `whole` that meet in one cycle of one resource.
std::optional<TrainBuilder::PortClash> TrainBuilder::findPortClash(const scheduling::Train &whole) {
  llvm::DenseMap<Resource, llvm::SmallVector<const Use *>> taken;
  for (const Use &use : whole.uses) {
    if (auto others = taken.find(use.check); others != taken.end())
      for (const Use *other : others->second)
        if (meet(use.cycles, other->cycles))
          return PortClash{use, *other};
    taken[use.take].push_back(&use);
  }
  return std::nullopt;
}

scheduling::Train TrainBuilder::readingFromMemory() const {
  scheduling::Train whole;
  whole.uses = footprint.uses;
  whole.streams = footprint.results;
  whole.alus = footprint.alus;
  for (const scheduling::ReadFootprint &read : footprint.reads) {
    whole.uses.insert(whole.uses.end(), read.uses.begin(), read.uses.end());
    whole.streams.push_back(read.streams);
    whole.earliest = std::max(whole.earliest, read.earliest);
  }
  whole.earliest = std::max(whole.earliest, footprint.earliest);
  return whole;
}

/// Whether a chip on which nothing else runs has the streams and ALUs.
bool TrainBuilder::fitsAlone(const scheduling::Train &whole) const {
  // As many streams as there are fit if they are aligned; most trains have far fewer.
  std::array<unsigned, 2> streams{};
  for (const StreamDemand &demand : whole.streams)
    for (target::Direction direction : {target::Direction::East, target::Direction::West})
      if (llvm::any_of(demand.segments, [&](auto &segment) { return segment.direction == direction; }))
        streams[unsigned(direction)] += demand.width;
  if (*std::max_element(streams.begin(), streams.end()) <= state.target.streamsPerDirection &&
      whole.alus.size() <= state.target.alus)
    return true;
  scheduling::Train trial = whole;
  return ReservationTable(state.target).depart(trial);
}

bool TrainBuilder::fits() const {
  const scheduling::Train whole = readingFromMemory();
  return !findPortClash(whole) && fitsAlone(whole);
}

mlir::LogicalResult TrainBuilder::add(std::unique_ptr<TrainBuilder> builder,
                                      std::function<void(TrainBuilder &)> issue) {
  if (!builder->fits())
    return builder->explain();
  addFitting(std::move(builder), std::move(issue));
  return mlir::success();
}

scheduling::TrainId TrainBuilder::addFitting(std::unique_ptr<TrainBuilder> builder,
                                             std::function<void(TrainBuilder &)> issue) {
  ScheduleState &state = builder->state;
  const scheduling::TrainId train = state.problem.trains.size();
  builder->id = train;
  builder->recordWrites(train);
  state.problem.trains.push_back(std::move(builder->footprint));
  state.trains.push_back({std::move(builder), std::move(issue)});
  return train;
}

void TrainBuilder::recordWrites(scheduling::TrainId train) {
  for (const auto &[number, result] : llvm::enumerate(results)) {
    llvm::SmallPtrSet<Buffer *, 2> written;
    for (const Access &write : result.writes) {
      if (written.insert(write.buffer).second)
        write.buffer->addFlowing({train, unsigned(number), write.view, result.count, result.interval,
                                  result.key, footprint.results[result.demand].segments});
      for (const MemoryBurst &burst : write.buffer->bursts(write.view, result.count)) {
        const int64_t elementZero = result.key + write.path.cycleAt(state.target.sliceStop(burst.slice));
        const Cycles cycles = cyclesOf(burst, result.interval, elementZero);
        for (int64_t j = 0; j < burst.count; ++j) {
          int64_t vector = write.view.start + (burst.firstElement + j * burst.elementStep) * write.view.step;
          Writer &writer = write.buffer->writer(write.copy, burst.byte, vector);
          writer.train = train;
          writer.ready = cycles.first + j * cycles.step + state.target.writeLatency;
        }
      }
    }
  }
}

mlir::InFlightDiagnostic TrainBuilder::explain() const {
  const scheduling::Train whole = readingFromMemory();
  mlir::InFlightDiagnostic error = mlir::emitError(location);
  if (std::optional<PortClash> clash = findPortClash(whole)) {
    const Cycles &cycles = clash->use.cycles, &other = clash->other.cycles;
    return std::move(error << "two of its operands need one memory port in one cycle: "
                           << state.resources.nameOf(clash->use.check) << ", " << cycles.count << " and "
                           << other.count << " cycles from " << cycles.first << " and " << other.first
                           << " after departure");
  }
  int64_t streams = 0;
  for (const StreamDemand &demand : whole.streams)
    streams += demand.width;
  return std::move(error << "it needs more at once than there is: its operands and results take " << streams
                         << " streams and its computation " << whole.alus.size() << " ALUs, target '"
                         << state.target.name << "' has " << state.target.streamsPerDirection
                         << " streams in each direction and " << state.target.alus << " ALUs");
}

Instruction TrainBuilder::memoryInstruction(Opcode opcode, const MemoryBurst &burst, const Cycles &cycles,
                                            unsigned stream, target::Direction direction) const {
  Instruction instruction;
  instruction.opcode = opcode;
  instruction.cycle = cycle() + cycles.first;
  instruction.count = burst.count;
  instruction.interval = burst.count == 1 ? 1 : cycles.step;
  instruction.address = burst.word;
  instruction.step = burst.count == 1 ? 0 : burst.wordStep;
  instruction.stream = stream;
  instruction.direction = int32_t(direction);
  return instruction;
}

void TrainBuilder::addMemoryFlow(std::vector<FlowEdge> &flow, Buffer &buffer, unsigned copy,
                                 const MemoryBurst &burst, llvm::function_ref<int64_t(int64_t)> vectorOf) {
  if (buffer.cardIssues.empty()) {
    FlowRuns runs(flow, binary::kMemorySlot);
    for (int64_t j = 0; j < burst.count; ++j) {
      const int64_t vector = vectorOf(j);
      const Writer &writer = buffer.writer(copy, burst.byte, vector);
      if (writer.issue == initialMemory)
        runs.add(j, initialMemory, burst.byte, vector);
      else
        runs.add(j, writer.issue, 0, writer.element);
    }
    return;
  }
  for (unsigned card = 0; card < state.cards; ++card) {
    FlowRuns runs(flow, binary::kMemorySlot, card);
    for (int64_t j = 0; j < burst.count; ++j) {
      int64_t vector = vectorOf(j);
      runs.add(j, buffer.cardIssue(copy, burst.byte, card, vector, state.cards), 0,
               buffer.writer(copy, burst.byte, vector).element);
    }
  }
}

IssueId TrainBuilder::issueBurst(Buffer &buffer, StreamPath path, const MemoryBurst &burst,
                                 const Cycles &cycles, unsigned stream,
                                 llvm::function_ref<int64_t(int64_t)> vectorOf, mlir::LocationAttr wanted) {
  Instruction instruction = memoryInstruction(Opcode::Read, burst, cycles, stream, path.direction());
  IssueId id = state.issue({Unit::MemRead, path.hemisphere, uint16_t(burst.slice)}, instruction,
                           wanted ? mlir::Location(wanted) : location);
  state.issues[id].buffer = &buffer;
  addMemoryFlow(state.issues[id].flow, buffer, buffer.copyIn(path.hemisphere), burst, vectorOf);
  buffer.lastUse = std::max(buffer.lastUse, cycle() + cycles.last());
  return id;
}

std::vector<StreamSource> TrainBuilder::issueRead(unsigned number) {
  const Read &read = reads[number];
  if (departure->reads[number].taps)
    return tappedSources(number);
  std::vector<StreamSource> sources(read.buffer->bytes);
  for (const MemoryBurst &burst : read.buffer->bursts(read.view, read.count)) {
    int64_t elementZero =
        read.key + read.path.cycleAt(state.target.sliceStop(burst.slice)) - int64_t(state.target.readLatency);
    IssueId id = issueBurst(
        *read.buffer, read.path, burst, cyclesOf(burst, read.interval, elementZero),
        streamOfRead(number) + burst.byte,
        [&](int64_t j) {
          return read.view.start + (burst.firstElement + j * burst.elementStep) * read.view.step;
        },
        read.location);
    sources[burst.byte].push_back({id, 0, burst.firstElement, burst.elementStep, burst.count});
  }
  return sources;
}

/// An ALU's westward result has slots of its own.
static constexpr int32_t westwardSlot = 4;

int32_t TrainBuilder::outputSlot(IssueId producer, int32_t byte, StreamPath path) const {
  bool westward =
      state.issues[producer].queue.unit == Unit::Alu && path.direction() == target::Direction::West;
  return westward ? westwardSlot + byte : byte;
}

std::vector<IssueId> TrainBuilder::issueWrites(unsigned number, llvm::ArrayRef<StreamSource> sources) {
  Result &result = results[number];
  result.sources.assign(sources.begin(), sources.end());
  std::vector<IssueId> ids;
  for (const Access &write : result.writes) {
    for (const MemoryBurst &burst : write.buffer->bursts(write.view, result.count)) {
      int64_t elementZero = result.key + write.path.cycleAt(state.target.sliceStop(burst.slice));
      Cycles cycles = cyclesOf(burst, result.interval, elementZero);
      Instruction instruction = memoryInstruction(
          Opcode::Write, burst, cycles, streamOfResult(number) + burst.byte, write.path.direction());
      StreamSource source = sources[burst.byte];
      // What a word holds is named by what computes it.
      IssueId id = state.issue({Unit::MemWrite, write.path.hemisphere, uint16_t(burst.slice)}, instruction,
                               state.issues[source.front().issue].location);
      ids.push_back(id);
      Issue &issue = state.issues[id];
      issue.buffer = write.buffer;
      for (StreamPart &part : source)
        part.slot = outputSlot(part.issue, part.slot, write.path);
      addStreamFlow(issue.flow, 0, burst.firstElement, burst.elementStep, burst.count, source);
      for (int64_t j = 0; j < burst.count; ++j) {
        int64_t vector = write.view.start + (burst.firstElement + j * burst.elementStep) * write.view.step;
        Writer &writer = write.buffer->writer(write.copy, burst.byte, vector);
        writer.issue = id;
        writer.element = j;
        const int64_t at = cycle() + cycles.first + j * cycles.step;
        write.buffer->firstWrite = std::min(write.buffer->firstWrite, at);
        write.buffer->lastUse = std::max(write.buffer->lastUse, at);
      }
    }
  }
  return ids;
}

std::vector<IssueId> TrainBuilder::issueBody(const scheduling::BodySchedule &body, int64_t offset,
                                             int64_t count, int64_t interval,
                                             llvm::ArrayRef<int32_t> locations,
                                             llvm::ArrayRef<std::vector<StreamSource>> inputs,
                                             llvm::ArrayRef<unsigned> resultNumbers) {
  std::vector<IssueId> steps, issued(body.resultTypes.size());
  for (auto [index, step] : llvm::enumerate(body.steps)) {
    Instruction instruction;
    instruction.opcode = step.opcode;
    instruction.cycle = cycle() + offset + step.depth;
    instruction.count = count;
    instruction.interval = count == 1 ? 1 : interval;
    std::vector<FlowEdge> flow;
    int32_t *fields[3][3] = {{&instruction.aKind, &instruction.aLocation, &instruction.aType},
                             {&instruction.bKind, &instruction.bLocation, &instruction.bType},
                             {&instruction.cKind, &instruction.cLocation, &instruction.cType}};
    for (auto [number, operand] : llvm::enumerate(step.operands)) {
      auto [kind, where, type] = fields[number];
      switch (operand.kind) {
      case BodyOperand::Arrival: {
        *kind = int32_t(binary::OperandKind::Stream);
        *where = locations[operand.value];
        *type = int32_t(body.arrivals[operand.value].type);
        for (auto [byte, source] : llvm::enumerate(inputs[operand.value]))
          addStreamFlow(flow, 4 * number + byte, 0, 1, count, source);
        break;
      }
      case BodyOperand::Immediate:
        *kind = int32_t(binary::OperandKind::Immediate);
        instruction.immediate = operand.value;
        break;
      case BodyOperand::Step:
        *kind = int32_t(binary::OperandKind::Alu);
        *where = departure->alus[issuedAlus + operand.value];
        flow.push_back({-1, int32_t(binary::kChainSlot + number), 0, int32_t(count), steps[operand.value], 0,
                        0, count == 1 ? 0 : 1});
        break;
      }
    }
    for (unsigned result : step.results) {
      const Result &leaves = results[resultNumbers[result]];
      instruction.outType = int32_t(body.resultTypes[result]);
      instruction.stream = streamOfResult(resultNumbers[result]);
      for (const StreamPath &path : leaves.paths)
        (path.hemisphere == Hemisphere::East ? instruction.east : instruction.west) = 1;
    }
    IssueId id = state.issue({Unit::Alu, Hemisphere::East, uint16_t(departure->alus[issuedAlus + index])},
                             instruction, step.location ? mlir::Location(step.location) : location);
    state.issues[id].flow = std::move(flow);
    steps.push_back(id);
    for (unsigned result : step.results)
      issued[result] = id;
  }
  issuedAlus += body.steps.size();
  return issued;
}

scheduling::BodySchedule sched::passThrough(unsigned bytes) {
  scheduling::BodySchedule body;
  body.steps.push_back({Opcode::Move, 0, {{BodyOperand::Arrival, 0}}, {0}});
  body.arrivals.push_back({0, 0,
                           bytes == 4   ? binary::InType::Word
                           : bytes == 2 ? binary::InType::U16
                                        : binary::InType::U8});
  body.resultTypes.push_back(bytes == 4   ? binary::OutType::Word
                             : bytes == 2 ? binary::OutType::Low16
                                          : binary::OutType::Low8);
  return body;
}
