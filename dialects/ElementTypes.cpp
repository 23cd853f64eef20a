//===- ElementTypes.cpp - Element types as MLIR types ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/ElementTypes.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace sluice {
namespace {

template <typename FloatKind>
Type real(MLIRContext &context) {
  return FloatKind::get(&context);
}

template <unsigned Width, IntegerType::SignednessSemantics Signedness = IntegerType::Signless>
Type integer(MLIRContext &context) {
  return IntegerType::get(&context, Width, Signedness);
}

struct Row {
  ElementType type;
  Type (*get)(MLIRContext &);
};

constexpr Row kRows[] = {
    {ElementType::Float, real<Float32Type>},
    {ElementType::UInt8, integer<8, IntegerType::Unsigned>},
    {ElementType::Int8, integer<8>},
    {ElementType::UInt16, integer<16, IntegerType::Unsigned>},
    {ElementType::Int16, integer<16>},
    {ElementType::Int32, integer<32>},
    {ElementType::Int64, integer<64>},
    {ElementType::Bool, integer<1>},
    {ElementType::Half, real<Float16Type>},
    {ElementType::Double, real<Float64Type>},
    {ElementType::UInt32, integer<32, IntegerType::Unsigned>},
    {ElementType::UInt64, integer<64, IntegerType::Unsigned>},
    {ElementType::BFloat16, real<BFloat16Type>},
    {ElementType::Float8E4M3FN, real<Float8E4M3FNType>},
    {ElementType::Float8E4M3FNUZ, real<Float8E4M3FNUZType>},
    {ElementType::Float8E5M2, real<Float8E5M2Type>},
    {ElementType::Float8E5M2FNUZ, real<Float8E5M2FNUZType>},
    {ElementType::UInt4, integer<4, IntegerType::Unsigned>},
    {ElementType::Int4, integer<4>},
    {ElementType::Float4E2M1, real<Float4E2M1FNType>},
    {ElementType::Float8E8M0, real<Float8E8M0FNUType>},
    {ElementType::UInt2, integer<2, IntegerType::Unsigned>},
    {ElementType::Int2, integer<2>},
};

} // namespace

Type toMlirType(ElementType type, MLIRContext &context) {
  for (const Row &row : kRows)
    if (row.type == type)
      return row.get(context);
  return {};
}

std::optional<ElementType> toElementType(Type type) {
  for (const Row &row : kRows)
    if (row.get(*type.getContext()) == type)
      return row.type;
  return std::nullopt;
}

std::string tensorText(ShapedType type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  std::optional<int64_t> count = 1;
  for (int64_t size : type.getShape())
    count = count && size >= 0 ? llvm::checkedMul(*count, size) : std::nullopt;
  os << "a tensor of ";
  if (count)
    os << *count;
  else
    os << "more than 2^63";
  if (std::optional<ElementType> element = toElementType(type.getElementType()))
    os << " " << llvm::StringRef(elementName(*element));
  return text + " elements";
}

} // namespace sluice
