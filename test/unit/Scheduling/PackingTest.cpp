//===- PackingTest.cpp - Packing problems that are text -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Packing.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace sluice;
using namespace sluice::scheduling;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

static const target::Target &tsp1() {
  static const target::Target target = *target::targetByName("tsp1");
  return target;
}

static Problem parsed(llvm::StringRef text) {
  llvm::Expected<Problem> problem = parseProblem(text, tsp1());
  EXPECT_TRUE(bool(problem)) << (problem ? "" : llvm::toString(problem.takeError()));
  return problem ? *problem : Problem();
}

static std::vector<int64_t> cyclesOf(const Packing &packing) {
  std::vector<int64_t> cycles;
  for (const Departure &departure : packing.departures)
    cycles.push_back(departure.cycle);
  return cycles;
}

static Packing packedInOrder(const Problem &problem, std::vector<unsigned> passes) {
  std::vector<unsigned> waits(passes.size(), 0);
  return pack(problem, {std::move(passes), std::move(waits)}, tsp1());
}

/// An install of 20 cycles and 30 rows on plane 0, then the same again; a map of 8 ALUs that taps the first
/// rows' result.
static constexpr llvm::StringLiteral twoTiles = R"(
pass
train 0 20
  use mxm.e0.install mxm.e0.install 0+20*1
  result 16 16 -16+20*1 outward.east
  plane-wait may-load 0 0
  plane-effect has-loaded 0 20
train 15 30
  use mxm.e0.multiply mxm.e0.multiply 0+30*1
  result 4 4 48+30*1 inward.east vxm.west   # to the VXM
  plane-wait may-multiply 0 0
  plane-wait has-loaded 0 0
  plane-effect may-multiply 0 30
  plane-effect may-load 0 1
  read 14 1 1 -16+30*1 outward.east
  use mem.e3.r mem.e3.r -16+30*1
  use mem.e3.bank1.w mem.e3.bank1.r -16+30*1
pass
train 0 20
  use mxm.e0.install mxm.e0.install 0+20*1
  result 16 16 -16+20*1 outward.east
  plane-wait may-load 0 0
  plane-effect has-loaded 0 20
train 15 30
  use mxm.e0.multiply mxm.e0.multiply 0+30*1
  result 4 4 48+30*1 inward.east vxm.west
  plane-wait may-multiply 0 0
  plane-wait has-loaded 0 0
pass
train 0 40
  alu 0+30*1 3
  alu 3+30*1 3
  read 5 4 4 -5+30*1 inward.east vxm.west
  use mem.e7.r mem.e7.r -7+30*1
  wait 1 60
  tap 1 0 53 vxm.west
)";

TEST(Problem, IsReadAsItIsWritten) {
  const Problem problem = parsed(twoTiles);
  ASSERT_THAT(problem.passes, ElementsAre(0, 2, 4, 5));
  std::string text;
  llvm::raw_string_ostream stream(text);
  printProblem(stream, problem, tsp1());
  EXPECT_EQ(parsed(text), problem);
}

TEST(Problem, SaysWhatItDoesNotUnderstand) {
  for (const auto &[text, line] : std::initializer_list<std::pair<const char *, const char *>>{
           {"train 0 1", "line 1"},
           {"pass\ntrain 0", "line 2"},
           {"pass\ntrain 0 1\n  use mem.e44.r mem.e44.r 0+1*1", "line 3"},
           {"pass\ntrain 0 1\n  use mem.e0.r mem.e0.r 0+0*1", "line 3"},
           {"pass\ntrain 0 1\n  wait 0 1", "line 3"},
           {"pass\ntrain 0 1\n  tap 0 0 1 vxm.east", "line 3"},
           {"pass\ntrain 0 1\n  result 4 4 0+1*1 sideways.east", "line 3"},
           {"pass\ntrain 0 1\n  result 33 1 0+1*1 vxm.east", "line 3"},
           {"pass\ntrain 0 1\n  plane-wait may-load 4 0", "line 3"},
           {"pass\ntrain 0 1 2", "line 2"},
           {"pass\ntrain 0 99999999999999999999", "line 2"}}) {
    llvm::Expected<Problem> problem = parseProblem(text, tsp1());
    ASSERT_FALSE(bool(problem)) << text;
    EXPECT_THAT(llvm::toString(problem.takeError()), HasSubstr(line));
  }
}

