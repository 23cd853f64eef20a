//===- CostTest.cpp - Legal programs of many short bursts -----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"

#include "sluice/Verifier/Verifier.h"

#include <gtest/gtest.h>

#include <ctime>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;

namespace {

/// The number of elements of the longest burst.
constexpr uint32_t longest = kMaxCount;

/// Expects the program to be proven in so many seconds of the processor, on all threads.
void expectProven(const ProgramBuilder &builder, double seconds) {
  const Program program = builder.build();
  const std::clock_t begin = std::clock();
  const std::vector<verifier::Finding> findings = verifier::verify(program, builder.target());
  EXPECT_LT(double(std::clock() - begin) / CLOCKS_PER_SEC, seconds);
  for (const verifier::Finding &finding : findings)
    ADD_FAILURE() << verifier::hazardName(finding.hazard) << ": " << finding.message;
}

/// What a Write into slice e4 takes comes from a word of slice e0 that is read over and over again.
class Writes {
public:
  Writes() : s(copySample("tsp1", 1)) { distance = s.builder.at(s.write).cycle - s.builder.at(s.read).cycle; }
  /// Write bursts from `cycle` on of one element each, `count` of them and `interval` apart; write number i
  /// goes to word wordOf(i).
  template <typename WordOf>
  std::vector<BurstRef> singles(uint64_t cycle, uint32_t count, uint32_t interval, WordOf &&wordOf) {
    const BurstRef from = feed(cycle, count, interval);
    std::vector<BurstRef> writes;
    for (uint32_t i = 0; i != count; ++i) {
      const uint64_t at = cycle + uint64_t(i) * interval;
      writes.push_back(
          s.builder.add(writeQueue(east, 4), memoryBurst(Opcode::Write, at, wordOf(i), eastward, 4)));
      s.builder.flow(writes.back(), 0, from, 0, {0, 1, i});
    }
    return writes;
  }
  /// One Write burst.
  BurstRef burst(uint64_t cycle, uint32_t count, uint32_t interval, int word, int step) {
    const BurstRef from = feed(cycle, count, interval);
    Instruction write = memoryBurst(Opcode::Write, cycle, word, eastward, 4, count);
    write.interval = interval;
    write.step = step;
    const BurstRef to = s.builder.add(writeQueue(east, 4), write);
    s.builder.flow(to, 0, from);
    return to;
  }
  /// A Read burst of slice e4, whose flow is still to be stated.
  BurstRef read(uint64_t cycle, uint32_t count, uint32_t interval, int word, int step) {
    Instruction read = memoryBurst(Opcode::Read, cycle, word, eastward, 5, count);
    read.interval = interval;
    read.step = step;
    return s.builder.add(readQueue(east, 4), read);
  }
  CopySample s;
  uint64_t distance; ///< cycles from a Read of slice e0 to the Write of the same vector

private:
  BurstRef feed(uint64_t cycle, uint32_t count, uint32_t interval) {
    Instruction read = memoryBurst(Opcode::Read, cycle - distance, 10, eastward, 4, count);
    read.interval = interval;
    read.step = 0;
    const BurstRef from = s.builder.add(readQueue(east, 0), read);
    s.builder.flowFromMemory(from);
    return from;
  }
};

constexpr uint64_t start = 100;

} // namespace

// 20,000 words written one by one, and read by hundreds of long bursts, seven at a time, while they are.
TEST(Cost, ReadsThatRunAlongWithWritesOfOneWord) {
  constexpr uint32_t count = 20000, interval = 8;
  constexpr int words = 4000;
  for (uint32_t length : {100u, 500u, 4000u})
    for (uint32_t lag : {1u, 50u}) {
      Writes w;
      auto wordOf = [](uint32_t i) { return 50 + int(i % words); };
      const std::vector<BurstRef> writes = w.singles(start, count, interval, wordOf);
      for (uint32_t phase = 1; phase != interval; ++phase)
        for (uint32_t first = 0; first != count; first += length) {
          const uint64_t cycle = start + uint64_t(first + lag) * interval + phase;
          const BurstRef read = w.read(cycle, length, interval, wordOf(first), 1);
          for (uint32_t i = 0; i != length; ++i)
            w.s.builder.flow(read, kMemorySlot, writes[first + i], 0, {i, 1, 0});
        }
      expectProven(w.s.builder, 1.0);
    }
}

// The longest burst of all, each element of which reads what another burst has just written.
TEST(Cost, ALongReadOfAWordThatIsWrittenOverAndOver) {
  Writes w;
  const std::vector<BurstRef> writes = w.singles(start, longest, 2, [](uint32_t) { return 60; });
  const BurstRef read = w.read(start + 1, longest, 2, 60, 0);
  for (uint32_t i = 0; i != longest; ++i)
    w.s.builder.flow(read, kMemorySlot, writes[i], 0, {i, 1, 0});
  expectProven(w.s.builder, 1.0);
}

// A long write that goes over words written one by one, with reads close behind it.
TEST(Cost, ReadsBehindALongWrite) {
  constexpr uint32_t words = 4000, interval = 25;
  Writes w;
  w.singles(start, words, 1, [](uint32_t i) { return 50 + int(i); });
  const uint64_t again = start + 2 * words;
  const BurstRef write = w.burst(again, words, interval, 50, 1);
  for (uint32_t phase = 1; phase != interval; ++phase)
    for (uint32_t first = 0; first != words; first += 1000) {
      const BurstRef read =
          w.read(again + uint64_t(first) * interval + phase, 1000, interval, 50 + int(first), 1);
      w.s.builder.flow(read, kMemorySlot, write, 0, {0, 1000, first});
    }
  expectProven(w.s.builder, 1.0);
}

