//===- Cost.h - What a cut costs --------------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_PARTITION_COST_H
#define SLUICE_LIB_CONVERSION_PARTITION_COST_H

#include "Bands.h"

#include "sluice/Target/Target.h"

namespace sluice::partition {

/// What is needed of a value that exists: an argument, a constant or an operation's result.
struct Need {
  mlir::Value value;
  Band band;
};

/// Estimated cycles: of one card's units for its part of an operation, of links and what waits for them for
/// what travels.
class Cost {
public:
  /// Of a program whose spread contractions (isSpread) each take `spreadOver` cards; 1: none are.
  Cost(const target::Target &target, int64_t spreadOver) : target(target), spreadOver(spreadOver) {}

  /// Of a card that makes `band` of the results of `op`.
  int64_t compute(mlir::Operation *op, const Band &band) const;
  /// Of making what `need` says on every card where each has `have` of `value`; nothing where no exchange
  /// does that.
  std::optional<int64_t> convert(mlir::Value value, const Band &have, const Band &need) const;

  /// What the need of a constant takes of each card's memory.
  int64_t constantBytes(const Need &need) const;
  /// Bytes of a card that constants may take, so that there is room for what is computed.
  int64_t roomForConstants() const { return target.memoryBytes() / 8 * 7; }

private:
  int64_t contract(mlir::Operation *op, const Band &band) const;
  int64_t convolve(mlir::Operation *op, const Band &band) const;
  /// Until `vectors` vectors of a byte have crossed a link and are there.
  int64_t travel(int64_t vectors) const;
  /// Vectors of a byte that a tensor takes, its last dimension on lanes.
  int64_t vectorsOf(mlir::RankedTensorType type) const;

  const target::Target &target;
  const int64_t spreadOver;
};

/// Units of `planes` planes each that run at once. int8 on single planes: each plane is on its own. fp16: a
/// hemisphere's planes are one tandem.
inline int64_t unitsAtOnce(int64_t planes, int64_t bytes, const target::Target &target) {
  return 2 * (bytes == 1 && planes == 1 ? int64_t(target.planesPerHemisphere) : 1);
}

} // namespace sluice::partition

#endif // SLUICE_LIB_CONVERSION_PARTITION_COST_H
