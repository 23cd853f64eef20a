//===- InstructionTable.cpp - Instructions.def as data --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/EncodingLimits.h"

#include <array>

using namespace sluice;
using namespace sluice::binary;

static constexpr OpcodeInfo kOpcodes[] = {
#define SLUICE_INSTRUCTION(Name, mnemonic, opcode, FORMAT, UnitName, description)                            \
  {Opcode::Name, #Name, mnemonic, Format::FORMAT, Unit::UnitName, 0, LatencyClass::OfOpcode, description},
#define SLUICE_SCALAR(Name, mnemonic, opcode, operands, latency, description)                                \
  {Opcode::Name, #Name, mnemonic, Format::ALU, Unit::Alu, operands, LatencyClass::latency, description},
#include "sluice/Binary/Instructions.def"
};

/// In the order of the table, so that the fields of one format are contiguous.
static constexpr Field kFields[] = {
#define SLUICE_FIELD(FORMAT, member, bits, isSigned)                                                         \
  {Format::FORMAT,                                                                                           \
   #member,                                                                                                  \
   bits,                                                                                                     \
   isSigned,                                                                                                 \
   [](const Instruction &instruction) -> int64_t { return instruction.member; },                             \
   [](Instruction &instruction, int64_t value) {                                                             \
     instruction.member = static_cast<decltype(instruction.member)>(value);                                  \
   }},
#include "sluice/Binary/Instructions.def"
};

static constexpr std::string_view kFormatNames[] = {"NONE",      "MEM",     "INDIRECT", "ALU", "LANES",
                                                    "TRANSPOSE", "INSTALL", "MULTIPLY", "LINK"};

/// Row number + 1 of each opcode number; 0 where there is none.
static constexpr std::array<uint8_t, 256> makeOpcodeIndex() {
  std::array<uint8_t, 256> index{};
  for (size_t row = 0; row != std::size(kOpcodes); ++row)
    index[uint8_t(kOpcodes[row].opcode)] = static_cast<uint8_t>(row + 1);
  return index;
}
static constexpr std::array<uint8_t, 256> kOpcodeIndex = makeOpcodeIndex();
static_assert(kOpcodes[0].opcode == Opcode::Nop, "opcodeInfo falls back to row 0");

/// A word has room for the header and every format's fields.
static constexpr bool formatsFit() {
  std::array<unsigned, std::size(kFormatNames)> bits{};
  for (const Field &field : kFields)
    bits[size_t(field.format)] += field.bits;
  for (unsigned used : bits)
    if (kOpcodeBits + kDeltaBits + kCountBits + kIntervalBits + used > 128)
      return false;
  return true;
}
static_assert(formatsFit(), "a format of Instructions.def overflows the 16-byte word");
static_assert(kMostStreams == 32, "streamLocation and its reverse shift by the 5 bits of a stream");

std::span<const OpcodeInfo> binary::opcodeTable() { return kOpcodes; }

bool binary::isOpcode(uint8_t opcode) { return kOpcodeIndex[opcode] != 0; }

const OpcodeInfo &binary::opcodeInfo(Opcode opcode) {
  const uint8_t row = kOpcodeIndex[uint8_t(opcode)];
  return kOpcodes[row == 0 ? 0 : row - 1];
}

namespace {
/// Where a format's fields lie in kFields.
struct FieldRange {
  size_t first = 0, count = 0;
};
} // namespace

static constexpr std::array<FieldRange, std::size(kFormatNames)> makeFieldRanges() {
  std::array<FieldRange, std::size(kFormatNames)> ranges{};
  for (size_t index = 0; index != std::size(kFields); ++index) {
    FieldRange &range = ranges[size_t(kFields[index].format)];
    if (range.count++ == 0)
      range.first = index;
  }
  return ranges;
}
static constexpr auto kFieldRanges = makeFieldRanges();

std::span<const Field> binary::fieldsOf(Format format) {
  const FieldRange &range = kFieldRanges[size_t(format)];
  return {kFields + range.first, range.count};
}

std::string_view binary::formatName(Format format) { return kFormatNames[size_t(format)]; }