// The second tile is installed while the plane works on the first; its rows follow when these are through.
// The map departs as the result flows by, 53 cycles after the rows, not 60, when it could be read.
TEST(Packing, FollowsThePlaneAndTapsWhatFlowsBy) {
  const Problem problem = parsed(twoTiles);
  Packing packing = packedInOrder(problem, {0, 1, 2});
  EXPECT_THAT(cyclesOf(packing), ElementsAre(0, 20, 21, 50, 73));
  EXPECT_EQ(packing.end, 114);
  EXPECT_TRUE(packing.departures[4].reads[0].taps);
  findHolders(problem, tsp1(), packing);
  std::vector<Hold::Cause> causes;
  for (const Departure &departure : packing.departures)
    causes.push_back(departure.hold.cause);
  EXPECT_THAT(causes, ElementsAre(Hold::Nothing, Hold::Weights, Hold::Slot, Hold::Rows, Hold::Flow));
  EXPECT_THAT(criticalChain(problem, packing), ElementsAre(4, 1, 0));
}

/// A short pass and a long one want slice 0; what follows the long one is longer still.
static constexpr llvm::StringLiteral oneSlice = R"(
pass
train 0 100
  use mem.e0.r mem.e0.r 0+100*1
pass
train 0 40
  use mem.e0.r mem.e0.r 0+40*1
pass
train 0 200
  use mem.e1.r mem.e1.r 0+200*1
  wait 1 40
)";

TEST(Packing, KeepsWhatWasTakenAndByWhom) {
  const Problem problem = parsed(oneSlice);
  Packing packing = packedInOrder(problem, {0, 1, 2});
  EXPECT_THAT(cyclesOf(packing), ElementsAre(0, 100, 140));
  findHolders(problem, tsp1(), packing);
  const Hold &hold = packing.departures[1].hold;
  EXPECT_EQ(hold.cause, Hold::Taken);
  EXPECT_EQ(Resources(tsp1()).nameOf(hold.resource), "mem.e0.r");
  EXPECT_EQ(hold.cycle, 99); // the last that is taken of those that a departure in cycle 80 would need
  EXPECT_EQ(hold.by, 0u);
  EXPECT_THAT(criticalChain(problem, packing), ElementsAre(2, 1, 0));
  EXPECT_THAT(heldCycles(problem, packing, tsp1()),
              ElementsAre(Pair("mem_read", 100), Pair("operand", 40), Pair("start", 0)));
}

TEST(Packing, WaitsForAsManyPassesAsThePlanSays) {
  const Problem problem = parsed(oneSlice);
  const Packing packing = pack(problem, {{1, 2, 0}, {0, 0, 2}}, tsp1());
  EXPECT_THAT(cyclesOf(packing), ElementsAre(241, 0, 40));
  EXPECT_EQ(packing.departures[0].hold.cause, Hold::Plan);
}

// The first pass may depart when the other two are over, whatever comes first else.
TEST(Packing, KeepsToAMemoryPlanWhateverIsReadyFirst) {
  const Problem problem = parsed(oneSlice);
  const PassOrder memory{{1, 2, 0}, {0, 0, 2}};
  for (Grain grain : {Grain::Pass, Grain::Train}) {
    const Packing free = packReadyFirst(problem, {1000, 0, 0}, grain, tsp1());
    EXPECT_EQ(cyclesOf(free).front(), 0);
    const Packing packing = packReadyFirst(problem, {1000, 0, 0}, grain, tsp1(), &memory);
    EXPECT_THAT(cyclesOf(packing), ElementsAre(241, 0, 40));
    EXPECT_EQ(packing.departures[0].hold.cause, Hold::Plan);
  }
  const Packing planned = pack(problem, memory, tsp1());
  EXPECT_THAT(cyclesOf(improvePacking(problem, planned, tsp1(), 4, &memory)), ElementsAre(241, 0, 40));
}

TEST(Packing, ImprovesAnOrderAndKeepsTheBest) {
  const Problem problem = parsed(oneSlice);
  const Packing first = packedInOrder(problem, {0, 1, 2});
  const Packing better = improvePacking(problem, first, tsp1(), 4);
  EXPECT_THAT(cyclesOf(better), ElementsAre(40, 0, 40));
  EXPECT_EQ(better.end, 241);
  EXPECT_EQ(cyclesOf(improvePacking(problem, better, tsp1(), 4)), cyclesOf(better));
}

// The same footprints at random: what follows still follows, and one slice serves one train at a time.
TEST(Packing, AnySeedIsLegal) {
  const Problem problem = parsed(oneSlice);
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Packing packing = pack(problem, {{0, 1, 2}, {0, 0, 0}}, tsp1(), seed);
    const std::vector<int64_t> cycles = cyclesOf(packing);
    EXPECT_GE(cycles[2], cycles[1] + 40);
    EXPECT_TRUE(cycles[1] >= cycles[0] + 100 || cycles[0] >= cycles[1] + 40);
  }
}
