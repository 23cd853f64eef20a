//===- Operands.cpp - Bursts that make sense by themselves ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operands.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;
using namespace sluice::binary;
using target::Target;

/// Cycles beyond which no program reaches; keeps sums of cycles in range.
static constexpr uint64_t cycleLimit = uint64_t(1) << 48;

static std::string outside(std::string_view what, int64_t value, int64_t limit) {
  return value >= 0 && value < limit ? "" : concat(what, " ", value, " is outside 0...", limit - 1);
}

/// `count` streams from `stream`, aligned to `alignment`.
static std::string streamFault(std::string_view what, int64_t stream, unsigned count, unsigned alignment,
                               const Target &target) {
  if (stream < 0 || stream + count > target.streamsPerDirection)
    return concat(what, ": streams ", stream, "...", stream + count - 1, " of ", target.streamsPerDirection);
  if (stream % alignment != 0)
    return concat(what, ": stream ", stream, " is not a multiple of ", alignment);
  return "";
}

static std::string memoryFault(const Instruction &instruction, const Target &target) {
  if (std::string fault = streamFault("stream", instruction.stream, 1, 1, target); !fault.empty())
    return fault;
  if (instruction.opcode == Opcode::Gather || instruction.opcode == Opcode::Scatter) {
    if (std::string fault = streamFault("offsets", instruction.mapStream, 1, 1, target); !fault.empty())
      return fault;
    return outside("address", instruction.address, target.wordsPerSlice());
  }
  if (std::string fault = outside("address", instruction.address, target.wordsPerSlice()); !fault.empty())
    return fault;
  const int64_t last = instruction.address + int64_t(instruction.count - 1) * instruction.step;
  return outside("last address", last, target.wordsPerSlice());
}

static std::string aluFault(const Instruction &instruction, const Target &target) {
  struct {
    std::string_view name;
    int32_t kind, location, type;
  } operands[] = {{"operand a", instruction.aKind, instruction.aLocation, instruction.aType},
                  {"operand b", instruction.bKind, instruction.bLocation, instruction.bType},
                  {"operand c", instruction.cKind, instruction.cLocation, instruction.cType}};
  for (unsigned index = 0; index != 3; ++index) {
    const auto &[name, kind, location, type] = operands[index];
    const bool needed = index < aluOperands(instruction.opcode);
    if (needed != (OperandKind(kind) != OperandKind::None))
      return concat(name, needed ? " is missing" : " is one too many");
    std::string fault;
    if (OperandKind(kind) == OperandKind::Alu)
      fault = outside(concat(name, ": ALU"), location, target.alus);
    else if (OperandKind(kind) == OperandKind::Stream) {
      fault = outside(concat(name, ": type"), type, int64_t(InType::U16) + 1);
      if (fault.empty()) {
        const unsigned count = streamCount(InType(type));
        fault = streamFault(name, locationStream(location), count, count, target);
      }
    }
    if (!fault.empty())
      return fault;
  }
  if (!instruction.east && !instruction.west)
    return "";
  const unsigned count = streamCount(OutType(instruction.outType));
  return streamFault("result", instruction.stream, count, count, target);
}

static std::string lanesFault(const Instruction &instruction, const Target &target) {
  if (instruction.width < 1 || instruction.width > 4)
    return concat("width ", instruction.width, " is outside 1...4");
  const unsigned width = unsigned(instruction.width);
  if (std::string fault = streamFault("data", instruction.stream, width, 1, target); !fault.empty())
    return fault;
  const unsigned mapStreams = instruction.opcode == Opcode::Permute ? 2 : 1;
  if (std::string fault = streamFault("map", instruction.mapStream, mapStreams, 1, target); !fault.empty())
    return fault;
  return streamFault("result", instruction.outStream, width, 1, target);
}

static std::string transposeFault(const Instruction &instruction, const Target &target) {
  if (std::string fault = streamFault("data", instruction.stream, target.lanesPerSuperlane, 1, target);
      !fault.empty())
    return fault;
  return streamFault("result", instruction.outStream, target.lanesPerSuperlane, 1, target);
}

static std::string installFault(const Instruction &instruction, const Target &target) {
  if (instruction.column + int64_t(instruction.count) > target.columnGroups())
    return concat("column groups ", instruction.column, "...", instruction.column + instruction.count - 1,
                  " of ", target.columnGroups());
  if (instruction.width < 1 || unsigned(instruction.width) > target.installStreams)
    return concat("width ", instruction.width, " is outside 1...", target.installStreams);
  return streamFault("weights", instruction.stream, unsigned(instruction.width), 1, target);
}

static std::string multiplyFault(const Queue &queue, const Instruction &instruction, const Target &target) {
  const bool tandem = instruction.opcode == Opcode::MultiplyF16;
  if (tandem && queue.index != 0)
    return concat("a tandem is driven by plane 0, not plane ", queue.index);
  if (tandem && target.planesPerHemisphere < 2)
    return "the hemisphere has no second plane for a tandem";
  if (tandem && instruction.count > 1 && instruction.interval < target.f16RowInterval)
    return concat("fp16 rows ", instruction.interval, " cycles apart need ", target.f16RowInterval);
  if (instruction.lanes < 1 || unsigned(instruction.lanes) > target.lanes())
    return concat("lanes ", instruction.lanes, " is outside 1...", target.lanes());
  if (instruction.accumulator + int64_t(instruction.count) > target.accumulatorRows)
    return concat("accumulator rows ", instruction.accumulator, "...",
                  instruction.accumulator + instruction.count - 1, " of ", target.accumulatorRows);
  if (std::string fault = streamFault("row", instruction.stream, tandem ? 2 : 1, 1, target); !fault.empty())
    return fault;
  const unsigned word = streamCount(OutType::Word);
  return instruction.emit ? streamFault("result", instruction.outStream, word, word, target) : "";
}

