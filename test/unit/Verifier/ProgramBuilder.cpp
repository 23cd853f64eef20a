//===- ProgramBuilder.cpp - Programs written by hand ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramBuilder.h"

#include <algorithm>
#include <optional>
#include <tuple>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;

ProgramBuilder::ProgramBuilder(std::string_view target, unsigned cards)
    : description(*target::targetByName(target)), cards(cards) {
  metadata.set_producer("test");
  metadata.set_target(description.name);
  metadata.set_target_version(description.version);
  metadata.add_locations("");
}

BurstRef ProgramBuilder::add(const Queue &queue, const Instruction &instruction, uint32_t card,
                             const std::string &node) {
  cards[card].bursts.push_back({queue, instruction, node});
  return {card, uint32_t(cards[card].bursts.size() - 1)};
}

Instruction &ProgramBuilder::at(BurstRef ref) { return cards[ref.card].bursts[ref.id].instruction; }

void ProgramBuilder::flow(BurstRef consumer, uint32_t slot, BurstRef producer, uint32_t producerSlot,
                          Elements elements) {
  edges.push_back({consumer, slot, false, producer, producerSlot, elements});
}

void ProgramBuilder::flowFromMemory(BurstRef read, Elements elements) {
  edges.push_back({read, kMemorySlot, true, read, 0, elements});
}

void ProgramBuilder::memory(Hemisphere hemisphere, uint32_t slice, uint32_t address, std::string bytes,
                            uint32_t card) {
  const size_t lanes = description.lanes(), words = (bytes.size() + lanes - 1) / lanes;
  bytes.resize(words * lanes);
  proto::MemoryRun run;
  run.set_hemisphere(uint32_t(hemisphere));
  run.set_slice(slice);
  run.set_address(address);
  run.set_words(uint32_t(words));
  run.set_offset(cards[card].data.size());
  cards[card].memory.push_back(run);
  cards[card].data += bytes;
}

proto::Binding ProgramBuilder::bind(const std::string &name, int type, int machineType,
                                    const std::vector<int64_t> &shape, Hemisphere hemisphere,
                                    const std::vector<uint32_t> &slices, uint32_t address,
                                    uint32_t card) const {
  proto::Binding binding;
  binding.set_name(name);
  binding.mutable_type()->set_element_type(type);
  binding.mutable_type()->set_machine_type(machineType);
  uint64_t vectors = 1;
  for (size_t i = 0; i != shape.size(); ++i) {
    binding.mutable_type()->add_shape(shape[i]);
    binding.mutable_layout()->add_permutation(int32_t(i));
    const auto extent = uint64_t(shape[i]);
    vectors *= i + 1 == shape.size() ? (extent + description.lanes() - 1) / description.lanes() : extent;
  }
  binding.mutable_layout()->set_lane_dims(1);
  proto::Placement *placement = binding.add_placements();
  placement->set_card(card);
  placement->set_hemisphere(uint32_t(hemisphere));
  for (uint32_t slice : slices)
    placement->add_slices(slice);
  placement->set_address(address);
  placement->set_step(1);
  placement->set_count(vectors);
  return binding;
}

proto::Binding &ProgramBuilder::input(const std::string &name, int type, int machineType,
                                      std::vector<int64_t> shape, Hemisphere hemisphere,
                                      std::vector<uint32_t> slices, uint32_t address) {
  return *metadata.add_inputs() = bind(name, type, machineType, shape, hemisphere, slices, address, 0);
}

proto::Binding &ProgramBuilder::output(const std::string &name, int type, int machineType,
                                       std::vector<int64_t> shape, Hemisphere hemisphere,
                                       std::vector<uint32_t> slices, uint32_t address, uint32_t card) {
  return *metadata.add_outputs() = bind(name, type, machineType, shape, hemisphere, slices, address, card);
}

/// A word of a card: hemisphere, slice, address.
using WordPlace = std::tuple<uint32_t, uint32_t, int64_t>;

/// Names what lies in `place` before the start as the producer of `edge`: nothing that is, if nothing does.
static void nameInitial(const Program &program, uint32_t card, const WordPlace &place,
                        proto::FlowEdge &edge) {
  const auto &[hemisphere, slice, address] = place;
  edge.set_producer_queue(kInitialMemory);
  uint32_t number = 0;
  for (const proto::MemoryRun &run : program.cards[card].memory) {
    if (run.hemisphere() == hemisphere && run.slice() == slice && address >= run.address() &&
        address < int64_t(run.address()) + run.words()) {
      edge.set_producer_instruction(number);
      edge.set_producer_first(uint32_t(address - run.address()));
      return;
    }
    ++number;
  }
  for (const proto::Binding &input : program.metadata.inputs()) {
    for (const proto::Placement &placement : input.placements())
      for (int plane = 0; placement.card() == card && plane != placement.slices_size(); ++plane)
        if (const int64_t vector = address - placement.address();
            placement.hemisphere() == hemisphere && placement.slices(plane) == slice && vector >= 0 &&
            vector < int64_t(placement.count())) {
          edge.set_producer_instruction(number);
          edge.set_producer_slot(uint32_t(plane));
          edge.set_producer_first(uint32_t(int64_t(placement.first()) + vector));
        }
    ++number;
  }
}

