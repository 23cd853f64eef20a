//===- ElementTypes.h - The element types of users' tensors -----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one table of what users' tensors may hold. A narrow type – bfloat16, floats of 8 or 4 bits, integers
// of 4 or 2 bits – has no type of its own in NumPy nor in the machine: its elements lie, one or two bytes
// each, in an array of its array type, floats as their bit patterns, integers as their values. Files of
// tensors pack elements of less than a byte, the first in the lowest bits.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_ELEMENTTYPES_H
#define SLUICE_SUPPORT_ELEMENTTYPES_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

/// Element types by ONNX TensorProto.DataType number.
enum class ElementType : int32_t {
  Float = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  Bool = 9,
  Half = 10,
  Double = 11,
  UInt32 = 12,
  UInt64 = 13,
  BFloat16 = 16,
  Float8E4M3FN = 17,
  Float8E4M3FNUZ = 18,
  Float8E5M2 = 19,
  Float8E5M2FNUZ = 20,
  UInt4 = 21,
  Int4 = 22,
  Float4E2M1 = 23,
  Float8E8M0 = 24,
  UInt2 = 25,
  Int2 = 26,
};

/// Bytes of one element of a tensor in memory; 0 for a type that is not in ElementType.
size_t elementBytes(ElementType type);
/// "float32", "float8e4m3fn", ...: ONNX's names, which are NumPy's where NumPy has the type.
std::string_view elementName(ElementType type);
/// The type of the array that holds elements of `type`: a narrow type's carrier, otherwise `type` itself.
ElementType arrayType(ElementType type);
/// The type's name for messages about inputs: "float8e5m2 (an array of uint8)" where they differ.
std::string typeText(ElementType type);
/// What the machine keeps elements of `type` as: at most 32 bits, whole bytes.
ElementType machineType(ElementType type);
/// The type that NumPy calls `name`, or that NumPy's array files call `code` ("f4"). None for others.
std::optional<ElementType> elementTypeOfName(std::string_view name);
std::optional<ElementType> elementTypeOfCode(std::string_view code);
/// NumPy's letter and size for arrays of `type`'s array type.
std::string_view arrayCode(ElementType type);

/// Names the elements in `data`, in the form that memory has, that are outside what the machine can keep of
/// `type` or that are no elements of it, e.g. "beyond int32: 4294967296 at element 3"; empty if there are
/// none.
std::string rangeFault(ElementType type, std::string_view data);

/// Elements as files pack them, from the form that memory has, and back. `count` is the number of elements;
/// `packed` has packedBytes of them. Only types of less than a byte differ.
size_t packedBytes(ElementType type, size_t count);
std::string packElements(ElementType type, std::string data);
std::string unpackElements(ElementType type, std::string packed, size_t count);

} // namespace sluice

#endif // SLUICE_SUPPORT_ELEMENTTYPES_H
