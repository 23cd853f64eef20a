//===- ScalarRanges.h - What integers of a body can be ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_STENSOR_SCALARRANGES_H
#define SLUICE_DIALECTS_STENSOR_SCALARRANGES_H

#include "mlir/IR/PatternMatch.h"

#include <cstdint>
#include <optional>

namespace sluice::stensor {

/// Integers from `low` to `high`, both included.
struct IntegerRange {
  int64_t low, high;
  bool isWithin(const IntegerRange &other) const { return low >= other.low && high <= other.high; }
};

/// All integers of a type, i1 being 0 and 1.
IntegerRange rangeOf(mlir::Type type);
/// What an integer value of a body can be, whatever the body's arguments are.
IntegerRange rangeOf(mlir::Value value);

/// Drops bounds that integers keep by themselves, and brings those that a result's type has anyway to its
/// end, where a saturating result needs no operation for them. Whether anything changed.
bool simplifyRanges(mlir::RewriterBase &rewriter, mlir::Block &body);

/// The bounds of a type that `value` is given.
struct Saturation {
  mlir::Value value;
  llvm::SmallVector<mlir::Operation *, 2> bounds; ///< the operations that do it
};
/// How a narrow integer is the saturation of another value to its type, if it is.
std::optional<Saturation> saturationOf(mlir::Value narrowed);

} // namespace sluice::stensor

#endif // SLUICE_DIALECTS_STENSOR_SCALARRANGES_H
