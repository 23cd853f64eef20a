//===- Encoding.cpp - Instructions to words and back ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Encoding.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <array>

using namespace sluice;
using namespace sluice::binary;
using target::Target;

//===----------------------------------------------------------------------===//
// Bits
//===----------------------------------------------------------------------===//

namespace {

/// A word filled or emptied from its low bits upwards.
class BitCursor {
public:
  BitCursor() = default;
  explicit BitCursor(std::string_view bytes) {
    for (size_t byte = kWordBytes; byte-- != 0;)
      word = word << 8 | static_cast<uint8_t>(bytes[byte]);
  }

  void put(uint64_t value, unsigned bits) {
    word |= (static_cast<Word>(value) & mask(bits)) << position;
    position += bits;
  }
  uint64_t get(unsigned bits) {
    uint64_t value = static_cast<uint64_t>(word >> position & mask(bits));
    position += bits;
    return value;
  }
  /// Whether bits that nobody took are set.
  bool hasRest() const { return word >> position != 0; }
  void appendTo(std::string &text) const {
    for (size_t byte = 0; byte != kWordBytes; ++byte)
      text.push_back(static_cast<char>(word >> (8 * byte)));
  }

private:
  __extension__ using Word = unsigned __int128;
  static Word mask(unsigned bits) { return (Word(1) << bits) - 1; }

  Word word = 0;
  unsigned position = 0;
};

} // namespace

static void appendWord(const Instruction &instruction, uint32_t delta, std::string &text) {
  BitCursor cursor;
  cursor.put(uint8_t(instruction.opcode), kOpcodeBits);
  cursor.put(delta, kDeltaBits);
  cursor.put(instruction.count, kCountBits);
  cursor.put(instruction.interval, kIntervalBits);
  for (const Field &field : fieldsOf(opcodeInfo(instruction.opcode).format))
    cursor.put(static_cast<uint64_t>(field.get(instruction)), field.bits);
  cursor.appendTo(text);
}

