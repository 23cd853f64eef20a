//===- Demand.h - What passes want of a kind of unit ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_SCHEDULING_DEMAND_H
#define SLUICE_LIB_SCHEDULING_DEMAND_H

#include "dialects/tile/TileDialect.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cstdint>

namespace sluice::scheduling {

/// Vectors of buffers, each counted once.
class VectorSet {
public:
  /// Whether it was not in the set before.
  bool insert(mlir::Value buffer, int64_t vector) {
    llvm::BitVector &of = seen[buffer];
    if (of.empty())
      of.resize(unsigned(llvm::cast<tile::BufferType>(buffer.getType()).getVectors()));
    if (of.test(unsigned(vector)))
      return false;
    of.set(unsigned(vector));
    return true;
  }
  bool contains(mlir::Value buffer, int64_t vector) const {
    auto found = seen.find(buffer);
    return found != seen.end() && found->second.test(unsigned(vector));
  }

private:
  llvm::DenseMap<mlir::Value, llvm::BitVector> seen;
};

/// What all passes together want of one kind of unit.
class Demand {
public:
  /// `cycles` of one unit, none before cycle `from`.
  void add(int64_t cycles, int64_t from) {
    if (cycles == 0)
      return;
    busy += cycles;
    first = std::min(first, from);
  }
  /// Least length of a program where `units` share the work, and the use in the last cycle has its effect
  /// `latency` cycles after it.
  int64_t bound(int64_t units, int64_t latency) const {
    return busy == 0 ? 0 : first + llvm::divideCeilSigned(busy, units) - 1 + latency;
  }

private:
  int64_t busy = 0;
  int64_t first = INT64_MAX;
};

} // namespace sluice::scheduling

#endif // SLUICE_LIB_SCHEDULING_DEMAND_H
