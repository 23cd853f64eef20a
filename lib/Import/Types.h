//===- Types.h - ONNX types as MLIR types -----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_TYPES_H
#define SLUICE_LIB_IMPORT_TYPES_H

#include "Proto.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

namespace sluice::import {

/// The MLIR type of elements of the ONNX data type of that number (TensorProto.DataType, the newest ones
/// included); null for UNDEFINED and numbers that ONNX does not define.
mlir::Type elementType(int32_t dataType, mlir::MLIRContext &context);

/// The size of a symbolic dimension, or mlir::ShapedType::kDynamic.
using DimensionSize = llvm::function_ref<int64_t(const std::string &)>;

/// The type of a value: a tensor as far as the file declares it, `!onnx.any` where it declares nothing.
/// The error says why the type cannot be had, e.g. "sequences are not supported".
llvm::Expected<mlir::Type> valueType(const pb::TypeProto &type, mlir::MLIRContext &context,
                                     DimensionSize sizeOf);

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_TYPES_H
