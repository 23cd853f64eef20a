//===- LayoutTest.cpp - Layouts by loops, and what is refused -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Verifier/Layout.h"

#include <gtest/gtest.h>

#include <array>

using namespace sluice;
using namespace sluice::verifier;
using binary::proto::Binding;
using Triples = std::vector<std::array<int64_t, 3>>;

/// An image of 8 x 6 bytes.
static Binding image(const Triples &rows, const Triples &lanes, const std::vector<int64_t> &offsets) {
  Binding binding;
  binding.set_name("x");
  binding.mutable_type()->set_element_type(2);
  binding.mutable_type()->set_machine_type(2);
  binding.mutable_type()->add_shape(8);
  binding.mutable_type()->add_shape(6);
  for (const auto &[from, to] : {std::pair(&rows, binding.mutable_layout()->mutable_rows()),
                                 std::pair(&lanes, binding.mutable_layout()->mutable_lanes())})
    for (const auto &[dim, count, step] : *from) {
      binary::proto::Loop *loop = to->Add();
      loop->set_dim(int32_t(dim));
      loop->set_count(count);
      loop->set_step(step);
    }
  binding.mutable_layout()->mutable_offsets()->Add(offsets.begin(), offsets.end());
  return binding;
}

static std::string complaint(const Binding &binding, bool isOutput = false) {
  return std::string(layoutOf(binding, isOutput, *target::targetByName("tiny")).status().message());
}

TEST(Layout, LoopsGiveRowsAndChunks) {
  const auto layout = layoutOf(image({{0, 6, 1}, {1, 4, 1}}, {{0, 7, 1}, {1, 5, 1}}, {0, 0}),
                               /*isOutput=*/false, *target::targetByName("tiny"));
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_TRUE(layout->hasLoops());
  EXPECT_EQ(layout->outer, 24u);
  EXPECT_EQ(layout->laneElements, 35u);
  EXPECT_EQ(layout->chunks, 2u); // Of 32 lanes.
  EXPECT_EQ(layout->vectors(), 48u);
  EXPECT_EQ(layout->elements, 48u);
  const auto single = layoutOf(image({{0, 8, 1}}, {}, {0, 3}), false, *target::targetByName("tiny"));
  ASSERT_TRUE(single.ok()) << single.status();
  EXPECT_EQ(single->vectors(), 8u);
  EXPECT_FALSE(single->replicated());
}

TEST(Layout, LoopsThatMakeNoSenseAreRefused) {
  const int64_t least = INT64_MIN, most = INT64_MAX;
  EXPECT_EQ(complaint(image({{2, 3, 1}}, {}, {0, 0})), "binding 'x': row loop 0 is of dimension 2 of 2");
  EXPECT_EQ(complaint(image({}, {{0, 1, 1}, {-1, 3, 1}}, {0, 0})),
            "binding 'x': lane loop 1 is of dimension -1 of 2");
  EXPECT_EQ(complaint(image({{1, 0, 1}}, {}, {0, 0})), "binding 'x': row loop 0 counts to 0");
  EXPECT_EQ(complaint(image({{1, least, 1}}, {}, {0, 0})),
            "binding 'x': row loop 0 counts to " + std::to_string(least));
  EXPECT_EQ(complaint(image({{1, 3, 1}}, {}, {0})), "binding 'x': the layout has 1 offsets for rank 2");
  EXPECT_EQ(complaint(image({{1, 3, 1}}, {}, {})), "binding 'x': the layout has 0 offsets for rank 2");
  EXPECT_EQ(complaint(image({{1, 3, 1}}, {}, {0, 0}), /*isOutput=*/true),
            "binding 'x': an output's layout has loops");
  Binding both = image({{1, 3, 1}}, {}, {0, 0});
  both.mutable_layout()->set_lane_dims(1);
  EXPECT_EQ(complaint(both), "binding 'x': the layout has both loops and a permutation or lane dimensions");
  for (const auto &[count, other] :
       {std::pair(most, int64_t(1)), std::pair(int64_t(1) << 20, int64_t(1) << 20),
        std::pair(int64_t(1) << 32, int64_t(1) << 32)})
    EXPECT_NE(complaint(image({{0, other, 0}, {0, count, 0}}, {}, {0, 0})).find("beyond the cards' memory"),
              std::string::npos);
}

// The places fit each alone, as rows and as lane elements, not together.
TEST(Layout, LoopsTakeNoMoreVectorsThanThereAre) {
  const target::Target target = *target::targetByName("tiny");
  const int64_t words = int64_t(target.memoryBytes() * target.cardsPerNode / target.lanes());
  EXPECT_EQ(complaint(image({{0, words, 0}}, {{1, 32, 1}}, {0, 0})), "");
  EXPECT_EQ(complaint(image({{0, words, 0}}, {{1, 33, 1}}, {0, 0})),
            "binding 'x': the layout has " + std::to_string(words) +
                " rows of 2 vectors, beyond the cards' memory");
  EXPECT_EQ(complaint(image({{0, 1, 0}}, {{1, words * 32, 0}}, {0, 0})), "");
}

// No sum of offsets and steps may leave the numbers, whichever sign they have.
TEST(Layout, LoopsReachNoFurtherThanMemory) {
  const int64_t least = INT64_MIN, most = INT64_MAX;
  for (const auto &[offset, step] :
       {std::pair(least, least), std::pair(most, most), std::pair(least, int64_t(1)),
        std::pair(int64_t(0), least), std::pair(int64_t(0), most), std::pair(most, int64_t(0))}) {
    const std::string words = "binding 'x': indices of dimension 1 go beyond the cards' memory";
    EXPECT_EQ(complaint(image({{1, 3, step}}, {}, {0, offset})), words);
    EXPECT_EQ(complaint(image({{1, 2, 1}}, {{1, 2, step}, {1, 2, 0}}, {0, offset})), words);
  }
  EXPECT_EQ(complaint(image({{1, 1, most}}, {{0, 4, -100}}, {300, -7})), "");
}
