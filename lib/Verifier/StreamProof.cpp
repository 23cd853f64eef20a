//===- StreamProof.cpp - Who is on which stream where ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamProof.h"

#include "sluice/Verifier/Geometry.h"

using namespace sluice;
using namespace sluice::verifier;
using target::Direction;

StreamProof::StreamProof(const target::Target &target)
    : streams(target.streamsPerDirection), window(liveDiagonals(target)), diagonals(2 * streams * window) {}

const StreamValue *StreamProof::put(Direction direction, unsigned stream, int64_t number,
                                    const StreamValue &value) {
  Diagonal &diagonal = diagonals[indexOf(direction, stream, number)];
  if (diagonal.number != number) {
    diagonal.number = number;
    diagonal.values.clear();
  }
  for (const StreamValue &other : diagonal.values)
    if (other.position == value.position)
      return &other;
  diagonal.values.push_back(value);
  return nullptr;
}

const StreamValue *StreamProof::find(Direction direction, unsigned stream, int64_t number,
                                     int position) const {
  const Diagonal &diagonal = diagonals[indexOf(direction, stream, number)];
  if (diagonal.number != number)
    return nullptr;
  // Distance travelled from a producer to here; negative for one further on.
  auto travelled = [&](const StreamValue &value) {
    return direction == Direction::East ? position - value.position : value.position - position;
  };
  const StreamValue *nearest = nullptr;
  for (const StreamValue &value : diagonal.values)
    if (travelled(value) >= 0 && (!nearest || travelled(value) < travelled(*nearest)))
      nearest = &value;
  return nearest;
}
