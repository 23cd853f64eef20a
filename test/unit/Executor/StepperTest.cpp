//===- StepperTest.cpp - The stepper meets each hazard --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Verifier/Samples.h"

#include "sluice/Executor/CrossCheck.h"
#include "sluice/Executor/Stepper.h"
#include "sluice/Verifier/Verifier.h"

#include <gtest/gtest.h>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;
using verifier::Hazard;

/// What a run says, "" if it ends well.
static std::string stepped(const Program &program) {
  auto stepper = executor::Stepper::create(program);
  return std::string(stepper.ok() ? (*stepper)->run({}).status().message() : stepper.status().message());
}
static std::string stepped(const ProgramBuilder &builder) { return stepped(builder.build()); }

static void expectHazard(const ProgramBuilder &builder, Hazard hazard, const std::string &where) {
  const std::string words = stepped(builder);
  EXPECT_NE(words.find(verifier::hazardName(hazard)), std::string::npos) << words;
  EXPECT_NE(words.find(where), std::string::npos) << words;
}

// What every test below starts from runs without a hazard.
TEST(Stepper, RunsWhatIsLegal) {
  EXPECT_EQ(stepped(copySample("tiny").builder), "");
  EXPECT_EQ(stepped(chainSample("tiny").builder), "");
  EXPECT_EQ(stepped(matmulSample("tiny", false, 5, 20).builder), "");
  EXPECT_EQ(stepped(matmulSample("tiny", true, 5, 20).builder), "");
  EXPECT_EQ(stepped(linkSample("tiny").builder), "");
}

TEST(Stepper, MeetsMalformedAddresses) {
  CopySample s = copySample("tiny");
  s.builder.at(s.read).address = int(s.builder.target().wordsPerSlice()) - 2;
  s.builder.memory(east, 0, s.builder.target().wordsPerSlice() - 2,
                   std::string(2 * s.builder.target().lanes(), 'x'));
  expectHazard(s.builder, Hazard::Malformed, "mem.e0.r");
}

TEST(Stepper, MeetsInstructionsBehindTheEnd) {
  CopySample s = copySample("tiny");
  Program program = s.builder.build();
  program.metadata.set_cycles(6);
  EXPECT_NE(stepped(program).find("after the program's end"), std::string::npos);
}

TEST(Stepper, MeetsQueueOverlap) {
  CopySample s = copySample("tiny");
  s.builder.add(readQueue(east, 0), memoryBurst(Opcode::Read, 5, 10, westward, 9));
  expectHazard(s.builder, Hazard::QueueOverlap, "cycle 5");
}

TEST(Stepper, MeetsStreamConflict) {
  CopySample s = copySample("tiny");
  s.builder.memory(east, 1, 0, "x");
  s.builder.add(readQueue(east, 1), memoryBurst(Opcode::Read, 4, 0, eastward, 4));
  expectHazard(s.builder, Hazard::StreamConflict, "cycle 5");
}

TEST(Stepper, MeetsEmptyStream) {
  CopySample s = copySample("tiny");
  s.builder.at(s.write).cycle += 1;
  expectHazard(s.builder, Hazard::StreamEmpty, "mem.e4.w");
}

TEST(Stepper, MeetsBankConflict) {
  CopySample s = copySample("tiny");
  s.builder.memory(east, 4, 100, "x");
  s.builder.add(readQueue(east, 4), memoryBurst(Opcode::Read, s.builder.at(s.write).cycle, 100, westward, 9));
  expectHazard(s.builder, Hazard::BankConflict, "bank 0");
}

TEST(Stepper, MeetsUnwrittenRead) {
  CopySample s = copySample("tiny");
  s.builder.at(s.read).address = 11;
  expectHazard(s.builder, Hazard::UnwrittenRead, "word 13");
}

TEST(Stepper, MeetsMissingChain) {
  ChainSample s = chainSample("tiny");
  s.builder.at(s.multiply).opcode = Opcode::DivF; // takes longer
  expectHazard(s.builder, Hazard::ChainMissing, "add.f");
}

TEST(Stepper, MeetsMissingWeights) {
  MatmulSample s = matmulSample("tiny", false, 2, 20);
  s.builder.at(s.installs[0].front()).cycle += 200;
  const std::string words = stepped(s.builder);
  EXPECT_NE(words.find(verifier::hazardName(Hazard::WeightsMissing)), std::string::npos) << words;
}

TEST(Stepper, MeetsMissingAccumulator) {
  MatmulSample s = matmulSample("tiny", false, 2, 20);
  s.builder.at(s.multiply[0]).accumulate = 1;
  expectHazard(s.builder, Hazard::AccumulatorMissing, "mxm.e0.multiply");
}

