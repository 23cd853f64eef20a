//===- TensorValueTest.cpp - Constants and values ---------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Golden/TensorValue.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

#include <cstring>
#include <numeric>

using namespace mlir;
using namespace sluice::golden;

namespace {

class TensorValueTest : public testing::Test {
protected:
  RankedTensorType type(int64_t count, Type element) { return RankedTensorType::get({count}, element); }

  template <class T>
  TensorValue value(Type element, const std::vector<T> &elements) {
    ArrayRef<char> bytes(reinterpret_cast<const char *>(elements.data()), elements.size() * sizeof(T));
    return {type(elements.size(), element), bytes};
  }

  /// What comes back after a value has been a constant.
  template <class T>
  std::vector<T> roundTrip(Type element, const std::vector<T> &elements) {
    FailureOr<TensorValue> back = TensorValue::fromAttribute(value(element, elements).toAttribute());
    EXPECT_TRUE(succeeded(back));
    return back->as<T>().vec();
  }

  MLIRContext context;
  Builder builder{&context};
};

} // namespace

// Small constants, splats, large ones (resources) and booleans of each kind come back as they were.
TEST_F(TensorValueTest, RoundTrips) {
  std::vector<int32_t> small{1, -2, 3}, splat(5000, 7), large(5000);
  std::iota(large.begin(), large.end(), -2500);
  for (const auto &elements : {small, splat, large})
    EXPECT_EQ(roundTrip(builder.getI32Type(), elements), elements);
  std::vector<uint8_t> few{1, 0, 1}, same(5000, 1), many(5000);
  for (size_t i = 0; i < many.size(); i += 3)
    many[i] = 1;
  for (const auto &elements : {few, same, many})
    EXPECT_EQ(roundTrip(builder.getI1Type(), elements), elements);
  std::vector<uint16_t> halves{0x3c00, 0xbe00};
  EXPECT_EQ(roundTrip(builder.getF16Type(), halves), halves);
}

// Equal elements are stored once, few inline, many as a resource that shares the bytes.
TEST_F(TensorValueTest, ChoosesTheForm) {
  EXPECT_TRUE(value<int32_t>(builder.getI32Type(), std::vector<int32_t>(5000, 7)).toAttribute().isSplat());
  EXPECT_TRUE(isa<DenseElementsAttr>(value<int32_t>(builder.getI32Type(), {1, 2}).toAttribute()));
  std::vector<int32_t> large(5000);
  std::iota(large.begin(), large.end(), 0);
  TensorValue tensor = value(builder.getI32Type(), large);
  auto resource = dyn_cast<DenseResourceElementsAttr>(tensor.toAttribute());
  ASSERT_TRUE(resource);
  EXPECT_EQ(resource.getRawHandle().getBlob()->getData().data(), tensor.bytes().data());
}

// Bytes of a file may begin anywhere: elements that are not aligned are copied.
TEST_F(TensorValueTest, UnalignedResource) {
  alignas(8) static char storage[9];
  float expected[] = {1.5f, -2.5f};
  std::memcpy(storage + 1, expected, sizeof(expected));
  AsmResourceBlob blob = UnmanagedAsmResourceBlob::allocateInferAlign(ArrayRef<char>(storage + 1, 8));
  auto attribute =
      DenseResourceElementsAttr::get(type(2, builder.getF32Type()), "unaligned", std::move(blob));
  FailureOr<TensorValue> tensor = TensorValue::fromAttribute(attribute);
  ASSERT_TRUE(succeeded(tensor));
  EXPECT_EQ(tensor->as<float>().vec(), (std::vector<float>{1.5f, -2.5f}));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor->bytes().data()) % sizeof(float), 0u);
}

// Element types of other levels and resources of another size are refused, not misread.
TEST_F(TensorValueTest, Refuses) {
  EXPECT_TRUE(
      failed(TensorValue::fromAttribute(DenseElementsAttr::get(type(1, builder.getI64Type()), int64_t(1)))));
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyInferAlign(ArrayRef<int32_t>{1});
  auto attribute = DenseResourceElementsAttr::get(type(2, builder.getI32Type()), "short", std::move(blob));
  EXPECT_TRUE(failed(TensorValue::fromAttribute(attribute)));
}
