//===- HazardTest.cpp - Each hazard class, planted once -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Verifier/Verifier.h"

#include <gtest/gtest.h>

#include <ctime>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;
using verifier::Finding;
using verifier::Hazard;

static std::vector<Finding> verify(const ProgramBuilder &builder) {
  return verifier::verify(builder.build(), builder.target());
}

static std::string printed(const std::vector<Finding> &findings) {
  std::string text;
  for (const Finding &finding : findings)
    text += "card " + std::to_string(finding.card) + ", cycle " + std::to_string(finding.cycle) + ": " +
            std::string(verifier::hazardName(finding.hazard)) + ": " + finding.message + "\n";
  return text;
}

/// Expects a finding of `hazard` whose message has all of `parts`.
static void expectHazard(const std::vector<Finding> &findings, Hazard hazard,
                         std::vector<std::string> parts) {
  for (const Finding &finding : findings) {
    if (finding.hazard != hazard)
      continue;
    for (const std::string &part : parts)
      EXPECT_NE(finding.message.find(part), std::string::npos)
          << "no '" << part << "' in: " << finding.message;
    return;
  }
  ADD_FAILURE() << "no " << verifier::hazardName(hazard) << " among:\n" << printed(findings);
}

/// Expects findings of no other class than `hazard`, and one of it.
static void expectOnly(const std::vector<Finding> &findings, Hazard hazard, std::vector<std::string> parts) {
  for (const Finding &finding : findings)
    EXPECT_EQ(finding.hazard, hazard) << printed({finding});
  expectHazard(findings, hazard, parts);
}

namespace {
class Hazards : public testing::TestWithParam<const char *> {};
} // namespace
INSTANTIATE_TEST_SUITE_P(Targets, Hazards, testing::Values("tiny", "tsp1"),
                         [](const auto &info) { return std::string(info.param); });

// What every test below starts from is free of hazards.
TEST_P(Hazards, UnplantedProgramsAreProven) {
  EXPECT_EQ(printed(verify(copySample(GetParam()).builder)), "");
  EXPECT_EQ(printed(verify(chainSample(GetParam()).builder)), "");
  EXPECT_EQ(printed(verify(matmulSample(GetParam(), false, 5, 20).builder)), "");
  EXPECT_EQ(printed(verify(matmulSample(GetParam(), true, 5, 20).builder)), "");
  EXPECT_EQ(printed(verify(linkSample(GetParam()).builder)), "");
}

//===----------------------------------------------------------------------===//
// Malformed
//===----------------------------------------------------------------------===//

TEST_P(Hazards, AddressOutsideTheSlice) {
  CopySample s = copySample(GetParam());
  s.builder.at(s.read).address = int(s.builder.target().wordsPerSlice()) - 2; // Its third word is outside.
  expectOnly(verify(s.builder), Hazard::Malformed, {"mem.e0.r read at cycle 3", "/load", "last address"});
}

TEST_P(Hazards, UnitOfAnotherQueue) {
  CopySample s = copySample(GetParam());
  s.builder.at(s.write).opcode = Opcode::Read;
  expectOnly(verify(s.builder), Hazard::Malformed, {"mem.e4.w read", "another unit"});
}

TEST_P(Hazards, UnalignedQuad) {
  ChainSample s = chainSample(GetParam());
  s.builder.at(s.add).stream = 10;
  expectOnly(verify(s.builder), Hazard::Malformed, {"vxm.7 add.f", "multiple of 4"});
}

TEST_P(Hazards, MissingOperand) {
  ChainSample s = chainSample(GetParam());
  s.builder.at(s.add).bKind = 0;
  expectOnly(verify(s.builder), Hazard::Malformed, {"vxm.7 add.f", "operand b is missing"});
}

TEST_P(Hazards, LanesBeyondTheVector) {
  MatmulSample s = matmulSample(GetParam(), false, 2, 20);
  s.builder.at(s.multiply[0]).lanes = int(s.builder.target().lanes()) + 1;
  expectOnly(verify(s.builder), Hazard::Malformed, {"mxm.e0.multiply", "lanes"});
}

