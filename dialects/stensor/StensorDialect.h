//===- StensorDialect.h - Whole tensors with exact numerics ------ -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_STENSOR_STENSORDIALECT_H
#define SLUICE_DIALECTS_STENSOR_STENSORDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/stensor/StensorDialect.h.inc"

#include "dialects/stensor/StensorEnums.h.inc"

#define GET_OP_CLASSES
#include "dialects/stensor/StensorOps.h.inc"

namespace sluice::stensor {

/// Length of the pieces in which contractions and reductions cut their dimension.
/// It is part of what the operations compute (see their descriptions), not a
/// property of the target that happens to run them.
inline constexpr int64_t kContractionChunk = 320;

/// Name of the argument and result attribute of `@main` that holds the ONNX name.
inline constexpr llvm::StringLiteral kNameAttr = "stensor.name";
/// The same for the user's element type, present only where it differs.
inline constexpr llvm::StringLiteral kTypeAttr = "stensor.type";

/// Bytes that one element takes in memory; i1 is stored as a byte.
int64_t elementBytes(mlir::Type elementType);

} // namespace sluice::stensor

#endif // SLUICE_DIALECTS_STENSOR_STENSORDIALECT_H
