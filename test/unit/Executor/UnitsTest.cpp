//===- UnitsTest.cpp - Every unit computes what it should -----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Verifier/Samples.h"

#include "sluice/Executor/CrossCheck.h"
#include "sluice/Executor/Executor.h"
#include "sluice/Executor/Stepper.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;

/// Proves and runs a program; its only output.
static HostTensor runAlone(const ProgramBuilder &builder, const executor::TensorMap &inputs = {}) {
  auto runner = executor::Executor::create(builder.build());
  EXPECT_TRUE(runner.ok()) << runner.status();
  if (!runner.ok())
    return {};
  auto outputs = (*runner)->run(inputs);
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  return outputs.ok() && outputs->count("y") ? outputs->at("y") : HostTensor{};
}

template <typename T>
static std::vector<T> valuesOf(const HostTensor &tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(T));
  return values;
}

namespace {
class Units : public testing::TestWithParam<const char *> {};
} // namespace
INSTANTIATE_TEST_SUITE_P(Targets, Units, testing::Values("tiny", "tsp1"),
                         [](const auto &info) { return std::string(info.param); });

TEST_P(Units, CopyThroughMemory) {
  CopySample s = copySample(GetParam(), 5);
  EXPECT_EQ(runAlone(s.builder).data, s.data);
}

// 3 x + 0.5 is exact for these x, so plain float arithmetic gives the bits.
TEST_P(Units, ChainedAlus) {
  ChainSample s = chainSample(GetParam());
  const std::vector<float> y = valuesOf<float>(runAlone(s.builder));
  ASSERT_EQ(y.size(), s.x.size());
  for (size_t lane = 0; lane != y.size(); ++lane)
    EXPECT_EQ(y[lane], 3 * s.x[lane] + 0.5f) << lane;
}

/// a0 b0 + a1 b1 in integers.
static std::vector<int> productOf(const MatmulSample &s) {
  std::vector<int> product(s.rows * s.columns);
  for (int tile : {0, 1})
    for (unsigned row = 0; row != s.rows; ++row)
      for (unsigned k = 0; k != s.depth; ++k)
        for (unsigned column = 0; column != s.columns; ++column)
          product[row * s.columns + column] +=
              s.a[tile][row * s.depth + k] * s.b[tile][k * s.columns + column];
  return product;
}

// Lanes beyond the depth hold garbage in rows and weights and count as zero.
TEST_P(Units, MatmulInt8) {
  MatmulSample s = matmulSample(GetParam(), /*half=*/false, 7, 29);
  EXPECT_EQ(valuesOf<int32_t>(runAlone(s.builder)), productOf(s));
}

// Sums of these products stay below 2^24, so the integers are exact in fp32.
TEST_P(Units, MatmulHalf) {
  MatmulSample s = matmulSample(GetParam(), /*half=*/true, 6, 31);
  const std::vector<float> y = valuesOf<float>(runAlone(s.builder));
  const std::vector<int> expected = productOf(s);
  ASSERT_EQ(y.size(), expected.size());
  for (size_t i = 0; i != y.size(); ++i)
    EXPECT_EQ(y[i], float(expected[i])) << i;
}

/// Overwrites a lane of a word of a card's initial memory.
static void poke(Program &program, Hemisphere hemisphere, uint32_t slice, uint32_t address, size_t lane,
                 size_t lanes, uint8_t value) {
  Card &card = program.cards[0];
  for (const proto::MemoryRun &run : card.memory)
    if (run.hemisphere() == uint32_t(hemisphere) && run.slice() == slice && run.address() <= address &&
        address - run.address() < run.words())
      card.data[run.offset() + (address - run.address()) * lanes + lane] = char(value);
}