/// Reads one word; `cycle` advances by its delta.
static absl::StatusOr<Instruction> readWord(std::string_view bytes, uint64_t &cycle) {
  BitCursor cursor(bytes);
  const uint8_t opcode = static_cast<uint8_t>(cursor.get(kOpcodeBits));
  if (!isOpcode(opcode))
    return invalidArgument("unknown opcode ", opcode);
  Instruction instruction;
  instruction.opcode = Opcode(opcode);
  cycle += cursor.get(kDeltaBits);
  instruction.cycle = cycle;
  instruction.count = static_cast<uint32_t>(cursor.get(kCountBits));
  instruction.interval = static_cast<uint32_t>(cursor.get(kIntervalBits));
  for (const Field &field : fieldsOf(opcodeInfo(instruction.opcode).format)) {
    int64_t value = static_cast<int64_t>(cursor.get(field.bits));
    field.set(instruction, value > field.maximum() ? value - (int64_t(1) << field.bits) : value);
  }
  if (cursor.hasRest())
    return invalidArgument("reserved bits of ", mnemonic(instruction.opcode), " are set");
  return instruction;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

namespace {

/// Checks one instruction; the first complaint wins.
class InstructionChecker {
public:
  InstructionChecker(const Queue &queue, const Instruction &instruction, const Target &target)
      : queue(queue), instruction(instruction), target(target) {}

  absl::Status check() {
    if (!isOpcode(uint8_t(instruction.opcode)) || instruction.opcode == Opcode::Nop)
      return invalidArgument("opcode ", unsigned(instruction.opcode), " is not an instruction's");
    checkUnit();
    checkFields();
    if (status.ok())
      checkStreams();
    return status;
  }

private:
  template <typename... Parts>
  void require(bool holds, const Parts &...parts) {
    if (!holds && status.ok())
      status = invalidArgument(mnemonic(instruction.opcode), ": ", parts...);
  }

  void checkUnit() {
    const Opcode opcode = instruction.opcode;
    require(hasQueue(target, queue), "target ", target.name, " has no queue ", queueName(queue));
    require(unitOf(opcode) == queue.unit, "does not run on queue ", queueName(queue));
    if (opcode == Opcode::Send || opcode == Opcode::Receive)
      require(queue.index == 2 * instruction.link + (opcode == Opcode::Receive ? 1 : 0), "link ",
              instruction.link, " does not belong to queue ", queueName(queue));
    if (opcode == Opcode::MultiplyF16)
      require(queue.index == 0, "a tandem of planes is driven by plane 0's queue, not by ", queueName(queue));
  }

  void checkFields() {
    checkRange("count", instruction.count, 1, kMaxCount);
    checkRange("interval", instruction.interval, 1, kMaxInterval);
    Instruction known;
    known.opcode = instruction.opcode;
    known.cycle = instruction.cycle;
    known.count = instruction.count;
    known.interval = instruction.interval;
    for (const Field &field : fieldsOf(opcodeInfo(instruction.opcode).format)) {
      checkRange(field.name, field.get(instruction), field.minimum(), field.maximum());
      field.set(known, field.get(instruction));
    }
    require(known == instruction, "a field that its format lacks is set");
  }

  void checkRange(std::string_view name, int64_t value, int64_t minimum, int64_t maximum) {
    require(value >= minimum && value <= maximum, name, " is ", value, ", not in ", minimum, "...", maximum);
  }

  /// `count` streams from `stream` must exist and `stream` be a multiple of `alignment`.
  void checkGroup(std::string_view name, int64_t stream, int64_t count, int64_t alignment) {
    require(stream + count <= target.streamsPerDirection, name, " = ", stream, " and the ", count - 1,
            " after it go beyond the ", target.streamsPerDirection, " streams");
    require(stream % alignment == 0, name, " = ", stream, " is not a multiple of ", alignment);
  }

  void checkStreams() {
    switch (opcodeInfo(instruction.opcode).format) {
    case Format::NONE:
      break;
    case Format::MEM:
    case Format::LINK:
      checkGroup("stream", instruction.stream, 1, 1);
      break;
    case Format::INDIRECT:
      checkGroup("stream", instruction.stream, 1, 1);
      checkGroup("mapStream", instruction.mapStream, 1, 1);
      break;
    case Format::ALU:
      checkAlu();
      break;
    case Format::LANES:
      checkRange("width", instruction.width, 1, streamCount(InType::Word));
      checkGroup("stream", instruction.stream, instruction.width, 1);
      checkGroup("outStream", instruction.outStream, instruction.width, 1);
      checkGroup("mapStream", instruction.mapStream, instruction.opcode == Opcode::Permute ? 2 : 1, 1);
      break;
    case Format::TRANSPOSE:
      checkGroup("stream", instruction.stream, target.lanesPerSuperlane, 1);
      checkGroup("outStream", instruction.outStream, target.lanesPerSuperlane, 1);
      break;
    case Format::INSTALL:
      checkRange("width", instruction.width, 1, target.installStreams);
      checkGroup("stream", instruction.stream, instruction.width, 1);
      break;
    case Format::MULTIPLY: {
      const unsigned bytes = instruction.opcode == Opcode::MultiplyF16 ? 2 : 1;
      checkGroup("stream", instruction.stream, bytes, bytes);
      if (instruction.emit)
        checkGroup("outStream", instruction.outStream, streamCount(OutType::Word),
                   streamCount(OutType::Word));
      break;
    }
    }
  }

  void checkAlu() {
    const unsigned operands = aluOperands(instruction.opcode);
    checkOperand("operand a", operands >= 1, instruction.aKind, instruction.aLocation, instruction.aType);
    checkOperand("operand b", operands >= 2, instruction.bKind, instruction.bLocation, instruction.bType);
    checkOperand("operand c", operands >= 3, instruction.cKind, instruction.cLocation, instruction.cType);
    if (instruction.east || instruction.west) {
      const unsigned count = streamCount(OutType(instruction.outType));
      checkGroup("stream", instruction.stream, count, count);
    }
  }

  void checkOperand(std::string_view name, bool wanted, int32_t kind, int32_t location, int32_t type) {
    require(wanted == (OperandKind(kind) != OperandKind::None), name,
            wanted ? " is missing" : " is one too many");
    if (OperandKind(kind) == OperandKind::Alu)
      require(location < int32_t(target.alus), name, " chains to ALU ", location, " of ", target.alus);
    if (OperandKind(kind) != OperandKind::Stream)
      return;
    require(type <= int32_t(InType::U16), name, " has the unknown type ", type);
    const unsigned count = streamCount(InType(type));
    checkGroup(name, locationStream(location), count, count);
  }

  const Queue &queue;
  const Instruction &instruction;
  const Target &target;
  absl::Status status;
};

} // namespace

absl::Status binary::checkInstruction(const Queue &queue, const Instruction &instruction,
                                      const Target &target) {
  return InstructionChecker(queue, instruction, target).check();
}

//===----------------------------------------------------------------------===//
// Queues
//===----------------------------------------------------------------------===//

absl::Status binary::encodeQueue(const Queue &queue, std::span<const Instruction> instructions,
                                 const Target &target, std::string &text) {
  const Instruction nop;
  uint64_t now = 0;
  for (size_t index = 0; index != instructions.size(); ++index) {
    const Instruction &instruction = instructions[index];
    if (absl::Status status = checkInstruction(queue, instruction, target); !status.ok())
      return withContext(status, concat("instruction ", index, " in cycle ", instruction.cycle));
    if (instruction.cycle < now)
      return invalidArgument("instruction ", index, " in cycle ", instruction.cycle,
                             " comes after one in cycle ", now);
    for (; instruction.cycle - now > kMaxDelta; now += kMaxDelta)
      appendWord(nop, kMaxDelta, text);
    appendWord(instruction, static_cast<uint32_t>(instruction.cycle - now), text);
    now = instruction.cycle;
  }
  return absl::OkStatus();
}

size_t binary::encodedWords(std::span<const Instruction> instructions) {
  size_t words = instructions.size();
  uint64_t now = 0;
  for (const Instruction &instruction : instructions) {
    if (instruction.cycle > now)
      words += (instruction.cycle - now - 1) / kMaxDelta;
    now = instruction.cycle;
  }
  return words;
}

absl::StatusOr<std::vector<Instruction>> binary::decodeQueue(const Queue &queue, std::string_view text,
                                                             const Target &target) {
  if (text.size() % kWordBytes != 0)
    return invalidArgument("text of ", text.size(), " bytes is not whole words of ", kWordBytes, " bytes");
  std::vector<Instruction> instructions;
  instructions.reserve(text.size() / kWordBytes);
  uint64_t cycle = 0;
  for (size_t word = 0; word != text.size() / kWordBytes; ++word) {
    absl::StatusOr<Instruction> instruction = readWord(text.substr(word * kWordBytes, kWordBytes), cycle);
    absl::Status status = instruction.status();
    if (status.ok() && instruction->opcode == Opcode::Nop) {
      if (instruction->count == 1 && instruction->interval == 1)
        continue;
      status = invalidArgument("nop: count and interval are not 1");
    }
    if (status.ok())
      status = checkInstruction(queue, *instruction, target);
    if (!status.ok())
      return withContext(status, concat("word ", word));
    instructions.push_back(*instruction);
  }
  return instructions;
}
