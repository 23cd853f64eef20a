//===- Streams.cpp - The vectors on a card's streams ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Streams.h"

#include "sluice/Verifier/Geometry.h"

using namespace sluice;
using namespace sluice::executor;
using target::Direction;

Streams::Streams(const target::Target &target)
    : streams(target.streamsPerDirection), window(verifier::liveDiagonals(target)), lanes(target.lanes()),
      slots(2 * streams * window), vectors(slots.size() * lanes) {}

uint8_t *Streams::put(Direction direction, unsigned stream, int64_t diagonal, int position) {
  const size_t index = indexOf(direction, stream, diagonal);
  Slot &slot = slots[index];
  if (slot.diagonal == diagonal) {
    slot.others.push_back({position, std::vector<uint8_t>(lanes)});
    return slot.others.back().bytes.data();
  }
  slot.diagonal = diagonal;
  slot.position = position;
  slot.others.clear();
  return vectors.data() + index * lanes;
}

const uint8_t *Streams::get(Direction direction, unsigned stream, int64_t diagonal, int position) const {
  const size_t index = indexOf(direction, stream, diagonal);
  const Slot &slot = slots[index];
  const uint8_t *nearest = vectors.data() + index * lanes;
  if (slot.others.empty())
    return nearest;
  auto travelled = [&](int from) { return direction == Direction::East ? position - from : from - position; };
  int distance = travelled(slot.position);
  for (const Another &other : slot.others) {
    const int candidate = travelled(other.position);
    if (candidate >= 0 && (distance < 0 || candidate < distance)) {
      distance = candidate;
      nearest = other.bytes.data();
    }
  }
  return nearest;
}

void Streams::clear() {
  for (Slot &slot : slots) {
    slot.diagonal = INT64_MIN;
    slot.others.clear();
  }
}
