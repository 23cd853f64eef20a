//===- InstructionPrinter.cpp - Instructions in assembly ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Printer.h"
#include "sluice/Support/Strings.h"

#include "absl/strings/str_format.h"

using namespace sluice;
using namespace sluice::binary;
using target::Target;

static constexpr std::string_view kInTypes[] = {"word", "half", "i8", "u8", "i16", "u16"};
static constexpr std::string_view kOutTypes[] = {"word",   "half",   "low8",    "low16",
                                                 "sat.i8", "sat.u8", "sat.i16", "sat.u16"};

static std::string_view directionName(int32_t direction) { return direction == 0 ? "e" : "w"; }

/// "s4" or "s4..7": `count` streams from `stream`.
static std::string streams(int32_t stream, int32_t count) {
  return count == 1 ? concat("s", stream) : concat("s", stream, "..", stream + count - 1);
}

/// "s4..7.e": as above, with their direction.
static std::string streams(int32_t stream, int32_t count, int32_t direction) {
  return concat(streams(stream, count), ".", directionName(direction));
}

static std::string address(int32_t address) { return absl::StrFormat("@0x%04x", address); }

static std::string printMemory(const Instruction &instruction) {
  std::string where = concat(address(instruction.address), " step ", instruction.step);
  std::string what = streams(instruction.stream, 1, instruction.direction);
  return instruction.opcode == Opcode::Read ? concat(where, " -> ", what) : concat(what, " -> ", where);
}

static std::string printIndirect(const Instruction &instruction) {
  std::string where = concat(address(instruction.address), " + ",
                             streams(instruction.mapStream, 1, instruction.mapDirection));
  std::string what = streams(instruction.stream, 1, instruction.direction);
  return instruction.opcode == Opcode::Gather ? concat(where, " -> ", what) : concat(what, " -> ", where);
}

static std::string printOperand(const Instruction &instruction, int32_t kind, int32_t location,
                                int32_t type) {
  switch (OperandKind(kind)) {
  case OperandKind::None:
    return "none";
  case OperandKind::Stream: {
    const InType inType = InType(type);
    return concat(
        streams(locationStream(location), int32_t(streamCount(inType)), locationDirection(location)), ":",
        kInTypes[size_t(type)]);
  }
  case OperandKind::Immediate:
    return absl::StrFormat("0x%08x", instruction.immediate);
  case OperandKind::Alu:
    return concat("vxm.", location);
  }
  return "none";
}

static std::string printAlu(const Instruction &instruction) {
  const unsigned operands = aluOperands(instruction.opcode);
  std::string text = printOperand(instruction, instruction.aKind, instruction.aLocation, instruction.aType);
  if (operands >= 2)
    text +=
        concat(", ", printOperand(instruction, instruction.bKind, instruction.bLocation, instruction.bType));
  if (operands >= 3)
    text +=
        concat(", ", printOperand(instruction, instruction.cKind, instruction.cLocation, instruction.cType));
  if (!instruction.east && !instruction.west)
    return text + " -> chain";
  const int32_t count = int32_t(streamCount(OutType(instruction.outType)));
  return concat(text, " -> ", streams(instruction.stream, count), ".", instruction.east ? "e" : "",
                instruction.west ? "w" : "", ":", kOutTypes[size_t(instruction.outType)]);
}

static std::string printLanes(const Instruction &instruction) {
  const int32_t mapBytes = instruction.opcode == Opcode::Permute ? 2 : 1;
  return concat(streams(instruction.stream, instruction.width, instruction.direction), " map ",
                streams(instruction.mapStream, mapBytes, instruction.mapDirection),
                instruction.hold ? " hold" : "", " -> ",
                streams(instruction.outStream, instruction.width, instruction.outDirection));
}

static std::string printMultiply(const Instruction &instruction) {
  const int32_t bytes = instruction.opcode == Opcode::MultiplyF16 ? 2 : 1;
  std::string text = concat(streams(instruction.stream, bytes), " lanes ", instruction.lanes,
                            instruction.swap ? " swap" : "", instruction.accumulate ? " add" : " set",
                            " acc ", instruction.accumulator);
  if (instruction.emit)
    text += concat(" -> ", streams(instruction.outStream, int32_t(streamCount(OutType::Word))));
  return text;
}

static std::string printOperands(const Instruction &instruction, const Target &target) {
  switch (opcodeInfo(instruction.opcode).format) {
  case Format::NONE:
    break;
  case Format::MEM:
    return printMemory(instruction);
  case Format::INDIRECT:
    return printIndirect(instruction);
  case Format::ALU:
    return printAlu(instruction);
  case Format::LANES:
    return printLanes(instruction);
  case Format::TRANSPOSE: {
    const int32_t count = int32_t(target.lanesPerSuperlane);
    return concat(streams(instruction.stream, count, instruction.direction), " -> ",
                  streams(instruction.outStream, count, instruction.outDirection));
  }
  case Format::INSTALL:
    return concat(streams(instruction.stream, instruction.width), " -> group ", instruction.column);
  case Format::MULTIPLY:
    return printMultiply(instruction);
  case Format::LINK: {
    std::string what = streams(instruction.stream, 1, instruction.direction);
    std::string link = concat("link", instruction.link);
    return instruction.opcode == Opcode::Send ? concat(what, " -> ", link) : concat(link, " -> ", what);
  }
  }
  return "";
}

std::string binary::printInstruction(const Instruction &instruction, const Target &target) {
  std::string text = absl::StrFormat("%-12s ", std::string(mnemonic(instruction.opcode))) +
                     printOperands(instruction, target);
  if (instruction.count != 1)
    text += concat("  x", instruction.count, "/", instruction.interval);
  return text;
}
