//===- DifferentialTest.cpp - The proof against one element by element ----===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementProof.h"
#include "Samples.h"

#include "sluice/Verifier/Verifier.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;
using target::Target;
using verifier::Finding;
using verifier::Hazard;

static std::string printed(const std::vector<Finding> &findings) {
  std::string text;
  for (const Finding &finding : findings)
    text += "card " + std::to_string(finding.card) + ", cycle " + std::to_string(finding.cycle) + ": " +
            std::string(verifier::hazardName(finding.hazard)) + ": " + finding.message + "\n";
  return text;
}

namespace {

/// Random numbers of a seed, the same everywhere.
class Dice {
public:
  explicit Dice(uint32_t seed) : engine(seed) {}
  int upTo(int last) { return int(engine() % uint32_t(last + 1)); }
  int between(int first, int last) { return first + upTo(last - first); }
  bool oneIn(int n) { return upTo(n - 1) == 0; }
  template <typename T>
  T &anyOf(std::vector<T> &items) {
    return items[size_t(upTo(int(items.size()) - 1))];
  }

private:
  std::mt19937 engine;
};

/// Which bursts a random program is made of.
enum class Kind { Memory, Streams, Chains, Planes, Links, All, Pieces };

/// Bursts at random on few resources, so that they meet in all ways.
class RandomProgram {
public:
  RandomProgram(uint32_t seed, Kind kind)
      : dice(seed), kind(kind), builder("tiny", kind == Kind::Links || kind == Kind::All ? 2 : 1) {}

