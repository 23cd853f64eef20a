//===- EncodingTest.cpp - Instruction words -------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Encoding.h"

#include "gtest/gtest.h"

using namespace sluice;
using namespace sluice::binary;
using target::Direction;
using target::Hemisphere;
using target::Target;

namespace {

Target tsp1() { return *target::targetByName("tsp1"); }

/// A queue that runs `opcode`.
Queue queueFor(Opcode opcode, int32_t link = 0) {
  Queue queue{unitOf(opcode), Hemisphere::East, 0};
  if (queue.unit == Unit::Link) {
    queue.index = static_cast<uint16_t>(2 * link + (opcode == Opcode::Receive));
    queue.hemisphere = tsp1().linkHemisphere(static_cast<unsigned>(link));
  }
  return queue;
}

/// An instruction of `opcode` that is valid and has as few fields set as possible.
Instruction smallest(Opcode opcode) {
  Instruction instruction;
  instruction.opcode = opcode;
  if (Format format = opcodeInfo(opcode).format; format == Format::LANES || format == Format::INSTALL)
    instruction.width = 1;
  const unsigned operands = aluOperands(opcode);
  instruction.aKind = operands >= 1 ? int32_t(OperandKind::Immediate) : 0;
  instruction.bKind = operands >= 2 ? int32_t(OperandKind::Immediate) : 0;
  instruction.cKind = operands >= 3 ? int32_t(OperandKind::Immediate) : 0;
  return instruction;
}

/// Encodes and decodes one instruction, or tells why that cannot be.
absl::StatusOr<Instruction> roundTrip(const Queue &queue, const Instruction &instruction) {
  std::string text;
  if (absl::Status status = encodeQueue(queue, {&instruction, 1}, tsp1(), text); !status.ok())
    return status;
  EXPECT_EQ(text.size(), kWordBytes);
  absl::StatusOr<std::vector<Instruction>> decoded = decodeQueue(queue, text, tsp1());
  if (!decoded.ok())
    return decoded.status();
  EXPECT_EQ(decoded->size(), 1u);
  return decoded->front();
}

std::string encodeOne(const Instruction &instruction) {
  std::string text;
  EXPECT_TRUE(encodeQueue(queueFor(instruction.opcode), {&instruction, 1}, tsp1(), text).ok());
  return text;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (char byte : bytes)
    for (unsigned shift : {4u, 0u})
      text.push_back("0123456789abcdef"[static_cast<uint8_t>(byte) >> shift & 15]);
  return text;
}

std::string_view messageOf(const absl::Status &status) {
  return {status.message().data(), status.message().size()};
}
template <typename T>
std::string messageOf(const absl::StatusOr<T> &result) {
  return std::string(messageOf(result.status()));
}

} // namespace

// Words packed by hand (Python: sum of value << position, 16 bytes little endian).
TEST(Encoding, PacksTheDocumentedBits) {
  // 1 | 1234 << 8 | 640 << 28 | 2 << 44 | 0x42 << 52 | 1 << 65 | 4 << 79, direction east.
  Instruction read = smallest(Opcode::Read);
  read.cycle = 1234;
  read.count = 640;
  read.interval = 2;
  read.address = 0x42;
  read.step = 1;
  read.stream = 4;
  EXPECT_EQ(hex(encodeOne(read)), "01d20400282020040200020000000000");
  // As above with step -1 (all 14 bits set), direction west (bit 84).
  read.step = -1;
  read.direction = 1;
  EXPECT_EQ(hex(encodeOne(read)), "01d2040028202004fe7f120000000000");
}

// Every field of every opcode keeps its extremes and loses nothing else.
TEST(Encoding, RoundTripsEveryOpcodeAtFieldExtremes) {
  const Target target = tsp1();
  unsigned tried = 0;
  for (const OpcodeInfo &info : opcodeTable()) {
    if (info.opcode == Opcode::Nop)
      continue;
    std::vector<Instruction> cases = {smallest(info.opcode)};
    for (const Field &field : fieldsOf(info.format))
      for (int64_t value : {field.minimum(), int64_t(1), field.maximum()}) {
        Instruction instruction = smallest(info.opcode);
        field.set(instruction, value);
        cases.push_back(instruction);
      }
    for (uint32_t count : {1u, kMaxCount}) {
      cases.push_back(smallest(info.opcode));
      cases.back().cycle = kMaxDelta;
      cases.back().count = count;
      cases.back().interval = kMaxInterval;
    }
    for (const Instruction &instruction : cases) {
      if (instruction.link >= int32_t(target.localLinks + target.globalLinks))
        continue;
      const Queue queue = queueFor(info.opcode, instruction.link);
      if (!checkInstruction(queue, instruction, target).ok())
        continue; // A stream group beyond the last stream, a missing operand.
      absl::StatusOr<Instruction> back = roundTrip(queue, instruction);
      ASSERT_TRUE(back.ok()) << info.name << ": " << messageOf(back);
      EXPECT_TRUE(*back == instruction) << info.name;
      ++tried;
    }
  }
  EXPECT_GT(tried, 1000u);
}

