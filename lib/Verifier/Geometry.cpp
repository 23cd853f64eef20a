//===- Geometry.cpp - Where units are and how long values live ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Verifier/Geometry.h"
#include "sluice/Binary/Encoding.h"

#include <algorithm>
#include <bit>

using namespace sluice;
using namespace sluice::binary;
using target::Target;

int verifier::positionOf(const Queue &queue, const Target &target) {
  switch (queue.unit) {
  case Unit::MemRead:
  case Unit::MemWrite:
    return Target::position(queue.hemisphere, target.sliceStop(queue.index));
  case Unit::Distributor:
  case Unit::Transposer:
  case Unit::Permutor:
  case Unit::Link:
    return Target::position(queue.hemisphere, target.sxmStop);
  case Unit::Installer:
  case Unit::Multiplier:
    return Target::position(queue.hemisphere, target.mxmStop);
  case Unit::Alu:
  case Unit::Any:
    break;
  }
  return 0;
}

unsigned verifier::longestLatency(const Target &target) {
  unsigned longest = 0;
  for (const OpcodeInfo &info : opcodeTable())
    if (info.opcode != Opcode::Send) // Its latency is spent on the link.
      longest = std::max(longest, latencyOf(info.opcode, target));
  return longest;
}

size_t verifier::liveDiagonals(const Target &target) {
  const size_t length = 2 * size_t(std::max(target.mxmStop, target.sxmStop)) + 1;
  return std::bit_ceil(length + target.vxmEntryLatency + longestLatency(target) + 1);
}
