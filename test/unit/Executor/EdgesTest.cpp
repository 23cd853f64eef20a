//===- EdgesTest.cpp - Tensors in and out, and what is refused ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Verifier/Samples.h"

#include "sluice/Executor/Stepper.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstring>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;
using executor::Executor;
using executor::TensorMap;

template <typename T>
static HostTensor tensorOf(ElementType type, std::vector<int64_t> shape, const std::vector<T> &values) {
  HostTensor tensor{type, std::move(shape), std::string(values.size() * sizeof(T), '\0')};
  std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
  return tensor;
}

template <typename T>
static std::vector<T> valuesOf(const HostTensor &tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

/// An input and an output bound to the same words: what goes in comes out.
static ProgramBuilder roundTrip(int type, int machineType, std::vector<int64_t> shape,
                                std::vector<int32_t> permutation = {}, int32_t laneDims = 1) {
  ProgramBuilder builder("tiny");
  const std::vector<uint32_t> slices =
      machineType == 2 ? std::vector<uint32_t>{1} : std::vector<uint32_t>{0, 1, 2, 3};
  for (proto::Binding *binding : {&builder.input("x", type, machineType, shape, east, slices, 30),
                                  &builder.output("y", type, machineType, shape, east, slices, 30)}) {
    if (permutation.empty())
      continue;
    binding->mutable_layout()->mutable_permutation()->Assign(permutation.begin(), permutation.end());
    binding->mutable_layout()->set_lane_dims(laneDims);
    uint64_t outer = 1, lanes = 1;
    for (size_t i = 0; i != shape.size(); ++i)
      (i + size_t(laneDims) < shape.size() ? outer : lanes) *= uint64_t(shape[size_t(permutation[i])]);
    binding->mutable_placements(0)->set_count(outer * ((lanes + 31) / 32));
  }
  return builder;
}

static TensorMap runOnce(const ProgramBuilder &builder, const TensorMap &inputs) {
  auto runner = Executor::create(builder.build());
  EXPECT_TRUE(runner.ok()) << runner.status();
  if (!runner.ok())
    return {};
  auto outputs = (*runner)->run(inputs);
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  return outputs.ok() ? *outputs : TensorMap{};
}

TEST(Edges, Int64LiesAsInt32) {
  const std::vector<int64_t> values = {0, -1, 2147483647, -2147483648, 12345, -77};
  TensorMap outputs = runOnce(roundTrip(7, 6, {2, 3}), {{"x", tensorOf(ElementType::Int64, {2, 3}, values)}});
  EXPECT_EQ(outputs["y"].type, ElementType::Int64);
  EXPECT_EQ(outputs["y"].shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(valuesOf<int64_t>(outputs["y"]), values);
}

TEST(Edges, BoolLiesAsBytes) {
  const std::vector<uint8_t> values = {0, 1, 1, 0, 1};
  TensorMap outputs = runOnce(roundTrip(9, 2, {5}), {{"x", tensorOf(ElementType::Bool, {5}, values)}});
  EXPECT_EQ(outputs["y"].type, ElementType::Bool);
  EXPECT_EQ(valuesOf<uint8_t>(outputs["y"]), values);
}

// 70 lane elements are three vectors of 32 lanes, the last one short.
TEST(Edges, LongRowsAreCutInChunks) {
  std::vector<float> values;
  for (int i = 0; i != 2 * 70; ++i)
    values.push_back(float(i) * 0.25f - 7);
  ProgramBuilder builder = roundTrip(1, 1, {2, 70});
  TensorMap outputs = runOnce(builder, {{"x", tensorOf(ElementType::Float, {2, 70}, values)}});
  EXPECT_EQ(valuesOf<float>(outputs["y"]), values);
}

// Read back without the permutation, a [2, 3] tensor that lay transposed shows as [3, 2].
TEST(Edges, PermutationTransposes) {
  ProgramBuilder builder("tiny");
  proto::Binding &x = builder.input("x", 2, 2, {2, 3}, east, {5}, 0);
  *x.mutable_layout()->mutable_permutation() = [] {
    google::protobuf::RepeatedField<int32_t> order;
    order.Add(1);
    order.Add(0);
    return order;
  }();
  x.mutable_placements(0)->set_count(3);
  builder.output("y", 2, 2, {3, 2}, east, {5}, 0);
  TensorMap outputs =
      runOnce(builder, {{"x", tensorOf(ElementType::UInt8, {2, 3}, std::vector<uint8_t>{1, 2, 3, 4, 5, 6})}});
  EXPECT_EQ(valuesOf<uint8_t>(outputs["y"]), (std::vector<uint8_t>{1, 4, 2, 5, 3, 6}));
}

TEST(Edges, PermutedWithTwoLaneDimensions) {
  std::vector<int32_t> values;
  for (int i = 0; i != 3 * 4 * 5; ++i)
    values.push_back(i * 1000003);
  TensorMap outputs = runOnce(roundTrip(6, 6, {3, 4, 5}, {1, 2, 0}, 2),
                              {{"x", tensorOf(ElementType::Int32, {3, 4, 5}, values)}});
  EXPECT_EQ(valuesOf<int32_t>(outputs["y"]), values);
}

// A scalar fills all lanes; a longer view of the same word shows it.
TEST(Edges, OneElementIsReplicated) {
  ProgramBuilder builder("tiny");
  builder.input("x", 2, 2, {1}, west, {3}, 9);
  builder.output("y", 2, 2, {32}, west, {3}, 9);
  TensorMap outputs = runOnce(builder, {{"x", tensorOf(ElementType::UInt8, {1}, std::vector<uint8_t>{200})}});
  EXPECT_EQ(outputs["y"].data, std::string(32, char(200)));
}

namespace {

struct Loops {
  std::vector<std::array<int64_t, 3>> rows, lanes; ///< (dimension, count, step)
  std::vector<int64_t> offsets;
};

} // namespace

static void setLoops(proto::Layout &layout, const Loops &loops) {
  layout.Clear();
  for (const auto &[from, to] :
       {std::pair(&loops.rows, layout.mutable_rows()), std::pair(&loops.lanes, layout.mutable_lanes())})
    for (const auto &[dim, count, step] : *from) {
      proto::Loop *loop = to->Add();
      loop->set_dim(int32_t(dim));
      loop->set_count(count);
      loop->set_step(step);
    }
  layout.mutable_offsets()->Add(loops.offsets.begin(), loops.offsets.end());
}

/// What an input of bytes lies in `vectors` vectors as, on both executors.
static std::vector<uint8_t> laidOut(const std::vector<int64_t> &shape, const std::vector<uint8_t> &values,
                                    const Loops &loops, int64_t vectors) {
  ProgramBuilder builder("tiny");
  proto::Binding &x = builder.input("x", 2, 2, shape, west, {3}, 9);
  setLoops(*x.mutable_layout(), loops);
  x.mutable_placements(0)->set_count(uint64_t(vectors));
  builder.output("y", 2, 2, {vectors, 32}, west, {3}, 9);
  const TensorMap inputs = {{"x", tensorOf(ElementType::UInt8, shape, values)}};
  TensorMap outputs = runOnce(builder, inputs);
  auto stepper = executor::Stepper::create(builder.build());
  EXPECT_TRUE(stepper.ok()) << stepper.status();
  auto stepped = (*stepper)->run(inputs);
  EXPECT_TRUE(stepped.ok()) << stepped.status();
  EXPECT_EQ(outputs["y"].data, (*stepped)["y"].data);
  return valuesOf<uint8_t>(outputs["y"]);
}

// The patches of 3 x 3 pixels of 4 channels, every second one both ways, of an image with a border of zeros:
// 2 x 3 rows of 36 lane elements, which are two vectors.
TEST(Edges, LoopsLayOutPatches) {
  std::vector<uint8_t> image;
  for (int i = 0; i != 4 * 4 * 5; ++i)
    image.push_back(uint8_t(i + 1));
  uint8_t bordered[4][6][7] = {};
  for (int c = 0; c != 4; ++c)
    for (int h = 0; h != 4; ++h)
      for (int w = 0; w != 5; ++w)
        bordered[c][h + 1][w + 1] = image[size_t(c * 20 + h * 5 + w)];
  std::vector<uint8_t> expected(12 * 32);
  for (int h = 0; h != 2; ++h)
    for (int w = 0; w != 3; ++w)
      for (int c = 0, lane = 0; c != 4; ++c)
        for (int i = 0; i != 3; ++i)
          for (int j = 0; j != 3; ++j, ++lane)
            expected[size_t((lane / 32 * 6 + h * 3 + w) * 32 + lane % 32)] =
                bordered[c][2 * h + i][2 * w + j];
  const std::vector<uint8_t> got =
      laidOut({4, 4, 5}, image, {{{1, 2, 2}, {2, 3, 2}}, {{0, 4, 1}, {1, 3, 1}, {2, 3, 1}}, {0, -1, -1}}, 12);
  EXPECT_EQ(got, expected);
  EXPECT_EQ(std::vector<uint8_t>(got.begin(), got.begin() + 9),
            (std::vector<uint8_t>{0, 0, 0, 0, 1, 2, 0, 6, 7}));
}

// A loop may step back, over several elements, or stay; two may share a dimension, and one of rows comes
// before none.
TEST(Edges, LoopsStepAsTheySay) {
  const std::vector<uint8_t> values = {1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<uint8_t> back = laidOut({8}, values, {{{0, 3, -3}}, {{0, 2, 1}, {0, 2, 0}}, {7}}, 3);
  const std::vector<std::vector<uint8_t>> expected = {{8, 8, 0, 0, 0}, {5, 5, 6, 6, 0}, {2, 2, 3, 3, 0}};
  for (size_t row = 0; row != 3; ++row)
    EXPECT_EQ(std::vector<uint8_t>(back.begin() + long(row) * 32, back.begin() + long(row) * 32 + 5),
              expected[row]);
  EXPECT_EQ(laidOut({2, 4}, values, {{}, {{1, 32, 0}}, {1, 2}}, 1), std::vector<uint8_t>(32, 7));
}

TEST(Edges, OneLaneElementOfLoopsIsNotReplicated) {
  std::vector<uint8_t> expected(2 * 32);
  expected[0] = 6;
  expected[32] = 2;
  EXPECT_EQ(laidOut({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}, {{{0, 2, -1}}, {}, {1, 1}}, 2), expected);
}

TEST(Edges, LoopsPlaceAllBytesOfConvertedElements) {
  ProgramBuilder builder("tiny");
  const std::vector<uint32_t> slices = {0, 1, 2, 3};
  proto::Binding &x = builder.input("x", 7, 6, {3}, east, slices, 30);
  setLoops(*x.mutable_layout(), {{{0, 3, 1}}, {{0, 3, 1}}, {-1}});
  x.mutable_placements(0)->set_count(3);
  builder.output("y", 6, 6, {3, 3}, east, slices, 30);
  TensorMap outputs =
      runOnce(builder, {{"x", tensorOf(ElementType::Int64, {3}, std::vector<int64_t>{70000, -2, 1 << 30})}});
  EXPECT_EQ(valuesOf<int32_t>(outputs["y"]),
            (std::vector<int32_t>{0, 70000, -2, 70000, -2, 1 << 30, -2, 1 << 30, 0}));
}

TEST(Edges, OutputsWithLoopsAreRefused) {
  ProgramBuilder builder = roundTrip(2, 2, {4});
  Program program = builder.build();
  setLoops(*program.metadata.mutable_outputs(0)->mutable_layout(), {{}, {{0, 4, 1}}, {0}});
  const std::string words = "binding 'y': an output's layout has loops";
  for (const absl::Status &status :
       {Executor::create(program).status(), executor::Stepper::create(program).status()})
    EXPECT_NE(std::string(status.message()).find(words), std::string::npos) << status;
}

TEST(Edges, LanesPastTheEndAreZero) {
  ProgramBuilder builder("tiny");
  builder.input("x", 2, 2, {3}, west, {3}, 9);
  builder.output("y", 2, 2, {32}, west, {3}, 9);
  auto runner = Executor::create(builder.build());
  ASSERT_TRUE(runner.ok()) << runner.status();
  auto outputs = (*runner)->run({{"x", tensorOf(ElementType::UInt8, {3}, std::vector<uint8_t>{9, 8, 7})}});
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ(outputs->at("y").data, std::string("\x09\x08\x07") + std::string(29, '\0'));
}

TEST(Edges, AllBadInputsAreListed) {
  ProgramBuilder builder("tiny");
  builder.input("ids", 7, 6, {4}, east, {0, 1, 2, 3}, 0);
  builder.input("mask", 9, 2, {4}, east, {0}, 1);
  builder.input("scale", 1, 1, {1}, east, {0, 1, 2, 3}, 2);
  builder.input("gone", 1, 1, {2, 2}, east, {0, 1, 2, 3}, 3);
  Program program = builder.build();
  program.metadata.mutable_inputs(3)->mutable_placements(0)->set_count(2);
  auto runner = Executor::create(program);
  ASSERT_TRUE(runner.ok()) << runner.status();
  auto outputs = (*runner)->run({
      {"ids", tensorOf(ElementType::Int64, {4}, std::vector<int64_t>{1, int64_t(1) << 40, 2, -2147483649})},
      {"mask", tensorOf(ElementType::UInt8, {4}, std::vector<uint8_t>{1, 0, 1, 1})},
      {"scale", tensorOf(ElementType::Float, {2}, std::vector<float>{1, 2})},
      {"extra", tensorOf(ElementType::Float, {1}, std::vector<float>{1})},
  });
  ASSERT_EQ(outputs.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(outputs.status().message()),
            "input 'ids': beyond int32: 1099511627776 at element 1, -2147483649 at element 3\n"
            "input 'mask': needs type bool, has uint8\n"
            "input 'scale': needs shape [1], has [2]\n"
            "input 'gone': missing; needs float32 [2, 2]\n"
            "input 'extra': the program has no such input; it has these: 'ids', 'mask', 'scale', 'gone'");
}

TEST(Edges, UnprovenProgramsAreRefused) {
  CopySample s = copySample("tiny");
  s.builder.at(s.read).address = 11;
  auto runner = Executor::create(s.builder.build());
  ASSERT_EQ(runner.status().code(), absl::StatusCode::kFailedPrecondition);
  const std::string message(runner.status().message());
  EXPECT_NE(message.find("unwritten read"), std::string::npos) << message;
  EXPECT_NE(message.find("mem.e0.r read"), std::string::npos) << message;
}

// 70,000 and 65,520 overflow fp16, 65,519 rounds to its largest value, 65,504.
TEST(Edges, CountersTellWhatWasDone) {
  ChainSample s = chainSample("tiny");
  const Instruction add = s.builder.at(s.add);
  Program program = s.builder.build();
  for (QueueProgram &queue : program.cards[0].queues)
    for (Instruction &instruction : queue.instructions) {
      if (instruction.opcode == Opcode::MulF)
        instruction.immediate = std::bit_cast<uint32_t>(1.0f);
      if (instruction.cycle == add.cycle && instruction.opcode == Opcode::AddF) {
        instruction.opcode = Opcode::RoundHalf;
        instruction.bKind = 0;
      }
    }
  for (unsigned byte = 0; byte != 4; ++byte)
    for (unsigned lane = 0; lane != 32; ++lane) {
      const float value = lane == 3 ? 70000.0f : lane == 4 ? 65520.0f : lane == 5 ? 65519.0f : 1.0f;
      program.cards[0].data[byte * 32 + lane] = char(std::bit_cast<uint32_t>(value) >> (8 * byte));
    }
  auto runner = Executor::create(program);
  ASSERT_TRUE(runner.ok()) << runner.status();
  for (int run = 0; run != 2; ++run) {
    auto outputs = (*runner)->run({});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_EQ(valuesOf<float>(outputs->at("y"))[5], 65504.0f);
    const executor::Counters &counters = (*runner)->counters();
    EXPECT_EQ(counters.halfOverflows, 2u);
    EXPECT_EQ(counters.cycles, program.metadata.cycles());
    EXPECT_EQ(counters.instructionsByUnit.at("mem.read"), 4u);
    EXPECT_EQ(counters.instructionsByUnit.at("mem.write"), 4u);
    EXPECT_EQ(counters.instructionsByUnit.at("vxm"), 2u);
    EXPECT_EQ(counters.memoryBytes, 8u * 32);
    EXPECT_EQ(counters.streamBytes, 8u * 32); // Four bytes read, four results.
    EXPECT_EQ(counters.linkBytes, 0u);
  }
}
