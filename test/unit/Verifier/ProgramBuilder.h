//===- ProgramBuilder.h - Programs written by hand --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_UNIT_VERIFIER_PROGRAMBUILDER_H
#define SLUICE_TEST_UNIT_VERIFIER_PROGRAMBUILDER_H

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Program.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::test {

using binary::Instruction;
using binary::Opcode;
using binary::Queue;
using target::Direction;
using target::Hemisphere;

constexpr Hemisphere east = Hemisphere::East, west = Hemisphere::West;
constexpr Direction eastward = Direction::East, westward = Direction::West;

/// A burst of a ProgramBuilder.
struct BurstRef {
  uint32_t card;
  uint32_t id;
};

/// Elements first, first + 1, ... of an operand are fed by producerFirst,
/// producerFirst + step, ...; count 0 is all of the consumer's.
struct Elements {
  uint32_t first = 0, count = 0, producerFirst = 0;
  int32_t step = 1;
};

/// Puts a program together burst by burst, with its flow stated by the test.
class ProgramBuilder {
public:
  explicit ProgramBuilder(std::string_view target, unsigned cards = 1);
  const target::Target &target() const { return description; }

  BurstRef add(const Queue &queue, const Instruction &instruction, uint32_t card = 0,
               const std::string &node = "");
  Instruction &at(BurstRef ref);
  void flow(BurstRef consumer, uint32_t slot, BurstRef producer, uint32_t producerSlot = 0,
            Elements elements = {});
  /// A Read of words that are there from the start, or a Gather from them: elements are then words.
  void flowFromMemory(BurstRef read, Elements elements = {});
  /// Words of `lanes` bytes, the last one filled up with zeros.
  void memory(Hemisphere hemisphere, uint32_t slice, uint32_t address, std::string bytes, uint32_t card = 0);
  /// A tensor whose last dimension lies on lanes, vector after vector from `address`.
  binary::proto::Binding &input(const std::string &name, int type, int machineType,
                                std::vector<int64_t> shape, Hemisphere hemisphere,
                                std::vector<uint32_t> slices, uint32_t address);
  binary::proto::Binding &output(const std::string &name, int type, int machineType,
                                 std::vector<int64_t> shape, Hemisphere hemisphere,
                                 std::vector<uint32_t> slices, uint32_t address, uint32_t card = 0);
  /// The program as of now.
  binary::Program build() const;

private:
  struct Burst {
    Queue queue;
    Instruction instruction;
    std::string node;
  };
  struct Edge {
    BurstRef consumer;
    uint32_t slot;
    bool fromMemory;
    BurstRef producer;
    uint32_t producerSlot;
    Elements elements;
  };
  struct CardContent {
    std::vector<Burst> bursts;
    std::vector<binary::proto::MemoryRun> memory;
    std::string data;
  };
  binary::proto::Binding bind(const std::string &name, int type, int machineType,
                              const std::vector<int64_t> &shape, Hemisphere hemisphere,
                              const std::vector<uint32_t> &slices, uint32_t address, uint32_t card) const;

  target::Target description;
  binary::proto::Metadata metadata;
  std::vector<CardContent> cards;
  std::vector<Edge> edges;
};

/// Queues.
Queue readQueue(Hemisphere hemisphere, unsigned slice);
Queue writeQueue(Hemisphere hemisphere, unsigned slice);
Queue aluQueue(unsigned alu);
Queue unitQueue(binary::Unit unit, Hemisphere hemisphere, unsigned index = 0);

/// Bursts; `interval` and the like are set on the result where they matter.
Instruction memoryBurst(Opcode opcode, uint64_t cycle, int address, Direction direction, int stream,
                        uint32_t count = 1);
Instruction lanesBurst(Opcode opcode, uint64_t cycle, Direction direction, int stream, int mapStream,
                       int width, Direction outDirection, int outStream);
/// An ALU operation of aligned stream operands of one direction and type.
struct AluOperand {
  binary::OperandKind kind = binary::OperandKind::None;
  int32_t location = 0;
  binary::InType type = binary::InType::Word;
};
AluOperand onStream(Direction direction, int stream, binary::InType type = binary::InType::Word);
AluOperand fromAlu(unsigned alu);
AluOperand immediate();
Instruction aluBurst(Opcode opcode, uint64_t cycle, std::vector<AluOperand> operands, int outStream = -1,
                     Direction outDirection = Direction::East);

/// The bytes of `values`, one byte plane of each: plane k of words.
template <typename T>
std::string bytePlane(const std::vector<T> &values, unsigned k) {
  std::string plane;
  for (T value : values)
    plane.push_back(char(reinterpret_cast<const unsigned char *>(&value)[k]));
  return plane;
}

} // namespace sluice::test

#endif // SLUICE_TEST_UNIT_VERIFIER_PROGRAMBUILDER_H
