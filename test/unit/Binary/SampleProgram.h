//===- SampleProgram.h - A small program for tests --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_UNIT_BINARY_SAMPLEPROGRAM_H
#define SLUICE_TEST_UNIT_BINARY_SAMPLEPROGRAM_H

#include "sluice/Binary/Program.h"

namespace sluice::binary {

inline constexpr size_t kLanes = 320;

/// Two cards: each reads two words and sends them to the other one, which writes
/// them. Same program, different data.
inline Program makeProgram() {
  Program program;
  program.metadata.set_format_version(1);
  program.metadata.set_producer("test");
  program.metadata.set_target("tsp1");
  program.metadata.set_target_version(1);
  program.metadata.set_cycles(300);
  program.metadata.add_locations("");
  program.metadata.add_locations("/layers.0/q/MatMul");
  program.metadata.set_stats_json("{}");
  proto::Binding &input = *program.metadata.add_inputs();
  input.set_name("x");
  input.mutable_type()->set_element_type(3);
  input.mutable_type()->set_machine_type(3);
  input.mutable_type()->add_shape(2);
  input.mutable_type()->add_shape(320);
  input.mutable_layout()->add_permutation(0);
  input.mutable_layout()->add_permutation(1);
  input.mutable_layout()->set_lane_dims(1);
  proto::Placement &placement = *input.add_placements();
  placement.add_slices(3);
  placement.set_address(100);
  placement.set_step(-1);
  placement.set_count(2);

  program.cards.resize(2);
  for (uint32_t index = 0; index != 2; ++index) {
    Card &card = program.cards[index];
    Instruction read, write, send, receive;
    read.opcode = Opcode::Read;
    read.count = 2;
    read.interval = 24;
    write = send = receive = read;
    write.opcode = Opcode::Write;
    send.opcode = Opcode::Send;
    receive.opcode = Opcode::Receive;
    send.link = receive.link = index == 0 ? 0 : 6;
    receive.direction = 1;
    write.direction = 1;
    write.cycle = 400;
    send.cycle = 20;
    receive.cycle = 248;
    const uint16_t link = static_cast<uint16_t>(send.link);
    card.queues = {
        {{Unit::MemRead, target::Hemisphere::East, 0}, {read}, {0}},
        {{Unit::MemWrite, target::Hemisphere::East, 1}, {write}, {1}},
        {{Unit::Link, target::Hemisphere::East, static_cast<uint16_t>(2 * link)}, {send}, {1}},
        {{Unit::Link, target::Hemisphere::East, static_cast<uint16_t>(2 * link + 1)}, {receive}, {1}}};
    card.data.assign(2 * kLanes, static_cast<char>('a' + index));
    proto::MemoryRun &run = card.memory.emplace_back();
    run.set_words(2);
    proto::FlowEdge &edge = card.flow.emplace_back();
    edge.set_queue(3);
    edge.set_slot(kReceiveSlot);
    edge.set_count(2);
    edge.set_producer_card(1 - index);
    edge.set_producer_queue(2);
    edge.set_producer_step(1);
    card.memoryWordsUsed = 4;
  }
  return program;
}

} // namespace sluice::binary

#endif // SLUICE_TEST_UNIT_BINARY_SAMPLEPROGRAM_H
