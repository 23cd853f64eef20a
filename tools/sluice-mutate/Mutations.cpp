//===- Mutations.cpp - Single faults in programs --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Mutations.h"

#include "sluice/Binary/Compare.h"
#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Printer.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <functional>
#include <vector>

using namespace sluice;
using namespace sluice::mutate;
using namespace sluice::binary;
using target::Target;

namespace {

/// Where an instruction is.
struct Place {
  uint32_t card, queue, instruction;
};

using Wanted = std::function<bool(const Queue &, const Instruction &)>;

Instruction &at(Program &program, const Place &place) {
  return program.cards[place.card].queues[place.queue].instructions[place.instruction];
}
const Queue &queueOf(const Program &program, const Place &place) {
  return program.cards[place.card].queues[place.queue].queue;
}

/// Any instruction that is wanted: a queue is drawn first, so that the many memory instructions do not hide
/// the others.
std::optional<Place> draw(const Program &program, Random &random, const Wanted &wanted) {
  std::vector<Place> queues;
  for (uint32_t card = 0; card != program.cards.size(); ++card)
    for (uint32_t queue = 0; queue != program.cards[card].queues.size(); ++queue) {
      const QueueProgram &of = program.cards[card].queues[queue];
      if (std::any_of(of.instructions.begin(), of.instructions.end(),
                      [&](const Instruction &what) { return wanted(of.queue, what); }))
        queues.push_back({card, queue, 0});
    }
  if (queues.empty())
    return std::nullopt;
  // Units first, then a queue of the unit.
  std::vector<Unit> units;
  for (const Place &place : queues)
    if (std::find(units.begin(), units.end(), queueOf(program, place).unit) == units.end())
      units.push_back(queueOf(program, place).unit);
  const Unit unit = units[random() % units.size()];
  std::erase_if(queues, [&](const Place &place) { return queueOf(program, place).unit != unit; });
  Place place = queues[random() % queues.size()];
  const QueueProgram &of = program.cards[place.card].queues[place.queue];
  std::vector<uint32_t> found;
  for (uint32_t index = 0; index != of.instructions.size(); ++index)
    if (wanted(of.queue, of.instructions[index]))
      found.push_back(index);
  place.instruction = found[random() % found.size()];
  return place;
}

bool any(const Queue &, const Instruction &) { return true; }

/// An instruction's text with its place, as it is now.
std::string describe(const Program &program, const Place &place, const Target &target) {
  const QueueProgram &queue = program.cards[place.card].queues[place.queue];
  const Instruction &what = queue.instructions[place.instruction];
  return concat("card ", place.card, " ", queueName(queue.queue), " cycle ", what.cycle, " ",
                printInstruction(what, target));
}

/// Changes one instruction that is wanted; the words tell before and after.
std::string change(Program &program, const Target &target, Random &random, const Wanted &wanted,
                   const std::function<void(Instruction &, const Queue &)> &how) {
  const std::optional<Place> place = draw(program, random, wanted);
  if (!place)
    return "";
  const std::string before = describe(program, *place, target);
  const Instruction was = at(program, *place);
  how(at(program, *place), queueOf(program, *place));
  return was == at(program, *place) ? "" : concat(before, " became ", describe(program, *place, target));
}

/// +1 or -1.
int64_t sign(Random &random) { return random() % 2 ? 1 : -1; }

const Field *fieldOf(const Instruction &what, std::string_view name) {
  for (const Field &field : fieldsOf(opcodeInfo(what.opcode).format))
    if (field.name == name)
      return &field;
  return nullptr;
}

/// Changes one of the fields `names`, of an instruction that has any of them and is `wanted`.
std::string changeField(Program &program, const Target &target, Random &random,
                        std::vector<std::string_view> names, const std::function<int64_t(int64_t)> &to,
                        const Wanted &wanted = any) {
  auto hasOne = [&](const Queue &queue, const Instruction &what) {
    return wanted(queue, what) && std::any_of(names.begin(), names.end(), [&](std::string_view name) {
             return fieldOf(what, name) != nullptr;
           });
  };
  return change(program, target, random, hasOne, [&](Instruction &what, const Queue &) {
    std::vector<const Field *> fields;
    for (std::string_view name : names)
      if (const Field *field = fieldOf(what, name))
        fields.push_back(field);
    const Field &field = *fields[random() % fields.size()];
    const int64_t value = to(field.get(what));
    if (value >= field.minimum() && value <= field.maximum())
      field.set(what, value);
  });
}

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

std::string shiftByOne(Program &program, const Target &target, Random &random) {
  return change(program, target, random, any,
                [&](Instruction &what, const Queue &) { what.cycle += uint64_t(sign(random)); });
}

std::string shiftFar(Program &program, const Target &target, Random &random) {
  return change(program, target, random, any,
                [&](Instruction &what, const Queue &) { what.cycle += 2 + random() % 200; });
}

std::string changeInterval(Program &program, const Target &target, Random &random) {
  return change(
      program, target, random, [](const Queue &, const Instruction &what) { return what.count > 1; },
      [&](Instruction &what, const Queue &) { what.interval += uint32_t(sign(random)); });
}

std::string changeCount(Program &program, const Target &target, Random &random) {
  return change(program, target, random, any,
                [&](Instruction &what, const Queue &) { what.count += uint32_t(sign(random)); });
}

std::string receiveEarly(Program &program, const Target &target, Random &random) {
  return change(
      program, target, random,
      [](const Queue &, const Instruction &what) { return what.opcode == Opcode::Receive; },
      [](Instruction &what, const Queue &) { what.cycle -= 1; });
}

std::string shorten(Program &program, const Target &, Random &random) {
  const uint64_t cycles = program.metadata.cycles();
  if (cycles < 2)
    return "";
  program.metadata.set_cycles(cycles - 1 - random() % std::min<uint64_t>(cycles - 1, 40));
  return concat("cycles ", cycles, " became ", program.metadata.cycles());
}

std::string lengthen(Program &program, const Target &, Random &random) {
  const uint64_t cycles = program.metadata.cycles();
  const uint64_t later[] = {cycles + 1, cycles + 2 + random() % 1000, UINT64_MAX};
  program.metadata.set_cycles(later[random() % 3]);
  return concat("cycles ", cycles, " became ", program.metadata.cycles());
}

/// Another number of words used, or another first digit of one of the statistics that follow from the
/// program.
std::string changeFigure(Program &program, const Target &, Random &random) {
  static constexpr std::string_view names[] = {
      "cards",       "cycles",     "instructions", "link_vectors", "mem_read", "mem_write", "mxm_utilisation",
      "ratio",       "lane_waste", "microseconds", "text_bytes",   "vxm",      "sxm",       "mxm_install",
      "mxm_multiply"};
  std::string &text = *program.metadata.mutable_stats_json();
  const std::string key = concat("\"", names[random() % std::size(names)], "\": ");
  const size_t at = text.find(key);
  if (at == std::string::npos || random() % 4 == 0) {
    Card &card = program.cards[random() % program.cards.size()];
    card.memoryWordsUsed += uint64_t(sign(random));
    return concat("memory words used: ", card.memoryWordsUsed);
  }
  char &digit = text[at + key.size()];
  digit = char('1' + (digit - '0' + random() % 8) % 9);
  return concat("statistics: ", key, "begins with ", std::string(1, digit));
}

//===----------------------------------------------------------------------===//
// Space
//===----------------------------------------------------------------------===//

std::string changeStream(Program &program, const Target &target, Random &random) {
  // Streams of an ALU's operands are parts of its locations.
  return changeField(program, target, random,
                     {"stream", "mapStream", "outStream", "aLocation", "bLocation", "cLocation"},
                     [&](int64_t value) { return value + sign(random) * (random() % 2 ? 4 : 1); });
}

std::string changeDirection(Program &program, const Target &target, Random &random) {
  return changeField(program, target, random, {"direction", "mapDirection", "outDirection", "east", "west"},
                     [](int64_t value) { return 1 - value; });
}

std::string changeAddress(Program &program, const Target &target, Random &random) {
  return changeField(program, target, random, {"address"},
                     [&](int64_t value) { return value + sign(random); });
}

std::string changeStep(Program &program, const Target &target, Random &random) {
  return changeField(
      program, target, random, {"step"}, [&](int64_t value) { return value + sign(random); },
      [](const Queue &, const Instruction &what) { return what.count > 1; });
}

std::string changeBank(Program &program, const Target &target, Random &random) {
  return changeField(program, target, random, {"address"}, [&](int64_t value) {
    return (value + target.wordsPerBank) % int64_t(target.wordsPerSlice());
  });
}

std::string changeColumnOrRow(Program &program, const Target &target, Random &random) {
  return changeField(program, target, random, {"column", "accumulator", "width"},
                     [&](int64_t value) { return value + sign(random); });
}

std::string changeFlag(Program &program, const Target &target, Random &random) {
  return changeField(program, target, random, {"swap", "accumulate", "emit", "hold"},
                     [](int64_t value) { return 1 - value; });
}

std::string changeLink(Program &program, const Target &target, Random &random) {
  return changeField(program, target, random, {"link"}, [&](int64_t value) {
    return (value + 1 + int64_t(random() % (target.localLinks - 1))) % int64_t(target.localLinks);
  });
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

std::string swapOperands(Program &program, const Target &target, Random &random) {
  return change(
      program, target, random,
      [](const Queue &, const Instruction &what) {
        return isAlu(what.opcode) && aluOperands(what.opcode) > 1;
      },
      [](Instruction &what, const Queue &) {
        std::swap(what.aKind, what.bKind);
        std::swap(what.aLocation, what.bLocation);
        std::swap(what.aType, what.bType);
      });
}

std::string changeChain(Program &program, const Target &target, Random &random) {
  auto chains = [](const Queue &, const Instruction &what) {
    return what.aKind == int32_t(OperandKind::Alu) || what.bKind == int32_t(OperandKind::Alu) ||
           what.cKind == int32_t(OperandKind::Alu);
  };
  return change(program, target, random, chains, [&](Instruction &what, const Queue &) {
    for (auto [kind, location] :
         {std::pair(what.aKind, &what.aLocation), std::pair(what.bKind, &what.bLocation),
          std::pair(what.cKind, &what.cLocation)})
      if (kind == int32_t(OperandKind::Alu)) {
        *location = int32_t((uint64_t(*location) + 1 + random() % (target.alus - 1)) % target.alus);
        return;
      }
  });
}

//===----------------------------------------------------------------------===//
// Whole instructions
//===----------------------------------------------------------------------===//

/// Renumbers what flow edges say of instructions of a queue from `from` on; edges into `erased` go.
void renumber(Program &program, const Place &place, int shift) {
  for (uint32_t card = 0; card != program.cards.size(); ++card) {
    std::vector<proto::FlowEdge> &flow = program.cards[card].flow;
    const bool isHere = card == place.card;
    if (shift < 0 && isHere)
      std::erase_if(flow, [&](const proto::FlowEdge &edge) {
        return edge.queue() == place.queue && edge.instruction() == place.instruction;
      });
    for (proto::FlowEdge &edge : flow) {
      if (isHere && edge.queue() == place.queue && edge.instruction() > place.instruction)
        edge.set_instruction(edge.instruction() + uint32_t(shift));
      const uint32_t producerCard = edge.slot() == kReceiveSlot ? edge.producer_card() : card;
      if (producerCard == place.card && edge.producer_queue() == place.queue &&
          edge.producer_instruction() > place.instruction)
        edge.set_producer_instruction(edge.producer_instruction() + uint32_t(shift));
    }
  }
}

std::string drop(Program &program, const Target &target, Random &random) {
  const std::optional<Place> place = draw(program, random, any);
  if (!place)
    return "";
  const std::string text = describe(program, *place, target);
  QueueProgram &queue = program.cards[place->card].queues[place->queue];
  if (queue.instructions.size() == 1)
    return ""; // Flow edges count queues.
  queue.instructions.erase(queue.instructions.begin() + place->instruction);
  queue.locations.erase(queue.locations.begin() + place->instruction);
  renumber(program, *place, -1);
  return concat("dropped ", text);
}

/// The copy follows the original as soon as its queue is free, and is said to take what the original takes.
std::string duplicate(Program &program, const Target &target, Random &random) {
  const std::optional<Place> place = draw(program, random, any);
  if (!place)
    return "";
  Card &card = program.cards[place->card];
  QueueProgram &queue = card.queues[place->queue];
  Instruction copy = queue.instructions[place->instruction];
  copy.cycle += random() % 2 ? uint64_t(copy.count) * copy.interval : 0;
  const auto index = place->instruction;
  queue.instructions.insert(queue.instructions.begin() + index + 1, copy);
  queue.locations.insert(queue.locations.begin() + index + 1, queue.locations[index]);
  renumber(program, *place, 1);
  std::vector<proto::FlowEdge> copies;
  for (const proto::FlowEdge &edge : card.flow)
    if (edge.queue() == place->queue && edge.instruction() == index)
      copies.push_back(edge), copies.back().set_instruction(index + 1);
  card.flow.insert(card.flow.end(), copies.begin(), copies.end());
  return concat("doubled ", describe(program, *place, target));
}

/// Two neighbours of a queue change places in time.
std::string exchange(Program &program, const Target &target, Random &random) {
  const std::optional<Place> place = draw(program, random, any);
  if (!place)
    return "";
  std::vector<Instruction> &all = program.cards[place->card].queues[place->queue].instructions;
  if (place->instruction + 1 >= all.size())
    return "";
  Instruction &a = all[place->instruction], &b = all[place->instruction + 1];
  if (a.cycle == b.cycle)
    return "";
  const std::string text = describe(program, *place, target);
  std::swap(a, b);
  std::swap(a.cycle, b.cycle);
  return concat("changed places with its successor: ", text);
}

//===----------------------------------------------------------------------===//
// Flow, images and bindings
//===----------------------------------------------------------------------===//

proto::FlowEdge *drawEdge(Program &program, Random &random) {
  std::vector<proto::FlowEdge> &flow = program.cards[random() % program.cards.size()].flow;
  return flow.empty() ? nullptr : &flow[random() % flow.size()];
}

std::string changeFlow(Program &program, const Target &, Random &random) {
  proto::FlowEdge *edge = drawEdge(program, random);
  if (!edge)
    return "";
  switch (random() % 4) {
  case 0:
    if (edge->producer_queue() == kInitialMemory)
      edge->set_producer_instruction(edge->producer_instruction() + 1);
    else
      edge->set_producer_queue(kInitialMemory);
    break;
  case 1:
    edge->set_producer_first(edge->producer_first() + 1);
    break;
  case 2:
    edge->set_count(edge->count() + 1);
    break;
  default:
    edge->set_slot(edge->slot() ^ 1);
    break;
  }
  return concat("flow edge into instruction ", edge->instruction(), " of queue number ", edge->queue());
}

std::string dropFlow(Program &program, const Target &, Random &random) {
  std::vector<proto::FlowEdge> &flow = program.cards[random() % program.cards.size()].flow;
  if (flow.empty())
    return "";
  const size_t index = random() % flow.size();
  flow.erase(flow.begin() + long(index));
  return concat("flow edge ", index, " is gone");
}

std::string moveImage(Program &program, const Target &, Random &random) {
  Card &card = program.cards[random() % program.cards.size()];
  if (card.memory.empty())
    return "";
  proto::MemoryRun &run = card.memory[random() % card.memory.size()];
  run.set_address(run.address() + uint32_t(sign(random)));
  return concat("initial memory of slice ", run.slice(), " begins at word ", run.address());
}

std::string moveBinding(Program &program, const Target &target, Random &random) {
  auto &bindings = random() % 2 ? *program.metadata.mutable_inputs() : *program.metadata.mutable_outputs();
  if (bindings.empty())
    return "";
  proto::Binding &binding = bindings[int(random() % uint64_t(bindings.size()))];
  if (binding.placements().empty())
    return "";
  proto::Placement &placement =
      *binding.mutable_placements(int(random() % uint64_t(binding.placements_size())));
  switch (random() % 4) {
  case 0:
    placement.set_address(placement.address() + uint32_t(sign(random)));
    break;
  case 1:
    placement.set_slices(0, (placement.slices(0) + 1) % target.slicesPerHemisphere);
    break;
  case 2:
    placement.set_hemisphere(1 - placement.hemisphere());
    break;
  default:
    placement.set_count(placement.count() + 1);
    break;
  }
  return concat("binding '", binding.name(), "' lies elsewhere");
}

/// More than the card has: a run of memory beyond its end.
std::string exceedCapacity(Program &program, const Target &target, Random &random) {
  Card &card = program.cards[random() % program.cards.size()];
  if (card.memory.empty())
    return "";
  proto::MemoryRun &run = card.memory[random() % card.memory.size()];
  run.set_address(target.wordsPerSlice() - run.words() + 1);
  return concat("initial memory of slice ", run.slice(), " begins at word ", run.address());
}

//===----------------------------------------------------------------------===//
// Meaning
//===----------------------------------------------------------------------===//

std::string changeImmediate(Program &program, const Target &target, Random &random) {
  return changeField(
      program, target, random, {"immediate"},
      [&](int64_t value) { return value ^ int64_t(1) << random() % 32; },
      [](const Queue &, const Instruction &what) {
        return what.aKind == int32_t(OperandKind::Immediate) ||
               what.bKind == int32_t(OperandKind::Immediate) || what.cKind == int32_t(OperandKind::Immediate);
      });
}

std::string changeWeight(Program &program, const Target &, Random &random) {
  Card &card = program.cards[random() % program.cards.size()];
  if (card.data.empty())
    return "";
  const size_t byte = random() % card.data.size();
  card.data[byte] = char(card.data[byte] ^ 1 << random() % 8);
  return concat("byte ", byte, " of the initial memory");
}

std::string changeOperation(Program &program, const Target &target, Random &random) {
  return change(
      program, target, random, [](const Queue &, const Instruction &what) { return isAlu(what.opcode); },
      [&](Instruction &what, const Queue &) {
        const OpcodeInfo &is = opcodeInfo(what.opcode);
        std::vector<Opcode> others;
        for (const OpcodeInfo &info : opcodeTable())
          if (isAlu(info.opcode) && info.operands == is.operands && info.latency == is.latency &&
              info.opcode != is.opcode)
            others.push_back(info.opcode);
        if (!others.empty())
          what.opcode = others[random() % others.size()];
      });
}

std::string changeType(Program &program, const Target &target, Random &random) {
  return changeField(program, target, random, {"aType", "bType", "cType", "outType"},
                     [&](int64_t) { return int64_t(random() % 6); });
}

std::string changeDepth(Program &program, const Target &target, Random &random) {
  return changeField(program, target, random, {"lanes"}, [&](int64_t value) { return value + sign(random); });
}

constexpr Kind allKinds[] = {
    {"a cycle earlier or later", shiftByOne},
    {"many cycles later", shiftFar},
    {"another interval", changeInterval},
    {"one element more or less", changeCount},
    {"a Receive a cycle early", receiveEarly},
    {"an earlier end", shorten, true},
    {"a later end", lengthen, true},
    {"another figure", changeFigure, true},
    {"another stream", changeStream},
    {"another direction", changeDirection},
    {"another address", changeAddress},
    {"another step", changeStep},
    {"another bank", changeBank},
    {"another column group, accumulator row or width", changeColumnOrRow},
    {"another flag", changeFlag},
    {"another link", changeLink},
    {"operands swapped", swapOperands},
    {"another ALU chained", changeChain},
    {"instruction dropped", drop},
    {"instruction doubled", duplicate},
    {"neighbours changed places", exchange},
    {"another flow", changeFlow},
    {"flow dropped", dropFlow},
    {"initial memory moved", moveImage},
    {"binding moved", moveBinding},
    {"capacity exceeded", exceedCapacity},
    {"another immediate", changeImmediate},
    {"another weight", changeWeight},
    {"another operation of the same shape", changeOperation},
    {"another type", changeType},
    {"another depth of a product", changeDepth},
};

} // namespace

/// The program with one meaning for all that differInMeaningOnly lets differ.
static Program withoutMeaning(Program program) {
  program.metadata.clear_stats_json();
  for (Card &card : program.cards) {
    std::fill(card.data.begin(), card.data.end(), 0);
    for (QueueProgram &queue : card.queues)
      for (Instruction &what : queue.instructions) {
        what.immediate = what.lanes = 0;
        if (!isAlu(what.opcode))
          continue;
        const OpcodeInfo &is = opcodeInfo(what.opcode);
        for (const OpcodeInfo &info : opcodeTable())
          if (isAlu(info.opcode) && info.operands == is.operands && info.latency == is.latency) {
            what.opcode = info.opcode;
            break;
          }
        what.aType = what.bType = what.cType = what.outType = 0;
      }
  }
  return program;
}

bool mutate::differInMeaningOnly(const Program &a, const Program &b) {
  return differences(withoutMeaning(a), withoutMeaning(b), Scope::Everything).empty();
}

std::span<const Kind> mutate::kinds() { return allKinds; }
