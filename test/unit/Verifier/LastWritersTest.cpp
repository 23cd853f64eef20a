//===- LastWritersTest.cpp - Last writers against a table of places -------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Verifier/LastWriters.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>

using namespace sluice::verifier;

namespace {
/// Writes at random, and what they leave in each place.
class RandomWrites {
public:
  explicit RandomWrites(uint32_t seed) : engine(seed), effort(1000), writers(effort) {}

  int64_t upTo(int64_t last) { return int64_t(engine() % uint64_t(last + 1)); }
  Progression somePlaces() {
    const int64_t first = upTo(places - 1), step = 1 + upTo(upTo(3) == 0 ? 400 : 9);
    return {first, step, 1 + upTo((places - 1 - first) / step)};
  }
  void write() {
    const Progression where = somePlaces();
    const bool backwards = upTo(1) == 1;
    accesses.push_back({uint32_t(accesses.size()), {}, {upTo(300), 1 + upTo(3)}, where.count});
    const Access &access = accesses.back();
    const Written written{where, &access, backwards ? Line{where.count - 1, -1} : Line{0, 1}};
    for (int64_t i = 0; i != where.count; ++i) {
      const Last last{access.cycle.at(written.writing.at(i)), access.burst, written.writing.at(i)};
      Last &before = table.try_emplace(where.at(i), last).first->second;
      before = std::max(before, last);
    }
    writers.commit(written);
  }
  /// What lies in `where`, place by place.
  void look(const Progression &where) {
    std::map<int64_t, Last> found, expected;
    writers.forEachAt(where, [&](const Written &piece) {
      const std::optional<Meeting> common = meet(where, piece.places);
      ASSERT_TRUE(common) << "a piece that has none of the places";
      for (int64_t k = 0; k != common->a.count; ++k) {
        const int64_t index = common->b.at(k);
        const Last last{piece.cycles().at(index), piece.writer->burst, piece.writing.at(index)};
        EXPECT_TRUE(found.emplace(piece.places.at(index), last).second) << "a place in two pieces";
      }
    });
    for (int64_t i = 0; i != where.count; ++i)
      if (auto place = table.find(where.at(i)); place != table.end())
        expected.insert(*place);
    EXPECT_EQ(found, expected);
  }
  /// The places that nobody wrote.
  void lookForMissing() {
    std::vector<Progression> parts;
    writers.forEach([&](const Written &piece) { parts.push_back(piece.places); });
    std::set<int64_t> missing;
    for (const Progression &piece : complement(places, parts, effort))
      for (int64_t i = 0; i != piece.count; ++i)
        EXPECT_TRUE(missing.insert(piece.at(i)).second);
    for (int64_t place = 0; place != places; ++place)
      EXPECT_EQ(missing.count(place), 1 - table.count(place)) << place;
  }
  bool gaveUp() const { return effort.exhausted(); }

private:
  using Last = std::tuple<int64_t, uint32_t, int64_t>; ///< cycle, burst, element
  static constexpr int64_t places = 1500;
  std::mt19937 engine;
  Effort effort;
  LastWriters writers;
  std::deque<Access> accesses;
  std::map<int64_t, Last> table;
};
} // namespace

// Each place stays with its last writer; a look finds the pieces that have some of the places, and no others.
TEST(LastWriters, AgreeWithATable) {
  for (uint32_t seed = 0; seed != 60 && !HasFailure(); ++seed) {
    RandomWrites random(seed);
    for (unsigned round = 0; round != 25; ++round) {
      random.write();
      random.look(random.somePlaces());
      random.lookForMissing();
    }
    EXPECT_FALSE(random.gaveUp());
  }
}