// A field value one beyond its bits is refused by name, not cut.
TEST(Encoding, RefusesFieldsOutOfRange) {
  for (const OpcodeInfo &info : opcodeTable())
    for (const Field &field : fieldsOf(info.format)) {
      if (field.bits == 32)
        continue; // Every 32-bit immediate is one.
      for (int64_t value : {field.minimum() - 1, field.maximum() + 1}) {
        Instruction instruction = smallest(info.opcode);
        field.set(instruction, value);
        absl::Status status =
            checkInstruction(queueFor(info.opcode, instruction.link & 7), instruction, tsp1());
        EXPECT_FALSE(status.ok()) << info.name << " " << field.name << " " << value;
      }
    }
  Instruction read = smallest(Opcode::Read);
  read.address = 1 << 13;
  EXPECT_EQ(messageOf(checkInstruction(queueFor(Opcode::Read), read, tsp1())),
            "read: address is 8192, not in 0...8191");
  read = smallest(Opcode::Read);
  read.count = 0;
  EXPECT_EQ(messageOf(checkInstruction(queueFor(Opcode::Read), read, tsp1())),
            "read: count is 0, not in 1...65535");
  read = smallest(Opcode::Read);
  read.emit = 1;
  EXPECT_EQ(messageOf(checkInstruction(queueFor(Opcode::Read), read, tsp1())),
            "read: a field that its format lacks is set");
}

// Stream groups must exist and be aligned, operands be as many as the operation's.
TEST(Encoding, RefusesWhatMakesNoSense) {
  const Target target = tsp1();
  Instruction add = smallest(Opcode::AddF);
  add.bKind = int32_t(OperandKind::None);
  EXPECT_EQ(messageOf(checkInstruction(queueFor(Opcode::AddF), add, target)), "add.f: operand b is missing");
  add = smallest(Opcode::AddF);
  add.cKind = int32_t(OperandKind::Immediate);
  EXPECT_EQ(messageOf(checkInstruction(queueFor(Opcode::AddF), add, target)),
            "add.f: operand c is one too many");
  add = smallest(Opcode::AddF);
  add.aKind = int32_t(OperandKind::Stream);
  add.aLocation = streamLocation(Direction::West, 2);
  EXPECT_EQ(messageOf(checkInstruction(queueFor(Opcode::AddF), add, target)),
            "add.f: operand a = 2 is not a multiple of 4");
  add.aType = 6;
  EXPECT_EQ(messageOf(checkInstruction(queueFor(Opcode::AddF), add, target)),
            "add.f: operand a has the unknown type 6");
  Instruction chained = smallest(Opcode::Move);
  chained.aKind = int32_t(OperandKind::Alu);
  chained.aLocation = 16;
  EXPECT_EQ(messageOf(checkInstruction(queueFor(Opcode::Move), chained, target)),
            "move: operand a chains to ALU 16 of 16");
  Instruction install = smallest(Opcode::Install);
  install.stream = 17;
  install.width = 16;
  EXPECT_EQ(messageOf(checkInstruction(queueFor(Opcode::Install), install, target)),
            "install: stream = 17 and the 15 after it go beyond the 32 streams");
  EXPECT_EQ(
      messageOf(checkInstruction({Unit::MemRead, Hemisphere::East, 44}, smallest(Opcode::Read), target)),
      "read: target tsp1 has no queue mem.e44.r");
  EXPECT_EQ(
      messageOf(checkInstruction({Unit::MemWrite, Hemisphere::East, 0}, smallest(Opcode::Read), target)),
      "read: does not run on queue mem.e0.w");
  EXPECT_FALSE(
      checkInstruction({Unit::Multiplier, Hemisphere::East, 1}, smallest(Opcode::MultiplyF16), target).ok());
  EXPECT_FALSE(checkInstruction({Unit::Link, Hemisphere::East, 4}, smallest(Opcode::Send), target).ok());
}

// 2^20 - 1 cycles fit a word; longer gaps take Nops, which decoding drops again.
TEST(Encoding, BridgesLongGapsWithNops) {
  std::vector<Instruction> instructions(3, smallest(Opcode::Read));
  instructions[1].cycle = (1u << 20) - 1;
  instructions[2].cycle = instructions[1].cycle + 3 * uint64_t(kMaxDelta) + 1;
  std::string text;
  const Queue queue = queueFor(Opcode::Read);
  ASSERT_TRUE(encodeQueue(queue, instructions, tsp1(), text).ok());
  EXPECT_EQ(text.size(), (3 + 3) * kWordBytes);
  EXPECT_EQ(encodedWords(instructions), 6u);
  absl::StatusOr<std::vector<Instruction>> decoded = decodeQueue(queue, text, tsp1());
  ASSERT_TRUE(decoded.ok());
  EXPECT_TRUE(*decoded == instructions);

  std::swap(instructions[0], instructions[1]);
  EXPECT_EQ(messageOf(encodeQueue(queue, instructions, tsp1(), text)),
            "instruction 1 in cycle 0 comes after one in cycle 1048575");
}

TEST(Encoding, RefusesWordsThatItDoesNotKnow) {
  const Queue queue = queueFor(Opcode::Read);
  const std::string good = encodeOne(smallest(Opcode::Read));
  for (unsigned opcode = 0; opcode != 256; ++opcode) {
    std::string word = good;
    word[0] = static_cast<char>(opcode);
    const bool runsHere = opcode == 0x00 || opcode == 0x01 || opcode == 0x02;
    EXPECT_EQ(decodeQueue(queue, word, tsp1()).ok(), runsHere) << opcode;
  }
  // Read uses 52 + 33 bits; each of the others is reserved.
  for (unsigned bit = 85; bit != 128; ++bit) {
    std::string word = good;
    word[bit / 8] = static_cast<char>(word[bit / 8] | 1 << bit % 8);
    EXPECT_EQ(messageOf(decodeQueue(queue, word, tsp1())), "word 0: reserved bits of read are set") << bit;
  }
  std::string noCount = good;
  noCount[3] = static_cast<char>(noCount[3] & 0x0f);
  EXPECT_EQ(messageOf(decodeQueue(queue, noCount, tsp1())), "word 0: read: count is 0, not in 1...65535");
  EXPECT_EQ(messageOf(decodeQueue(queue, good.substr(1), tsp1())),
            "text of 15 bytes is not whole words of 16 bytes");
}