/// Makes the last element that a slice's write queue dispatches, of those that `counts` accepts, the producer
/// of `edge`. Whether there is one.
template <typename Counts>
static bool nameLast(const Card &card, uint32_t hemisphere, uint32_t slice, Counts &&counts,
                     proto::FlowEdge &edge) {
  std::optional<uint64_t> latest;
  for (uint32_t queue = 0; queue != card.queues.size(); ++queue) {
    const Queue &where = card.queues[queue].queue;
    if (where.unit != Unit::MemWrite || uint32_t(where.hemisphere) != hemisphere || where.index != slice)
      continue;
    const std::vector<Instruction> &all = card.queues[queue].instructions;
    for (uint32_t instruction = 0; instruction != all.size(); ++instruction)
      for (uint32_t element = 0; element != all[instruction].count; ++element) {
        const uint64_t cycle = all[instruction].cycle + uint64_t(element) * all[instruction].interval;
        if (!counts(all[instruction], element) || (latest && cycle < *latest))
          continue;
        latest = cycle;
        edge.set_producer_queue(queue);
        edge.set_producer_instruction(instruction);
        edge.set_producer_slot(0);
        edge.set_producer_first(element);
      }
  }
  return latest.has_value();
}

/// Edges into the outputs, a vector each, from the last write of each word and the last Scatter into its
/// bank.
static void addOutputFlow(Program &program, const target::Target &target) {
  for (int output = 0; output != program.metadata.outputs_size(); ++output)
    for (const proto::Placement &placement : program.metadata.outputs(output).placements())
      for (int plane = 0; plane != placement.slices_size(); ++plane)
        for (uint64_t i = 0; i != placement.count(); ++i) {
          Card &card = program.cards[placement.card()];
          const uint32_t hemisphere = placement.hemisphere(), slice = placement.slices(plane);
          const int64_t address = int64_t(placement.address()) + int64_t(i) * placement.step();
          proto::FlowEdge edge;
          edge.set_queue(kOutput);
          edge.set_instruction(uint32_t(output));
          edge.set_slot(uint32_t(plane));
          edge.set_first(uint32_t(placement.first() + i));
          edge.set_count(1);
          nameInitial(program, placement.card(), {hemisphere, slice, address}, edge);
          auto writes = [&](const Instruction &write, uint32_t element) {
            return write.opcode == Opcode::Write && write.address + int64_t(element) * write.step == address;
          };
          nameLast(card, hemisphere, slice, writes, edge);
          card.flow.push_back(edge);
          auto scatters = [&](const Instruction &scatter, uint32_t) {
            return scatter.opcode == Opcode::Scatter &&
                   target.bankOf(unsigned(scatter.address)) == target.bankOf(unsigned(address));
          };
          edge.set_slot(kScatterSlot + uint32_t(plane));
          if (nameLast(card, hemisphere, slice, scatters, edge))
            card.flow.push_back(edge);
        }
}

