//===- Elements.cpp - The bits of single elements -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elements.h"

using namespace mlir;

namespace sluice::tiling {

uint32_t elementBits(Attribute value) {
  if (auto number = dyn_cast<FloatAttr>(value))
    return static_cast<uint32_t>(number.getValue().bitcastToAPInt().getZExtValue());
  return static_cast<uint32_t>(cast<IntegerAttr>(value).getValue().getZExtValue());
}

TypedAttr elementAttribute(Type type, uint32_t bits) {
  unsigned width = type.getIntOrFloatBitWidth();
  APInt integer = APInt(32, bits).zextOrTrunc(width);
  if (auto floating = dyn_cast<FloatType>(type))
    return FloatAttr::get(type, APFloat(floating.getFloatSemantics(), integer));
  return IntegerAttr::get(type, integer);
}

} // namespace sluice::tiling
