//===- Encoding.h - Instruction words and their table -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Instructions.def as data: what encoder, decoder, printer and documentation
// walk over. docs/isa.md shows the words.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_BINARY_ENCODING_H
#define SLUICE_BINARY_ENCODING_H

#include "sluice/Binary/Instruction.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::binary {

/// The field layouts behind the header; an instruction has exactly one.
enum class Format : uint8_t { NONE, MEM, INDIRECT, ALU, LANES, TRANSPOSE, INSTALL, MULTIPLY, LINK };

/// Which entry of the target's table gives an instruction's latency.
enum class LatencyClass : uint8_t { Simple, Transcendental, OfOpcode };

/// One row of the table of instructions.
struct OpcodeInfo {
  Opcode opcode;
  std::string_view name;     ///< "MultiplyI8"
  std::string_view mnemonic; ///< "multiply.i8"
  Format format;
  Unit unit;
  unsigned operands; ///< of an ALU opcode; 0 for others
  LatencyClass latency;
  std::string_view description;
};

/// One field of a format: an Instruction member and its width.
struct Field {
  Format format;
  std::string_view name;
  unsigned bits;
  bool isSigned;
  int64_t (*get)(const Instruction &instruction);
  void (*set)(Instruction &instruction, int64_t value);

  int64_t minimum() const { return isSigned ? -(int64_t(1) << (bits - 1)) : 0; }
  int64_t maximum() const { return (int64_t(1) << (isSigned ? bits - 1 : bits)) - 1; }
};

/// Bytes of an instruction word.
inline constexpr size_t kWordBytes = 16;
/// Widths of the header's fields, low bits first: opcode, delta, count, interval.
inline constexpr unsigned kOpcodeBits = 8, kDeltaBits = 20, kCountBits = 16, kIntervalBits = 8;
inline constexpr uint32_t kMaxDelta = (1u << kDeltaBits) - 1;
inline constexpr uint32_t kMaxCount = (1u << kCountBits) - 1;
inline constexpr uint32_t kMaxInterval = (1u << kIntervalBits) - 1;

/// All instructions in the table's order.
std::span<const OpcodeInfo> opcodeTable();
/// Row of `opcode`; for a number that is no opcode, the row of Nop.
const OpcodeInfo &opcodeInfo(Opcode opcode);
/// Whether the number `opcode` is in the table.
bool isOpcode(uint8_t opcode);
/// Fields of a format, low bits first.
std::span<const Field> fieldsOf(Format format);
std::string_view formatName(Format format);

/// Whether `instruction` means something on `queue` of a card of `target`: unit and
/// queue exist and agree, each field fits its bits, fields that the format lacks
/// are zero, streams exist and are aligned, types and operand kinds are known.
/// What depends on other instructions or on memory is the verifier's to judge.
/// InvalidArgument names the field and the value.
absl::Status checkInstruction(const Queue &queue, const Instruction &instruction,
                              const target::Target &target);

/// Appends the words of a queue's instructions to `text`, Nops across long gaps
/// included. InvalidArgument when an instruction fails checkInstruction, is itself a
/// Nop or is dispatched before its predecessor, naming its index and cycle.
absl::Status encodeQueue(const Queue &queue, std::span<const Instruction> instructions,
                         const target::Target &target, std::string &text);

/// Words that encodeQueue makes of instructions in dispatch order.
size_t encodedWords(std::span<const Instruction> instructions);

/// Reads what encodeQueue appended. InvalidArgument on an unknown opcode, a set
/// reserved bit or anything that checkInstruction refuses, naming the word.
absl::StatusOr<std::vector<Instruction>> decodeQueue(const Queue &queue, std::string_view text,
                                                     const target::Target &target);

/// Parts of an ALU stream operand's location, direction << 5 | stream.
inline int32_t locationDirection(int32_t location) { return location >> 5; }
inline int32_t locationStream(int32_t location) { return location & 31; }
inline int32_t streamLocation(target::Direction direction, int32_t stream) {
  return int32_t(direction) << 5 | stream;
}

} // namespace sluice::binary

#endif // SLUICE_BINARY_ENCODING_H