Program ProgramBuilder::build() const {
  Program program;
  program.metadata = metadata;
  program.cards.resize(cards.size());
  std::vector<std::vector<std::pair<uint32_t, uint32_t>>> places(
      cards.size()); // Queue and instruction by id.
  for (size_t card = 0; card != cards.size(); ++card) {
    const std::vector<Burst> &bursts = cards[card].bursts;
    std::vector<uint32_t> order(bursts.size());
    for (uint32_t id = 0; id != order.size(); ++id)
      order[id] = id;
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return std::tie(bursts[a].queue, bursts[a].instruction.cycle, a) <
             std::tie(bursts[b].queue, bursts[b].instruction.cycle, b);
    });
    places[card].resize(bursts.size());
    std::vector<QueueProgram> &queues = program.cards[card].queues;
    for (uint32_t id : order) {
      const Burst &burst = bursts[id];
      if (queues.empty() || queues.back().queue != burst.queue)
        queues.push_back({burst.queue, {}, {}});
      places[card][id] = {uint32_t(queues.size() - 1), uint32_t(queues.back().instructions.size())};
      queues.back().instructions.push_back(burst.instruction);
      if (burst.node.empty())
        queues.back().locations.push_back(0);
      else {
        queues.back().locations.push_back(uint32_t(program.metadata.locations_size()));
        program.metadata.add_locations(burst.node);
      }
    }
    program.cards[card].memory = cards[card].memory;
    program.cards[card].data = cards[card].data;
  }
  program.metadata.set_cycles(lastEffect(program, description));
  for (size_t card = 0; card != cards.size(); ++card)
    program.cards[card].memoryWordsUsed = countWordsUsed(program, card, description);

  addOutputFlow(program, description);
  for (const Edge &edge : edges) {
    proto::FlowEdge flow;
    const auto [queue, instruction] = places[edge.consumer.card][edge.consumer.id];
    const uint32_t all = cards[edge.consumer.card].bursts[edge.consumer.id].instruction.count;
    flow.set_queue(queue);
    flow.set_instruction(instruction);
    flow.set_slot(edge.slot);
    flow.set_first(edge.elements.first);
    flow.set_count(edge.elements.count ? edge.elements.count : all);
    if (edge.fromMemory) {
      const Burst &read = cards[edge.consumer.card].bursts[edge.consumer.id];
      const int32_t step = read.instruction.opcode == Opcode::Gather ? 1 : read.instruction.step;
      const int64_t first = read.instruction.address + int64_t(edge.elements.first) * step;
      nameInitial(program, edge.consumer.card, {uint32_t(read.queue.hemisphere), read.queue.index, first},
                  flow);
      flow.set_producer_step(step);
    } else {
      const auto [producerQueue, producerInstruction] = places[edge.producer.card][edge.producer.id];
      flow.set_producer_card(edge.producer.card);
      flow.set_producer_queue(producerQueue);
      flow.set_producer_instruction(producerInstruction);
      flow.set_producer_slot(edge.producerSlot);
      flow.set_producer_first(edge.elements.producerFirst);
      flow.set_producer_step(edge.elements.step);
    }
    program.cards[edge.consumer.card].flow.push_back(flow);
  }
  return program;
}

//===----------------------------------------------------------------------===//
// Queues and instructions
//===----------------------------------------------------------------------===//

Queue test::readQueue(Hemisphere hemisphere, unsigned slice) {
  return {Unit::MemRead, hemisphere, uint16_t(slice)};
}
Queue test::writeQueue(Hemisphere hemisphere, unsigned slice) {
  return {Unit::MemWrite, hemisphere, uint16_t(slice)};
}
Queue test::aluQueue(unsigned alu) { return {Unit::Alu, Hemisphere::East, uint16_t(alu)}; }
Queue test::unitQueue(Unit unit, Hemisphere hemisphere, unsigned index) {
  return {unit, hemisphere, uint16_t(index)};
}

Instruction test::memoryBurst(Opcode opcode, uint64_t cycle, int address, Direction direction, int stream,
                              uint32_t count) {
  Instruction burst;
  burst.opcode = opcode;
  burst.cycle = cycle;
  burst.count = count;
  burst.address = address;
  burst.step = opcode == Opcode::Read || opcode == Opcode::Write ? 1 : 0;
  burst.direction = int32_t(direction);
  burst.stream = stream;
  return burst;
}

Instruction test::lanesBurst(Opcode opcode, uint64_t cycle, Direction direction, int stream, int mapStream,
                             int width, Direction outDirection, int outStream) {
  Instruction burst;
  burst.opcode = opcode;
  burst.cycle = cycle;
  burst.direction = int32_t(direction);
  burst.stream = stream;
  burst.mapDirection = int32_t(direction);
  burst.mapStream = mapStream;
  burst.width = width;
  burst.outDirection = int32_t(outDirection);
  burst.outStream = outStream;
  return burst;
}

AluOperand test::onStream(Direction direction, int stream, InType type) {
  return {OperandKind::Stream, streamLocation(direction, stream), type};
}
AluOperand test::fromAlu(unsigned alu) { return {OperandKind::Alu, int32_t(alu), InType::Word}; }
AluOperand test::immediate() { return {OperandKind::Immediate, 0, InType::Word}; }

Instruction test::aluBurst(Opcode opcode, uint64_t cycle, std::vector<AluOperand> operands, int outStream,
                           Direction outDirection) {
  Instruction burst;
  burst.opcode = opcode;
  burst.cycle = cycle;
  operands.resize(3);
  auto set = [&](size_t index, int32_t &kind, int32_t &location, int32_t &type) {
    kind = int32_t(operands[index].kind);
    location = operands[index].location;
    type = int32_t(operands[index].type);
  };
  set(0, burst.aKind, burst.aLocation, burst.aType);
  set(1, burst.bKind, burst.bLocation, burst.bType);
  set(2, burst.cKind, burst.cLocation, burst.cType);
  if (outStream >= 0) {
    burst.stream = outStream;
    (outDirection == Direction::East ? burst.east : burst.west) = 1;
  }
  return burst;
}
