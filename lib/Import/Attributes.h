//===- Attributes.h - ONNX attributes as MLIR attributes --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_ATTRIBUTES_H
#define SLUICE_LIB_IMPORT_ATTRIBUTES_H

#include "ModelFile.h"
#include "Proto.h"

#include "mlir/IR/BuiltinAttributeInterfaces.h"

namespace sluice::import {

/// Whether the attribute is of type GRAPH, which is a region of onnx.node.
bool holdsGraph(const pb::AttributeProto &attribute);

/// The attribute in the form that onnx.node documents; the error says why it has none. References
/// must be resolved before, graphs kept apart. `nodeName` begins the names of resources.
llvm::Expected<mlir::Attribute> nodeAttr(const pb::AttributeProto &attribute, llvm::StringRef nodeName,
                                         ModelFile &file, mlir::MLIRContext &context);

/// The tensor that a Constant node stands for, given its one attribute in whichever of its forms.
llvm::Expected<mlir::ElementsAttr> constantValue(const pb::AttributeProto &attribute,
                                                 llvm::StringRef nodeName, ModelFile &file,
                                                 mlir::MLIRContext &context);

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_ATTRIBUTES_H
