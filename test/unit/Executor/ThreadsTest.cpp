//===- ThreadsTest.cpp - Runs at the same time, and runs that end early ---===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Verifier/Samples.h"
#include "RandomProgram.h"

#include "sluice/Executor/CrossCheck.h"
#include "sluice/Executor/Stepper.h"
#include "sluice/Support/Cancellation.h"
#include "sluice/Verifier/Verifier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;
using executor::Executor;

static constexpr unsigned kThreads = 8, kRuns = 50;

/// Calls work(number) in as many threads as there are numbers below kThreads.
template <typename Work>
static void inThreads(Work work) {
  std::vector<std::thread> threads;
  for (unsigned number = 0; number != kThreads; ++number)
    threads.emplace_back(work, number);
  for (std::thread &thread : threads)
    thread.join();
}

/// `vectors` vectors of an input 'x', copied to an output 'y'.
static Program copyOfInput(unsigned vectors) {
  ProgramBuilder b("tiny");
  const target::Target &t = b.target();
  b.input("x", 2, 2, {vectors, t.lanes()}, east, {0}, 0);
  const Instruction reads = memoryBurst(Opcode::Read, 3, 0, eastward, 4, vectors);
  const uint64_t arrival = 3 + t.readLatency + t.sliceStop(4) - t.sliceStop(0);
  const Instruction writes = memoryBurst(Opcode::Write, arrival, 0, eastward, 4, vectors);
  const BurstRef read = b.add(readQueue(east, 0), reads);
  b.flow(b.add(writeQueue(east, 4), writes), 0, read);
  b.output("y", 2, 2, {vectors, t.lanes()}, east, {4}, 0);
  b.flowFromMemory(read);
  return b.build();
}

static executor::TensorMap inputOf(unsigned vectors, char value) {
  const size_t lanes = target::targetByName("tiny")->lanes();
  return {{"x", {ElementType::UInt8, {vectors, int64_t(lanes)}, std::string(vectors * lanes, value)}}};
}

// Each run has memory of its own: it gives its own input back, whatever the others do.
TEST(Threads, RunOnOneExecutor) {
  const Program program = copyOfInput(3);
  auto runner = Executor::create(program);
  ASSERT_TRUE(runner.ok()) << runner.status();
  std::atomic<unsigned> right = 0;
  inThreads([&](unsigned number) {
    for (unsigned run = 0; run != kRuns; ++run) {
      const executor::TensorMap inputs = inputOf(3, char(number * kRuns + run));
      auto done = (*runner)->execute(inputs);
      right += done.ok() && (*done)->outputs.at("y").data == inputs.at("x").data &&
               (*done)->counters.cycles == program.metadata.cycles() &&
               (*runner)->counters().memoryBytes == (*done)->counters.memoryBytes;
    }
  });
  EXPECT_EQ(right, kThreads * kRuns);
}

// All opcodes, and all that they leave in memory: as in a run alone. A run keeps its memory while others run.
TEST(Threads, LeaveTheSameMemory) {
  for (uint64_t seed = 0; seed != 20; ++seed) {
    auto runner = Executor::create(randomProgram(seed));
    ASSERT_TRUE(runner.ok()) << runner.status();
    const target::Target target = *target::targetByName((*runner)->program().metadata.target());
    auto alone = (*runner)->execute({});
    ASSERT_TRUE(alone.ok()) << alone.status();
    std::atomic<unsigned> right = 0;
    inThreads([&](unsigned) {
      auto together = (*runner)->execute({});
      right += together.ok() &&
               executor::compareMemory(**alone, **together, (*runner)->program().cards.size(), target).ok();
    });
    EXPECT_EQ(right, kThreads) << "seed " << seed;
  }
}

TEST(Threads, StepAndRunOnOneExecutor) {
  auto runner = Executor::create(copyOfInput(3));
  ASSERT_TRUE(runner.ok()) << runner.status();
  std::atomic<unsigned> right = 0;
  inThreads([&](unsigned number) {
    const executor::TensorMap inputs = inputOf(3, char(number));
    auto done = executor::runStepped(**runner, inputs);
    right += done.ok() && (*done)->outputs.at("y").data == inputs.at("x").data;
  });
  EXPECT_EQ(right, kThreads);
}

TEST(Threads, ProveOneProgram) {
  const Program program = matmulSample("tiny", true, 5, 20).builder.build();
  const target::Target target = *target::targetByName("tiny");
  std::atomic<unsigned> right = 0;
  inThreads([&](unsigned) { right += verifier::verify(program, target).empty(); });
  EXPECT_EQ(right, kThreads);
}

//===----------------------------------------------------------------------===//
// Cancellation
//===----------------------------------------------------------------------===//

// Work that is cancelled says so, and never that a program is proven; the executor runs on.
TEST(Cancellation, EndsProofsAndRuns) {
  const Program program = copyOfInput(3);
  auto runner = Executor::create(program);
  ASSERT_TRUE(runner.ok()) << runner.status();
  auto stepper = executor::Stepper::create(program);
  ASSERT_TRUE(stepper.ok()) << stepper.status();
  const executor::TensorMap inputs = inputOf(3, 'x');
  {
    const CancellationFlag cancelled = true;
    CancellationScope scope(&cancelled);
    EXPECT_TRUE(absl::IsCancelled((*runner)->run(inputs).status()));
    EXPECT_TRUE(absl::IsCancelled((*stepper)->run(inputs).status()));
    EXPECT_TRUE(absl::IsCancelled(Executor::create(program).status()));
    EXPECT_FALSE(verifier::verify(program, *target::targetByName("tiny")).empty());
  }
  EXPECT_EQ((*runner)->run(inputs)->at("y").data, inputs.at("x").data);
}

TEST(Cancellation, HoldsForTheThreadInItsScope) {
  CancellationFlag outer = false, inner = true;
  EXPECT_FALSE(isCancelled());
  CancellationScope scope(&outer);
  {
    CancellationScope nested(&inner);
    EXPECT_TRUE(isCancelled());
    bool elsewhere = true;
    std::thread([&] { elsewhere = isCancelled(); }).join();
    EXPECT_FALSE(elsewhere);
  }
  EXPECT_FALSE(isCancelled());
  outer = true;
  EXPECT_TRUE(isCancelled());
}
