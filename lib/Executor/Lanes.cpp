//===- Lanes.cpp - What the SXM does to lanes -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CardMachine.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;

/// A lane that the map leaves zero.
static constexpr uint16_t noLane = 0xffff;

/// Reads the map of a Permute or Distribute: each lane's source lane on the whole vector, or noLane.
absl::Status CardMachine::loadLaneMap(const RunningStep &running, size_t index,
                                      std::vector<uint16_t> &laneMap) const {
  laneMap.resize(lanes);
  const auto width = size_t(running.burst.what->width);
  if (running.burst.what->opcode == Opcode::Distribute) {
    const uint8_t *map = running.take(width, index);
    for (size_t lane = 0; lane != lanes; ++lane) {
      if (map[lane] != 0xff && map[lane] >= target.lanesPerSuperlane)
        return absl::OutOfRangeError(concat("the map of lane ", lane, " is ", unsigned(map[lane]),
                                            ", a superlane has ", target.lanesPerSuperlane, " lanes"));
      const size_t first = lane - lane % target.lanesPerSuperlane;
      laneMap[lane] = map[lane] == 0xff ? noLane : static_cast<uint16_t>(first + map[lane]);
    }
    return absl::OkStatus();
  }
  const uint8_t *low = running.take(width, index), *high = running.take(width + 1, index);
  std::vector<bool> taken(lanes);
  for (size_t lane = 0; lane != lanes; ++lane) {
    const auto source = static_cast<uint16_t>(low[lane] | high[lane] << 8);
    laneMap[lane] = source;
    if (source == noLane)
      continue;
    if (source >= lanes)
      return absl::OutOfRangeError(concat("the map of lane ", lane, " is ", source, " of ", lanes));
    if (taken[source])
      return absl::OutOfRangeError(concat("the map takes lane ", source, " twice, for lane ", lane, " too"));
    taken[source] = true;
  }
  return absl::OkStatus();
}

absl::Status CardMachine::mapLanes(const RunningStep &running, size_t index) {
  std::vector<uint16_t> &laneMap = laneMaps[running.burst.laneMap];
  const Instruction &what = *running.burst.what;
  if (running.step.first + index == 0 || !what.hold)
    if (absl::Status status = loadLaneMap(running, index, laneMap); !status.ok())
      return status;
  if (!running.givesBytes())
    return absl::OkStatus();
  for (size_t byte = 0; byte != size_t(what.width); ++byte) {
    const uint8_t *in = running.take(byte, index);
    uint8_t *out = running.give(byte, index, lanes);
    for (size_t lane = 0; lane != lanes; ++lane)
      out[lane] = laneMap[lane] == noLane ? 0 : in[laneMap[lane]];
  }
  return absl::OkStatus();
}

void CardMachine::transpose(const RunningStep &running, size_t index) const {
  if (!running.givesBytes())
    return;
  const size_t size = target.lanesPerSuperlane;
  std::vector<const uint8_t *> in(size);
  for (size_t stream = 0; stream != size; ++stream)
    in[stream] = running.take(stream, index);
  for (size_t stream = 0; stream != size; ++stream) {
    uint8_t *out = running.give(stream, index, lanes);
    for (size_t superlane = 0; superlane != lanes; superlane += size)
      for (size_t lane = 0; lane != size; ++lane)
        out[superlane + lane] = in[lane][superlane + stream];
  }
}
