//===- Earliest.h - When a vector can be where, at the earliest -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For the bounds: how soon each vector of each buffer can reach a unit on each card, if everything else is
// out of its way. Cycles are counted as those of a program: the first dispatch is in cycle 0.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_SCHEDULING_EARLIEST_H
#define SLUICE_LIB_SCHEDULING_EARLIEST_H

#include "sluice/Target/Target.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

#include <cstdint>
#include <vector>

namespace sluice::scheduling {

/// Where a value is: in a word of memory, or on a stream at the stop of a unit.
enum class Place : uint8_t { Word, Slice, Vxm, Sxm, Mxm };

/// A place and the first cycle in which a value can be there.
struct Presence {
  int64_t cycle = 0;
  Place place = Place::Word;
};

/// Least cycles from `from` to a stream at the stop of a unit at `to`, or in a word of memory. A value that
/// leaves the MXM, inward, must turn round to come back to it: in memory, by the SXM or past the VXM to the
/// other side. All others may flow on as they are.
int64_t leastTransit(Place from, Place to, const target::Target &target);

/// The earliest presence of every vector.
class Earliest {
public:
  Earliest(const target::Target &target, unsigned cards) : target(target), cards(cards) {}

  /// Of a vector that nobody has written: it is in memory from the start.
  Presence of(mlir::Value buffer, int64_t vector, unsigned card) const {
    auto found = written.find(buffer);
    return found == written.end() ? Presence() : found->second[size_t(vector) * cards + card];
  }
  /// First cycle in which a vector can be at `place` on `card`.
  int64_t at(Place place, mlir::Value buffer, int64_t vector, unsigned card) const {
    const Presence presence = of(buffer, vector, card);
    return presence.cycle + leastTransit(presence.place, place, target);
  }
  /// `vector` of `buffer`, which had no such vector before, is there.
  void set(mlir::Value buffer, int64_t vector, unsigned card, Presence presence);

private:
  const target::Target &target;
  unsigned cards;
  /// By vector, then card.
  llvm::DenseMap<mlir::Value, std::vector<Presence>> written;
};

} // namespace sluice::scheduling

#endif // SLUICE_LIB_SCHEDULING_EARLIEST_H
