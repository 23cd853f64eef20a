//===- TensorValue.cpp - A tensor of the interpreter ------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Golden/TensorValue.h"

#include "dialects/stensor/StensorDialect.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <cstring>

using namespace mlir;

namespace sluice::golden {

/// Constants up to this many bytes are written out in the IR.
static constexpr size_t kInlineBytes = 1024;

TensorValue::TensorValue(RankedTensorType type) : tensorType(type) {
  size = static_cast<size_t>(elements() * elementBytes());
  owner = std::make_unique_for_overwrite<char[]>(size);
  begin = owner.get();
}

TensorValue::TensorValue(RankedTensorType type, ArrayRef<char> bytes) : TensorValue(type) {
  assert(bytes.size() == size && "bytes of another type");
  std::copy(bytes.begin(), bytes.end(), owner.get());
}

int64_t TensorValue::elementBytes() const { return stensor::elementBytes(elementType()); }

TensorValue TensorValue::reshaped(RankedTensorType type) const {
  assert(type.getNumElements() == elements() && "a reshape keeps the number of elements");
  TensorValue result = *this;
  result.tensorType = type;
  return result;
}

static bool isElementType(Type type) {
  return type.isF32() || type.isF16() || type.isInteger(32) || type.isInteger(16) || type.isInteger(8) ||
         type.isInteger(1);
}

FailureOr<TensorValue> TensorValue::fromAttribute(ElementsAttr attribute) {
  auto type = dyn_cast<RankedTensorType>(attribute.getType());
  if (!type || !isElementType(type.getElementType()))
    return failure();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    int64_t width = stensor::elementBytes(type.getElementType());
    if (!blob || static_cast<int64_t>(blob->getData().size()) != type.getNumElements() * width)
      return failure();
    ArrayRef<char> data = blob->getData();
    if (reinterpret_cast<uintptr_t>(data.data()) % width != 0)
      return TensorValue(type, data);
    TensorValue shared;
    shared.tensorType = type;
    shared.begin = data.data();
    shared.size = data.size();
    return shared;
  }
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense)
    return failure();
  TensorValue result(type);
  char *out = result.owner.get();
  if (type.getElementType().isInteger(1)) {
    for (bool value : dense.getValues<bool>())
      *out++ = value;
    return result;
  }
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat()) {
    std::copy(raw.begin(), raw.end(), out);
    return result;
  }
  size_t width = result.elementBytes();
  for (size_t i = 0; i < result.size; i += width)
    std::memcpy(out + i, raw.data(), width);
  return result;
}

ElementsAttr TensorValue::toAttribute(StringRef name) const {
  size_t width = elementBytes();
  bool uniform = size > 0 && std::memcmp(begin, begin + width, size - width) == 0;
  if (elementType().isInteger(1) && (uniform || size <= kInlineBytes)) {
    SmallVector<bool> values;
    for (char byte : uniform ? bytes().take_front(1) : bytes())
      values.push_back(byte != 0);
    return DenseElementsAttr::get(tensorType, ArrayRef<bool>(values));
  }
  if (uniform || size <= kInlineBytes)
    return DenseElementsAttr::getFromRawBuffer(tensorType, uniform ? bytes().take_front(width) : bytes());
  // The deleter keeps the bytes' owner for as long as the context has the resource.
  AsmResourceBlob blob(
      bytes(), width, [keep = owner](void *, size_t, size_t) mutable { keep.reset(); },
      /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(tensorType, name, std::move(blob));
}

} // namespace sluice::golden