static std::string linkFault(const Queue &queue, const Instruction &instruction, uint32_t card,
                             uint32_t cards, const Target &target) {
  if (instruction.link != queue.index / 2)
    return concat("link ", instruction.link, " on a queue of link ", queue.index / 2);
  if ((instruction.opcode == Opcode::Receive) != (queue.index % 2 == 1))
    return "the link's other queue runs it";
  if (unsigned(instruction.link) >= target.localLinks)
    return concat("link ", instruction.link, " leaves the node");
  const unsigned peer = target.localPeer(card, unsigned(instruction.link));
  if (peer >= cards)
    return concat("link ", instruction.link, " leads to card ", peer, " of a program for ", cards, " cards");
  return streamFault("stream", instruction.stream, 1, 1, target);
}

std::string verifier::operandFault(const Queue &queue, const Instruction &instruction, uint32_t card,
                                   uint32_t cards, const Target &target) {
  if (!isOpcode(uint8_t(instruction.opcode)))
    return concat("opcode ", unsigned(instruction.opcode), " is not known");
  if (unitOf(instruction.opcode) != queue.unit)
    return "another unit runs it";
  if (instruction.count < 1 || instruction.count > kMaxCount)
    return concat("count ", instruction.count, " is outside 1...", kMaxCount);
  if (instruction.interval < 1 || instruction.interval > kMaxInterval)
    return concat("interval ", instruction.interval, " is outside 1...", kMaxInterval);
  if (instruction.cycle >= cycleLimit)
    return concat("cycle ", instruction.cycle, " is beyond ", cycleLimit);
  const Format format = opcodeInfo(instruction.opcode).format;
  for (const Field &field : fieldsOf(format))
    if (int64_t value = field.get(instruction); value < field.minimum() || value > field.maximum())
      return concat(field.name, " ", value, " does not fit its ", field.bits, " bits");
  switch (format) {
  case Format::NONE:
    return "it stands for time in encoded text only";
  case Format::MEM:
  case Format::INDIRECT:
    return memoryFault(instruction, target);
  case Format::ALU:
    return aluFault(instruction, target);
  case Format::LANES:
    return lanesFault(instruction, target);
  case Format::TRANSPOSE:
    return transposeFault(instruction, target);
  case Format::INSTALL:
    return installFault(instruction, target);
  case Format::MULTIPLY:
    return multiplyFault(queue, instruction, target);
  case Format::LINK:
    return linkFault(queue, instruction, card, cards, target);
  }
  return "";
}

void verifier::checkOperands(const Program &program, uint32_t card, const BurstTable &table,
                             const Target &target, Findings &findings) {
  const Card &content = program.cards[card];
  for (size_t index = 0; index != content.queues.size(); ++index) {
    const QueueProgram &queue = content.queues[index];
    auto report = [&](std::string_view why) {
      findings.report(Hazard::Malformed, 0,
                      [&] { return concat("queue ", queueName(queue.queue), " ", why); });
    };
    if (!hasQueue(target, queue.queue))
      report(concat("does not exist on ", target.name));
    if (index > 0 && !(content.queues[index - 1].queue < queue.queue))
      report("is given twice or out of order");
    if (queue.locations.size() != queue.instructions.size())
      report(concat("has ", queue.locations.size(), " locations for ", queue.instructions.size(),
                    " instructions"));
  }
  if (!findings.empty())
    return;

  const auto cards = static_cast<uint32_t>(program.cards.size());
  for (uint32_t burst = 0; burst != table.size(); ++burst) {
    const BurstTable::Entry &entry = table[burst];
    const Instruction &instruction = *entry.what;
    std::string fault = operandFault(*entry.where, instruction, card, cards, target);
    if (fault.empty() && entry.instruction > 0 && table[burst - 1].what->cycle > instruction.cycle)
      fault = concat("it follows ", table.describe({burst - 1, 0}));
    const uint32_t location = content.queues[entry.queue].locations[entry.instruction];
    if (fault.empty() && location >= uint32_t(program.metadata.locations_size()) &&
        !(location == 0 && program.metadata.locations_size() == 0))
      fault = concat("location ", location, " of ", program.metadata.locations_size());
    const uint64_t last = instruction.cycle + uint64_t(instruction.count - 1) * instruction.interval;
    if (fault.empty() && last >= program.metadata.cycles())
      fault = concat("its last element is dispatched in cycle ", last, " of a program of ",
                     program.metadata.cycles());
    if (!fault.empty())
      findings.report(Hazard::Malformed, instruction.cycle,
                      [&] { return concat(table.describe({burst, 0}), ": ", fault); });
  }
}
