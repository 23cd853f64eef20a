//===- Constants.cpp - Constants on the host ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Constants.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace mlir;

namespace sluice::conversion {

int64_t countElements(llvm::ArrayRef<int64_t> shape) {
  if (llvm::is_contained(shape, 0))
    return 0;
  int64_t count = 1;
  for (int64_t size : shape)
    if (llvm::MulOverflow(count, size, count))
      return std::numeric_limits<int64_t>::max();
  return count;
}

int64_t saturatingInteger(double number) {
  constexpr double limit = 9223372036854775808.0;
  return std::isnan(number) ? 0
         : number >= limit  ? std::numeric_limits<int64_t>::max()
         : number <= -limit ? std::numeric_limits<int64_t>::min()
                            : static_cast<int64_t>(number);
}

int64_t cutToInteger(double number, Type element) {
  if (element.isUnsignedInteger(64) && number >= 0x1p63)
    return static_cast<int64_t>(number < 0x1p64 ? static_cast<uint64_t>(number)
                                                : std::numeric_limits<uint64_t>::max());
  if (element.isInteger(64))
    return saturatingInteger(number);
  int64_t greatest = element.isUnsignedInteger(32) ? std::numeric_limits<uint32_t>::max()
                                                   : std::numeric_limits<int32_t>::max();
  return std::clamp<int64_t>(saturatingInteger(number), std::numeric_limits<int32_t>::min(), greatest);
}

double roundToOdd(int64_t number, bool isUnsigned) {
  llvm::APFloat rounded(llvm::APFloat::IEEEdouble());
  auto status = rounded.convertFromAPInt(llvm::APInt(64, number), !isUnsigned, llvm::APFloat::rmTowardZero);
  double even = rounded.convertToDouble();
  return status == llvm::APFloat::opOK ? even : llvm::bit_cast<double>(llvm::bit_cast<uint64_t>(even) | 1);
}

float roundToOdd(double number) {
  llvm::APFloat rounded(number);
  bool inexact;
  rounded.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmTowardZero, &inexact);
  float even = rounded.convertToFloat();
  return !inexact || std::isnan(number) ? even : llvm::bit_cast<float>(llvm::bit_cast<uint32_t>(even) | 1);
}

/// Bytes of an element of more than one bit.
static unsigned bytesOf(Type element) { return llvm::divideCeil(element.getIntOrFloatBitWidth(), 8); }

/// The little-endian bytes of a constant; one element where `splat` comes out true.
static llvm::ArrayRef<char> rawBytes(ElementsAttr constant, bool &splat) {
  splat = false;
  if (auto resource = llvm::dyn_cast<DenseResourceElementsAttr>(constant))
    return resource.getData();
  auto dense = llvm::cast<DenseElementsAttr>(constant);
  splat = dense.isSplat();
  return dense.getRawData();
}

/// Calls `read(bytes, width)` for each element in order.
template <typename Read>
static void forEachElement(ElementsAttr constant, unsigned width, Read read) {
  bool splat;
  llvm::ArrayRef<char> bytes = rawBytes(constant, splat);
  int64_t count = constant.getNumElements();
  for (int64_t i = 0; i < count; ++i)
    read(bytes.data() + (splat ? 0 : i * width));
}

template <typename T>
static T load(const char *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

template <typename Signed, typename Unsigned>
static int64_t loadInteger(const char *bytes, bool isUnsigned) {
  if (isUnsigned)
    return static_cast<int64_t>(load<Unsigned>(bytes));
  return load<Signed>(bytes);
}

static int64_t loadInteger(const char *bytes, unsigned width, bool isUnsigned) {
  switch (width) {
  case 1:
    return loadInteger<int8_t, uint8_t>(bytes, isUnsigned);
  case 2:
    return loadInteger<int16_t, uint16_t>(bytes, isUnsigned);
  case 4:
    return loadInteger<int32_t, uint32_t>(bytes, isUnsigned);
  default:
    return load<int64_t>(bytes);
  }
}

llvm::SmallVector<int64_t> readIntegers(ElementsAttr constant) {
  llvm::SmallVector<int64_t> values;
  if (!constant)
    return values;
  values.reserve(constant.getNumElements());
  auto type = llvm::dyn_cast<IntegerType>(constant.getElementType());
  if (!type) {
    for (double value : readFloats(constant))
      values.push_back(saturatingInteger(value));
    return values;
  }
  auto dense = llvm::dyn_cast<DenseElementsAttr>(constant);
  if (dense && type.getWidth() == 1) {
    for (bool value : dense.getValues<bool>())
      values.push_back(value);
    return values;
  }
  unsigned width = (type.getWidth() + 7) / 8;
  bool isUnsigned = type.isUnsigned() || type.getWidth() == 1;
  forEachElement(constant, width,
                 [&](const char *bytes) { values.push_back(loadInteger(bytes, width, isUnsigned)); });
  return values;
}

llvm::SmallVector<double> readFloats(ElementsAttr constant) {
  llvm::SmallVector<double> values;
  if (!constant)
    return values;
  if (llvm::isa<IntegerType>(constant.getElementType())) {
    llvm::SmallVector<int64_t> integers = readIntegers(constant);
    return llvm::SmallVector<double>(integers.begin(), integers.end());
  }
  values.reserve(constant.getNumElements());
  auto type = llvm::dyn_cast<FloatType>(constant.getElementType());
  if (!type)
    return values;
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  unsigned width = bytesOf(type);
  forEachElement(constant, width, [&](const char *bytes) {
    if (width == 4)
      return values.push_back(load<float>(bytes));
    if (width == 8)
      return values.push_back(load<double>(bytes));
    llvm::APInt pattern(16, width == 2 ? load<uint16_t>(bytes) : load<uint8_t>(bytes));
    llvm::APFloat value(semantics, pattern.trunc(type.getWidth()));
    bool inexact;
    value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &inexact);
    values.push_back(value.convertToDouble());
  });
  return values;
}