  Program build() {
    const int words = dice.between(0, 24);
    for (int slice = 0; slice != 3; ++slice)
      if (words > 0 && !dice.oneIn(3))
        builder.memory(east, unsigned(slice), unsigned(dice.upTo(4)),
                       std::string(size_t(words) * builder.target().lanes(), 'x'));
    const int bursts = kind == Kind::Pieces ? dice.between(2, 7) : dice.between(1, dice.oneIn(4) ? 40 : 9);
    for (int burst = 0; burst != bursts; ++burst)
      addBurst();
    if (dice.oneIn(2))
      builder.output("y", 2, 2, {dice.between(1, 6), builder.target().lanes()}, east, {0},
                     unsigned(dice.upTo(12)));
    return builder.build();
  }
  const Target &target() const { return builder.target(); }

private:
  void time(Instruction &burst, int longest) {
    burst.cycle = uint64_t(dice.upTo(dice.oneIn(3) ? 120 : 40));
    burst.count = uint32_t(dice.between(1, dice.oneIn(3) ? longest : std::min(longest, 5)));
    burst.interval = uint32_t(dice.oneIn(3) ? dice.between(1, 7) : dice.between(1, 2));
  }
  void addBurst() {
    const Kind of = kind == Kind::All ? Kind(dice.upTo(4)) : kind;
    switch (of) {
    case Kind::Memory:
      return addMemory(1, 5);
    case Kind::Streams:
      return dice.oneIn(3) ? addLanes() : addMemory(8, 2);
    case Kind::Chains:
      return addAlu();
    case Kind::Planes:
      return dice.oneIn(2) ? addInstall() : addMultiply();
    case Kind::Links:
      return addLink();
    case Kind::Pieces:
      return addPieces();
    case Kind::All:
      return;
    }
  }
  /// Long reads and writes of one slice at any step, and rows of writes of one word each, at the same time.
  void addPieces() {
    const bool all = dice.oneIn(6);
    const int words = all ? int(builder.target().wordsPerSlice()) : 40, steps = all ? 300 : 8;
    Instruction burst;
    const bool reads = dice.oneIn(3);
    burst.opcode = reads ? Opcode::Read : Opcode::Write;
    burst.cycle = uint64_t(dice.upTo(60));
    burst.interval = uint32_t(dice.oneIn(3) ? dice.between(1, 7) : dice.between(1, 2));
    burst.address = dice.upTo(words - 1);
    burst.step = dice.oneIn(5) ? 0 : dice.oneIn(3) ? 1 : dice.between(-steps, steps);
    const int room = burst.step > 0   ? (words - 1 - burst.address) / burst.step
                     : burst.step < 0 ? burst.address / -burst.step
                                      : 30;
    burst.count = uint32_t(dice.between(1, 1 + std::min(room, 30)));
    const Queue queue{reads ? Unit::MemRead : Unit::MemWrite, east, 0};
    if (reads || dice.oneIn(3)) {
      builder.add(queue, burst);
      return;
    }
    Instruction single = burst;
    single.count = 1;
    for (uint32_t element = 0; element != burst.count; ++element) {
      single.cycle = burst.cycle + uint64_t(element) * burst.interval;
      single.address = burst.address + int(element) * burst.step;
      builder.add(queue, single);
    }
  }
  void addMemory(int slices, int steps) {
    Instruction burst;
    time(burst, 20);
    const bool reads = dice.oneIn(2), indirect = dice.oneIn(8);
    burst.opcode = reads      ? (indirect ? Opcode::Gather : Opcode::Read)
                   : indirect ? Opcode::Scatter
                              : Opcode::Write;
    burst.stream = dice.upTo(1);
    burst.direction = dice.upTo(1);
    burst.mapStream = dice.upTo(1);
    // Around the border of the banks, half of the time.
    const int base = dice.oneIn(2) ? 0 : int(builder.target().wordsPerBank) - 12;
    burst.address = base + dice.upTo(20);
    if (!indirect) {
      burst.step = dice.oneIn(3) ? dice.between(-steps, steps) : 1;
      const int last = burst.address + (int(burst.count) - 1) * burst.step;
      if (last < 0)
        burst.address -= last;
    }
    builder.add(
        {reads ? Unit::MemRead : Unit::MemWrite, Hemisphere(dice.oneIn(4)), uint16_t(dice.upTo(slices - 1))},
        burst);
  }
  void addLanes() {
    Instruction burst;
    time(burst, 20);
    burst.opcode = dice.oneIn(2) ? Opcode::Permute : Opcode::Distribute;
    burst.stream = burst.outStream = dice.upTo(1);
    burst.direction = dice.upTo(1);
    burst.outDirection = dice.upTo(1);
    burst.width = 1;
    burst.mapStream = dice.upTo(2);
    burst.mapDirection = dice.upTo(1);
    burst.hold = dice.upTo(1);
    builder.add(unitQueue(unitOf(burst.opcode), Hemisphere(dice.upTo(1))), burst);
  }
  void addAlu() {
    auto operand = [&] {
      return dice.oneIn(4) ? onStream(Direction(dice.upTo(1)), dice.upTo(1), InType::I8)
                           : fromAlu(unsigned(dice.upTo(2)));
    };
    Instruction burst = aluBurst(dice.oneIn(4) ? Opcode::DivF : Opcode::AddF, 0, {operand(), operand()},
                                 dice.oneIn(2) ? -1 : dice.upTo(1), Direction(dice.upTo(1)));
    burst.outType = int32_t(OutType::Low8);
    time(burst, 20);
    builder.add(aluQueue(unsigned(dice.upTo(2))), burst);
  }
  void addInstall() {
    const int groups = int(builder.target().columnGroups());
    Instruction burst;
    time(burst, groups);
    burst.opcode = Opcode::Install;
    burst.column = dice.upTo(groups - int(burst.count));
    burst.width = 1;
    builder.add(unitQueue(Unit::Installer, east, unsigned(dice.upTo(1))), burst);
  }
  void addMultiply() {
    Instruction burst;
    time(burst, 12);
    burst.opcode = dice.oneIn(2) ? Opcode::MultiplyF16 : Opcode::MultiplyI8;
    const bool half = burst.opcode == Opcode::MultiplyF16;
    if (half)
      burst.interval += 1;
    burst.swap = dice.upTo(1);
    burst.accumulate = dice.upTo(1);
    burst.lanes = 1;
    burst.accumulator = dice.upTo(12);
    builder.add(unitQueue(Unit::Multiplier, east, half ? 0 : unsigned(dice.upTo(1))), burst);
  }
  void addLink() {
    const Target &t = builder.target();
    const uint32_t card = uint32_t(dice.upTo(1));
    const unsigned link = t.localLink(card, 1 - card);
    Instruction burst;
    time(burst, 6);
    burst.interval += dice.oneIn(2) ? 0 : t.linkInterval;
    burst.opcode = dice.oneIn(2) ? Opcode::Send : Opcode::Receive;
    const bool receives = burst.opcode == Opcode::Receive;
    burst.cycle += receives ? t.linkLatency : 0;
    burst.link = int32_t(link);
    burst.stream = dice.upTo(1);
    const Queue queue = unitQueue(Unit::Link, t.linkHemisphere(link), 2 * link + receives);
    const BurstRef added = builder.add(queue, burst, card);
    // Now and then the burst at the other end, so that some transfers match.
    if (receives || dice.oneIn(3))
      return;
    burst.opcode = Opcode::Receive;
    burst.cycle += t.linkLatency;
    const unsigned back = t.localLink(1 - card, card);
    burst.link = int32_t(back);
    builder.add(unitQueue(Unit::Link, t.linkHemisphere(back), 2 * back + 1), burst, 1 - added.card);
  }

