//===- ElementTypes.cpp - The element types of users' tensors -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/ElementTypes.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <cstring>
#include <limits>

using namespace sluice;

namespace {

struct Row {
  ElementType type;
  std::string_view name;
  ElementType array, machine;
  std::string_view code; ///< of the array type, in NumPy's array files
  unsigned bits;         ///< in files of tensors
  bool isSigned;         ///< whether elements of less than a byte are sign-extended in memory
};

using enum ElementType;
constexpr Row kRows[] = {
    {Float, "float32", Float, Float, "f4", 32, true},
    {UInt8, "uint8", UInt8, UInt8, "u1", 8, false},
    {Int8, "int8", Int8, Int8, "i1", 8, true},
    {UInt16, "uint16", UInt16, UInt16, "u2", 16, false},
    {Int16, "int16", Int16, Int16, "i2", 16, true},
    {Int32, "int32", Int32, Int32, "i4", 32, true},
    {Int64, "int64", Int64, Int32, "i8", 64, true},
    {Bool, "bool", Bool, UInt8, "b1", 8, false},
    {Half, "float16", Half, Half, "f2", 16, true},
    {Double, "float64", Double, Float, "f8", 64, true},
    {UInt32, "uint32", UInt32, UInt32, "u4", 32, false},
    {UInt64, "uint64", UInt64, UInt32, "u8", 64, false},
    {BFloat16, "bfloat16", UInt16, UInt16, "u2", 16, false},
    {Float8E4M3FN, "float8e4m3fn", UInt8, UInt8, "u1", 8, false},
    {Float8E4M3FNUZ, "float8e4m3fnuz", UInt8, UInt8, "u1", 8, false},
    {Float8E5M2, "float8e5m2", UInt8, UInt8, "u1", 8, false},
    {Float8E5M2FNUZ, "float8e5m2fnuz", UInt8, UInt8, "u1", 8, false},
    {UInt4, "uint4", UInt8, UInt8, "u1", 4, false},
    {Int4, "int4", Int8, Int8, "i1", 4, true},
    {Float4E2M1, "float4e2m1", UInt8, UInt8, "u1", 4, false},
    {Float8E8M0, "float8e8m0", UInt8, UInt8, "u1", 8, false},
    {UInt2, "uint2", UInt8, UInt8, "u1", 2, false},
    {Int2, "int2", Int8, Int8, "i1", 2, true},
};

/// Null for a type that is not in ElementType.
const Row *find(ElementType type) {
  const Row *found =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row &row) { return row.type == type; });
  return found == std::end(kRows) ? nullptr : found;
}

/// The type that is its own array type and has `text` as `field`.
std::optional<ElementType> findArray(std::string_view Row::*field, std::string_view text) {
  for (const Row &row : kRows)
    if (row.type == row.array && row.*field == text)
      return row.type;
  return std::nullopt;
}

/// The elements of a `T` tensor outside [least, greatest], as text.
template <typename T>
std::string outside(std::string_view type, std::string_view data, T least, T greatest) {
  constexpr size_t shown = 8;
  std::string fault;
  size_t count = 0;
  for (size_t index = 0; index != data.size() / sizeof(T); ++index) {
    T value;
    std::memcpy(&value, data.data() + index * sizeof(T), sizeof(T));
    if (value >= least && value <= greatest)
      continue;
    // As 64 bits: a byte is a number here, not a letter.
    using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
    if (count++ < shown)
      fault = concat(fault, fault.empty() ? "" : ", ", static_cast<Wide>(value), " at element ", index);
  }
  if (count == 0)
    return "";
  return concat("beyond ", type, ": ", fault, count > shown ? concat(", and ", count - shown, " more") : "");
}

} // namespace

size_t sluice::elementBytes(ElementType type) {
  const Row *row = find(type);
  return row ? (row->bits + 7) / 8 : 0;
}

std::string_view sluice::elementName(ElementType type) {
  const Row *row = find(type);
  return row ? row->name : "unknown type";
}

ElementType sluice::arrayType(ElementType type) {
  const Row *row = find(type);
  return row ? row->array : type;
}

std::string sluice::typeText(ElementType type) {
  const ElementType array = arrayType(type);
  return concat(elementName(type), array == type ? "" : concat(" (an array of ", elementName(array), ")"));
}

ElementType sluice::machineType(ElementType type) {
  const Row *row = find(type);
  return row ? row->machine : type;
}

std::optional<ElementType> sluice::elementTypeOfName(std::string_view name) {
  return findArray(&Row::name, name);
}

std::optional<ElementType> sluice::elementTypeOfCode(std::string_view code) {
  return findArray(&Row::code, code);
}

std::string_view sluice::arrayCode(ElementType type) {
  const Row *row = find(type);
  return row ? row->code : "";
}

std::string sluice::rangeFault(ElementType type, std::string_view data) {
  using Word = std::numeric_limits<int32_t>;
  const Row *row = find(type);
  if (!row)
    return "";
  if (type == Int64)
    return outside<int64_t>("int32", data, Word::min(), Word::max());
  if (type == UInt64)
    return outside<uint64_t>("uint32", data, 0, std::numeric_limits<uint32_t>::max());
  if (row->bits >= 8)
    return "";
  if (!row->isSigned)
    return outside<uint8_t>(row->name, data, 0, uint8_t((1 << row->bits) - 1));
  const int half = 1 << (row->bits - 1);
  return outside<int8_t>(row->name, data, int8_t(-half), int8_t(half - 1));
}

size_t sluice::packedBytes(ElementType type, size_t count) {
  const Row *row = find(type);
  if (!row)
    return 0;
  return row->bits >= 8 ? count * (row->bits / 8) : count / (8 / row->bits) + (count % (8 / row->bits) != 0);
}

std::string sluice::packElements(ElementType type, std::string data) {
  const Row *row = find(type);
  if (!row || row->bits >= 8)
    return data;
  const size_t perByte = 8 / row->bits;
  std::string packed(packedBytes(type, data.size()), '\0');
  for (size_t i = 0; i != data.size(); ++i) {
    const unsigned bits = static_cast<uint8_t>(data[i]) & ((1u << row->bits) - 1);
    packed[i / perByte] =
        static_cast<char>(static_cast<uint8_t>(packed[i / perByte]) | (bits << (i % perByte * row->bits)));
  }
  return packed;
}

std::string sluice::unpackElements(ElementType type, std::string packed, size_t count) {
  const Row *row = find(type);
  if (!row || row->bits >= 8)
    return packed;
  const size_t perByte = 8 / row->bits;
  const unsigned unused = 8 - row->bits;
  std::string data(count, '\0');
  for (size_t i = 0; i != count; ++i) {
    const unsigned byte = static_cast<uint8_t>(packed[i / perByte]) >> (i % perByte * row->bits);
    const auto high = static_cast<uint8_t>(byte << unused);
    data[i] = static_cast<char>(row->isSigned ? static_cast<int8_t>(high) >> unused : high >> unused);
  }
  return data;
}
