//===- Bands.h - Which part of a tensor a card has --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tensor lies whole on every card, or in bands of one dimension: card c has elements
// c * step + first ... of it. What an operation needs of its operands to make a band of its
// result follows from the operation alone.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_PARTITION_BANDS_H
#define SLUICE_LIB_CONVERSION_PARTITION_BANDS_H

#include "lib/Conversion/Views/View.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

#include <optional>
#include <tuple>

namespace sluice::partition {

/// Elements c * step + first ... of dimension `dim`, `extent` of them, on card c; all of the tensor where
/// there is no dimension.
struct Band {
  int64_t dim = -1, step = 0, first = 0, extent = 0;
  /// What elements outside the tensor are; null: anything.
  mlir::TypedAttr fill;

  /// Bands that follow one another without overlapping.
  static Band of(int64_t dim, int64_t step) { return {dim, step, 0, step, {}}; }
  bool isWhole() const { return dim < 0; }
  /// Whether there is nothing beyond what the steps say.
  bool isPlain() const { return first == 0 && extent == step; }
  /// Whether it lies within the plain band of the same step.
  bool isWithin() const { return first >= 0 && first + extent <= step; }
  auto key() const { return std::tuple(dim, step, first, extent, fill.getAsOpaquePointer()); }
  bool operator==(const Band &other) const { return key() == other.key(); }
};

/// The type of a band of a tensor.
mlir::RankedTensorType bandType(mlir::Type whole, const Band &band);

using tiling::isLayoutOp;

/// Whether `value` is a constant, or layout operations on some.
bool comesFromConstant(mlir::Value value);

/// Whether the host alone reads `value`, or functions of it.
bool leaves(mlir::Value value);

/// Whether `op` is a contraction with constant weights of which cards take some columns each wherever it is
/// not cut otherwise, as nothing has to be exchanged for that.
bool isSpread(mlir::Operation *op);

/// What `op` needs of each operand to make `band` of its results, which is plain unless `op` is a layout
/// operation; nothing where that can't be made from bands.
std::optional<llvm::SmallVector<Band>> operandBands(mlir::Operation *op, const Band &band);

/// A copy of `op` that makes `band` of its results of `operands`, which are the bands that operandBands says.
mlir::Operation *cloneForBand(mlir::OpBuilder &builder, mlir::Operation *op, const Band &band,
                              mlir::ValueRange operands);

} // namespace sluice::partition

#endif // SLUICE_LIB_CONVERSION_PARTITION_BANDS_H
