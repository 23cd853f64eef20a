//===- TargetTest.cpp - The target descriptions and their reader ----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Expected figures are published ones or hand computed; they are not read from
// the description that is tested.
//
//===----------------------------------------------------------------------===//

#include "sluice/Target/Target.h"

#include "gtest/gtest.h"

#include <fstream>
#include <sstream>

using namespace sluice::target;

namespace {

Target tsp1() {
  absl::StatusOr<Target> target = targetByName("tsp1");
  EXPECT_TRUE(target.ok()) << target.status();
  return target.value_or(Target());
}

std::string tsp1Text() {
  std::ifstream file(SLUICE_TARGETS_DIRECTORY "/tsp1.textproto");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// `text` with its first `from` replaced by `to`; `from` has to occur.
std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// The error message of parsing `text`, which has to fail with InvalidArgument.
std::string parseError(const std::string &text) {
  absl::Status status = parseTarget(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return std::string(status.message());
}

} // namespace

// A constant of public programs: transposer, inwards to the VXM, three chained
// ALUs, outwards again, distributor.
TEST(Target, CheckPathThroughVxmTakes50Cycles) {
  Target t = tsp1();
  unsigned cycles = t.transposeLatency + t.sxmStop + t.vxmEntryLatency + 3 * t.simpleLatency + t.sxmStop +
                    t.distributeLatency;
  EXPECT_EQ(cycles, 50u);
}

// A constant of public programs: transposer, the memory next to the SXM gathers,
// distributor.
TEST(Target, CheckPathThroughGatherTakes15Cycles) {
  Target t = tsp1();
  unsigned crossing = t.sxmStop - t.sliceStop(t.slicesPerHemisphere - 1);
  EXPECT_EQ(t.transposeLatency + crossing + t.gatherLatency + crossing + t.distributeLatency, 15u);
}

// The published totals follow from the parts.
TEST(Target, PublishedTotals) {
  Target t = tsp1();
  EXPECT_EQ(t.lanes(), 320u);
  EXPECT_EQ(t.memoryBytes(), uint64_t(220) << 20);
  EXPECT_EQ(t.wordsPerSlice() * t.lanes(), 2'621'440u); // 2.5 MiB
  unsigned slices = 2 * t.slicesPerHemisphere, streams = 2 * t.streamsPerDirection;
  EXPECT_EQ(slices, 88u);
  EXPECT_EQ(slices * 2 * t.lanes(), 56'320u); // B/cycle: a read and a write of each slice
  EXPECT_EQ(streams * t.lanes(), 20'480u);    // B/cycle past any stop
  unsigned planes = 2 * t.planesPerHemisphere;
  EXPECT_EQ(planes * t.lanes() * t.columns, 409'600u);                        // int8 MAC/cycle
  EXPECT_EQ(planes / 2 * t.lanes() * t.columns / t.f16RowInterval, 102'400u); // fp16 MAC/cycle
  EXPECT_EQ(t.columnGroups(), 20u);                                           // cycles of an install
  EXPECT_EQ(planes * t.installStreams * t.lanes(), 20'480u);                  // B/cycle into all planes
  EXPECT_EQ(t.cardsPerNode * t.maxNodes, 264u);
  EXPECT_EQ(t.cardsPerNode * t.globalLinks, 32u);
  EXPECT_EQ(t.localLinks + t.globalLinks, 11u);
}

// A vector of 320 B travels as 328 B at 12.5 GB/s: at 900 MHz that is 23.6 cycles.
TEST(Target, LinkIntervalFollowsFromTheLinkRate) {
  Target t = tsp1();
  EXPECT_EQ(t.linkInterval, unsigned(328 * t.clockMhz / 12'500) + 1);
}

// Memory is 11 stops long and lies between the VXM and the SXM.
TEST(Target, SliceStops) {
  Target t = tsp1();
  EXPECT_EQ(t.sliceStop(0), 1u);
  EXPECT_EQ(t.sliceStop(3), 1u);
  EXPECT_EQ(t.sliceStop(4), 2u);
  EXPECT_EQ(t.sliceStop(43), 11u);
  EXPECT_EQ(t.bankOf(4095), 0u);
  EXPECT_EQ(t.bankOf(4096), 1u);
}

// A value stands still on its diagonal while it flows, in both directions and
// through the VXM from one hemisphere to the other.
TEST(Target, DiagonalsStandStill) {
  Target t = tsp1();
  int west = Target::position(Hemisphere::West, t.sxmStop);
  int east = Target::position(Hemisphere::East, t.mxmStop);
  EXPECT_EQ(west, -15);
  EXPECT_EQ(east, 16);
  EXPECT_EQ(Target::diagonal(Direction::East, 100, west), Target::diagonal(Direction::East, 131, east));
  EXPECT_EQ(Target::diagonal(Direction::West, 100, east), Target::diagonal(Direction::West, 131, west));
  EXPECT_EQ(outward(Hemisphere::East), Direction::East);
  EXPECT_EQ(outward(Hemisphere::West), Direction::West);
  EXPECT_EQ(inward(Hemisphere::East), Direction::West);
  EXPECT_EQ(inward(Hemisphere::West), Direction::East);
}

// Every pair of cards of a node has one link, and the two ends agree.
TEST(Target, LocalLinksConnectANodeFully) {
  Target t = tsp1();
  for (unsigned card = 0; card < t.cardsPerNode; ++card)
    for (unsigned peer = 0; peer < t.cardsPerNode; ++peer) {
      if (peer == card)
        continue;
      unsigned link = t.localLink(card, peer);
      ASSERT_LT(link, t.localLinks);
      EXPECT_EQ(t.localPeer(card, link), peer);
      EXPECT_EQ(t.localPeer(peer, t.localLink(peer, card)), card);
    }
}

// The small machine of exhaustive tests: 32 lanes and 8 slices a hemisphere, computed by hand.
TEST(Target, TinyParses) {
  absl::StatusOr<Target> tiny = targetByName("tiny");
  ASSERT_TRUE(tiny.ok()) << tiny.status();
  EXPECT_EQ(tiny->name, "tiny");
  EXPECT_EQ(tiny->lanes(), 32u);
  EXPECT_EQ(tiny->memoryBytes(), 262'144u); // 16 slices x 2 banks x 256 words x 32 B
  EXPECT_EQ(tiny->columnGroups(), 2u);
}

TEST(Target, EmbeddedTextIsTheFile) {
  absl::StatusOr<Target> parsed = parseTarget(tsp1Text());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->memoryBytes(), tsp1().memoryBytes());
  EXPECT_EQ(parsed->name, "tsp1");
  EXPECT_EQ(parsed->version, 1u);
}

TEST(TargetErrors, UnknownNameListsTheKnownOnes) {
  absl::Status status = targetByName("tsp9").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no target 'tsp9'; known targets: small, tiny, tsp1");
}

TEST(TargetErrors, AllMissingAndZeroFieldsAreNamedAtOnce) {
  std::string text = replaced(tsp1Text(), "superlanes: 20", "");
  text = replaced(text, "entry_latency: 5", "entry_latency: 0");
  text = replaced(text, "cards_per_node: 8", "");
  EXPECT_EQ(parseError(text), "target 'tsp1': missing or zero: chip.superlanes, chip.vxm.entry_latency, "
                              "system.cards_per_node");
}

TEST(TargetErrors, EmptyDescriptionNamesEveryField) {
  std::string message = parseError("");
  for (const char *field : {"name", "version", "chip.superlanes", "chip.memory.slices_per_hemisphere",
                            "chip.vxm.alus", "chip.sxm.stop", "chip.mxm.columns", "system.max_nodes"})
    EXPECT_NE(message.find(field), std::string::npos) << field;
}

TEST(TargetErrors, InconsistentFields) {
  EXPECT_EQ(parseError(replaced(replaced(tsp1Text(), "install_streams: 16", "install_streams: 24"),
                                "streams_per_direction: 32", "streams_per_direction: 20")),
            "target 'tsp1': chip.mxm.columns (320) is not a multiple of install_streams (24); "
            "chip.mxm.install_streams (24) exceeds chip.streams_per_direction (20)");
  EXPECT_EQ(parseError(replaced(tsp1Text(), "stop: 15", "stop: 11")),
            "target 'tsp1': chip.sxm.stop (11) is not beyond the last slice's stop (11)");
  EXPECT_EQ(parseError(replaced(tsp1Text(), "local_links: 7", "local_links: 6")),
            "target 'tsp1': system.local_links (6) is not cards_per_node - 1: a node is fully connected "
            "(8 cards)");
  EXPECT_EQ(parseError(replaced(tsp1Text(), "planes_per_hemisphere: 2", "planes_per_hemisphere: 3")),
            "target 'tsp1': chip.mxm.planes_per_hemisphere (3) is odd: fp16 takes planes in pairs");
  EXPECT_EQ(parseError(replaced(tsp1Text(), "slices_per_stop: 4", "slices_per_stop: 5")),
            "target 'tsp1': chip.memory.slices_per_hemisphere (44) is not a multiple of slices_per_stop (5)");
  EXPECT_EQ(parseError(replaced(tsp1Text(), "columns: 320", "columns: 336")),
            "target 'tsp1': chip.mxm.columns (336) exceeds the lanes (320) that a result row leaves on");
}

namespace {
/// A field of tsp1's description, the first number that is too much for it, and what is said then.
struct TooMuch {
  const char *field;
  int64_t limit;
  const char *why;
};
} // namespace

// What instruction words can name, from the table in docs/isa.md: 5 bits of a stream, 6 of a chained ALU,
// 5 of an install's width, 10 of an accumulator, 8 of an interval, 20 of a delta; queues are numbered by 16
// bits, and all else by 31.
TEST(TargetErrors, FieldsBeyondWhatInstructionsEncode) {
  for (const auto &[field, limit, why] : std::initializer_list<TooMuch>{
           {"chip.streams_per_direction: 32", 32, "the most that instructions can name"},
           {"chip.memory.slices_per_hemisphere: 44", 65'536, "the most of a kind that have a queue"},
           {"chip.memory.first_stop: 1", 63, "the furthest stop"},
           {"chip.memory.read_latency: 1", 1'048'575, "the most cycles between two instructions"},
           {"chip.vxm.alus: 16", 64, "the most that instructions can name"},
           {"chip.vxm.transcendental_latency: 9", 1'048'575, "the most cycles between two instructions"},
           {"chip.sxm.distributors: 4", 65'536, "the most of a kind that have a queue"},
           {"chip.sxm.transposers: 2", 65'536, "the most of a kind that have a queue"},
           {"chip.sxm.permutors: 1", 65'536, "the most of a kind that have a queue"},
           {"chip.mxm.planes_per_hemisphere: 2", 65'536, "the most of a kind that have a queue"},
           {"chip.mxm.install_streams: 16", 31, "the most that instructions can name"},
           {"chip.mxm.accumulator_rows: 640", 1'024, "the most that instructions can name"},
           {"chip.mxm.f16_row_interval: 2", 255, "the longest interval of a burst"},
           {"chip.mxm.multiply_latency: 32", 1'048'575, "the most cycles between two instructions"},
           {"system.link_interval: 24", 255, "the longest interval of a burst"},
           {"system.link_latency: 228", 1'048'575, "the most cycles between two instructions"},
           {"system.max_nodes: 33", 2'147'483'647, "the most that counts"},
           {"chip.clock_mhz: 900", 2'147'483'647, "the most that counts"}}) {
    const std::string path(field, std::string(field).find(':'));
    const std::string line = std::string(field).substr(std::string(field).rfind('.') + 1);
    const std::string name = line.substr(0, line.find(':') + 2);
    const std::string text = replaced(tsp1Text(), line, name + std::to_string(limit + 1));
    EXPECT_EQ(parseError(text), "target 'tsp1': " + path + " (" + std::to_string(limit + 1) + ") exceeds " +
                                    std::to_string(limit) + ", " + why);
    // The limit itself is no fault of the field's; others may not go with it.
    const std::string most = replaced(tsp1Text(), line, name + std::to_string(limit));
    const std::string error(parseTarget(most).status().message());
    EXPECT_EQ(error.find(" exceeds " + std::to_string(limit) + ","), std::string::npos) << error;
    EXPECT_EQ(parseError(replaced(tsp1Text(), line, name + "-1")),
              "target 'tsp1': " + path + " (-1) is negative");
  }
}

// The same for what several fields make up: 13 bits of a word's address, 9 of a product's lanes, 5 of a
// column group, 4 of a link.
TEST(TargetErrors, ProductsBeyondWhatInstructionsEncode) {
  EXPECT_EQ(
      parseError(replaced(tsp1Text(), "words_per_bank: 4096", "words_per_bank: 4097")),
      "target 'tsp1': chip.memory.banks_per_slice (2) of chip.memory.words_per_bank (4097) are 8194 words a "
      "slice, more than 8192, the most that instructions can name");
  EXPECT_EQ(parseError(replaced(tsp1Text(), "superlanes: 20", "superlanes: 32")),
            "target 'tsp1': chip.superlanes (32) of chip.lanes_per_superlane (16) are 512 lanes, more than "
            "511, the "
            "most that instructions can name");
  EXPECT_EQ(parseError(replaced(tsp1Text(), "install_streams: 16", "install_streams: 8")),
            "target 'tsp1': chip.mxm.columns (320) by install_streams (8) are 40 groups, more than 32, the "
            "most that "
            "instructions can name");
  EXPECT_EQ(parseError(replaced(tsp1Text(), "global_links: 4", "global_links: 10")),
            "target 'tsp1': system.local_links (7) and system.global_links (10) are 17 links, more than 16, "
            "the most "
            "that instructions can name");
  EXPECT_EQ(parseError(replaced(tsp1Text(), "instruction_bytes: 16", "instruction_bytes: 8")),
            "target 'tsp1': chip.instruction_bytes (8) is not 16, the bytes of an instruction word");
  // A product that 32 bits would not hold.
  EXPECT_NE(parseError(replaced(tsp1Text(), "words_per_bank: 4096", "words_per_bank: 2147483647"))
                .find("are 4294967294 words"),
            std::string::npos);
}

TEST(TargetErrors, TooFewStreamsOrLanes) {
  EXPECT_EQ(
      parseError(replaced(replaced(tsp1Text(), "streams_per_direction: 32", "streams_per_direction: 3"),
                          "install_streams: 16", "install_streams: 2")),
      "target 'tsp1': chip.lanes_per_superlane (16) exceeds chip.streams_per_direction (3): a transposer "
      "takes "
      "a stream a lane; chip.streams_per_direction (3) is below 4, the streams of a word; chip.mxm.columns "
      "(320) by install_streams (2) are 160 groups, more than 32, the most that instructions can name");
  EXPECT_EQ(parseError(replaced(replaced(tsp1Text(), "superlanes: 20", "superlanes: 320"),
                                "lanes_per_superlane: 16", "lanes_per_superlane: 1")),
            "target 'tsp1': chip.lanes_per_superlane (1) is below 2, the bytes of an offset");
}

// What depends on a field that is wrong by itself is not judged: one fault has one message. All others have
// theirs.
TEST(TargetErrors, AllProblemsAreNamedAtOnce) {
  std::string text = replaced(tsp1Text(), "alus: 16", "alus: 1000");
  text = replaced(text, "columns: 320", "columns: -320");
  text = replaced(text, "link_interval: 24", "");
  text = replaced(text, "stop: 16", "stop: 15");
  EXPECT_EQ(
      parseError(text),
      "target 'tsp1': missing or zero: system.link_interval; chip.vxm.alus (1000) exceeds 64, the most that "
      "instructions can name; chip.mxm.columns (-320) is negative; chip.mxm.stop (15) is not beyond "
      "chip.sxm.stop (15)");
}

// Line and column are those of the token behind the unknown name.
TEST(TargetErrors, SyntaxErrorsCarryTheirPlace) {
  EXPECT_EQ(parseError("name: \"x\"\nchips {}"),
            "target description: 2:7: Message type \"sluice.target.description.Target\" has no field named "
            "\"chips\".");
  EXPECT_NE(parseError("name: \"x\nversion: 1").find("target description: 1:"), std::string::npos);
}
