//===- CardMachine.cpp - One card, element by element ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CardMachine.h"

#include "sluice/Support/Strings.h"

#include <cstring>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;
using target::Target;

CardMachine::CardMachine(const Target &target, uint32_t number, const Card &card, LinkWires &wires)
    : memory(target, card), target(target), number(number), lanes(target.lanes()), wires(wires),
      streams(target), planes(2 * size_t(target.planesPerHemisphere), Plane(target)),
      resultWindow(std::max(target.simpleLatency, target.transcendentalLatency) + 1),
      results(target.alus * resultWindow * lanes), halves(lanes), product(target.columns) {
  for (std::vector<uint32_t> &operand : operands)
    operand.resize(lanes);
}

void CardMachine::reset() {
  memory.reset();
  streams.clear();
  for (Plane &plane : planes)
    plane.reset();
  halfOverflows = 0;
}

const uint8_t *CardMachine::take(const Burst &burst, size_t input, uint64_t cycle) const {
  const StreamUse &use = burst.inputs[input];
  return streams.get(use.direction, use.stream,
                     Target::diagonal(use.direction, int64_t(cycle) + use.offset, burst.position),
                     burst.position);
}

uint8_t *CardMachine::give(const Burst &burst, size_t output, uint64_t cycle) {
  const StreamUse &use = burst.outputs[output];
  return streams.put(use.direction, use.stream,
                     Target::diagonal(use.direction, int64_t(cycle) + use.offset, burst.position),
                     burst.position);
}

absl::Status CardMachine::execute(const Burst &burst, uint64_t cycle, uint32_t element) {
  switch (burst.what->opcode) {
  case Opcode::Nop:
    break;
  case Opcode::Read:
    read(burst, cycle, element);
    break;
  case Opcode::Gather:
    return gather(burst, cycle);
  case Opcode::Write:
    write(burst, cycle, element);
    break;
  case Opcode::Scatter:
    return scatter(burst, cycle);
  case Opcode::Permute:
  case Opcode::Distribute:
    return mapLanes(burst, cycle, element);
  case Opcode::Transpose:
    transpose(burst, cycle);
    break;
  case Opcode::Send:
    send(burst, cycle);
    break;
  case Opcode::Receive:
    receive(burst, cycle);
    break;
  case Opcode::Install:
    install(burst, cycle, element);
    break;
  case Opcode::MultiplyI8:
  case Opcode::MultiplyF16:
    multiply(burst, cycle, element);
    break;
  default:
    compute(burst, cycle);
    break;
  }
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void CardMachine::read(const Burst &burst, uint64_t cycle, uint32_t element) {
  const auto address = uint32_t(burst.what->address + int64_t(element) * burst.what->step);
  std::memcpy(give(burst, 0, cycle),
              memory.read(uint32_t(burst.queue->hemisphere), burst.queue->index, address), lanes);
}

void CardMachine::write(const Burst &burst, uint64_t cycle, uint32_t element) {
  const auto address = uint32_t(burst.what->address + int64_t(element) * burst.what->step);
  std::memcpy(memory.write(uint32_t(burst.queue->hemisphere), burst.queue->index, address),
              take(burst, 0, cycle), lanes);
}

/// The word that a superlane's 16-bit offset selects.
static absl::StatusOr<uint32_t> wordAddress(const Burst &burst, const uint8_t *offset, unsigned superlane) {
  const uint32_t words = offset[0] | uint32_t(offset[1]) << 8;
  if (words < burst.reach)
    return uint32_t(burst.what->address) + words;
  return absl::OutOfRangeError(concat("superlane ", superlane, " asks for word ", words, ", outside the ",
                                      burst.reach, " from word ", burst.what->address, " on"));
}

absl::Status CardMachine::gather(const Burst &burst, uint64_t cycle) {
  const uint8_t *offsets = take(burst, 0, cycle);
  uint8_t *out = give(burst, 0, cycle);
  for (unsigned superlane = 0; superlane != target.superlanes; ++superlane) {
    const size_t lane = size_t(superlane) * target.lanesPerSuperlane;
    const absl::StatusOr<uint32_t> address = wordAddress(burst, offsets + lane, superlane);
    if (!address.ok())
      return address.status();
    std::memcpy(out + lane,
                memory.read(uint32_t(burst.queue->hemisphere), burst.queue->index, *address) + lane,
                target.lanesPerSuperlane);
  }
  return absl::OkStatus();
}

absl::Status CardMachine::scatter(const Burst &burst, uint64_t cycle) {
  const uint8_t *data = take(burst, 0, cycle), *offsets = take(burst, 1, cycle);
  for (unsigned superlane = 0; superlane != target.superlanes; ++superlane) {
    const size_t lane = size_t(superlane) * target.lanesPerSuperlane;
    const absl::StatusOr<uint32_t> address = wordAddress(burst, offsets + lane, superlane);
    if (!address.ok())
      return address.status();
    std::memcpy(memory.write(uint32_t(burst.queue->hemisphere), burst.queue->index, *address) + lane,
                data + lane, target.lanesPerSuperlane);
  }
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Links
//===----------------------------------------------------------------------===//

void CardMachine::send(const Burst &burst, uint64_t cycle) {
  const uint8_t *vector = take(burst, 0, cycle);
  wires[number * target.localLinks + size_t(burst.what->link)].emplace_back(vector, vector + lanes);
}

void CardMachine::receive(const Burst &burst, uint64_t cycle) {
  const unsigned peer = target.localPeer(number, unsigned(burst.what->link));
  auto &wire = wires[peer * target.localLinks + target.localLink(peer, number)];
  std::memcpy(give(burst, 0, cycle), wire.front().data(), lanes);
  wire.pop_front();
}
