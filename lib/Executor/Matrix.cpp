//===- Matrix.cpp - What the MXM computes ---------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CardMachine.h"

#include "sluice/Numerics/Lanes.h"
#include "sluice/Numerics/Scalar.h"

#include <cstring>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;

void CardMachine::install(const RunningStep &running) {
  const Burst &burst = running.burst;
  Plane &plane = planeOf(burst, burst.queue->index);
  for (size_t index = 0; index != running.step.count; ++index) {
    const unsigned group = unsigned(burst.what->column) + running.step.first + unsigned(index);
    for (unsigned column = 0; column != target.installStreams; ++column) {
      uint8_t *weights = plane.load(group, column);
      if (column < burst.inputs.size())
        std::memcpy(weights, running.take(column, index), lanes);
      else
        std::memset(weights, 0, lanes);
    }
  }
}

void CardMachine::multiply(const RunningStep &running, Scratch &scratch) {
  const Instruction &what = *running.burst.what;
  const Step &step = running.step;
  const auto depth = size_t(what.lanes);
  const bool tandem = what.opcode == Opcode::MultiplyF16;
  Plane &plane = planeOf(running.burst, running.burst.queue->index);
  const bool swaps = step.first == 0 && what.swap;
  if (swaps)
    plane.swap();
  uint32_t *accumulators = plane.accumulators(size_t(what.accumulator) + step.first);
  const uint32_t *addend = what.accumulate ? accumulators : nullptr;
  // Sums that nobody adds to go to where they are taken at once.
  const bool isKept = running.burst.keepsSums || !running.givesWords();
  uint32_t *sums = isKept ? accumulators : running.words(0, lanes);
  const size_t sumStride = isKept ? target.columns : lanes;
  if (tandem) {
    Plane &high = planeOf(running.burst, running.burst.queue->index + 1u);
    if (swaps)
      high.swap();
    for (size_t index = 0; index != step.count; ++index) {
      numerics::laneKernels().joinHalves(running.take(0, index), running.take(1, index),
                                         scratch.halves.data(), depth);
      plane.multiplyHalves(high, scratch.halves.data(), depth,
                           addend ? addend + index * target.columns : nullptr, sums + index * sumStride);
    }
  } else {
    plane.multiplyBytes(reinterpret_cast<const int8_t *>(running.take(0, 0)), running.sources[0].stride,
                        step.count, depth, addend, sums, sumStride);
  }
  for (size_t index = 0; index != step.count; ++index)
    emit(running, index, sums + index * sumStride);
}

/// Gives the sums of a row, a column a lane.
void CardMachine::emit(const RunningStep &running, size_t index, const uint32_t *sums) const {
  const size_t columns = target.columns;
  if (running.givesWords()) {
    uint32_t *words = running.words(index, lanes);
    if (words != sums)
      std::memcpy(words, sums, columns * sizeof(uint32_t));
    std::memset(words + columns, 0, (lanes - columns) * sizeof(uint32_t));
  }
  if (!running.givesBytes())
    return;
  uint8_t *planes[kWordStreams];
  for (unsigned byte = 0; byte != kWordStreams; ++byte) {
    planes[byte] = running.give(byte, index, lanes);
    std::memset(planes[byte] + columns, 0, lanes - columns);
  }
  numerics::laneKernels().splitWords(sums, planes, columns);
}