// A long write, every other word of which is written anew while it is still under way.
TEST(Cost, WritesOfOneWordBehindALongWrite) {
  constexpr uint32_t words = 4000;
  Writes w;
  w.s.builder.memory(east, 4, 5000, "x");
  std::vector<BurstRef> writers(words, w.burst(start, words, 2, 50, 1));
  for (uint32_t i = 1; i < words; i += 2)
    writers[i] = w.burst(start + 3 + 2 * i, 1, 1, 50 + int(i), 1);
  // Reads of another bank, at which the writes that have ended are looked at.
  uint64_t cycle = start;
  for (; cycle < start + 2 * words; cycle += 100)
    w.s.builder.flowFromMemory(w.read(cycle, 1, 1, 5000, 1));
  for (unsigned copy = 0; copy != 20; ++copy, cycle += words) {
    const BurstRef read = w.read(cycle + 100, words, 1, 50, 1);
    for (uint32_t i = 0; i != words; ++i)
      w.s.builder.flow(read, kMemorySlot, writers[i], 0, {i, 1, i % 2 == 0 ? i : 0});
  }
  expectProven(w.s.builder, 1.0);
}

// A hundred writes of one word, an element of each in turn, all seen by one read.
TEST(Cost, InterleavedWritesOfAWord) {
  constexpr uint32_t bursts = 100, each = 300;
  Writes w;
  std::vector<BurstRef> writes;
  for (uint32_t i = 0; i != bursts; ++i)
    writes.push_back(w.burst(start + 2 * i, each, 2 * bursts, 60, 0));
  const BurstRef read = w.read(start + 1, bursts * each, 2, 60, 0);
  for (uint32_t i = 0; i != bursts * each; ++i)
    w.s.builder.flow(read, kMemorySlot, writes[i % bursts], 0, {i, 1, i / bursts});
  expectProven(w.s.builder, 1.0);
}

// Words written by bursts of many words far apart, around others that are read in long bursts.
TEST(Cost, WritesOfWordsFarApart) {
  for (int step : {64, 256, 1024}) {
    Writes w;
    const int half = 2048, middle = 4096;
    const auto length = uint32_t(half / step);
    w.s.builder.memory(east, 4, unsigned(half),
                       std::string(size_t(middle) * w.s.builder.target().lanes(), 'x'));
    std::vector<BurstRef> writes;
    uint64_t cycle = start;
    for (int part : {0, half + middle})
      for (int residue = 0; residue != step; ++residue, cycle += length)
        writes.push_back(w.burst(cycle, length, 1, part + residue, step));
    for (unsigned copy = 0; copy != 3000; ++copy, cycle += uint64_t(middle))
      w.s.builder.flowFromMemory(w.read(cycle, uint32_t(middle), 1, half, 1));
    for (unsigned copy = 0; copy != 10; ++copy, cycle += 8192) {
      const BurstRef all = w.read(cycle, 8192, 1, 0, 1);
      w.s.builder.flowFromMemory(all, {uint32_t(half), uint32_t(middle)});
      for (uint32_t i = 0; i != uint32_t(half); ++i)
        for (uint32_t part : {0u, 1u})
          w.s.builder.flow(all, kMemorySlot, writes[part * uint32_t(step) + i % uint32_t(step)], 0,
                           {i + part * uint32_t(half + middle), 1, i / uint32_t(step)});
    }
    expectProven(w.s.builder, 1.0);
  }
}

// The longest bursts of all on a stream, each element of which another burst feeds, or one of 200 in turn.
TEST(Cost, AStreamThatManyBurstsFeed) {
  for (uint32_t each : {1u, 300u}) {
    CopySample s = copySample("tsp1", 1);
    const uint64_t distance = s.builder.at(s.write).cycle - s.builder.at(s.read).cycle;
    const target::Target &t = s.builder.target();
    const uint32_t interval = each == 1 ? 1 : 200, count = each == 1 ? longest : interval * each;
    std::vector<BurstRef> reads;
    for (uint32_t i = 0; i != count / each; ++i) {
      Instruction read = memoryBurst(Opcode::Read, start + i, 10, eastward, 4, each);
      read.interval = interval;
      read.step = 0;
      reads.push_back(s.builder.add(readQueue(east, 0), read));
      s.builder.flowFromMemory(reads.back());
    }
    for (unsigned slice = 4; slice != 9; ++slice) {
      const uint64_t cycle = start + distance + t.sliceStop(slice) - t.sliceStop(4);
      Instruction write = memoryBurst(Opcode::Write, cycle, 60, eastward, 4, count);
      write.step = 0;
      const BurstRef to = s.builder.add(writeQueue(east, slice), write);
      for (uint32_t i = 0; i != count; ++i)
        s.builder.flow(to, 0, reads[i % reads.size()], 0, {i, 1, uint32_t(i / reads.size())});
    }
    expectProven(s.builder, 1.0);
  }
}

// The same of an ALU whose results another one chains.
TEST(Cost, AChainThatManyBurstsFeed) {
  ProgramBuilder builder("tsp1");
  const Instruction first = aluBurst(Opcode::AddF, start, {immediate(), immediate()});
  Instruction second =
      aluBurst(Opcode::AddF, start + builder.target().simpleLatency, {fromAlu(2), immediate()});
  second.count = longest;
  const BurstRef to = builder.add(aluQueue(7), second);
  for (uint32_t i = 0; i != longest; ++i) {
    Instruction single = first;
    single.cycle += i;
    builder.flow(to, kChainSlot, builder.add(aluQueue(2), single), 0, {i, 1, 0});
  }
  expectProven(builder, 1.0);
}
