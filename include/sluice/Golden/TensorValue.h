//===- TensorValue.h - A tensor of the interpreter --------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_GOLDEN_TENSORVALUE_H
#define SLUICE_GOLDEN_TENSORVALUE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"

#include <memory>

namespace sluice::golden {

/// A dense row-major tensor: little-endian elements of a `stensor` element type, i1
/// as a byte 0 or 1. Copies share the bytes, so a value is written only while it
/// is being made.
class TensorValue {
public:
  TensorValue() = default;
  /// A tensor whose elements are not set yet.
  explicit TensorValue(mlir::RankedTensorType type);
  /// A tensor with a copy of `bytes`, which has exactly the type's size.
  TensorValue(mlir::RankedTensorType type, llvm::ArrayRef<char> bytes);
  /// The value of a constant. A resource's bytes are shared, not copied: they live as
  /// long as the context. Fails, silently, if the attribute's bytes are not at hand.
  static mlir::FailureOr<TensorValue> fromAttribute(mlir::ElementsAttr attribute);

  /// The same elements under another shape of as many.
  TensorValue reshaped(mlir::RankedTensorType type) const;
  /// A constant with this value: a splat or small one inline, otherwise a resource of that name
  /// that shares the bytes.
  mlir::ElementsAttr toAttribute(llvm::StringRef name = "folded") const;

  mlir::RankedTensorType type() const { return tensorType; }
  llvm::ArrayRef<int64_t> shape() const { return tensorType.getShape(); }
  mlir::Type elementType() const { return tensorType.getElementType(); }
  int64_t elements() const { return tensorType.getNumElements(); }
  int64_t elementBytes() const;

  llvm::ArrayRef<char> bytes() const { return {begin, size}; }
  /// Only before the value is handed on.
  llvm::MutableArrayRef<char> mutableBytes() { return {owner.get(), size}; }
  template <class T>
  llvm::ArrayRef<T> as() const {
    return {reinterpret_cast<const T *>(begin), size / sizeof(T)};
  }
  template <class T>
  llvm::MutableArrayRef<T> mutableAs() {
    return {reinterpret_cast<T *>(owner.get()), size / sizeof(T)};
  }

private:
  mlir::RankedTensorType tensorType;
  std::shared_ptr<char[]> owner; ///< null while the bytes are a resource's
  const char *begin = nullptr;
  size_t size = 0;
};

} // namespace sluice::golden

#endif // SLUICE_GOLDEN_TENSORVALUE_H