// Infinities and NaNs in rows and weights, some of which meet zeros: the rest of such a dot product stays.
TEST_P(Units, MatmulHalfWithZeroTimesInfinity) {
  constexpr unsigned rows = 4, depth = 23;
  MatmulSample s = matmulSample(GetParam(), /*half=*/true, rows, depth);
  const target::Target &t = s.builder.target();
  Program program = s.builder.build();
  std::vector<double> row[2], weights[2];
  for (int tile : {0, 1}) {
    row[tile].assign(s.a[tile].begin(), s.a[tile].end());
    weights[tile].assign(s.b[tile].begin(), s.b[tile].end());
  }
  auto setRow = [&](unsigned index, unsigned lane, uint16_t bits) {
    row[1][index * depth + lane] = double(std::bit_cast<_Float16>(bits));
    for (unsigned plane : {0u, 1u})
      poke(program, east, plane, 100 + rows + index, lane, t.lanes(), uint8_t(bits >> (8 * plane)));
  };
  auto setWeight = [&](unsigned lane, unsigned column, uint16_t bits) {
    weights[1][lane * s.columns + column] = double(std::bit_cast<_Float16>(bits));
    const unsigned stream = column % t.installStreams;
    for (unsigned plane : {0u, 1u})
      poke(program, stream < 8 ? east : west, stream % 8,
           (2 + plane) * t.columnGroups() + column / t.installStreams, lane, t.lanes(),
           uint8_t(bits >> (8 * plane)));
  };
  setRow(0, 3, 0x7c00);
  setRow(1, 3, 0xfe01);
  setRow(2, 3, 0x8000);
  setWeight(3, 1, 0x0000);
  setWeight(3, 2, 0x8000);
  setWeight(3, 4, 0x7d00);
  setWeight(7, 5, 0xfc00);
  setRow(3, 7, 0x0000);

  std::vector<float> expected(rows * s.columns);
  for (int tile : {0, 1})
    for (unsigned index = 0; index != rows; ++index)
      for (unsigned column = 0; column != s.columns; ++column)
        for (unsigned k = 0; k != depth; ++k) {
          const double a = row[tile][index * depth + k], b = weights[tile][k * s.columns + column];
          expected[index * s.columns + column] += a == 0 || b == 0 ? 0.0f : float(a * b);
        }
  const auto isSame = [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  const auto shared = std::make_shared<const Program>(std::move(program));
  auto proven = executor::Executor::create(shared);
  ASSERT_TRUE(proven.ok()) << proven.status();
  auto run = executor::runStepped(**proven, {});
  ASSERT_TRUE(run.ok()) << run.status();
  const std::vector<float> y = valuesOf<float>((*run)->outputs.at("y"));
  ASSERT_EQ(y.size(), expected.size());
  for (size_t i = 0; i != y.size(); ++i)
    EXPECT_PRED2(isSame, y[i], expected[i]) << "row " << i / s.columns << ", column " << i % s.columns;
  EXPECT_TRUE(std::isfinite(y[1]) && std::isfinite(y[2]) && std::isfinite(y[3 * s.columns + 5]));
}

TEST_P(Units, LinkBetweenCards) {
  LinkSample s = linkSample(GetParam(), 3);
  EXPECT_EQ(runAlone(s.builder).data, s.data);
}

//===----------------------------------------------------------------------===//
// Lane maps
//===----------------------------------------------------------------------===//

namespace {
/// One SXM operation on vectors of slices e0, e1, ... whose result goes to slices e4 ....
struct LanesSample {
  explicit LanesSample(const char *target) : builder(target) {}
  const target::Target &target() const { return builder.target(); }

  /// Reads `bytes` of `slice` so that they reach the SXM on stream e`stream` together.
  BurstRef load(unsigned slice, int stream, const std::string &bytes, uint32_t count = 1,
                uint32_t address = 0) {
    builder.memory(east, slice, address, bytes);
    Instruction read = memoryBurst(Opcode::Read, atSxm - target().readLatency - distance(slice), int(address),
                                   eastward, stream, count);
    BurstRef ref = builder.add(readQueue(east, slice), read);
    builder.flowFromMemory(ref);
    return ref;
  }
  /// Writes stream w`stream`, which leaves the SXM `latency` cycles after it took its
  /// operands, to slice e`slice`.
  BurstRef store(unsigned slice, int stream, unsigned latency, uint32_t count = 1) {
    return builder.add(writeQueue(east, slice), memoryBurst(Opcode::Write, atSxm + latency + distance(slice),
                                                            200, westward, stream, count));
  }
  unsigned distance(unsigned slice) const { return target().sxmStop - target().sliceStop(slice); }

  ProgramBuilder builder;
  const uint64_t atSxm = 40;
};
} // namespace

// A held map that reverses the lanes and leaves lane 0 empty, on two vectors.
TEST_P(Units, PermuteReversesLanes) {
  LanesSample s(GetParam());
  const unsigned lanes = s.target().lanes();
  std::string data = Numbers().bytes(2 * lanes), low, high, expected = data;
  for (unsigned lane = 0; lane != lanes; ++lane) {
    const unsigned source = lane == 0 ? 0xffff : lanes - 1 - lane;
    low += char(source);
    high += char(source >> 8);
    expected[lane] = lane == 0 ? 0 : data[source];
    expected[lanes + lane] = lane == 0 ? 0 : data[lanes + source];
  }
  BurstRef rows = s.load(0, 3, data, 2), lowMap = s.load(1, 8, low), highMap = s.load(2, 9, high);
  Instruction permute = lanesBurst(Opcode::Permute, s.atSxm, eastward, 3, 8, 1, westward, 5);
  permute.count = 2;
  permute.hold = 1;
  BurstRef ref = s.builder.add(unitQueue(Unit::Permutor, east), permute);
  BurstRef write = s.store(4, 5, s.target().permuteLatency, 2);
  s.builder.flow(ref, 0, rows);
  s.builder.flow(ref, 4, lowMap, 0, {0, 1});
  s.builder.flow(ref, 5, highMap, 0, {0, 1});
  s.builder.flow(write, 0, ref);
  s.builder.output("y", 2, 2, {2, lanes}, east, {4}, 200);
  EXPECT_EQ(runAlone(s.builder).data, expected);
}

// Lane l of a superlane takes lane l / 2; the last lane takes nothing.
TEST_P(Units, DistributeRepeatsLanes) {
  LanesSample s(GetParam());
  const unsigned lanes = s.target().lanes(), width = s.target().lanesPerSuperlane;
  std::string data = Numbers().bytes(lanes), map, expected;
  for (unsigned lane = 0; lane != lanes; ++lane) {
    const unsigned inside = lane % width;
    map += inside == width - 1 ? char(0xff) : char(inside / 2);
    expected += inside == width - 1 ? char(0) : data[lane - inside + inside / 2];
  }
  BurstRef row = s.load(0, 3, data), lanesMap = s.load(1, 8, map);
  BurstRef ref = s.builder.add(unitQueue(Unit::Distributor, east, 2),
                               lanesBurst(Opcode::Distribute, s.atSxm, eastward, 3, 8, 1, westward, 5));
  BurstRef write = s.store(4, 5, s.target().distributeLatency);
  s.builder.flow(ref, 0, row);
  s.builder.flow(ref, 4, lanesMap);
  s.builder.flow(write, 0, ref);
  s.builder.output("y", 2, 2, {lanes}, east, {4}, 200);
  EXPECT_EQ(runAlone(s.builder).data, expected);
}

// Only streams 0...7 carry data (from eight slices); the others come from a second read
// of the same slices from the west side, crossing the VXM.
TEST_P(Units, TransposeSwapsStreamsAndLanes) {
  LanesSample s(GetParam());
  const target::Target &t = s.target();
  const unsigned lanes = t.lanes(), size = t.lanesPerSuperlane;
  Numbers numbers;
  std::vector<std::string> in(size);
  Instruction transpose;
  transpose.opcode = Opcode::Transpose;
  transpose.cycle = s.atSxm;
  transpose.direction = int32_t(eastward);
  transpose.outDirection = int32_t(westward);
  BurstRef ref = s.builder.add(unitQueue(Unit::Transposer, east, 1), transpose);
  for (unsigned stream = 0; stream != size; ++stream) {
    in[stream] = numbers.bytes(lanes);
    const Hemisphere side = stream < 8 ? east : west;
    const int distance = int(t.sxmStop) - target::Target::position(side, t.sliceStop(stream % 8));
    s.builder.memory(side, stream % 8, 0, in[stream]);
    BurstRef read = s.builder.add(
        readQueue(side, stream % 8),
        memoryBurst(Opcode::Read, s.atSxm - t.readLatency - unsigned(distance), 0, eastward, int(stream)));
    s.builder.flowFromMemory(read);
    s.builder.flow(ref, stream, read);
  }
  // Result stream 5, lane i of each superlane: stream i, lane 5.
  BurstRef write = s.store(4, 5, t.transposeLatency);
  s.builder.flow(write, 0, ref, 5);
  std::string expected;
  for (unsigned lane = 0; lane != lanes; ++lane)
    expected += in[lane % size][lane - lane % size + 5];
  s.builder.output("y", 2, 2, {lanes}, east, {4}, 200);
  EXPECT_EQ(runAlone(s.builder).data, expected);
}

//===----------------------------------------------------------------------===//
// Indirect memory accesses
//===----------------------------------------------------------------------===//

namespace {
/// Gathers from, or scatters to, a table of eight words at word 16 of slice e4 by the
/// offsets in slice e0; the data of a scatter are in slice e1.
struct IndirectSample {
  IndirectSample(const char *target, const std::vector<unsigned> &offsets) : builder(target) {
    const target::Target &t = builder.target();
    table = Numbers().bytes(8 * t.lanes());
    builder.memory(east, 4, 16, table);
    std::string words(t.lanes(), '\0');
    for (unsigned superlane = 0; superlane != t.superlanes; ++superlane) {
      words[superlane * t.lanesPerSuperlane] = char(offsets[superlane % offsets.size()]);
      words[superlane * t.lanesPerSuperlane + 1] = char(offsets[superlane % offsets.size()] >> 8);
    }
    builder.memory(east, 0, 0, words);
    read = builder.add(readQueue(east, 0), memoryBurst(Opcode::Read, 1, 0, eastward, 2));
    builder.flowFromMemory(read);
    arrival = 1 + t.readLatency + t.sliceStop(4) - t.sliceStop(0);
  }
  Instruction indirect(Opcode opcode) const {
    Instruction burst = memoryBurst(opcode, arrival, 16, eastward, 7);
    burst.mapStream = 2;
    burst.mapDirection = int32_t(eastward);
    return burst;
  }
  ProgramBuilder builder;
  std::string table;
  BurstRef read{};
  uint64_t arrival = 0;
};
} // namespace

TEST_P(Units, GatherTakesAWordForEachSuperlane) {
  IndirectSample s(GetParam(), {7, 2});
  const target::Target &t = s.builder.target();
  BurstRef gather = s.builder.add(readQueue(east, 4), s.indirect(Opcode::Gather));
  BurstRef write = s.builder.add(writeQueue(east, 5),
                                 memoryBurst(Opcode::Write, s.arrival + t.gatherLatency, 0, eastward, 7));
  s.builder.flow(gather, 0, s.read);
  s.builder.flowFromMemory(gather, {0, 8});
  s.builder.flow(write, 0, gather);
  s.builder.output("y", 2, 2, {t.lanes()}, east, {5}, 0);
  std::string expected;
  for (unsigned lane = 0; lane != t.lanes(); ++lane)
    expected += s.table[(lane / t.lanesPerSuperlane % 2 == 0 ? 7 : 2) * t.lanes() + lane];
  EXPECT_EQ(runAlone(s.builder).data, expected);
}

TEST_P(Units, ScatterChangesAWordForEachSuperlane) {
  IndirectSample s(GetParam(), {1, 6});
  const target::Target &t = s.builder.target();
  const std::string data = Numbers().bytes(t.lanes());
  s.builder.memory(east, 1, 0, data);
  BurstRef read = s.builder.add(readQueue(east, 1), memoryBurst(Opcode::Read, 1, 0, eastward, 7));
  BurstRef scatter = s.builder.add(writeQueue(east, 4), s.indirect(Opcode::Scatter));
  s.builder.flowFromMemory(read);
  s.builder.flow(scatter, 0, read);
  s.builder.flow(scatter, 4, s.read);
  s.builder.output("y", 2, 2, {8, t.lanes()}, east, {4}, 16);
  std::string expected = s.table;
  for (unsigned lane = 0; lane != t.lanes(); ++lane)
    expected[(lane / t.lanesPerSuperlane % 2 == 0 ? 1 : 6) * t.lanes() + lane] = data[lane];
  EXPECT_EQ(runAlone(s.builder).data, expected);

  // A second run starts from the same memory.
  auto runner = executor::Executor::create(s.builder.build());
  ASSERT_TRUE(runner.ok()) << runner.status();
  for (int run = 0; run != 2; ++run) {
    auto outputs = (*runner)->run({});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_EQ(outputs->at("y").data, expected);
  }
}

// An offset that leaves the table ends the run of either executor with the instruction's name.
TEST(UnitFaults, GatherOutsideItsTableFails) {
  IndirectSample s("tiny", {0, 8});
  BurstRef gather = s.builder.add(readQueue(east, 4), s.indirect(Opcode::Gather), 0, "/lookup");
  s.builder.flow(gather, 0, s.read);
  s.builder.flowFromMemory(gather, {0, 8});
  auto runner = executor::Executor::create(s.builder.build());
  ASSERT_TRUE(runner.ok()) << runner.status();
  auto outputs = (*runner)->run({});
  ASSERT_EQ(outputs.status().code(), absl::StatusCode::kOutOfRange);
  const std::string message(outputs.status().message());
  EXPECT_NE(message.find("mem.e4.r gather"), std::string::npos) << message;
  EXPECT_NE(message.find("/lookup"), std::string::npos) << message;
  EXPECT_NE(message.find("superlane 1 asks for word 8, outside the 8 from word 16 on"), std::string::npos)
      << message;

  auto stepper = executor::Stepper::create((*runner)->program());
  ASSERT_TRUE(stepper.ok()) << stepper.status();
  outputs = (*stepper)->run({});
  ASSERT_EQ(outputs.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_NE(outputs.status().message().find("mem.e4.r: word 24 is outside the 8 from word 16 on"),
            absl::string_view::npos)
      << outputs.status();
}
