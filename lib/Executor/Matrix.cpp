//===- Matrix.cpp - What the MXM computes ---------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CardMachine.h"

#include "sluice/Numerics/Scalar.h"

#include <cstring>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;

void CardMachine::install(const Burst &burst, uint64_t cycle, uint32_t element) {
  Plane &plane = planeOf(burst, burst.queue->index);
  const unsigned group = unsigned(burst.what->column) + element;
  for (unsigned column = 0; column != target.installStreams; ++column) {
    uint8_t *weights = plane.load(group, column);
    if (column < burst.inputs.size())
      std::memcpy(weights, take(burst, column, cycle), lanes);
    else
      std::memset(weights, 0, lanes);
  }
}

void CardMachine::multiply(const Burst &burst, uint64_t cycle, uint32_t element) {
  const Instruction &what = *burst.what;
  const auto depth = size_t(what.lanes);
  const bool tandem = what.opcode == Opcode::MultiplyF16;
  Plane &plane = planeOf(burst, burst.queue->index);
  const bool swaps = element == 0 && what.swap;
  if (swaps)
    plane.swap();
  if (tandem) {
    Plane &high = planeOf(burst, burst.queue->index + 1u);
    if (swaps)
      high.swap();
    const uint8_t *bytes[] = {take(burst, 0, cycle), take(burst, 1, cycle)};
    for (size_t lane = 0; lane != depth; ++lane)
      halves[lane] = static_cast<uint16_t>(bytes[0][lane] | bytes[1][lane] << 8);
    plane.multiplyHalves(high, halves.data(), depth, product.data());
  } else {
    plane.multiplyBytes(reinterpret_cast<const int8_t *>(take(burst, 0, cycle)), depth, product.data());
  }

  uint32_t *row = plane.accumulators(size_t(what.accumulator) + element);
  if (what.accumulate)
    numerics::evaluate(tandem ? numerics::ScalarOp::AddF : numerics::ScalarOp::AddI, row, product.data(),
                       nullptr, row, product.size());
  else
    std::memcpy(row, product.data(), product.size() * sizeof(uint32_t));
  for (size_t byte = 0; byte != burst.outputs.size(); ++byte) {
    uint8_t *out = give(burst, byte, cycle);
    std::memset(out, 0, lanes);
    for (size_t column = 0; column != product.size(); ++column)
      out[column] = static_cast<uint8_t>(row[column] >> (8 * byte));
  }
}
