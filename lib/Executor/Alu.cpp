//===- Alu.cpp - What the VXM's ALUs compute ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CardMachine.h"

#include "sluice/Numerics/Scalar.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;

//===----------------------------------------------------------------------===//
// Between byte planes and 32-bit lanes
//===----------------------------------------------------------------------===//

static void joinHalves(const uint8_t *const *planes, uint16_t *halves, size_t lanes) {
  for (size_t lane = 0; lane != lanes; ++lane)
    halves[lane] = static_cast<uint16_t>(planes[0][lane] | planes[1][lane] << 8);
}

static void splitHalves(const uint16_t *halves, uint8_t *const *planes, size_t lanes) {
  for (size_t lane = 0; lane != lanes; ++lane) {
    planes[0][lane] = static_cast<uint8_t>(halves[lane]);
    planes[1][lane] = static_cast<uint8_t>(halves[lane] >> 8);
  }
}

/// Widens byte planes of type `type` to `out`; `halves` is scratch.
static void widen(InType type, const uint8_t *const *planes, uint16_t *halves, uint32_t *out, size_t lanes) {
  switch (type) {
  case InType::Word:
    for (size_t lane = 0; lane != lanes; ++lane)
      out[lane] = uint32_t(planes[0][lane]) | uint32_t(planes[1][lane]) << 8 |
                  uint32_t(planes[2][lane]) << 16 | uint32_t(planes[3][lane]) << 24;
    return;
  case InType::Half:
    joinHalves(planes, halves, lanes);
    numerics::halfToFloat(halves, out, lanes);
    return;
  case InType::I8:
    for (size_t lane = 0; lane != lanes; ++lane)
      out[lane] = uint32_t(int32_t(static_cast<int8_t>(planes[0][lane])));
    return;
  case InType::U8:
    for (size_t lane = 0; lane != lanes; ++lane)
      out[lane] = planes[0][lane];
    return;
  case InType::I16:
    joinHalves(planes, halves, lanes);
    for (size_t lane = 0; lane != lanes; ++lane)
      out[lane] = uint32_t(int32_t(static_cast<int16_t>(halves[lane])));
    return;
  case InType::U16:
    joinHalves(planes, halves, lanes);
    std::copy_n(halves, lanes, out);
    return;
  }
}

template <typename Narrow>
static uint32_t saturate(uint32_t value) {
  return uint32_t(std::clamp<int32_t>(static_cast<int32_t>(value), std::numeric_limits<Narrow>::min(),
                                      std::numeric_limits<Narrow>::max()));
}

/// Narrows `in` to byte planes of type `type`; returns how many finite values
/// overflowed to an fp16 infinity.
static size_t narrow(OutType type, const uint32_t *in, uint16_t *halves, uint8_t *const *planes,
                     size_t lanes) {
  switch (type) {
  case OutType::Word:
    for (size_t lane = 0; lane != lanes; ++lane)
      for (unsigned byte = 0; byte != 4; ++byte)
        planes[byte][lane] = static_cast<uint8_t>(in[lane] >> (8 * byte));
    return 0;
  case OutType::Half: {
    const size_t overflows = numerics::floatToHalf(in, halves, lanes);
    splitHalves(halves, planes, lanes);
    return overflows;
  }
  case OutType::Low8:
    for (size_t lane = 0; lane != lanes; ++lane)
      planes[0][lane] = static_cast<uint8_t>(in[lane]);
    return 0;
  case OutType::SatI8:
    for (size_t lane = 0; lane != lanes; ++lane)
      planes[0][lane] = static_cast<uint8_t>(saturate<int8_t>(in[lane]));
    return 0;
  case OutType::SatU8:
    for (size_t lane = 0; lane != lanes; ++lane)
      planes[0][lane] = static_cast<uint8_t>(saturate<uint8_t>(in[lane]));
    return 0;
  case OutType::Low16:
    for (size_t lane = 0; lane != lanes; ++lane)
      halves[lane] = static_cast<uint16_t>(in[lane]);
    break;
  case OutType::SatI16:
    for (size_t lane = 0; lane != lanes; ++lane)
      halves[lane] = static_cast<uint16_t>(saturate<int16_t>(in[lane]));
    break;
  case OutType::SatU16:
    for (size_t lane = 0; lane != lanes; ++lane)
      halves[lane] = static_cast<uint16_t>(saturate<uint16_t>(in[lane]));
    break;
  }
  splitHalves(halves, planes, lanes);
  return 0;
}

//===----------------------------------------------------------------------===//
// CardMachine
//===----------------------------------------------------------------------===//

/// Operand `index` by lane; a stream operand's byte planes are inputs `input` and on,
/// which moves behind them.
const uint32_t *CardMachine::operand(const Burst &burst, unsigned index, size_t &input, uint64_t cycle) {
  const Instruction &what = *burst.what;
  const int32_t kinds[] = {what.aKind, what.bKind, what.cKind};
  const int32_t locations[] = {what.aLocation, what.bLocation, what.cLocation};
  const int32_t types[] = {what.aType, what.bType, what.cType};
  uint32_t *values = operands[index].data();
  switch (OperandKind(kinds[index])) {
  case OperandKind::None:
    return nullptr;
  case OperandKind::Alu:
    return resultOf(unsigned(locations[index]), cycle);
  case OperandKind::Immediate:
    std::fill_n(values, lanes, what.immediate);
    return values;
  case OperandKind::Stream:
    break;
  }
  const InType type = InType(types[index]);
  const uint8_t *planes[4] = {};
  for (unsigned byte = 0; byte != streamCount(type); ++byte)
    planes[byte] = take(burst, input++, cycle);
  widen(type, planes, halves.data(), values, lanes);
  return values;
}

/// Counts the finite lanes that rounding to fp16 made infinite.
void CardMachine::countRoundings(const uint32_t *in, const uint32_t *out) {
  constexpr uint32_t magnitude = 0x7fffffff, infinity = 0x7f800000;
  for (size_t lane = 0; lane != lanes; ++lane)
    halfOverflows += (in[lane] & magnitude) < infinity && (out[lane] & magnitude) == infinity;
}

void CardMachine::compute(const Burst &burst, uint64_t cycle) {
  const Instruction &what = *burst.what;
  size_t input = 0;
  const uint32_t *a = operand(burst, 0, input, cycle);
  const uint32_t *b = operand(burst, 1, input, cycle);
  const uint32_t *c = operand(burst, 2, input, cycle);
  uint32_t *result = resultOf(burst.queue->index, cycle + latencyOf(what.opcode, target));
  numerics::evaluate(static_cast<numerics::ScalarOp>(what.opcode), a, b, c, result, lanes);
  if (what.opcode == Opcode::RoundHalf)
    countRoundings(a, result);

  const unsigned bytes = streamCount(OutType(what.outType));
  for (size_t first = 0; first < burst.outputs.size(); first += bytes) {
    uint8_t *planes[4] = {};
    for (unsigned byte = 0; byte != bytes; ++byte)
      planes[byte] = give(burst, first + byte, cycle);
    const size_t overflows = narrow(OutType(what.outType), result, halves.data(), planes, lanes);
    halfOverflows += first == 0 ? overflows : 0; // An eastward and a westward copy are one value.
  }
}