TEST_P(Hazards, AnotherTarget) {
  CopySample s = copySample(GetParam());
  target::Target other = s.builder.target();
  other.version += 1;
  expectOnly(verifier::verify(s.builder.build(), other), Hazard::Malformed, {"version"});
}

TEST_P(Hazards, DispatchAfterTheEnd) {
  CopySample s = copySample(GetParam());
  Program program = s.builder.build();
  program.metadata.set_cycles(6);
  expectOnly(verifier::verify(program, s.builder.target()), Hazard::Malformed, {"mem.e4.w write", "of 6"});
}

//===----------------------------------------------------------------------===//
// What the file says of its program
//===----------------------------------------------------------------------===//

// The copy's three vectors are read from cycle 3 on, and stored from cycle 3 + 1 + one stop on: the last one
// is dispatched in cycle 7 and has its effect a cycle later. It takes three words of two slices.
static Program copyWithFigures(const char *target) {
  Program program = copySample(target).builder.build();
  program.metadata.set_cycles(8);
  program.cards[0].memoryWordsUsed = 6;
  return program;
}

TEST_P(Hazards, CyclesAreWhatTheProgramTakes) {
  const target::Target target = *target::targetByName(GetParam());
  EXPECT_EQ(printed(verifier::verify(copyWithFigures(GetParam()), target)), "");
  for (uint64_t wrong : {uint64_t(9), uint64_t(10), uint64_t(1) << 48, UINT64_MAX}) {
    Program program = copyWithFigures(GetParam());
    program.metadata.set_cycles(wrong);
    const std::string words = "the program is said to take " + std::to_string(wrong) + " cycles and takes 8";
    expectOnly(verifier::verify(program, target), Hazard::FalseFigure, {words});
  }
  // A cycle less is the last dispatch itself.
  for (uint64_t wrong : {uint64_t(0), uint64_t(1), uint64_t(7)}) {
    Program program = copyWithFigures(GetParam());
    program.metadata.set_cycles(wrong);
    EXPECT_FALSE(verifier::verify(program, target).empty()) << wrong;
  }
}

// Results of a latency of more than a cycle: the last dispatch is long before the end.
TEST_P(Hazards, CyclesReachToTheLastEffect) {
  ProgramBuilder builder = matmulSample(GetParam(), false, 5, 20).builder;
  const Program right = builder.build();
  EXPECT_EQ(printed(verifier::verify(right, builder.target())), "");
  for (int64_t difference : {-1, 1}) {
    Program program = right;
    program.metadata.set_cycles(right.metadata.cycles() + uint64_t(difference));
    EXPECT_FALSE(verifier::verify(program, builder.target()).empty()) << difference;
  }
}

// The second card's last vector is there later than anything on the first.
TEST_P(Hazards, CyclesAreThoseOfAllCards) {
  ProgramBuilder builder = linkSample(GetParam()).builder;
  Program program = builder.build();
  const uint64_t right = program.metadata.cycles();
  for (uint64_t wrong : {right - 1, right + 1}) {
    program.metadata.set_cycles(wrong);
    EXPECT_FALSE(verifier::verify(program, builder.target()).empty()) << wrong;
  }
}

TEST_P(Hazards, NoCyclesWithoutInstructions) {
  ProgramBuilder builder(GetParam());
  Program program = builder.build();
  EXPECT_EQ(printed(verifier::verify(program, builder.target())), "");
  program.metadata.set_cycles(1);
  expectOnly(verifier::verify(program, builder.target()), Hazard::FalseFigure, {"1 cycles and takes 0"});
}

TEST_P(Hazards, WordsUsedAreThoseUsed) {
  const target::Target target = *target::targetByName(GetParam());
  for (uint64_t wrong : {uint64_t(0), uint64_t(5), uint64_t(7), UINT64_MAX}) {
    Program program = copyWithFigures(GetParam());
    program.cards[0].memoryWordsUsed = wrong;
    expectOnly(verifier::verify(program, target), Hazard::FalseFigure,
               {"card 0 is said to use " + std::to_string(wrong) + " words", "and uses 6"});
  }
}