/// A constant of the one element that all elements of `constant` are; itself if they are several.
static ElementsAttr distinctPart(ElementsAttr constant) {
  auto dense = llvm::dyn_cast_if_present<DenseElementsAttr>(constant);
  if (!dense || !dense.isSplat() || dense.getNumElements() <= 1)
    return constant;
  return dense.resizeSplat(RankedTensorType::get({1}, dense.getElementType()));
}

llvm::SmallVector<int64_t> readDistinctIntegers(ElementsAttr constant) {
  return readIntegers(distinctPart(constant));
}

llvm::SmallVector<double> readDistinctFloats(ElementsAttr constant) {
  return readFloats(distinctPart(constant));
}

double greatestMagnitude(ElementsAttr constant) {
  double greatest = 0;
  constant = distinctPart(constant);
  forEachElement(constant, sizeof(float), [&](const char *bytes) {
    double magnitude = std::abs(load<float>(bytes));
    if (std::isfinite(magnitude))
      greatest = std::max(greatest, magnitude);
  });
  return greatest;
}

ElementsAttr makeIntegers(llvm::ArrayRef<int64_t> shape, Type element, llvm::ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get(shape, element);
  unsigned bits = element.getIntOrFloatBitWidth();
  if (bits == 1) {
    llvm::SmallVector<bool> truths;
    for (int64_t value : values)
      truths.push_back(value & 1);
    return DenseElementsAttr::get(type, truths);
  }
  unsigned width = bits / 8;
  std::vector<char> bytes(values.size() * width);
  for (size_t i = 0; i < values.size(); ++i)
    std::memcpy(bytes.data() + i * width, &values[i], width);
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

ElementsAttr makeFloats(llvm::ArrayRef<int64_t> shape, Type element, llvm::ArrayRef<double> values) {
  auto type = RankedTensorType::get(shape, element);
  if (element.isF64())
    return DenseElementsAttr::get(type, values);
  if (element.isF32()) {
    std::vector<float> rounded(values.begin(), values.end());
    return DenseElementsAttr::get(type, llvm::ArrayRef(rounded));
  }
  const llvm::fltSemantics &semantics = llvm::cast<FloatType>(element).getFloatSemantics();
  llvm::SmallVector<llvm::APFloat> rounded;
  rounded.reserve(values.size());
  for (double value : values) {
    // A type of powers of two has no zero: its least number comes nearest.
    bool isZero = value == 0 && !llvm::APFloat::semanticsHasZero(semantics);
    llvm::APFloat number = isZero ? llvm::APFloat::getSmallest(semantics) : llvm::APFloat(value);
    bool inexact;
    number.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &inexact);
    rounded.push_back(number);
  }
  return DenseElementsAttr::get(type, rounded);
}

ElementsAttr reinterpret(ElementsAttr constant, llvm::ArrayRef<int64_t> shape, Type element) {
  auto type = RankedTensorType::get(shape, element);
  if (constant.getType() == type)
    return constant;
  if (auto resource = llvm::dyn_cast<DenseResourceElementsAttr>(constant))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  auto dense = llvm::cast<DenseElementsAttr>(constant);
  Type from = dense.getElementType();
  if (from == element)
    return dense.reshape(type);
  if (dense.isSplat() && bytesOf(from) != bytesOf(element)) {
    std::vector<char> bytes;
    llvm::ArrayRef<char> one = dense.getRawData();
    for (int64_t i = 0; i < dense.getNumElements(); ++i)
      bytes.insert(bytes.end(), one.begin(), one.end());
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  }
  return DenseElementsAttr::getFromRawBuffer(type, dense.getRawData());
}

} // namespace sluice::conversion
