//===- sluice-stamp.cpp - Large legal binaries out of small ones ----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Program.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iostream>
#include <map>
#include <tuple>

using namespace sluice;
using namespace sluice::binary;
using target::Target;

static constexpr const char *kHelp =
    R"(OVERVIEW: Lets a program run many times, one after another, on one or more cards

USAGE: sluice-stamp model.slu TIMES CARDS output.slu

Each card of a program for one card gets all of it; a program for more keeps its own
(CARDS 0). The result is as legal as the program was, and carries its flow.
)";

/// An element of a write.
struct Writer {
  uint64_t cycle;
  uint32_t queue, instruction, element;
};
/// Who wrote a word last when a card's program has ended, by hemisphere, slice, word.
using LastWriters = std::map<std::tuple<target::Hemisphere, unsigned, int64_t>, Writer>;

static LastWriters lastWriters(const Card &card) {
  LastWriters writers;
  for (uint32_t queue = 0; queue != card.queues.size(); ++queue)
    for (uint32_t index = 0; index != card.queues[queue].instructions.size(); ++index) {
      const Instruction &what = card.queues[queue].instructions[index];
      if (what.opcode != Opcode::Write)
        continue;
      for (uint32_t element = 0; element != what.count; ++element) {
        const Queue &where = card.queues[queue].queue;
        const Writer writer{what.cycle + uint64_t(element) * what.interval, queue, index, element};
        auto [place, fresh] = writers.try_emplace(
            {where.hemisphere, where.index, what.address + int64_t(element) * what.step}, writer);
        if (!fresh && place->second.cycle < writer.cycle)
          place->second = writer;
      }
    }
  return writers;
}

/// Appends `edge`, whose elements come from the start's memory in the first run, for a later one: what
/// the run before wrote there comes from its writes. `sizes` are the queues' instructions.
static void carryOver(const Card &card, proto::FlowEdge edge, uint32_t run, const LastWriters &writers,
                      const std::vector<uint32_t> &sizes, std::vector<proto::FlowEdge> &flow) {
  const QueueProgram &queue = card.queues[edge.queue()];
  const Instruction &what = queue.instructions[edge.instruction()];
  edge.set_instruction(edge.instruction() + run * sizes[edge.queue()]);
  const uint32_t end = edge.first() + edge.count();
  proto::FlowEdge open;
  auto close = [&] {
    if (open.count() != 0)
      flow.push_back(open);
    open.set_count(0);
  };
  for (uint32_t element = edge.first(); element != end; ++element) {
    auto found = writers.find(
        {queue.queue.hemisphere, queue.queue.index, what.address + int64_t(element) * what.step});
    proto::FlowEdge one = edge;
    one.set_first(element);
    one.set_count(1);
    one.set_producer_first(
        uint32_t(edge.producer_first() + int64_t(element - edge.first()) * edge.producer_step()));
    if (found != writers.end()) {
      const Writer &writer = found->second;
      one.set_producer_queue(writer.queue);
      one.set_producer_slot(0);
      one.set_producer_instruction(writer.instruction + (run - 1) * sizes[writer.queue]);
      one.set_producer_first(writer.element);
    }
    const bool same = open.count() != 0 && open.producer_queue() == one.producer_queue() &&
                      open.producer_instruction() == one.producer_instruction();
    const int64_t step = int64_t(one.producer_first()) - open.producer_first();
    if (same && open.count() == 1)
      open.set_producer_step(int32_t(step));
    if (same && step == int64_t(open.count()) * open.producer_step()) {
      open.set_count(open.count() + 1);
      continue;
    }
    close();
    open = one;
  }
  close();
}

/// How many instructions each queue of each card has.
using Sizes = std::vector<std::vector<uint32_t>>;

static Sizes sizesOf(const Program &program) {
  Sizes sizes;
  for (const Card &card : program.cards) {
    sizes.emplace_back();
    for (const QueueProgram &queue : card.queues)
      sizes.back().push_back(uint32_t(queue.instructions.size()));
  }
  return sizes;
}