  Dice dice;
  Kind kind;
  ProgramBuilder builder;
};

} // namespace

/// Puts edges of single elements together where they continue each other.
static std::vector<proto::FlowEdge> joined(const std::vector<proto::FlowEdge> &edges, Dice &dice) {
  std::vector<proto::FlowEdge> result;
  for (const proto::FlowEdge &edge : edges) {
    bool continues = false;
    for (proto::FlowEdge &before : result) {
      const bool same = before.queue() == edge.queue() && before.instruction() == edge.instruction() &&
                        before.slot() == edge.slot() && before.producer_card() == edge.producer_card() &&
                        before.producer_queue() == edge.producer_queue() &&
                        before.producer_instruction() == edge.producer_instruction() &&
                        before.producer_slot() == edge.producer_slot() &&
                        before.first() + before.count() == edge.first();
      if (!same || dice.oneIn(10))
        continue;
      const int64_t step = int64_t(edge.producer_first()) - before.producer_first();
      if (before.count() == 1)
        before.set_producer_step(int32_t(step));
      else if (step != int64_t(before.count()) * before.producer_step())
        continue;
      before.set_count(before.count() + 1);
      continues = true;
      break;
    }
    if (!continues)
      result.push_back(edge);
  }
  return result;
}

static void mutateEdge(proto::FlowEdge &edge, Dice &dice) {
  switch (dice.upTo(6)) {
  case 0:
    return edge.set_first(edge.first() + uint32_t(dice.upTo(2)));
  case 1:
    return edge.set_count(edge.count() + uint32_t(dice.between(1, 3)));
  case 2:
    return edge.set_producer_first(edge.producer_first() + uint32_t(dice.upTo(2)));
  case 3:
    return edge.set_producer_step(edge.producer_step() + dice.between(-1, 1));
  case 4:
    return edge.set_producer_slot(uint32_t(dice.upTo(1)));
  case 5:
    return edge.set_producer_instruction(uint32_t(dice.upTo(2)));
  default:
    return edge.set_slot(edge.slot() + uint32_t(dice.upTo(1)));
  }
}

static void mutateInstruction(Program &program, Dice &dice) {
  Card &card = dice.anyOf(program.cards);
  if (card.queues.empty())
    return;
  Instruction &what = dice.anyOf(dice.anyOf(card.queues).instructions);
  switch (dice.upTo(4)) {
  case 0:
    what.cycle += uint64_t(dice.between(1, 3));
    break;
  case 1:
    what.count += uint32_t(dice.between(-1, 1));
    break;
  case 2:
    what.interval += uint32_t(dice.upTo(1));
    break;
  case 3:
    what.step = dice.between(-2, 2);
    break;
  default:
    what.address += dice.upTo(3);
    break;
  }
}

static std::vector<Finding> expectSame(const Program &program, const Target &target,
                                       const std::string &what) {
  const std::vector<Finding> findings = verifier::verify(program, target);
  EXPECT_EQ(printed(findings), printed(proveElements(program, target).findings)) << what;
  return findings;
}

