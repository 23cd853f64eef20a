//===- RandomProgramTest.cpp - Stepper, executor and verifier agree -------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Executor/CrossCheck.h"
#include "sluice/Executor/Stepper.h"
#include "sluice/Verifier/Verifier.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;

/// Programs to try: SLUICE_RANDOM_PROGRAMS, or enough for every day.
static uint64_t programCount() {
  const char *wanted = std::getenv("SLUICE_RANDOM_PROGRAMS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : 150;
}

static size_t instructionCount(const Program &program) {
  size_t count = 0;
  for (const Card &card : program.cards)
    for (const QueueProgram &queue : card.queues)
      count += queue.instructions.size();
  return count;
}

// What the stepper runs without a hazard, with the flow that it saw, the verifier proves; stepper and
// executor, on one to three threads, then leave the same bits everywhere. All opcodes take part.
TEST(RandomPrograms, AreProvenAndRunAlike) {
  std::set<Opcode> seen;
  for (uint64_t seed = 0; seed != programCount(); ++seed) {
    Program program = randomProgram(seed);
    for (const Card &card : program.cards)
      for (const QueueProgram &queue : card.queues)
        for (const Instruction &what : queue.instructions)
          seen.insert(what.opcode);
    auto runner = executor::Executor::create(std::move(program), unsigned(1 + seed % 3));
    ASSERT_TRUE(runner.ok()) << "seed " << seed << ": " << runner.status();
    auto outputs = executor::runStepped(**runner, {});
    ASSERT_TRUE(outputs.ok()) << "seed " << seed << ": " << outputs.status();
  }
  EXPECT_GE(seen.size(), 40u);
}

/// Changes one field of one instruction.
static void mutate(Program &program, std::mt19937_64 &random) {
  std::vector<std::pair<size_t, Instruction *>> all;
  for (Card &card : program.cards)
    for (QueueProgram &queue : card.queues)
      for (Instruction &what : queue.instructions)
        all.emplace_back(0, &what);
  Instruction &what = *all[random() % all.size()].second;
  switch (random() % 4) {
  case 0:
    what.cycle += random() % 2 ? 1 : uint64_t(-1);
    return;
  case 1:
    what.count += random() % 2 ? 1 : uint32_t(-1);
    return;
  default:
    break;
  }
  const auto fields = fieldsOf(opcodeInfo(what.opcode).format);
  const Field &field = fields[random() % fields.size()];
  field.set(what, field.get(what) + int64_t(random() % 2 ? 1 : -1));
}

// Where the stepper meets a hazard in a mutant, the verifier has found something; what the verifier proves,
// the stepper runs.
TEST(RandomPrograms, MutantsThatMeetAHazardAreRefused) {
  std::mt19937_64 random(7);
  unsigned hazards = 0, proven = 0;
  for (uint64_t seed = 0; seed != programCount(); ++seed) {
    const Program original = randomProgram(seed);
    if (instructionCount(original) == 0)
      continue;
    for (unsigned round = 0; round != 8; ++round) {
      Program program = original;
      mutate(program, random);
      if (!checkProgram(program).ok())
        continue;
      const target::Target target = *target::targetByName(program.metadata.target());
      const bool isProven = verifier::verify(program, target).empty();
      auto stepper = *executor::Stepper::create(std::move(program));
      const absl::Status status = stepper->run({}).status();
      if (status.code() == absl::StatusCode::kFailedPrecondition) {
        ++hazards;
        EXPECT_FALSE(isProven) << "seed " << seed << ", round " << round << ": " << status;
      } else {
        proven += isProven;
      }
    }
  }
  EXPECT_GT(hazards, programCount());
  EXPECT_GT(proven, 0u);
}

// The flow of a legal program is the only one that is accepted for it: an edge that names another element of
// the producer, or no producer, is refused.
TEST(RandomPrograms, AnotherFlowIsRefused) {
  std::mt19937_64 random(11);
  for (uint64_t seed = 0; seed != programCount(); ++seed) {
    Program program = randomProgram(seed);
    std::vector<proto::FlowEdge> &flow = program.cards[random() % program.cards.size()].flow;
    if (flow.empty())
      continue;
    proto::FlowEdge &edge = flow[random() % flow.size()];
    if (random() % 2)
      edge.set_producer_first(edge.producer_first() + 1);
    else if (edge.producer_queue() == kInitialMemory)
      edge.set_producer_instruction(edge.producer_instruction() ^ 1);
    else
      edge.set_producer_queue(kInitialMemory);
    if (!checkProgram(program).ok())
      continue;
    const target::Target target = *target::targetByName(program.metadata.target());
    EXPECT_FALSE(verifier::verify(program, target).empty()) << "seed " << seed;
  }
}
