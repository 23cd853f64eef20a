//===- Casts.cpp - Conversions of element types ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

using namespace mlir;

namespace sluice::conversion {

static Results convertCast(Node &node) {
  int64_t to = node.integerAttr("to", 0);
  // These say how numbers become 8-bit floating-point ones.
  node.ignoreAttr("saturate");
  node.ignoreAttr("round_mode");
  Type element = node.elementType(to);
  if (!element)
    return failure();
  return {{node.cast(node.input(0), element)}};
}

static Results convertCastLike(Node &node) {
  node.ignoreAttr("saturate");
  node.ignoreAttr("round_mode");
  return {{node.cast(node.input(0), node.input(1).element)}};
}

void addCasts(OperatorTable &table) {
  table.add("Cast", 6, convertCast);
  table.add("CastLike", 15, convertCastLike);
}

} // namespace sluice::conversion
