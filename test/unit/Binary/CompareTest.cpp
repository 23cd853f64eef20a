//===- CompareTest.cpp - Every difference is found ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SampleProgram.h"

#include "sluice/Binary/Compare.h"

#include "gtest/gtest.h"

#include <functional>

using namespace sluice;
using namespace sluice::binary;

namespace {

/// A change to the sample program, whether the schedule is another one then, and the words for it.
struct Change {
  std::string name;
  std::function<void(Program &)> apply;
  bool inSchedule;
  std::string words;
};

Instruction &firstSend(Program &program) { return program.cards[0].queues[2].instructions[0]; }

const std::vector<Change> &changes() {
  static const std::vector<Change> all = {
      {"cycle", [](Program &p) { firstSend(p).cycle = 21; }, true,
       "card 0 link0.send: 1 | 1 instructions, which differ in 2 cycles, first:\n"
       "  a: cycle 20  send         s0.e -> link0  x2/24  ; /layers.0/q/MatMul\n"
       "  b: nothing in that cycle"},
      {"field", [](Program &p) { firstSend(p).stream = 1; }, true,
       "card 0 link0.send: 1 | 1 instructions, which differ in 1 cycle:\n"
       "  a: cycle 20  send         s0.e -> link0  x2/24  ; /layers.0/q/MatMul\n"
       "  b: cycle 20  send         s1.e -> link0  x2/24  ; /layers.0/q/MatMul"},
      {"node", [](Program &p) { p.cards[0].queues[2].locations[0] = 0; }, false,
       "card 0 link0.send: 1 | 1 instructions, which differ in 1 cycle:\n"
       "  a: cycle 20  send         s0.e -> link0  x2/24  ; /layers.0/q/MatMul\n"
       "  b: cycle 20  send         s0.e -> link0  x2/24"},
      {"length", [](Program &p) { p.metadata.set_cycles(301); }, true, "cycles: 300 | 301"},
      {"weight", [](Program &p) { p.cards[1].data[kLanes] = 'z'; }, false,
       "card 1 initial memory: 1 of 2 | 2 words differ, the first is word 1 of mem.e0"},
      {"extent", [](Program &p) { p.cards[1].memory[0].set_words(1); }, true,
       "card 1 initial memory: 1 of 2 | 1 words differ, the first is word 1 of mem.e0"},
      {"flow", [](Program &p) { p.cards[0].flow[0].set_count(1); }, false,
       "card 0 flow: 1 of 1 | 1 edges differ"},
      {"input's name", [](Program &p) { p.metadata.mutable_inputs(0)->set_name("y"); }, true,
       "input 0: x int8 [2, 320] | y int8 [2, 320]"},
      {"input's place",
       [](Program &p) { p.metadata.mutable_inputs(0)->mutable_placements(0)->set_address(101); }, true,
       "input x int8 [2, 320] lies in other places"},
      {"producer", [](Program &p) { p.metadata.set_producer("other"); }, false, "producer: test | other"},
      {"statistics", [](Program &p) { p.metadata.set_stats_json("{} "); }, false, "statistics differ"},
  };
  return all;
}

} // namespace

TEST(Compare, EqualProgramsDoNotDiffer) {
  EXPECT_TRUE(differences(makeProgram(), makeProgram(), Scope::Everything).empty());
  EXPECT_EQ(*scheduleHash(makeProgram()), *scheduleHash(makeProgram()));
}

// Each change is told in words; it changes the schedule's hash just when the comparison of schedules sees it.
TEST(Compare, TellsEachChange) {
  for (const Change &change : changes()) {
    SCOPED_TRACE(change.name);
    const Program before = makeProgram();
    Program after = makeProgram();
    change.apply(after);
    EXPECT_EQ(differences(before, after, Scope::Everything), std::vector<std::string>{change.words});
    EXPECT_EQ(differences(before, after, Scope::Schedule).empty(), !change.inSchedule);
    EXPECT_EQ(*scheduleHash(before) == *scheduleHash(after), !change.inSchedule);
  }
}

// How memory is cut into runs does not matter.
TEST(Compare, JoinsRunsOfMemory) {
  Program cut = makeProgram();
  cut.cards[0].memory[0].set_words(1);
  proto::MemoryRun &rest = cut.cards[0].memory.emplace_back();
  rest.set_address(1);
  rest.set_words(1);
  rest.set_offset(kLanes);
  EXPECT_TRUE(differences(makeProgram(), cut, Scope::Everything).empty());
  EXPECT_EQ(*scheduleHash(makeProgram()), *scheduleHash(cut));
}
