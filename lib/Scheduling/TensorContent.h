//===- TensorContent.h - How much of a tensor is not the same ---*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For the tensor bound: what repeats need not be computed or brought again, and what is fixed not at all.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_SCHEDULING_TENSORCONTENT_H
#define SLUICE_LIB_SCHEDULING_TENSORCONTENT_H

#include "dialects/stensor/StensorDialect.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace sluice::scheduling {

llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);
int64_t elementsOf(mlir::Value value);

/// What is known of the elements of a value.
struct TensorContent {
  /// By dimension, along how many indices slices of the value differ, at least: one where it is broadcast.
  llvm::SmallVector<int64_t> distinct;
  /// Elements that are not another one again, at least: those of a window lie in several.
  int64_t different = 0;
  /// Elements that are padding or one constant, at most.
  int64_t fixed = 0;
  /// Whether nothing of it depends on the program's inputs.
  bool isConstant = false;
  /// The values that it is a layout of.
  llvm::SmallVector<mlir::Value, 1> roots;

  /// Whether it repeats along whole dimensions only.
  bool isRegular() const;
};

/// Windows along one dimension: tap t of position p lies at p * stride + t * dilation - low.
struct WindowDimension {
  int64_t extent, positions, taps, stride, dilation, low;

  /// Pairs of a position and a tap that lie within the extent.
  int64_t countInside() const;
  /// Indices that lie under any of them, at least.
  int64_t countTouched() const;
};

/// The contents of all values of a program, which are asked for in the order of its operations.
class TensorContents {
public:
  const TensorContent &of(mlir::Value value);
  /// Of results for which it takes more than their operands.
  void set(mlir::Value value, TensorContent content) { known[value] = std::move(content); }

private:
  TensorContent ofResult(mlir::Operation *op, mlir::Value result);
  TensorContent concatenated(stensor::ConcatOp op);

  llvm::DenseMap<mlir::Value, TensorContent> known;
};

} // namespace sluice::scheduling

#endif // SLUICE_LIB_SCHEDULING_TENSORCONTENT_H
