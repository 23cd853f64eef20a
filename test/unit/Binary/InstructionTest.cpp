//===- InstructionTest.cpp - What instructions are and use ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Encoding.h"

#include "gtest/gtest.h"

#include <map>
#include <set>
#include <string>
#include <tuple>

using namespace sluice;
using namespace sluice::binary;
using target::Direction;
using target::Hemisphere;
using target::Target;

namespace {

Target tsp1() { return *target::targetByName("tsp1"); }

/// (slot, direction east?, stream, offset, held) of each use, for comparison.
using Use = std::tuple<int, bool, int, int, bool>;
std::vector<Use> plain(const std::vector<StreamUse> &uses) {
  std::vector<Use> result;
  for (const StreamUse &use : uses)
    result.emplace_back(use.slot, use.direction == Direction::East, use.stream, use.offset,
                        use.firstElementOnly);
  return result;
}

const Queue kAlu{Unit::Alu, Hemisphere::East, 0};

} // namespace

// The names that reports, the disassembler and --queue use.
TEST(Queues, HaveTheNamesOfTheManual) {
  auto name = [](Unit unit, Hemisphere side, uint16_t index) { return queueName({unit, side, index}); };
  EXPECT_EQ(name(Unit::MemRead, Hemisphere::East, 12), "mem.e12.r");
  EXPECT_EQ(name(Unit::MemWrite, Hemisphere::West, 3), "mem.w3.w");
  EXPECT_EQ(name(Unit::Alu, Hemisphere::East, 3), "vxm.3");
  EXPECT_EQ(name(Unit::Permutor, Hemisphere::East, 0), "sxm.e.perm");
  EXPECT_EQ(name(Unit::Distributor, Hemisphere::West, 0), "sxm.w.dist0");
  EXPECT_EQ(name(Unit::Transposer, Hemisphere::East, 1), "sxm.e.trans1");
  EXPECT_EQ(name(Unit::Link, Hemisphere::West, 6), "link3.send");
  EXPECT_EQ(name(Unit::Link, Hemisphere::West, 7), "link3.recv");
  EXPECT_EQ(name(Unit::Installer, Hemisphere::West, 0), "mxm.w0.install");
  EXPECT_EQ(name(Unit::Multiplier, Hemisphere::West, 0), "mxm.w0.multiply");
}

// Counts of the machine's description: 44 slices a side, 16 ALUs, 4 + 2 + 1 SXM
// units and 2 planes a side, 11 links with two queues each; links alternate sides.
TEST(Queues, ExistAsTheTargetCountsThem) {
  const Target target = tsp1();
  std::map<Unit, int> counts;
  std::set<std::string> names;
  for (unsigned unit = 0; unit != unsigned(Unit::Any); ++unit)
    for (Hemisphere side : {Hemisphere::East, Hemisphere::West})
      for (uint16_t index = 0; index != 256; ++index)
        if (Queue queue{Unit(unit), side, index}; hasQueue(target, queue)) {
          ++counts[queue.unit];
          EXPECT_TRUE(names.insert(queueName(queue)).second) << queueName(queue);
        }
  EXPECT_EQ(counts[Unit::MemRead], 88);
  EXPECT_EQ(counts[Unit::MemWrite], 88);
  EXPECT_EQ(counts[Unit::Alu], 16);
  EXPECT_EQ(counts[Unit::Distributor], 8);
  EXPECT_EQ(counts[Unit::Transposer], 4);
  EXPECT_EQ(counts[Unit::Permutor], 2);
  EXPECT_EQ(counts[Unit::Link], 22);
  EXPECT_EQ(counts[Unit::Installer], 4);
  EXPECT_EQ(counts[Unit::Multiplier], 4);
  EXPECT_FALSE(hasQueue(target, {Unit::Link, Hemisphere::West, 0}));
  EXPECT_FALSE(hasQueue(target, {Unit::Any, Hemisphere::East, 0}));
}

// A few rows of the table by hand: latencies are those of the machine's description.
TEST(Opcodes, HaveUnitOperandsAndLatency) {
  const Target target = tsp1();
  EXPECT_EQ(mnemonic(Opcode::MultiplyF16), "multiply.f16");
  EXPECT_EQ(unitOf(Opcode::Scatter), Unit::MemWrite);
  EXPECT_TRUE(isAlu(Opcode::FmaF));
  EXPECT_FALSE(isAlu(Opcode::Install));
  EXPECT_EQ(aluOperands(Opcode::FmaF), 3u);
  EXPECT_EQ(aluOperands(Opcode::ExpF), 1u);
  EXPECT_EQ(aluOperands(Opcode::Read), 0u);
  EXPECT_EQ(latencyOf(Opcode::AddF, target), 3u);
  EXPECT_EQ(latencyOf(Opcode::ExpF, target), 9u);
  EXPECT_EQ(latencyOf(Opcode::DivF, target), 9u);
  EXPECT_EQ(latencyOf(Opcode::Transpose, target), 4u);
  EXPECT_EQ(latencyOf(Opcode::Distribute, target), 2u);
  EXPECT_EQ(latencyOf(Opcode::MultiplyI8, target), 32u);
  EXPECT_EQ(latencyOf(Opcode::Send, target), 228u);
  EXPECT_EQ(latencyOf(Opcode::Nop, target), 0u);
}

