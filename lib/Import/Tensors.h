//===- Tensors.h - ONNX tensors as attributes -------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_TENSORS_H
#define SLUICE_LIB_IMPORT_TENSORS_H

#include "ModelFile.h"
#include "Proto.h"

#include "sluice/Support/HostTensor.h"

#include "mlir/IR/BuiltinAttributeInterfaces.h"

namespace sluice::import {

/// The values of a tensor. Up to 128 bytes of them are a dense attribute, more a dense resource called
/// `name` (or alike, where that is taken), which lies in the mapped file if the file has them as raw data.
/// The error says what is wrong with the tensor.
llvm::Expected<mlir::ElementsAttr> tensorAttr(const pb::TensorProto &tensor, llvm::StringRef name,
                                              ModelFile &file, mlir::MLIRContext &context);

/// The same of a tensor in memory, which the attribute copies. Its type is one of an ElementType.
mlir::ElementsAttr tensorAttr(const HostTensor &tensor, llvm::StringRef name, mlir::MLIRContext &context);

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_TENSORS_H
