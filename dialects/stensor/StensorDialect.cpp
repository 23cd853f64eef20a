//===- StensorDialect.cpp - Whole tensors with exact numerics ---- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/stensor/StensorDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace sluice::stensor;

#include "dialects/stensor/StensorDialect.cpp.inc"

#include "dialects/stensor/StensorEnums.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/stensor/StensorOps.cpp.inc"

void StensorDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/stensor/StensorOps.cpp.inc"
      >();
}

Operation *StensorDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type || !isa<RankedTensorType>(type))
    return nullptr;
  return ConstantOp::create(builder, loc, elements);
}

int64_t sluice::stensor::elementBytes(Type elementType) {
  return (elementType.getIntOrFloatBitWidth() + 7) / 8;
}