/// Carries tables of a few words for all Gathers, whoever writes them.
static void addTables(Program &program, Dice &dice) {
  for (Card &card : program.cards)
    for (uint32_t queue = 0; queue != card.queues.size(); ++queue)
      for (uint32_t index = 0; index != card.queues[queue].instructions.size(); ++index) {
        if (card.queues[queue].instructions[index].opcode != Opcode::Gather)
          continue;
        proto::FlowEdge edge;
        edge.set_queue(queue);
        edge.set_instruction(index);
        edge.set_slot(kMemorySlot);
        edge.set_count(uint32_t(dice.between(1, 20)));
        edge.set_producer_queue(kInitialMemory);
        card.flow.push_back(edge);
      }
}

/// Gives the program the flow that it has.
static void carryFlow(Program &program, const Target &target, Dice &dice) {
  addTables(program, dice);
  const ElementProof proof = proveElements(program, target);
  for (size_t card = 0; card != program.cards.size(); ++card)
    program.cards[card].flow = joined(proof.flow[card], dice);
}

namespace {
class Differential : public testing::TestWithParam<Kind> {};
} // namespace
INSTANTIATE_TEST_SUITE_P(Kinds, Differential,
                         testing::Values(Kind::Memory, Kind::Streams, Kind::Chains, Kind::Planes, Kind::Links,
                                         Kind::All, Kind::Pieces));

// Verdict, and the earliest finding of each class, are those of the run element by element;
// the flow that it finds is the carried one, whatever else is wrong.
TEST_P(Differential, RandomPrograms) {
  const char *rounds = getenv("SLUICE_DIFFERENTIAL_ROUNDS");
  const uint32_t count = rounds ? uint32_t(atoi(rounds)) : 400;
  unsigned clean = 0;
  for (uint32_t seed = 0; seed != count && !HasFailure(); ++seed) {
    const std::string what = "seed " + std::to_string(seed);
    Dice dice(seed + 1000000);
    RandomProgram random(seed, GetParam());
    Program program = random.build();
    Target target = random.target();
    if (dice.oneIn(3))
      target.writeLatency = unsigned(dice.between(2, 5));
    expectSame(program, target, what + " without flow");
    carryFlow(program, target, dice);
    const std::vector<Finding> findings = expectSame(program, target, what);
    clean += findings.empty();
    // A table may change between a Gather's first and its last element, or have no word that anything wrote.
    for (const Finding &finding : findings)
      EXPECT_TRUE(finding.hazard != Hazard::FlowMismatch || finding.message.starts_with("word ") ||
                  finding.message.starts_with("the carried flow has no table"))
          << what << "\n"
          << finding.message;
    for (unsigned mutation = 0; mutation != 3; ++mutation) {
      Program mutated = program;
      Card &card = dice.anyOf(mutated.cards);
      if (!card.flow.empty())
        mutateEdge(dice.anyOf(card.flow), dice);
      expectSame(mutated, target, what + " with a changed edge");
      mutated = program;
      mutateInstruction(mutated, dice);
      expectSame(mutated, target, what + " with a changed burst");
    }
  }
  RecordProperty("clean", int(clean));
}

// The samples are proven as they are; one change is found as it is element by element.
TEST(DifferentialSamples, Mutations) {
  Dice dice(7);
  for (const char *name : {"tiny", "tsp1"})
    for (const Program &program :
         {copySample(name, 20).builder.build(), chainSample(name).builder.build(),
          matmulSample(name, false, 5, 20).builder.build(), matmulSample(name, true, 5, 20).builder.build(),
          linkSample(name, 5).builder.build()}) {
      const Target target = *target::targetByName(name);
      EXPECT_TRUE(expectSame(program, target, name).empty());
      for (unsigned round = 0; round != 60 && !testing::Test::HasFailure(); ++round) {
        Program mutated = program;
        if (dice.oneIn(2))
          mutateEdge(dice.anyOf(dice.anyOf(mutated.cards).flow), dice);
        else
          mutateInstruction(mutated, dice);
        expectSame(mutated, target, std::string(name) + ", round " + std::to_string(round));
      }
    }
}