TEST_P(Hazards, StatisticsFollowFromTheProgram) {
  const target::Target target = *target::targetByName(GetParam());
  const auto verified = [&](const std::string &statistics) {
    Program program = copyWithFigures(GetParam());
    program.metadata.set_stats_json(statistics);
    return verifier::verify(program, target);
  };
  // Two instructions of 16 bytes; 8 cycles at 900 MHz.
  for (const char *right :
       {"", "{}", R"({"cycles": 8, "instructions": 2, "cards": 1, "text_bytes": 32, "link_vectors": 0})",
        R"({"busy_cycles": {"mem_read": 3, "mem_write": 3}, "mxm_utilisation": 0.0})",
        R"({"microseconds": 0.0088888888888888889, "path_bound": 5, "resource_bound": 4, "ratio": 1.6})",
        R"({"tensor_bound": 2, "path_bound": 5, "resource_bound": 4, "ratio": 1.6, "lane_waste": 2.0})",
        R"({"memory_bytes_per_card": {"constants": 7}, "anything": [1, "else"]})"})
    EXPECT_EQ(printed(verified(right)), "") << right;
  for (const auto &[wrong, words] : std::initializer_list<std::pair<const char *, const char *>>{
           {R"({"cycles": 9})", "cycles is said to be 9 and is 8"},
           {R"({"cycles": "8"})", "cycles is no number"},
           {R"({"instructions": 3})", "instructions is said to be 3 and is 2"},
           {R"({"cards": 2})", "cards is said to be 2 and is 1"},
           {R"({"text_bytes": 16})", "text_bytes is said to be 16 and is 32"},
           {R"({"link_vectors": 1})", "link_vectors is said to be 1 and is 0"},
           {R"({"microseconds": 0.0089})", "microseconds"},
           {R"({"mxm_utilisation": 0.5})", "mxm_utilisation"},
           {R"({"busy_cycles": {"mem_read": 4, "mem_write": 3}})", "busy_cycles.mem_read is said to be 4"},
           {R"({"busy_cycles": {"mem_read": 3}})", "busy_cycles.mem_write is missing"},
           {R"({"busy_cycles": {"mem_read": 3, "mem_write": 3, "vxm": 1}})", "busy_cycles.vxm"},
           {R"({"path_bound": 9})", "path_bound is said to be 9 of 8 cycles"},
           {R"({"resource_bound": 5, "ratio": 1.5})", "ratio"},
           {R"({"tensor_bound": 9})", "tensor_bound is said to be 9 of 8 cycles"},
           {R"({"tensor_bound": 2, "resource_bound": 5, "lane_waste": 2.0})",
            "lane_waste is said to be 2 and is 2.5"},
           {"{\"cycles\": 8", "not a JSON object"},
           {"[8]", "not a JSON object"}})
    expectOnly(verified(wrong), Hazard::FalseFigure, {"statistics: ", words});
}

//===----------------------------------------------------------------------===//
// Queues and streams
//===----------------------------------------------------------------------===//

TEST_P(Hazards, TwoDispatchesInOneCycle) {
  CopySample s = copySample(GetParam());
  // A second read meets the last element of the first.
  BurstRef second =
      s.builder.add(readQueue(east, 0), memoryBurst(Opcode::Read, 5, 10, westward, 9), 0, "/other");
  s.builder.flowFromMemory(second);
  expectOnly(verify(s.builder), Hazard::QueueOverlap,
             {"mem.e0.r read at cycle 5", "element 2 of the burst at 3", "/load", "/other"});
}

TEST_P(Hazards, TwoProducersInOnePlace) {
  CopySample s = copySample(GetParam());
  // Slice e1 is at the stop of e0.
  s.builder.memory(east, 1, 0, "x");
  BurstRef second =
      s.builder.add(readQueue(east, 1), memoryBurst(Opcode::Read, 4, 0, eastward, 4), 0, "/other");
  s.builder.flowFromMemory(second);
  expectOnly(verify(s.builder), Hazard::StreamConflict,
             {"mem.e0.r read at cycle 4", "mem.e1.r read at cycle 4", "stream e4", "/load", "/other"});
}

