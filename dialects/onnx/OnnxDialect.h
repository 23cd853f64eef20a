//===- OnnxDialect.h - ONNX graphs as IR ------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_ONNX_ONNXDIALECT_H
#define SLUICE_DIALECTS_ONNX_ONNXDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/onnx/OnnxDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/onnx/OnnxTypes.h.inc"

#define GET_OP_CLASSES
#include "dialects/onnx/OnnxOps.h.inc"

namespace sluice::onnx {

/// The name of the operator set that ONNX files call "" or "ai.onnx".
inline constexpr llvm::StringLiteral kDefaultDomain = "ai.onnx";
/// ONNX Runtime's own operators.
inline constexpr llvm::StringLiteral kMicrosoftDomain = "com.microsoft";

/// Argument and result attribute of @main: the ONNX name of the value.
inline constexpr llvm::StringLiteral kNameAttr = "onnx.name";

} // namespace sluice::onnx

#endif // SLUICE_DIALECTS_ONNX_ONNXDIALECT_H
