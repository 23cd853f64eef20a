//===- OnnxToStensor.h - From ONNX graphs to whole tensors ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_CONVERSION_ONNXTOSTENSOR_H
#define SLUICE_CONVERSION_ONNXTOSTENSOR_H

#include "sluice/Conversion/F32Matmul.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LogicalResult.h"

#include <cstdint>
#include <vector>

namespace sluice {

struct OnnxToStensorOptions {
  /// How contractions of fp32 operands run.
  F32Matmul f32Matmul = F32Matmul::F16;
  /// Computes float64 as float32, instead of in constants alone and refusing what reaches a run.
  bool demoteF64 = false;
};

/// Replaces the `onnx` operations of @main by `stensor` ones, node by node in graph order, after operators
/// between DequantizeLinear and QuantizeLinear became ones on integers. Whatever depends on constants alone
/// is evaluated at once, so that every shape is known when the next node is converted. The error names every
/// node that is not supported, with operator, domain, version and reason.
mlir::LogicalResult convertOnnxToStensor(mlir::ModuleOp module, const OnnxToStensorOptions &options);

/// One row of the table of operators.
struct SupportedOperator {
  llvm::StringRef domain;
  llvm::StringRef opType;
  /// First version of the domain's operator set that the row holds for.
  int64_t sinceVersion;
  /// The operands that it takes, as lib/Conversion/OnnxToStensor/Operands.h writes them.
  llvm::StringRef operands;
};

/// The table of operators, sorted by domain, operator and version.
std::vector<SupportedOperator> supportedOperators();

/// Registers `--convert-onnx-to-stensor` and `--onnx-fuse-qdq`, its first part.
void registerOnnxToStensorPass();

} // namespace sluice

#endif // SLUICE_CONVERSION_ONNXTOSTENSOR_H