TEST(StreamUses, MemoryTakesAtDispatchAndGivesAfterItsLatency) {
  const Target target = tsp1();
  const Queue reader{Unit::MemRead, Hemisphere::East, 0}, writer{Unit::MemWrite, Hemisphere::East, 0};
  Instruction read;
  read.opcode = Opcode::Read;
  read.stream = 7;
  read.direction = 1;
  EXPECT_TRUE(streamInputs(reader, read, target).empty());
  EXPECT_EQ(plain(streamOutputs(reader, read, target)), (std::vector<Use>{{0, false, 7, 1, false}}));

  Instruction gather = read;
  gather.opcode = Opcode::Gather;
  gather.mapStream = 9;
  EXPECT_EQ(plain(streamInputs(reader, gather, target)), (std::vector<Use>{{0, true, 9, 0, false}}));
  EXPECT_EQ(plain(streamOutputs(reader, gather, target)), (std::vector<Use>{{0, false, 7, 1, false}}));

  Instruction scatter = gather;
  scatter.opcode = Opcode::Scatter;
  EXPECT_EQ(plain(streamInputs(writer, scatter, target)),
            (std::vector<Use>{{0, false, 7, 0, false}, {4, true, 9, 0, false}}));
  EXPECT_TRUE(streamOutputs(writer, scatter, target).empty());
}

// Operand c is an fp16 pair from the west-flowing streams 6 and 7, which were at the
// VXM's stop 5 cycles before dispatch; the fp32 result leaves both ways 3 later.
TEST(StreamUses, AluReadsPairsAndQuadsAndWritesBothWays) {
  Instruction fma;
  fma.opcode = Opcode::FmaF;
  fma.aKind = int32_t(OperandKind::Alu);
  fma.aLocation = 2;
  fma.bKind = int32_t(OperandKind::Immediate);
  fma.cKind = int32_t(OperandKind::Stream);
  fma.cLocation = streamLocation(Direction::West, 6);
  fma.cType = int32_t(InType::Half);
  fma.stream = 8;
  fma.east = fma.west = 1;
  EXPECT_EQ(plain(streamInputs(kAlu, fma, tsp1())),
            (std::vector<Use>{{8, false, 6, -5, false}, {9, false, 7, -5, false}}));
  EXPECT_EQ(plain(streamOutputs(kAlu, fma, tsp1())), (std::vector<Use>{{0, true, 8, 3, false},
                                                                       {1, true, 9, 3, false},
                                                                       {2, true, 10, 3, false},
                                                                       {3, true, 11, 3, false},
                                                                       {4, false, 8, 3, false},
                                                                       {5, false, 9, 3, false},
                                                                       {6, false, 10, 3, false},
                                                                       {7, false, 11, 3, false}}));
}

TEST(StreamUses, PermuteHoldsItsMapPair) {
  Instruction permute;
  permute.opcode = Opcode::Permute;
  permute.width = 2;
  permute.stream = 4;
  permute.mapStream = 10;
  permute.mapDirection = 1;
  permute.hold = 1;
  permute.outStream = 20;
  permute.outDirection = 1;
  const Queue queue{Unit::Permutor, Hemisphere::East, 0};
  EXPECT_EQ(
      plain(streamInputs(queue, permute, tsp1())),
      (std::vector<Use>{
          {0, true, 4, 0, false}, {1, true, 5, 0, false}, {4, false, 10, 0, true}, {5, false, 11, 0, true}}));
  EXPECT_EQ(plain(streamOutputs(queue, permute, tsp1())),
            (std::vector<Use>{{0, false, 20, 4, false}, {1, false, 21, 4, false}}));
}

// A plane in the west takes what flows outward there, west, and answers inward, east.
TEST(StreamUses, PlanesTakeOutwardAndAnswerInward) {
  const Queue multiplier{Unit::Multiplier, Hemisphere::West, 0},
      installer{Unit::Installer, Hemisphere::West, 0};
  Instruction multiply;
  multiply.opcode = Opcode::MultiplyF16;
  multiply.stream = 2;
  multiply.outStream = 12;
  EXPECT_EQ(plain(streamInputs(multiplier, multiply, tsp1())),
            (std::vector<Use>{{0, false, 2, 0, false}, {1, false, 3, 0, false}}));
  EXPECT_TRUE(streamOutputs(multiplier, multiply, tsp1()).empty());
  multiply.emit = 1;
  EXPECT_EQ(plain(streamOutputs(multiplier, multiply, tsp1())), (std::vector<Use>{{0, true, 12, 32, false},
                                                                                  {1, true, 13, 32, false},
                                                                                  {2, true, 14, 32, false},
                                                                                  {3, true, 15, 32, false}}));
  Instruction install;
  install.opcode = Opcode::Install;
  install.stream = 16;
  install.width = 16;
  std::vector<Use> uses = plain(streamInputs(installer, install, tsp1()));
  ASSERT_EQ(uses.size(), 16u);
  EXPECT_EQ(uses.front(), (Use{0, false, 16, 0, false}));
  EXPECT_EQ(uses.back(), (Use{15, false, 31, 0, false}));
}