TEST(Stepper, MeetsPlaneConflict) {
  MatmulSample s = matmulSample("tiny", true, 2, 20);
  Instruction other = s.builder.at(s.multiply[0]);
  other.opcode = Opcode::MultiplyI8;
  other.swap = other.emit = other.outStream = 0;
  other.count = other.interval = 1;
  s.builder.add(unitQueue(Unit::Multiplier, east, 1), other); // with the first row of the tandem
  expectHazard(s.builder, Hazard::PlaneConflict, "mxm.e1.multiply");
}

TEST(Stepper, MeetsLinkConflict) {
  LinkSample s = linkSample("tiny");
  const unsigned soon = s.builder.target().linkInterval - 1;
  for (BurstRef burst : {s.read, s.send, s.receive, s.write})
    s.builder.at(burst).interval = soon;
  expectHazard(s.builder, Hazard::LinkConflict, "send");
}

TEST(Stepper, MeetsLinkMismatch) {
  LinkSample s = linkSample("tiny");
  s.builder.at(s.receive).cycle -= 1;
  s.builder.at(s.write).cycle -= 1;
  expectHazard(s.builder, Hazard::LinkMismatch, "receive");
}

TEST(Stepper, MeetsLostVectors) {
  LinkSample s = linkSample("tiny");
  s.builder.at(s.receive).count = s.builder.at(s.write).count = 1;
  EXPECT_NE(stepped(s.builder).find(verifier::hazardName(Hazard::LinkMismatch)), std::string::npos);
}

//===----------------------------------------------------------------------===//
// Inputs, outputs and flow
//===----------------------------------------------------------------------===//

/// Three vectors of an input 'x', copied to an output 'y'.
static Program copyOfInput() {
  ProgramBuilder b("tiny");
  const target::Target &t = b.target();
  b.input("x", 2, 2, {3, t.lanes()}, east, {0}, 10);
  const BurstRef read = b.add(readQueue(east, 0), memoryBurst(Opcode::Read, 3, 10, eastward, 4, 3));
  const uint64_t arrival = 3 + t.readLatency + t.sliceStop(4) - t.sliceStop(0);
  b.add(writeQueue(east, 4), memoryBurst(Opcode::Write, arrival, 20, eastward, 4, 3));
  b.output("y", 2, 2, {3, t.lanes()}, east, {4}, 20);
  b.flowFromMemory(read);
  return b.build();
}

// The flow that the stepper sees from an input to an output is what the verifier proves; what differs from it
// is not.
TEST(Stepper, SeesTheFlowOfInputsAndOutputs) {
  Program program = copyOfInput();
  const target::Target target = *target::targetByName("tiny");
  const executor::TensorMap inputs = {
      {"x", {ElementType::UInt8, {3, target.lanes()}, Numbers().bytes(3 * target.lanes())}}};
  auto stepper = *executor::Stepper::create(program, /*recordsFlow=*/true);
  auto run = stepper->step(inputs);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ((*run)->outputs.at("y").data, inputs.at("x").data);
  EXPECT_EQ((*run)->counters.cycles, program.metadata.cycles());
  EXPECT_EQ(stepper->counters().cycles, program.metadata.cycles());
  EXPECT_EQ(stepper->program().cards.size(), 1u);
  program.cards[0].flow = (*run)->flow()[0];
  EXPECT_TRUE(verifier::verify(program, target).empty());
  auto runner = executor::Executor::create(program);
  ASSERT_TRUE(runner.ok());
  EXPECT_TRUE(executor::runStepped(**runner, inputs).ok());
  EXPECT_FALSE(executor::runStepped(**runner, {}).ok()) << "an input is missing";
}

// Executors of programs that leave other bytes behind are told apart, with the word.
TEST(Stepper, ComparesMemory) {
  CopySample one = copySample("tiny"), other = copySample("tiny");
  Program changed = other.builder.build();
  changed.cards[0].data[0] = char(changed.cards[0].data[0] ^ 1);
  auto a = *executor::Executor::create(one.builder.build()), b = *executor::Executor::create(changed);
  auto left = a->execute({}), right = b->execute({});
  ASSERT_TRUE(left.ok() && right.ok());
  const std::string words(executor::compareMemory(**left, **right, 1, one.builder.target()).message());
  EXPECT_EQ(words, "different bytes in card 0, word 10 of mem.e0");
}

TEST(Stepper, RefusesWhatItCannotStep) {
  Program program = copySample("tiny").builder.build();
  program.metadata.set_cycles(executor::kMostSteppedCycles + 1);
  EXPECT_FALSE(executor::Stepper::create(program).ok());
  program.metadata.set_cycles(40);
  program.metadata.set_target("unknown");
  EXPECT_FALSE(executor::Stepper::create(program).ok());
}
