//===- ProgressionTest.cpp - Progressions against sets of numbers ---------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Verifier/Progression.h"

#include <gtest/gtest.h>

#include <set>

using namespace sluice::verifier;

// All pairs of short lines: each meeting in order, and no other.
TEST(Progressions, Meet) {
  for (int64_t slopeA = -5; slopeA <= 5; ++slopeA)
    for (int64_t slopeB = -5; slopeB <= 5; ++slopeB)
      for (int64_t base = -9; base <= 9; ++base)
        for (int64_t countA = 1; countA <= 6; ++countA)
          for (int64_t countB = 1; countB <= 6; ++countB) {
            if ((slopeA == 0 && countA > 1) || (slopeB == 0 && countB > 1))
              continue;
            const Line a{3, slopeA}, b{base, slopeB};
            std::vector<std::pair<int64_t, int64_t>> expected, found;
            for (int64_t i = 0; i != countA; ++i)
              for (int64_t j = 0; j != countB; ++j)
                if (a.at(i) == b.at(j))
                  expected.emplace_back(i, j);
            if (std::optional<Meeting> meeting = meet(a, countA, b, countB))
              for (int64_t k = 0; k != meeting->a.count; ++k)
                found.emplace_back(meeting->a.at(k), meeting->b.at(k));
            ASSERT_EQ(found, expected)
                << slopeA << " " << slopeB << " " << base << " " << countA << " " << countB;
          }
}

// The largest numbers that a program can have.
TEST(Progressions, MeetFarAway) {
  const int64_t far = int64_t(1) << 48;
  const auto meeting = meet({far, 255}, 65535, {far + 254 * 255 * 3, -254}, 65535);
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->a.first, 0);
  for (int64_t k = 0; k != meeting->a.count; ++k)
    ASSERT_EQ(far + 255 * meeting->a.at(k), far + 254 * 255 * 3 - 254 * meeting->b.at(k));
  EXPECT_EQ(meeting->a.count, 4); // Every 254th of a, from 0 to 3 * 254.
}

TEST(Progressions, WhereAtLeast) {
  for (int64_t slope = -4; slope <= 4; ++slope)
    for (int64_t bound = -20; bound <= 20; ++bound) {
      const Line line{1, slope};
      const Range range = whereAtLeast(line, bound, 5);
      for (int64_t k = 0; k != 5; ++k)
        ASSERT_EQ(line.at(k) >= bound, k >= range.begin && k < range.end) << slope << " " << bound;
    }
}

TEST(Progressions, Remove) {
  for (int64_t step = 1; step <= 6; ++step)
    for (int64_t first = -3; first <= 20; ++first)
      for (int64_t count = 1; count <= 8; ++count) {
        std::vector<Progression> set{{0, 2, 8}, {1, 2, 5}};
        std::set<int64_t> expected, found;
        for (const Progression &piece : set)
          for (int64_t k = 0; k != piece.count; ++k)
            expected.insert(piece.at(k));
        const Progression part{first, step, count};
        for (int64_t k = 0; k != count; ++k)
          expected.erase(part.at(k));
        remove(set, part);
        for (const Progression &piece : set)
          for (int64_t k = 0; k != piece.count; ++k)
            ASSERT_TRUE(found.insert(piece.at(k)).second);
        ASSERT_EQ(found, expected) << first << " " << step << " " << count;
      }
}
