//===- CardMachine.cpp - One card, step by step ---------------------------===//
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

CardMachine::CardMachine(const target::Target &target, const Card &card, size_t laneMaps)
    : memory(target, card), target(target), lanes(target.lanes()),
      planes(2 * size_t(target.planesPerHemisphere), Plane(target)), laneMaps(laneMaps) {}

void CardMachine::reset() {
  memory.reset();
  for (Plane &plane : planes)
    plane.reset();
}

absl::Status CardMachine::execute(const RunningStep &running, Scratch &scratch, uint32_t &element) {
  /// What data can make fail goes element by element.
  auto each = [&](auto &&executeOne) {
    absl::Status status;
    for (size_t index = 0; index != running.step.count && status.ok(); ++index) {
      element = running.step.first + uint32_t(index);
      status = executeOne(index);
    }
    return status;
  };
  switch (running.burst.what->opcode) {
  case Opcode::Read:
    read(running);
    break;
  case Opcode::Write:
    write(running);
    break;
  case Opcode::Send:
    copy(running);
    break;
  case Opcode::Gather:
    return each([&](size_t index) { return gather(running, index); });
  case Opcode::Scatter:
    return each([&](size_t index) { return scatter(running, index); });
  case Opcode::Permute:
  case Opcode::Distribute:
    return each([&](size_t index) { return mapLanes(running, index); });
  case Opcode::Transpose:
    for (size_t index = 0; index != running.step.count; ++index)
      transpose(running, index);
    break;
  case Opcode::Install:
    install(running);
    break;
  case Opcode::MultiplyI8:
  case Opcode::MultiplyF16:
    multiply(running, scratch);
    break;
  default:
    compute(running, lanes, scratch);
    break;
  }
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Bytes of the word that element `index` of a step reads or writes.
static uint8_t *wordOf(const RunningStep &running, size_t index, const target::Target &target) {
  const Burst &burst = running.burst;
  const int64_t address =
      burst.what->address + (int64_t(running.step.first) + int64_t(index)) * burst.what->step;
  return running.areas[areaOf(burst.card, burst.queue->hemisphere, burst.queue->index, target)] +
         size_t(address) * target.lanes();
}

void CardMachine::read(const RunningStep &running) const {
  if (running.givesBytes())
    for (size_t index = 0; index != running.step.count; ++index)
      std::memcpy(running.give(0, index, lanes), wordOf(running, index, target), lanes);
}

void CardMachine::write(const RunningStep &running) {
  for (size_t index = 0; index != running.step.count; ++index)
    std::memcpy(wordOf(running, index, target), running.take(0, index), lanes);
}

/// A vector is under way on a link.
void CardMachine::copy(const RunningStep &running) const {
  if (running.givesBytes())
    for (size_t index = 0; index != running.step.count; ++index)
      std::memcpy(running.give(0, index, lanes), running.take(0, index), lanes);
}

/// The word that a superlane's 16-bit offset selects.
static absl::StatusOr<uint32_t> wordAddress(const Burst &burst, const uint8_t *offset, unsigned superlane) {
  const uint32_t words = offset[0] | uint32_t(offset[1]) << 8;
  if (words < burst.reach)
    return uint32_t(burst.what->address) + words;
  return absl::OutOfRangeError(concat("superlane ", superlane, " asks for word ", words, ", outside the ",
                                      burst.reach, " from word ", burst.what->address, " on"));
}

absl::Status CardMachine::gather(const RunningStep &running, size_t index) const {
  const Burst &burst = running.burst;
  const uint8_t *offsets = running.take(0, index);
  const uint8_t *words =
      running.areas[areaOf(burst.card, burst.queue->hemisphere, burst.queue->index, target)];
  for (unsigned superlane = 0; superlane != target.superlanes; ++superlane) {
    const size_t lane = size_t(superlane) * target.lanesPerSuperlane;
    const absl::StatusOr<uint32_t> address = wordAddress(burst, offsets + lane, superlane);
    if (!address.ok())
      return address.status();
    if (running.givesBytes())
      std::memcpy(running.give(0, index, lanes) + lane, words + *address * lanes + lane,
                  target.lanesPerSuperlane);
  }
  return absl::OkStatus();
}

absl::Status CardMachine::scatter(const RunningStep &running, size_t index) {
  const Burst &burst = running.burst;
  const uint8_t *data = running.take(0, index), *offsets = running.take(1, index);
  for (unsigned superlane = 0; superlane != target.superlanes; ++superlane) {
    const size_t lane = size_t(superlane) * target.lanesPerSuperlane;
    const absl::StatusOr<uint32_t> address = wordAddress(burst, offsets + lane, superlane);
    if (!address.ok())
      return address.status();
    std::memcpy(memory.scatter(uint32_t(burst.queue->hemisphere), burst.queue->index, *address) + lane,
                data + lane, target.lanesPerSuperlane);
  }
  return absl::OkStatus();
}