// A producer between e0 and the consumer takes the stream over: the flow tells.
TEST_P(Hazards, OverwrittenOnTheWay) {
  CopySample s = copySample(GetParam());
  const target::Target &t = s.builder.target();
  s.builder.memory(east, 5, 0, "x");
  const uint64_t same = 3 + t.sliceStop(5) - t.sliceStop(0); // Meets element 0.
  BurstRef second =
      s.builder.add(readQueue(east, 5), memoryBurst(Opcode::Read, same, 0, eastward, 4), 0, "/other");
  s.builder.flowFromMemory(second);
  expectOnly(verify(s.builder), Hazard::FlowMismatch, {"mem.e4.w write", "mem.e5.r read", "mem.e0.r read"});
}

// The same producer further on than the last consumer harms nobody.
TEST(LongChip, OverwrittenBehindTheConsumer) {
  CopySample s = copySample("tsp1");
  const target::Target &t = s.builder.target();
  const unsigned last = t.slicesPerHemisphere - 1;
  s.builder.memory(east, last, 0, "x");
  BurstRef second =
      s.builder.add(readQueue(east, last),
                    memoryBurst(Opcode::Read, 3 + t.sliceStop(last) - t.sliceStop(0), 0, eastward, 4));
  s.builder.flowFromMemory(second);
  EXPECT_EQ(printed(verify(s.builder)), "");
}