static void stamp(Program &program, uint32_t number, uint32_t times, uint64_t period, const Sizes &sizes) {
  Card &card = program.cards[number];
  const Card original = card;
  const LastWriters writers = lastWriters(original);
  for (uint32_t run = 1; run < times; ++run) {
    for (size_t queue = 0; queue != card.queues.size(); ++queue) {
      const QueueProgram &from = original.queues[queue];
      QueueProgram &to = card.queues[queue];
      for (Instruction what : from.instructions) {
        what.cycle += run * period;
        to.instructions.push_back(what);
      }
      to.locations.insert(to.locations.end(), from.locations.begin(), from.locations.end());
    }
    for (proto::FlowEdge edge : original.flow) {
      if (edge.queue() == kOutput)
        continue;
      if (edge.producer_queue() == kInitialMemory) {
        carryOver(original, edge, run, writers, sizes[number], card.flow);
        continue;
      }
      const uint32_t sender = edge.slot() == kReceiveSlot ? edge.producer_card() : number;
      edge.set_instruction(edge.instruction() + run * sizes[number][edge.queue()]);
      edge.set_producer_instruction(edge.producer_instruction() + run * sizes[sender][edge.producer_queue()]);
      card.flow.push_back(edge);
    }
  }
  // Outputs hold what the last run wrote.
  for (proto::FlowEdge &edge : card.flow)
    if (edge.queue() == kOutput && edge.producer_queue() != kInitialMemory)
      edge.set_producer_instruction(edge.producer_instruction() +
                                    (times - 1) * sizes[number][edge.producer_queue()]);
}

/// Gives every further card what the first one has, and inputs their places there.
static void spread(Program &program, uint32_t cards) {
  const Card first = program.cards.front();
  program.cards.assign(cards, first);
  // The outputs stay where they are.
  for (uint32_t card = 1; card < cards; ++card)
    std::erase_if(program.cards[card].flow,
                  [](const proto::FlowEdge &edge) { return edge.queue() == kOutput; });
  for (proto::Binding &input : *program.metadata.mutable_inputs()) {
    const auto placements = input.placements();
    for (uint32_t card = 1; card < cards; ++card)
      for (proto::Placement placement : placements) {
        placement.set_card(card);
        *input.add_placements() = placement;
      }
  }
}

static absl::Status run(const std::string &from, uint32_t times, uint32_t cards, const std::string &to) {
  absl::StatusOr<Program> program = readProgram(from);
  if (!program.ok())
    return program.status();
  absl::StatusOr<Target> target = target::targetByName(program->metadata.target());
  if (!target.ok())
    return target.status();
  // The last values of a run have left the chip, and arrived, when the next one begins.
  const uint64_t cycles = program->metadata.cycles();
  const uint64_t period = cycles + 4 * target->mxmStop + target->linkLatency;
  const bool several = program->cards.size() > 1;
  if (several && cards != 0)
    return invalidArgument("the program has cards of its own");
  const Sizes sizes = sizesOf(*program);
  for (uint32_t card = 0; card != program->cards.size(); ++card)
    stamp(*program, card, times, period, sizes);
  program->metadata.set_cycles(period * (times - 1) + cycles);
  program->metadata.clear_stats_json();
  if (!several && cards > 1)
    spread(*program, cards);
  return writeProgram(*program, to);
}

int main(int argc, char **argv) {
  uint32_t numbers[2] = {};
  bool parsed = argc == 5;
  for (int index = 0; parsed && index != 2; ++index) {
    const char *text = argv[2 + index], *end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, numbers[index]);
    parsed = stop == end && error == std::errc();
  }
  if (!parsed || numbers[0] == 0) {
    std::cerr << kHelp;
    return 1;
  }
  const absl::Status status = run(argv[1], numbers[0], numbers[1], argv[4]);
  if (!status.ok())
    std::cerr << "sluice-stamp: error: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
