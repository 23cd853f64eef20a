//===- ReservationTest.cpp - Packing trains -------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Reservation.h"

#include "gtest/gtest.h"

#include <optional>

using namespace sluice;
using namespace sluice::scheduling;
using binary::Unit;
using target::Direction;
using target::Hemisphere;

static target::Target tsp1() { return *target::targetByName("tsp1"); }

// The last taken cycle of a stretch is found across word borders; free stretches have none.
TEST(Timeline, FindsTheLastConflict) {
  Timeline timeline;
  timeline.reserve({60, 10, 1});
  EXPECT_EQ(timeline.lastConflict({0, 60, 1}), INT64_MIN);
  EXPECT_EQ(timeline.lastConflict({0, 61, 1}), 60);
  EXPECT_EQ(timeline.lastConflict({65, 500, 1}), 69);
  EXPECT_EQ(timeline.lastConflict({70, 500, 1}), INT64_MIN);
  EXPECT_EQ(timeline.reservedCycles(), 10);
}

// Progressions of other steps meet only where they share a cycle; keys may be negative.
TEST(Timeline, KeepsSteppedProgressionsApart) {
  Timeline timeline;
  timeline.reserve({-16, 50, 2});
  EXPECT_EQ(timeline.lastConflict({-15, 50, 2}), INT64_MIN);
  EXPECT_EQ(timeline.lastConflict({-16, 1, 1}), -16);
  timeline.release({-16, 50, 2});
  EXPECT_EQ(timeline.reservedCycles(), 0);
}

// A train departs as soon as its queue is free, into a gap if it fits, behind what holds it otherwise.
TEST(ReservationTable, FillsGaps) {
  target::Target target = tsp1();
  ReservationTable table(target);
  Resource queue = table.queue({Unit::Permutor, Hemisphere::West, 0});
  auto depart = [&](int64_t earliest, int64_t cycles) {
    Train train;
    train.earliest = earliest;
    train.uses.push_back({queue, queue, {0, cycles, 1}});
    table.depart(train);
    return train.departure;
  };
  EXPECT_EQ(depart(10, 20), 10);
  EXPECT_EQ(depart(40, 5), 40);
  EXPECT_EQ(depart(0, 10), 0);
  EXPECT_EQ(depart(0, 10), 30);
  EXPECT_EQ(depart(0, 1), 45);
}

// A bank that is written in a cycle cannot be read in it; the other bank can.
TEST(ReservationTable, KeepsReadsAndWritesOfABankApart) {
  target::Target target = tsp1();
  ReservationTable table(target);
  auto use = [&](unsigned bank, bool write) {
    Resource reads = table.bankReads(Hemisphere::East, 3, bank),
             writes = table.bankWrites(Hemisphere::East, 3, bank);
    Train train;
    train.uses.push_back({write ? reads : writes, write ? writes : reads, {0, 8, 1}});
    table.depart(train);
    return train.departure;
  };
  EXPECT_EQ(use(0, true), 0);
  EXPECT_EQ(use(1, false), 0);
  EXPECT_EQ(use(0, false), 8);
}

// 32 streams of a direction hold eight quads; the ninth waits.
TEST(ReservationTable, ChoosesFreeStreams) {
  target::Target target = tsp1();
  ReservationTable table(target);
  for (unsigned i = 0; i < 9; ++i) {
    Train train;
    train.streams.push_back({{{StreamSegment::Outward, Direction::East}}, 4, 4, {0, 100, 1}});
    table.depart(train);
    EXPECT_EQ(train.departure, i < 8 ? 0 : 100);
    EXPECT_EQ(train.chosenStreams.front(), i < 8 ? 4 * i : 0u);
  }
}

// Nine quads at once are more than a direction has, however late; what was tried leaves nothing behind. Once
// the search for a cycle never ended.
TEST(ReservationTable, RefusesWhatNoChipHolds) {
  target::Target target = tsp1();
  const StreamSegment outward{StreamSegment::Outward, Direction::East};
  for (std::optional<uint64_t> seed : {std::optional<uint64_t>(), std::optional<uint64_t>(7)}) {
    ReservationTable table(target, seed);
    Train early, wide, late;
    early.streams.push_back({{outward}, 1, 1, {0, 50, 1}});
    wide.streams.assign(9, {{outward}, 4, 4, {0, 100, 1}});
    late.streams.assign(8, {{outward}, 4, 4, {0, 100, 1}});
    EXPECT_TRUE(table.depart(early));
    EXPECT_FALSE(table.depart(wide));
    EXPECT_TRUE(table.depart(late));
    int64_t taken = 0;
    for (unsigned stream = 0; stream < target.streamsPerDirection; ++stream)
      taken += table.busyCycles(table.stream(outward, stream));
    EXPECT_EQ(taken, 50 + 32 * 100);
  }
}

// A train that takes one stream further must not choose the same stream for a result of its own. Once it did:
// softmax read its own result where the permutation's should have been.
TEST(ReservationTable, ChoosesNoStreamThatTheTrainTakesItself) {
  target::Target target = tsp1();
  ReservationTable table(target);
  StreamSegment atVxm{StreamSegment::AtVxm, Direction::East};
  Resource first = table.stream(atVxm, 0);
  Train train;
  train.uses.push_back({first, first, {0, 12, 1}});
  train.streams.push_back({{atVxm}, 1, 1, {11, 12, 1}});
  ASSERT_TRUE(table.departAt(train, 5));
  EXPECT_EQ(train.chosenStreams.front(), 1u);
}

// Two results may not leave an ALU in one cycle, though their operations started in different ones.
TEST(ReservationTable, KeepsAluResultsApart) {
  target::Target target = tsp1();
  ReservationTable table(target);
  auto depart = [&](int64_t earliest, int64_t latency) {
    Train train;
    train.earliest = earliest;
    train.alus.push_back({{0, 1, 1}, latency});
    table.depart(train);
    return train.chosenAlus.front();
  };
  EXPECT_EQ(depart(0, 9), 0u);
  EXPECT_EQ(depart(6, 3), 1u);
  EXPECT_EQ(depart(7, 3), 0u);
}