TEST_P(Hazards, NothingOnTheStream) {
  CopySample s = copySample(GetParam());
  s.builder.at(s.write).cycle += 1; // The last element comes a cycle late.
  const std::vector<Finding> findings = verify(s.builder);
  expectHazard(findings, Hazard::StreamEmpty, {"mem.e4.w write", "element 2", "stream e4", "/store"});
  expectHazard(findings, Hazard::FlowMismatch, {"mem.e4.w write"});
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

TEST_P(Hazards, ReadAndWriteOfOneBank) {
  CopySample s = copySample(GetParam());
  const target::Target &t = s.builder.target();
  // Slice e4 is read while it is written: legal in the other bank only.
  s.builder.memory(east, 4, 100, "x");
  s.builder.memory(east, 4, t.wordsPerBank, "x");
  BurstRef read =
      s.builder.add(readQueue(east, 4),
                    memoryBurst(Opcode::Read, s.builder.at(s.write).cycle, 100, westward, 9), 0, "/other");
  s.builder.flowFromMemory(read);
  expectOnly(verify(s.builder), Hazard::BankConflict,
             {"mem.e4.r read", "mem.e4.w write", "bank 0", "/other", "/store"});
  s.builder.at(read).address = int(t.wordsPerBank);
  EXPECT_EQ(printed(verify(s.builder)), "");
}

TEST_P(Hazards, WordThatNothingWrote) {
  CopySample s = copySample(GetParam());
  s.builder.at(s.read).address = 11; // The third word is behind the image.
  expectOnly(verify(s.builder), Hazard::UnwrittenRead,
             {"mem.e0.r read at cycle 5", "slice e0 word 13", "/load"});
}

TEST_P(Hazards, OutputThatNothingWrote) {
  CopySample s = copySample(GetParam());
  s.builder.at(s.write).address = 21;
  expectOnly(verify(s.builder), Hazard::UnwrittenRead, {"output 'y', vector 0", "slice e4 word 20"});
}

// A Gather's table: carried words are written before it begins and stay until it ends.
TEST_P(Hazards, TableThatChangesUnderAGather) {
  CopySample s = copySample(GetParam(), 5);
  const target::Target &t = s.builder.target();
  Instruction gather = memoryBurst(Opcode::Gather, s.builder.at(s.write).cycle + 10, 20, westward, 9, 4);
  gather.mapStream = 12;
  gather.mapDirection = int32_t(eastward);
  s.builder.memory(east, 0, 40, "\1");
  Instruction offsets = memoryBurst(
      Opcode::Read, gather.cycle + t.sliceStop(0) - t.sliceStop(4) - t.readLatency, 40, eastward, 12, 4);
  offsets.step = 0;
  const BurstRef read = s.builder.add(readQueue(east, 0), offsets);
  const BurstRef lookup = s.builder.add(readQueue(east, 4), gather, 0, "/lookup");
  s.builder.flowFromMemory(read);
  s.builder.flow(lookup, 0, read);
  s.builder.flow(lookup, kMemorySlot, s.write, 0, {0, 5, 0, 1});
  EXPECT_EQ(printed(verify(s.builder)), "");

  // A word more than was written.
  Program program = s.builder.build();
  for (proto::FlowEdge &edge : program.cards[0].flow)
    if (edge.slot() == kMemorySlot && edge.count() == 5 && edge.producer_queue() != kInitialMemory)
      edge.set_count(6);
  expectHazard(verifier::verify(program, t), Hazard::UnwrittenRead, {"gather", "slice e4 word 25"});

  // No table at all.
  program = s.builder.build();
  std::erase_if(program.cards[0].flow, [](const proto::FlowEdge &edge) {
    return edge.slot() == kMemorySlot && edge.count() == 5 && edge.producer_queue() != kInitialMemory;
  });
  expectHazard(verifier::verify(program, t), Hazard::FlowMismatch,
               {"the carried flow has no table for", "/lookup"});

  // Another write into the table while the Gather runs, from a stream that still carries something.
  Instruction late = memoryBurst(Opcode::Write, gather.cycle + 1, int(t.wordsPerBank), eastward, 12);
  const BurstRef other = s.builder.add(writeQueue(east, 4), late, 0, "/late");
  s.builder.flow(other, 0, read, 0, {0, 1, 1, 0});
  EXPECT_EQ(printed(verify(s.builder)), "");
  s.builder.at(other).address = 22;
  expectHazard(verify(s.builder), Hazard::FlowMismatch,
               {"word 2 of the table of", "/lookup", "is fed by mem.e4.w write", "/late"});
}

// Which words a Scatter changes is data, but all that has to do with its bank comes before or after it as
// carried.
TEST_P(Hazards, ScatterInAnotherOrder) {
  CopySample s = copySample(GetParam());
  const target::Target &t = s.builder.target();
  s.builder.memory(east, 0, 40, "\1");
  s.builder.memory(east, 5, 20, "old");
  // One stream is its data and its offsets.
  Instruction scatter = memoryBurst(Opcode::Scatter, 50, 20, eastward, 12, 2);
  scatter.mapStream = 12;
  scatter.mapDirection = int32_t(eastward);
  Instruction source =
      memoryBurst(Opcode::Read, 50 + t.sliceStop(0) - t.sliceStop(5) - t.readLatency, 40, eastward, 12, 2);
  source.step = 0;
  const BurstRef data = s.builder.add(readQueue(east, 0), source);
  const BurstRef change = s.builder.add(writeQueue(east, 5), scatter, 0, "/change");
  const BurstRef read = s.builder.add(readQueue(east, 5), memoryBurst(Opcode::Read, 60, 20, westward, 9));
  s.builder.flowFromMemory(data, {0, 2, 0, 0});
  s.builder.flow(change, 0, data);
  s.builder.flow(change, 4, data);
  s.builder.flow(change, kScatterSlot, change, 0, {1, 1, 0, 1});
  s.builder.flowFromMemory(read);
  s.builder.flow(read, kScatterSlot, change, 0, {0, 1, 1, 0});
  EXPECT_EQ(printed(verify(s.builder)), "");

  s.builder.at(read).cycle = 40;
  expectOnly(verify(s.builder), Hazard::FlowMismatch,
             {"slot 68 of mem.e5.r read", "takes 0 elements that the carried flow knows, which has 1"});
  s.builder.at(read).cycle = 51;
  s.builder.at(read).address = int32_t(t.wordsPerBank) + 20;
  s.builder.memory(east, 5, t.wordsPerBank + 20, "other");
  expectHazard(verify(s.builder), Hazard::FlowMismatch, {"slot 68 of mem.e5.r read"});
}

// A read that comes before the write of its word sees the older content.
TEST_P(Hazards, ReadBeforeItsWrite) {
  CopySample s = copySample(GetParam());
  s.builder.memory(east, 4, 20, "old");
  BurstRef read = s.builder.add(readQueue(east, 4), memoryBurst(Opcode::Read, 30, 20, westward, 9));
  s.builder.flow(read, kMemorySlot, s.write);
  EXPECT_EQ(printed(verify(s.builder)), "");
  s.builder.at(read).cycle = 3;
  expectOnly(verify(s.builder), Hazard::FlowMismatch, {"slot 64", "mem.e4.r read", "the initial memory"});
}

//===----------------------------------------------------------------------===//
// ALUs and planes
//===----------------------------------------------------------------------===//

TEST_P(Hazards, NoResultToChain) {
  ChainSample s = chainSample(GetParam());
  s.builder.at(s.add).aLocation = 3;
  const std::vector<Finding> findings = verify(s.builder);
  expectHazard(findings, Hazard::ChainMissing, {"vxm.7 add.f", "operand 0", "ALU 3", "/offset"});
}

// A 9-cycle and a 3-cycle operation of one ALU end together: which one is meant?
TEST_P(Hazards, TwoResultsToChain) {
  ChainSample s = chainSample(GetParam());
  const target::Target &t = s.builder.target();
  Instruction slow =
      aluBurst(Opcode::ExpF, s.builder.at(s.add).cycle - t.transcendentalLatency, {immediate()});
  s.builder.add(aluQueue(2), slow);
  expectHazard(verify(s.builder), Hazard::ChainMissing, {"ALU 2 gives two results"});
}

TEST_P(Hazards, MultiplyBeforeAnySwap) {
  MatmulSample s = matmulSample(GetParam(), false, 3, 20);
  s.builder.at(s.multiply[0]).swap = 0;
  expectHazard(verify(s.builder), Hazard::WeightsMissing,
               {"mxm.e0.multiply", "no weights in use", "/matmul"});
}

// Installed in the cycle of the swap is too late for it.
TEST_P(Hazards, SwapOfAnEmptySlot) {
  MatmulSample s = matmulSample(GetParam(), false, 3, 20);
  const unsigned groups = s.builder.target().columnGroups();
  s.builder.at(s.installs[0][0]).cycle += groups;
  expectHazard(verify(s.builder), Hazard::WeightsMissing, {"mxm.e0.multiply", "nothing was installed"});
}

TEST_P(Hazards, InstallOverWeightsNotYetTaken) {
  MatmulSample s = matmulSample(GetParam(), false, 3, 20);
  s.builder.at(s.installs[1][0]).cycle = s.builder.at(s.multiply[0]).cycle - 1;
  expectHazard(verify(s.builder), Hazard::WeightsMissing, {"mxm.e0.install", "overwrites column group 0"});
}

TEST_P(Hazards, AccumulatorThatHoldsNothing) {
  MatmulSample s = matmulSample(GetParam(), false, 3, 20);
  s.builder.at(s.multiply[1]).accumulator = 3;
  expectHazard(verify(s.builder), Hazard::AccumulatorMissing, {"mxm.e0.multiply", "row 3", "holds nothing"});
}

TEST_P(Hazards, AccumulatorUsedTooEarly) {
  MatmulSample s = matmulSample(GetParam(), false, 1, 20);
  s.builder.at(s.multiply[1]).cycle = s.builder.at(s.multiply[0]).cycle + 1;
  expectHazard(verify(s.builder), Hazard::AccumulatorMissing, {"row 0", "was set only in cycle"});
}

TEST_P(Hazards, TandemNeedsBothPlanes) {
  MatmulSample s = matmulSample(GetParam(), true, 3, 20);
  Instruction other = s.builder.at(s.multiply[0]);
  other.opcode = Opcode::MultiplyI8;
  other.cycle += 1; // Between two rows of the tandem.
  other.swap = 0;
  other.count = 1;
  other.stream = 17;
  s.builder.add(unitQueue(Unit::Multiplier, east, 1), other, 0, "/other");
  expectHazard(verify(s.builder), Hazard::PlaneConflict,
               {"mxm.e1.multiply", "mxm.e0.multiply multiply.f16", "/other", "/matmul"});
}

//===----------------------------------------------------------------------===//
// Links
//===----------------------------------------------------------------------===//

TEST_P(Hazards, LinkUsedTooFast) {
  LinkSample s = linkSample(GetParam());
  const uint32_t faster = s.builder.target().linkInterval - 1;
  for (BurstRef ref : {s.read, s.send, s.receive, s.write})
    s.builder.at(ref).interval = faster;
  const std::vector<Finding> findings = verify(s.builder);
  expectOnly(findings, Hazard::LinkConflict, {"the link needs", "/gather"});
  EXPECT_EQ(findings.size(), 2u); // The sender's port and the receiver's.
}

TEST_P(Hazards, ReceiveInTheWrongCycle) {
  LinkSample s = linkSample(GetParam());
  s.builder.at(s.receive).cycle += 1;
  s.builder.at(s.write).cycle += 1;
  const std::vector<Finding> findings = verify(s.builder);
  expectHazard(findings, Hazard::LinkMismatch, {"link0.send send", "card 1 link 6", "/gather"});
  ASSERT_GE(findings.size(), 2u);
  EXPECT_EQ(findings.front().card, 0u);
  EXPECT_EQ(findings[1].card, 1u);
  EXPECT_NE(findings[1].message.find("link6.recv receive"), std::string::npos) << findings[1].message;
}

TEST_P(Hazards, ReceiveOfAnotherSend) {
  LinkSample s = linkSample(GetParam());
  Program program = s.builder.build();
  for (proto::FlowEdge &edge : program.cards[1].flow)
    if (edge.slot() == kReceiveSlot)
      edge.set_producer_first(1);
  expectOnly(verifier::verify(program, s.builder.target()), Hazard::FlowMismatch,
             {"link6.recv receive", "fed by card 0's link0.send", "the carried flow has card 0's link0.send",
              "element 1 of"});
}

//===----------------------------------------------------------------------===//
// Capacity and flow
//===----------------------------------------------------------------------===//

TEST_P(Hazards, ImageOutsideTheSlice) {
  CopySample s = copySample(GetParam());
  s.builder.memory(west, 2, s.builder.target().wordsPerSlice(), "x");
  expectOnly(verify(s.builder), Hazard::Capacity, {"slice w2", "address"});
}

TEST_P(Hazards, ImageOutsideItsData) {
  CopySample s = copySample(GetParam());
  Program program = s.builder.build();
  program.cards[0].data.pop_back();
  expectOnly(verifier::verify(program, s.builder.target()), Hazard::Capacity, {"bytes of data"});
}

TEST_P(Hazards, WordInitialisedTwice) {
  CopySample s = copySample(GetParam());
  s.builder.memory(east, 0, 12, "x");
  expectOnly(verify(s.builder), Hazard::Capacity, {"slice e0 word 12", "twice"});
}

TEST_P(Hazards, OutputVectorWithoutPlace) {
  CopySample s = copySample(GetParam());
  Program program = s.builder.build();
  program.metadata.mutable_outputs(0)->mutable_placements(0)->set_count(2);
  expectOnly(verifier::verify(program, s.builder.target()), Hazard::Capacity, {"output 'y'", "vector 2"});
}

// The small machine's memory filled with data leaves no room for text, Nops included.
TEST(TextCapacity, TextCounts) {
  CopySample s = copySample("tiny");
  const target::Target &t = s.builder.target();
  for (Hemisphere hemisphere : {east, west})
    for (unsigned slice = 0; slice != t.slicesPerHemisphere; ++slice)
      for (unsigned word = 0; word != t.wordsPerSlice(); ++word)
        if (hemisphere == west || slice != 0 || word < 10 || word > 13)
          s.builder.memory(hemisphere, slice, word, std::string(t.lanes(), 'x'));
  // The word that is left holds two instructions.
  EXPECT_EQ(printed(verify(s.builder)), "");
  for (BurstRef burst : {s.read, s.write})
    s.builder.at(burst).cycle += kMaxDelta;
  expectOnly(verify(s.builder), Hazard::Capacity, {"64 bytes of text"});
}

TEST_P(Hazards, FlowFromAnotherElement) {
  CopySample s = copySample(GetParam());
  Program program = s.builder.build();
  for (proto::FlowEdge &edge : program.cards[0].flow)
    if (edge.slot() == 0)
      edge.set_producer_step(2);
  expectOnly(verifier::verify(program, s.builder.target()), Hazard::FlowMismatch,
             {"slot 0 of mem.e4.w write", "element 1", "mem.e0.r read at cycle 5"});
}

TEST_P(Hazards, FlowThatIsNotCarried) {
  CopySample s = copySample(GetParam());
  Program program = s.builder.build();
  program.cards[0].flow.pop_back();
  expectOnly(verifier::verify(program, s.builder.target()), Hazard::FlowMismatch, {"nothing for it"});
}

TEST_P(Hazards, FlowThatDoesNotHappen) {
  CopySample s = copySample(GetParam());
  s.builder.flow(s.write, 5, s.read);
  expectOnly(verify(s.builder), Hazard::FlowMismatch, {"slot 5 of mem.e4.w write"});
}

TEST_P(Hazards, FlowInPieces) {
  CopySample s = copySample(GetParam(), 5);
  Program program = s.builder.build();
  proto::FlowEdge &edge = program.cards[0].flow.back();
  ASSERT_EQ(edge.slot(), 0u);
  edge.set_count(2);
  proto::FlowEdge rest = edge;
  rest.set_first(2);
  rest.set_count(3);
  rest.set_producer_first(2);
  program.cards[0].flow.insert(program.cards[0].flow.begin(), rest);
  EXPECT_EQ(printed(verifier::verify(program, s.builder.target())), "");
}

TEST_P(Hazards, WeightsOfAnotherInstall) {
  MatmulSample s = matmulSample(GetParam(), true, 3, 20);
  Program program = s.builder.build();
  for (proto::FlowEdge &edge : program.cards[0].flow)
    if (edge.slot() == kWeightsSlot && edge.producer_slot() == 1)
      edge.set_producer_instruction(0); // The second tile's install comes second.
  expectOnly(verifier::verify(program, s.builder.target()), Hazard::FlowMismatch,
             {"column group 0 of the weights", "mxm.e1.install"});
}

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

/// Seconds of the processor that verification takes, on all threads.
static double verifySeconds(const Program &program, const target::Target &target,
                            std::vector<Finding> &findings) {
  const std::clock_t start = std::clock();
  findings = verifier::verify(program, target);
  return double(std::clock() - start) / CLOCKS_PER_SEC;
}

// A thousand copies of 65,535 vectors each, which are 130 million elements, cost what short ones do.
TEST(Cost, LongBurstsCostWhatShortOnesDo) {
  CopySample s = copySample("tsp1", 1);
  const target::Target &t = s.builder.target();
  const uint64_t distance = s.builder.at(s.write).cycle - s.builder.at(s.read).cycle;
  for (uint64_t copy = 1; copy <= 1000; ++copy) {
    Instruction read = memoryBurst(Opcode::Read, copy * 100000, 10, eastward, 4, kMaxCount);
    Instruction write = memoryBurst(Opcode::Write, copy * 100000 + distance, 20, eastward, 4, kMaxCount);
    read.step = write.step = 0;
    const BurstRef from = s.builder.add(readQueue(east, 0), read),
                   to = s.builder.add(writeQueue(east, 4), write);
    s.builder.flowFromMemory(from);
    s.builder.flow(to, 0, from);
  }
  std::vector<Finding> findings;
  EXPECT_LT(verifySeconds(s.builder.build(), t, findings), 1.0);
  EXPECT_EQ(printed(findings), "");
}

// Bursts that all meet each other are given up rather than followed.
TEST(Cost, ManyBurstsInOneCycle) {
  CopySample s = copySample("tsp1");
  for (unsigned copy = 0; copy != 20000; ++copy) {
    Instruction write = memoryBurst(Opcode::Write, 100, 0, eastward, 4, kMaxCount);
    Instruction read = memoryBurst(Opcode::Read, 100, 0, eastward, 4, kMaxCount);
    write.interval = read.interval = kMaxInterval;
    write.step = read.step = 0;
    s.builder.add(writeQueue(east, 4), write);
    s.builder.add(readQueue(east, 0), read);
  }
  std::vector<Finding> findings;
  EXPECT_LT(verifySeconds(s.builder.build(), s.builder.target(), findings), 20.0);
  expectHazard(findings, Hazard::QueueOverlap, {"at cycle 100"});
  expectHazard(findings, Hazard::StreamConflict, {"mem.e0.r read"});
  expectHazard(findings, Hazard::TooIntricate, {"more ways"});
}
