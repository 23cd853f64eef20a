//===- Casts.cpp - Conversions of element types ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace sluice::conversion {

/// The cast to `element` with the attributes that say how numbers become 8-bit floating-point ones.
static Results castTo(Node &node, Type element) {
  NarrowRounding rounding;
  rounding.saturate = node.integerAttr("saturate", 1) != 0;
  llvm::StringRef mode = node.stringAttr("round_mode", "up");
  auto scale = llvm::StringSwitch<std::optional<ScaleRounding>>(mode)
                   .Case("up", ScaleRounding::Up)
                   .Case("down", ScaleRounding::Down)
                   .Case("nearest", ScaleRounding::Nearest)
                   .Default(std::nullopt);
  if (!scale)
    return node.refuse("round_mode '" + mode + "' is none of 'up', 'down' and 'nearest'");
  rounding.scale = *scale;
  return {{node.cast(node.input(0), element, rounding)}};
}

static Results convertCast(Node &node) {
  Type element = node.elementType(node.integerAttr("to", 0), bool(node.input(0).constant));
  if (!element)
    return failure();
  return castTo(node, element);
}

static Results convertCastLike(Node &node) { return castTo(node, node.input(1).element); }

void addCasts(OperatorTable &table) {
  table.add("Cast", 6, "input", convertCast);
  table.add("CastLike", 15, "input target_type", convertCastLike);
}

} // namespace sluice::conversion
