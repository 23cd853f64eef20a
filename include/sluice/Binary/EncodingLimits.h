//===- EncodingLimits.h - What instruction words can name -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How much of a machine the words of Instructions.def can name, worked out from the widths of their fields: a
// target that has more of something is refused (Target.cpp).
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_BINARY_ENCODINGLIMITS_H
#define SLUICE_BINARY_ENCODINGLIMITS_H

#include "sluice/Binary/Encoding.h"

#include <algorithm>
#include <limits>

namespace sluice::binary {

/// Width of one field of Instructions.def.
struct FieldWidth {
  std::string_view format, member;
  unsigned bits;
  bool isSigned;
};
inline constexpr FieldWidth kFieldWidths[] = {
#define SLUICE_FIELD(FORMAT, member, bits, isSigned) {#FORMAT, #member, bits, isSigned},
#include "sluice/Binary/Instructions.def"
};

/// Bits of a field for numbers from 0 on. A field that does not exist does not compile.
consteval unsigned numberBits(std::string_view format, std::string_view member) {
  for (const FieldWidth &field : kFieldWidths)
    if (field.format == format && field.member == member)
      return field.isSigned ? field.bits - 1 : field.bits;
  throw "Instructions.def has no such field";
}
/// Numbers that a field can hold, from 0 on.
consteval uint64_t numbersOf(std::string_view format, std::string_view member) {
  return uint64_t(1) << numberBits(format, member);
}
/// The least that any of the fields which name a stream can.
consteval uint64_t streamsNamed() {
  // An ALU's location has the direction in its highest bit.
  uint64_t least = numbersOf("ALU", "aLocation") / 2;
  for (const FieldWidth &field : kFieldWidths)
    if (field.member == "stream" || field.member == "mapStream" || field.member == "outStream")
      least = std::min(least, uint64_t(1) << field.bits);
  return least;
}

/// Streams a direction: all fields that name one.
inline constexpr uint64_t kMostStreams = streamsNamed();
/// ALUs, which chained operands name.
inline constexpr uint64_t kMostAlus =
    std::min({numbersOf("ALU", "aLocation"), numbersOf("ALU", "bLocation"), numbersOf("ALU", "cLocation")});
/// Words of a slice.
inline constexpr uint64_t kMostWords =
    std::min(numbersOf("MEM", "address"), numbersOf("INDIRECT", "address"));
/// Groups of columns of a plane, and columns of a group.
inline constexpr uint64_t kMostColumnGroups = numbersOf("INSTALL", "column");
inline constexpr uint64_t kMostInstallStreams = numbersOf("INSTALL", "width") - 1;
/// Lanes that a multiply counts.
inline constexpr uint64_t kMostLanes = numbersOf("MULTIPLY", "lanes") - 1;
/// Rows of accumulators.
inline constexpr uint64_t kMostAccumulatorRows = numbersOf("MULTIPLY", "accumulator");
/// Links of a card.
inline constexpr uint64_t kMostLinks = numbersOf("LINK", "link");
/// Queues of a kind in a hemisphere.
inline constexpr uint64_t kMostQueues = uint64_t(std::numeric_limits<decltype(Queue::index)>::max()) + 1;

static_assert(numbersOf("MEM", "step") >= kMostWords, "a step leads from any word of a slice to any other");
static_assert(2 * kMostLinks <= kMostQueues, "a link has a queue for each way");

} // namespace sluice::binary

#endif // SLUICE_BINARY_ENCODINGLIMITS_H
