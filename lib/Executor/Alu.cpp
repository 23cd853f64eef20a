//===- Alu.cpp - What the VXM's ALUs compute ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CardMachine.h"

#include "sluice/Numerics/Lanes.h"
#include "sluice/Numerics/Scalar.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;
using numerics::laneKernels;

/// Elements that an ALU's operands are widened for at once: what stays in the first cache.
static constexpr size_t stripElements = 8;

Scratch::Scratch(const target::Target &target) {
  const size_t most = stripElements * target.lanes();
  for (std::vector<uint32_t> &operand : operands)
    operand.resize(most);
  results.resize(most);
  halves.resize(most);
}

/// Widens byte planes of type `type` to `out`; `halves` is scratch.
static void widen(InType type, const uint8_t *const *planes, uint16_t *halves, uint32_t *out, size_t lanes) {
  switch (type) {
  case InType::Word:
    return laneKernels().joinWords(planes, out, lanes);
  case InType::I8:
    return laneKernels().widenI8(reinterpret_cast<const int8_t *>(planes[0]), out, lanes);
  case InType::U8:
    return laneKernels().widenU8(planes[0], out, lanes);
  case InType::Half:
  case InType::I16:
  case InType::U16:
    laneKernels().joinHalves(planes[0], planes[1], halves, lanes);
    break;
  }
  if (type == InType::Half)
    numerics::halfToFloat(halves, out, lanes);
  else if (type == InType::I16)
    laneKernels().widenI16(reinterpret_cast<const int16_t *>(halves), out, lanes);
  else
    laneKernels().widenU16(halves, out, lanes);
}

/// Narrows `in` to byte planes of type `type`; returns how many finite values
/// overflowed to an fp16 infinity.
static size_t narrow(OutType type, const uint32_t *in, uint16_t *halves, uint8_t *const *planes,
                     size_t lanes) {
  size_t overflows = 0;
  switch (type) {
  case OutType::Word:
    laneKernels().splitWords(in, planes, lanes);
    return 0;
  case OutType::Low8:
    laneKernels().low8(in, planes[0], lanes);
    return 0;
  case OutType::SatI8:
    laneKernels().saturateI8(in, planes[0], lanes);
    return 0;
  case OutType::SatU8:
    laneKernels().saturateU8(in, planes[0], lanes);
    return 0;
  case OutType::Half:
    overflows = numerics::floatToHalf(in, halves, lanes);
    break;
  case OutType::Low16:
    laneKernels().low16(in, halves, lanes);
    break;
  case OutType::SatI16:
    laneKernels().saturateI16(in, halves, lanes);
    break;
  case OutType::SatU16:
    laneKernels().saturateU16(in, halves, lanes);
    break;
  }
  laneKernels().splitHalves(halves, planes[0], planes[1], lanes);
  return overflows;
}

namespace {

/// An operand of a step.
struct AluOperand {
  OperandKind kind;
  InType type;
  bool isWords;
  size_t source; ///< the first one
};

/// One step of an ALU.
class AluStep {
public:
  AluStep(const RunningStep &running, size_t lanes, Scratch &scratch);
  /// Computes `count` elements of the step from `first` on.
  void run(size_t first, size_t count);

private:
  const uint32_t *operand(unsigned index, size_t first, size_t count);
  void narrowResults(size_t first, size_t count, const uint32_t *results);

  const RunningStep &running;
  const Instruction &what;
  const size_t lanes;
  Scratch &scratch;
  AluOperand operands[3];
};

} // namespace

AluStep::AluStep(const RunningStep &running, size_t lanes, Scratch &scratch)
    : running(running), what(*running.burst.what), lanes(lanes), scratch(scratch) {
  const int32_t kinds[] = {what.aKind, what.bKind, what.cKind};
  const int32_t types[] = {what.aType, what.bType, what.cType};
  size_t source = 0;
  for (unsigned index = 0; index != 3; ++index) {
    const bool isWords = running.step.words >> index & 1;
    operands[index] = {OperandKind(kinds[index]), InType(types[index]), isWords, source};
    if (isWords)
      ++source;
    else if (operands[index].kind == OperandKind::Stream)
      source += streamCount(operands[index].type);
    else if (operands[index].kind == OperandKind::Immediate)
      std::fill(scratch.operands[index].begin(), scratch.operands[index].end(), what.immediate);
  }
}

/// Operand `index` of some elements, 32 bits a lane.
const uint32_t *AluStep::operand(unsigned index, size_t first, size_t count) {
  const AluOperand &of = operands[index];
  uint32_t *values = scratch.operands[index].data();
  if (of.kind == OperandKind::None)
    return nullptr;
  if (of.kind == OperandKind::Immediate)
    return values;
  if (of.isWords) {
    const auto *words = reinterpret_cast<const uint32_t *>(running.take(of.source, first));
    if (count == 1 || running.sources[of.source].stride == int64_t(lanes * sizeof(uint32_t)))
      return words;
    for (size_t i = 0; i != count; ++i)
      std::copy_n(reinterpret_cast<const uint32_t *>(running.take(of.source, first + i)), lanes,
                  values + i * lanes);
    return values;
  }
  const unsigned bytes = streamCount(of.type);
  const uint8_t *planes[4] = {};
  bool isDense = true; // Elements of each byte plane lie one behind the other.
  for (unsigned byte = 0; byte != bytes; ++byte)
    isDense &= running.sources[of.source + byte].stride == int64_t(lanes);
  const size_t atOnce = isDense ? count : 1;
  for (size_t i = 0; i != count; i += atOnce) {
    for (unsigned byte = 0; byte != bytes; ++byte)
      planes[byte] = running.take(of.source + byte, first + i);
    widen(of.type, planes, scratch.halves.data(), values + i * lanes, atOnce * lanes);
  }
  return values;
}

void AluStep::narrowResults(size_t first, size_t count, const uint32_t *results) {
  const OutType type = OutType(what.outType);
  uint8_t *planes[4] = {};
  for (unsigned byte = 0; byte != streamCount(type); ++byte)
    planes[byte] = running.give(byte, first, lanes);
  scratch.halfOverflows += narrow(type, results, scratch.halves.data(), planes, count * lanes);
}

/// How many finite values rounding to fp16 made infinite.
static uint64_t countRoundings(const uint32_t *in, const uint32_t *out, size_t count) {
  constexpr uint32_t magnitude = 0x7fffffff, infinity = 0x7f800000;
  uint64_t roundings = 0;
  for (size_t i = 0; i != count; ++i)
    roundings += (in[i] & magnitude) < infinity && (out[i] & magnitude) == infinity;
  return roundings;
}

void AluStep::run(size_t first, size_t count) {
  const uint32_t *a = operand(0, first, count), *b = operand(1, first, count), *c = operand(2, first, count);
  uint32_t *results = running.givesWords() ? running.words(first, lanes) : scratch.results.data();
  numerics::evaluate(static_cast<numerics::ScalarOp>(what.opcode), a, b, c, results, count * lanes);
  if (what.opcode == Opcode::RoundHalf)
    scratch.halfOverflows += countRoundings(a, results, count * lanes);
  if (running.givesBytes())
    narrowResults(first, count, results);
}

void executor::compute(const RunningStep &running, size_t lanes, Scratch &scratch) {
  AluStep alu(running, lanes, scratch);
  for (size_t first = 0; first < running.step.count; first += stripElements)
    alu.run(first, std::min<size_t>(stripElements, running.step.count - first));
}
