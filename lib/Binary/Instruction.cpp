//===- Instruction.cpp - What an instruction is and uses ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Instruction.h"
#include "sluice/Binary/Encoding.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::binary;
using target::Direction;
using target::Hemisphere;
using target::Target;

//===----------------------------------------------------------------------===//
// Opcodes
//===----------------------------------------------------------------------===//

std::string_view binary::mnemonic(Opcode opcode) { return opcodeInfo(opcode).mnemonic; }
Unit binary::unitOf(Opcode opcode) { return opcodeInfo(opcode).unit; }
bool binary::isAlu(Opcode opcode) { return opcodeInfo(opcode).format == Format::ALU; }
unsigned binary::aluOperands(Opcode opcode) { return opcodeInfo(opcode).operands; }

unsigned binary::latencyOf(Opcode opcode, const Target &target) {
  switch (opcodeInfo(opcode).latency) {
  case LatencyClass::Simple:
    return target.simpleLatency;
  case LatencyClass::Transcendental:
    return target.transcendentalLatency;
  case LatencyClass::OfOpcode:
    break;
  }
  switch (opcode) {
  case Opcode::Read:
    return target.readLatency;
  case Opcode::Gather:
    return target.gatherLatency;
  case Opcode::Write:
    return target.writeLatency;
  case Opcode::Scatter:
    return target.scatterLatency;
  case Opcode::Permute:
    return target.permuteLatency;
  case Opcode::Distribute:
    return target.distributeLatency;
  case Opcode::Transpose:
    return target.transposeLatency;
  case Opcode::Send:
    return target.linkLatency;
  case Opcode::Receive:
    return target.receiveLatency;
  case Opcode::Install:
    return 1; // Clocked into the loading slot: there in the next cycle.
  case Opcode::MultiplyI8:
  case Opcode::MultiplyF16:
    return target.multiplyLatency;
  default:
    return 0;
  }
}

unsigned binary::streamCount(InType type) {
  switch (type) {
  case InType::Word:
    return kWordStreams;
  case InType::Half:
  case InType::I16:
  case InType::U16:
    return 2;
  case InType::I8:
  case InType::U8:
    break;
  }
  return 1;
}

unsigned binary::streamCount(OutType type) {
  switch (type) {
  case OutType::Word:
    return kWordStreams;
  case OutType::Half:
  case OutType::Low16:
  case OutType::SatI16:
  case OutType::SatU16:
    return 2;
  case OutType::Low8:
  case OutType::SatI8:
  case OutType::SatU8:
    break;
  }
  return 1;
}

//===----------------------------------------------------------------------===//
// Streams
//===----------------------------------------------------------------------===//

namespace {

/// Collects uses of consecutive streams in consecutive slots.
class StreamUses {
public:
  void add(unsigned slot, unsigned count, int32_t direction, int32_t stream, int32_t offset,
           bool firstElementOnly = false) {
    for (unsigned byte = 0; byte != count; ++byte)
      uses.push_back({static_cast<uint8_t>(slot + byte), static_cast<Direction>(direction),
                      static_cast<uint8_t>(stream + byte), offset, firstElementOnly});
  }
  std::vector<StreamUse> take() { return std::move(uses); }

private:
  std::vector<StreamUse> uses;
};

/// Slot of byte 0 of operand `operand`.
constexpr unsigned operandSlot(unsigned operand) { return operand * 4; }

int32_t outwardOf(const Queue &queue) { return static_cast<int32_t>(target::outward(queue.hemisphere)); }
int32_t inwardOf(const Queue &queue) { return static_cast<int32_t>(target::inward(queue.hemisphere)); }

} // namespace

std::vector<StreamUse> binary::streamInputs(const Queue &queue, const Instruction &instruction,
                                            const Target &target) {
  StreamUses uses;
  switch (instruction.opcode) {
  case Opcode::Write:
  case Opcode::Send:
    uses.add(operandSlot(0), 1, instruction.direction, instruction.stream, 0);
    break;
  case Opcode::Gather:
    uses.add(operandSlot(0), 1, instruction.mapDirection, instruction.mapStream, 0);
    break;
  case Opcode::Scatter:
    uses.add(operandSlot(0), 1, instruction.direction, instruction.stream, 0);
    uses.add(operandSlot(1), 1, instruction.mapDirection, instruction.mapStream, 0);
    break;
  case Opcode::Permute:
  case Opcode::Distribute:
    uses.add(operandSlot(0), instruction.width, instruction.direction, instruction.stream, 0);
    uses.add(operandSlot(1), instruction.opcode == Opcode::Permute ? 2 : 1, instruction.mapDirection,
             instruction.mapStream, 0, instruction.hold != 0);
    break;
  case Opcode::Transpose:
    uses.add(0, target.lanesPerSuperlane, instruction.direction, instruction.stream, 0);
    break;
  case Opcode::Install:
    uses.add(0, instruction.width, outwardOf(queue), instruction.stream, 0);
    break;
  case Opcode::MultiplyI8:
    uses.add(operandSlot(0), 1, outwardOf(queue), instruction.stream, 0);
    break;
  case Opcode::MultiplyF16:
    uses.add(operandSlot(0), 2, outwardOf(queue), instruction.stream, 0);
    break;
  default:
    break;
  }
  if (isAlu(instruction.opcode)) {
    auto addOperand = [&](unsigned operand, int32_t kind, int32_t location, int32_t type) {
      if (OperandKind(kind) == OperandKind::Stream)
        uses.add(operandSlot(operand), streamCount(InType(type)), locationDirection(location),
                 locationStream(location), -int32_t(target.vxmEntryLatency));
    };
    addOperand(0, instruction.aKind, instruction.aLocation, instruction.aType);
    addOperand(1, instruction.bKind, instruction.bLocation, instruction.bType);
    addOperand(2, instruction.cKind, instruction.cLocation, instruction.cType);
  }
  return uses.take();
}

std::vector<StreamUse> binary::streamOutputs(const Queue &queue, const Instruction &instruction,
                                             const Target &target) {
  StreamUses uses;
  const int32_t latency = latencyOf(instruction.opcode, target);
  switch (instruction.opcode) {
  case Opcode::Read:
  case Opcode::Gather:
  case Opcode::Receive:
    uses.add(0, 1, instruction.direction, instruction.stream, latency);
    break;
  case Opcode::Permute:
  case Opcode::Distribute:
    uses.add(0, instruction.width, instruction.outDirection, instruction.outStream, latency);
    break;
  case Opcode::Transpose:
    uses.add(0, target.lanesPerSuperlane, instruction.outDirection, instruction.outStream, latency);
    break;
  case Opcode::MultiplyI8:
  case Opcode::MultiplyF16:
    if (instruction.emit)
      uses.add(0, streamCount(OutType::Word), inwardOf(queue), instruction.outStream, latency);
    break;
  default:
    break;
  }
  if (isAlu(instruction.opcode)) {
    const unsigned count = streamCount(OutType(instruction.outType));
    if (instruction.east)
      uses.add(operandSlot(0), count, int32_t(Direction::East), instruction.stream, latency);
    if (instruction.west)
      uses.add(operandSlot(1), count, int32_t(Direction::West), instruction.stream, latency);
  }
  return uses.take();
}
