//===- MalformedTest.cpp - Fields and queues that make no sense -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"

#include "sluice/Verifier/Verifier.h"

#include <gtest/gtest.h>

#include <functional>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;
using verifier::Finding;
using verifier::Hazard;

namespace {

/// A change that leaves one thing malformed, and words of the finding.
struct Malformed {
  std::string words;
  std::function<void(Program &)> change;
};

QueueProgram &queueOf(Program &program, Unit unit, uint32_t card = 0) {
  for (QueueProgram &queue : program.cards[card].queues)
    if (queue.queue.unit == unit)
      return queue;
  ADD_FAILURE() << "the sample has no such queue";
  return program.cards[card].queues.front();
}
Instruction &firstOf(Program &program, Unit unit) { return queueOf(program, unit).instructions.front(); }

/// Expects for each change of `program` a finding of that class alone with its words.
void expectEach(const Program &program, const std::vector<Malformed> &changes) {
  const target::Target target = *target::targetByName("tiny");
  EXPECT_TRUE(verifier::verify(program, target).empty());
  for (const auto &[words, change] : changes) {
    Program changed = program;
    change(changed);
    const std::vector<Finding> findings = verifier::verify(changed, target);
    ASSERT_FALSE(findings.empty()) << words;
    EXPECT_EQ(findings.front().hazard, Hazard::Malformed) << findings.front().message;
    EXPECT_NE(findings.front().message.find(words), std::string::npos) << findings.front().message;
  }
}

} // namespace

TEST(Malformed, Products) {
  const unsigned rows = target::targetByName("tiny")->accumulatorRows;
  expectEach(matmulSample("tiny", true, 3, 20).builder.build(),
             {{"plane 0, not plane 1", [](Program &p) { queueOf(p, Unit::Multiplier).queue.index = 1; }},
              {"fp16 rows 1 cycles apart", [](Program &p) { firstOf(p, Unit::Multiplier).interval = 1; }},
              {"accumulator rows",
               [&](Program &p) { firstOf(p, Unit::Multiplier).accumulator = int32_t(rows) - 1; }},
              {"lanes 0", [](Program &p) { firstOf(p, Unit::Multiplier).lanes = 0; }},
              {"result: stream 2",
               [](Program &p) {
                 for (Instruction &what : queueOf(p, Unit::Multiplier).instructions)
                   what.outStream = what.emit ? 2 : 0;
               }},
              {"row: streams", [](Program &p) { firstOf(p, Unit::Multiplier).stream = 31; }},
              {"width 17", [](Program &p) { firstOf(p, Unit::Installer).width = 17; }},
              {"column groups", [](Program &p) { firstOf(p, Unit::Installer).column = 2; }}});
}

TEST(Malformed, Links) {
  expectEach(linkSample("tiny").builder.build(),
             {{"the link's other queue", [](Program &p) { firstOf(p, Unit::Link).opcode = Opcode::Receive; }},
              {"on a queue of link", [](Program &p) { firstOf(p, Unit::Link).link += 1; }},
              {"leads to card",
               [](Program &p) {
                 // Card 0's link 2 leads to card 3; the program has two.
                 QueueProgram &queue = queueOf(p, Unit::Link);
                 queue.queue.index = 4;
                 queue.instructions.front().link = 2;
               }},
              {"leaves the node", [](Program &p) {
                 QueueProgram &queue = queueOf(p, Unit::Link);
                 queue.queue.index = 16;
                 queue.instructions.front().link = 8;
               }}});
}

TEST(Malformed, QueuesAndLocations) {
  expectEach(copySample("tiny").builder.build(),
             {{"does not exist on tiny", [](Program &p) { queueOf(p, Unit::MemWrite).queue.index = 8; }},
              {"is given twice or out of order",
               [](Program &p) { std::swap(p.cards[0].queues[0], p.cards[0].queues[1]); }},
              {"locations for", [](Program &p) { queueOf(p, Unit::MemRead).locations.push_back(0); }},
              {"location 99", [](Program &p) { queueOf(p, Unit::MemRead).locations[0] = 99; }},
              {"another unit runs it",
               [](Program &p) {
                 Instruction &what = firstOf(p, Unit::MemRead);
                 what = Instruction();
                 what.cycle = 3;
               }},
              {"does not fit its 5 bits", [](Program &p) { firstOf(p, Unit::MemRead).stream = 32; }},
              {"it follows", [](Program &p) {
                 QueueProgram &queue = queueOf(p, Unit::MemRead);
                 queue.instructions.push_back(queue.instructions.front());
                 queue.instructions.back().cycle -= 1;
                 queue.locations.push_back(0);
               }}});
}

TEST(Malformed, LaneMaps) {
  ProgramBuilder b("tiny");
  b.memory(east, 0, 0, std::string(b.target().lanes(), 0));
  Program program = b.build();
  const target::Target target = b.target();
  const auto expect = [&](const Instruction &what, Unit unit, const std::string &words) {
    ProgramBuilder one = b;
    one.add(unitQueue(unit, east), what);
    const std::vector<Finding> findings = verifier::verify(one.build(), target);
    ASSERT_FALSE(findings.empty());
    EXPECT_EQ(findings.front().hazard, Hazard::Malformed);
    EXPECT_NE(findings.front().message.find(words), std::string::npos) << findings.front().message;
  };
  expect(lanesBurst(Opcode::Permute, 5, eastward, 0, 8, 5, westward, 0), Unit::Permutor, "width 5");
  expect(lanesBurst(Opcode::Permute, 5, eastward, 31, 8, 2, westward, 0), Unit::Permutor, "data: streams");
  expect(lanesBurst(Opcode::Permute, 5, eastward, 0, 31, 1, westward, 0), Unit::Permutor, "map: streams");
  expect(lanesBurst(Opcode::Distribute, 5, eastward, 0, 8, 4, westward, 30), Unit::Distributor,
         "result: streams");
  Instruction transpose;
  transpose.opcode = Opcode::Transpose;
  transpose.stream = 20;
  expect(transpose, Unit::Transposer, "data: streams");
}
