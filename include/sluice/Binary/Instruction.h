//===- Instruction.h - One burst instruction and where it runs --*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_BINARY_INSTRUCTION_H
#define SLUICE_BINARY_INSTRUCTION_H

#include "sluice/Binary/Units.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::binary {

enum class Opcode : uint8_t {
#define SLUICE_INSTRUCTION(Name, mnemonic, opcode, FORMAT, Unit, description) Name = opcode,
#include "sluice/Binary/Instructions.def"
};

/// Where an ALU operand comes from.
enum class OperandKind : uint8_t { None = 0, Stream = 1, Immediate = 2, Alu = 3 };

/// How an ALU widens a stream operand to 32 bits. Word takes an aligned quad of
/// streams, Half and the 16-bit integers an even pair, the rest one stream.
enum class InType : uint8_t { Word = 0, Half = 1, I8 = 2, U8 = 3, I16 = 4, U16 = 5 };

/// How an ALU narrows its 32-bit result onto streams. Half rounds fp32 to
/// nearest even fp16; Low8/Low16 keep low bits; Sat* clamp the int32.
enum class OutType : uint8_t {
  Word = 0,
  Half = 1,
  Low8 = 2,
  Low16 = 3,
  SatI8 = 4,
  SatU8 = 5,
  SatI16 = 6,
  SatU16 = 7
};

/// Streams of a value of 32 bits, the widest that there is.
inline constexpr unsigned kWordStreams = 4;
/// Number of streams (bytes a lane) of an operand or result type.
unsigned streamCount(InType type);
unsigned streamCount(OutType type);

/// A decoded burst instruction: the fields of Instructions.def; a field that the
/// opcode's format lacks is zero. `cycle` is the dispatch cycle of element 0.
struct Instruction {
  Opcode opcode = Opcode::Nop;
  uint64_t cycle = 0;
  uint32_t count = 1;
  uint32_t interval = 1;

  int32_t address = 0, step = 0;
  int32_t stream = 0, direction = 0;
  int32_t mapStream = 0, mapDirection = 0;
  int32_t aKind = 0, aLocation = 0, aType = 0;
  int32_t bKind = 0, bLocation = 0, bType = 0;
  int32_t cKind = 0, cLocation = 0, cType = 0;
  int32_t east = 0, west = 0, outType = 0;
  uint32_t immediate = 0;
  int32_t width = 0, hold = 0, outStream = 0, outDirection = 0;
  int32_t column = 0;
  int32_t swap = 0, accumulate = 0, emit = 0, lanes = 0, accumulator = 0;
  int32_t link = 0;

  bool operator==(const Instruction &) const = default;
};

std::string_view mnemonic(Opcode opcode);
/// Unit that executes `opcode`.
Unit unitOf(Opcode opcode);
bool isAlu(Opcode opcode);
/// Operands that an ALU opcode reads (1...3).
unsigned aluOperands(Opcode opcode);
/// Cycles from dispatch to result, from the target's table: to the stream for
/// what puts a vector on one, to the word for Write and Scatter, to the matching
/// Receive's dispatch for Send, to the loading slot for Install; 0 for Nop.
unsigned latencyOf(Opcode opcode, const target::Target &target);

/// One vector that an element of a burst takes from, or puts on, a stream.
/// At the stop of the instruction's unit, element i uses the value present at
/// cycle + i * interval + offset (negative for the VXM's entry). Stops: the slice's,
/// 0 for the VXM, the SXM's for its units and links, the MXM's for a plane.
struct StreamUse {
  uint8_t slot; ///< operand number * 4 + byte (see docs/container.md)
  target::Direction direction;
  uint8_t stream;
  int32_t offset;        ///< cycles after the element's dispatch
  bool firstElementOnly; ///< a held lane map
};

/// Streams that `instruction` on `queue` reads and writes, in slot order.
/// Operand numbers: Write/Send 0 data; Gather 0 offsets; Scatter 0 data, 1 offsets;
/// ALU 0, 1, 2 = a, b, c; Permute/Distribute 0 data, 1 map; Transpose: slot = stream
/// number 0...15; Install: slot = stream number 0...15; Multiply 0 row. Outputs: slot = byte, + 4 for the
/// westward copy of an ALU's result; Transpose: slot = stream number 0...15.
std::vector<StreamUse> streamInputs(const Queue &queue, const Instruction &instruction,
                                    const target::Target &target);
std::vector<StreamUse> streamOutputs(const Queue &queue, const Instruction &instruction,
                                     const target::Target &target);

} // namespace sluice::binary

#endif // SLUICE_BINARY_INSTRUCTION_H
