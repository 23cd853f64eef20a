//===- View.h - What the elements of a value are ----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Layout operations move nothing by themselves: their results are views, tables that
// say for each element which element of which root it is. Roots are the values that
// exist: program inputs, constants, and what passes compute.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_VIEW_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_VIEW_H

#include "Layout.h"

#include "mlir/IR/Operation.h"

#include <memory>
#include <optional>

namespace sluice::tiling {

/// An element of a root, or a fixed value.
struct Element {
  int32_t root = -1;  ///< -1: fixed
  uint32_t value = 0; ///< the bits of a fixed element, in its type's width
  int64_t number = 0; ///< row-major number in the root

  bool isFixed() const { return root < 0; }
};

class View {
public:
  /// All of a root.
  static View ofRoot(int32_t root, llvm::ArrayRef<int64_t> shape);
  /// Every element the same.
  static View uniform(uint32_t value, llvm::ArrayRef<int64_t> shape);

  llvm::ArrayRef<int64_t> shape() const { return dims; }
  int64_t elements() const { return elementsOf(dims); }
  Element at(int64_t element) const {
    int64_t code = table ? (*table)[element] : isUniform() ? base : base + element;
    return decode(code);
  }
  std::optional<uint32_t> uniformValue() const {
    return isUniform() ? std::optional(decode(base).value) : std::nullopt;
  }
  /// The root that this is all of, in its order (the shape may be another).
  std::optional<int32_t> wholeRoot() const {
    return table || isUniform() ? std::nullopt : std::optional(decode(base).root);
  }
  /// Roots in the order in which elements name them.
  llvm::SmallVector<int32_t> roots() const;

  View reshaped(llvm::ArrayRef<int64_t> shape) const;
  /// Element i of the result is element offset + sum i[d] * strides[d].
  View strided(llvm::ArrayRef<int64_t> shape, int64_t offset, llvm::ArrayRef<int64_t> strides) const;
  View broadcast(llvm::ArrayRef<int64_t> shape) const;
  View padded(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> low, uint32_t value) const;
  static View concatenated(llvm::ArrayRef<View> parts, int64_t dim, llvm::ArrayRef<int64_t> shape);

private:
  // A code is a root and an element of it, or negative: -1 - the fixed value.
  static constexpr int rootShift = 40;
  static Element decode(int64_t code) {
    if (code < 0)
      return {-1, static_cast<uint32_t>(-1 - code), 0};
    return {static_cast<int32_t>(code >> rootShift), 0, code & ((int64_t{1} << rootShift) - 1)};
  }
  bool isUniform() const { return !table && base < 0; }
  int64_t codeAt(int64_t element) const {
    return table ? (*table)[element] : isUniform() ? base : base + element;
  }

  Shape dims;
  int64_t base = 0; ///< without a table: of the first element
  std::shared_ptr<const std::vector<int64_t>> table;
};

/// The view that a layout operation's result is of its operands.
View applyLayoutOp(mlir::Operation *op, llvm::ArrayRef<View> operands);
/// Whether `op` only says where elements are.
bool isLayoutOp(mlir::Operation *op);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_VIEW_H
