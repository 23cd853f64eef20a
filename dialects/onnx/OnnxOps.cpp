//===- OnnxOps.cpp - Verifiers and folders of the onnx dialect ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

#define GET_OP_CLASSES
#include "dialects/onnx/OnnxOps.cpp.inc"

namespace sluice::onnx {

/// Whether `type` can be the element of an ONNX tensor.
static bool isElementType(mlir::Type type) {
  if (auto integer = llvm::dyn_cast<mlir::IntegerType>(type)) {
    unsigned width = integer.getWidth();
    if (width == 1)
      return integer.isSignless();
    return !integer.isSigned() && llvm::is_contained({2u, 4u, 8u, 16u, 32u, 64u}, width);
  }
  return llvm::isa<mlir::FloatType, mlir::ComplexType, StringType>(type);
}

/// Whether `attr` is one of the forms that the op's description lists.
static bool isNodeAttribute(mlir::Attribute attr) {
  if (auto array = llvm::dyn_cast<mlir::ArrayAttr>(attr))
    return llvm::all_of(array, [](mlir::Attribute element) {
      return llvm::isa<mlir::StringAttr, mlir::ElementsAttr, mlir::TypeAttr>(element);
    });
  if (auto integer = llvm::dyn_cast<mlir::IntegerAttr>(attr))
    return integer.getType().isSignlessInteger(64);
  if (auto real = llvm::dyn_cast<mlir::FloatAttr>(attr))
    return real.getType().isF32();
  return llvm::isa<mlir::StringAttr, mlir::TypeAttr, mlir::DenseF32ArrayAttr, mlir::DenseI64ArrayAttr,
                   mlir::ElementsAttr>(attr);
}

static mlir::LogicalResult verifyElementTypes(mlir::Operation *op, mlir::TypeRange types,
                                              llvm::StringRef kind) {
  for (auto [index, type] : llvm::enumerate(types)) {
    auto tensor = llvm::dyn_cast<mlir::TensorType>(type);
    if (tensor && !isElementType(tensor.getElementType()))
      return op->emitOpError() << kind << " #" << index << " has element type " << tensor.getElementType()
                               << ", which no ONNX tensor has";
  }
  return mlir::success();
}

mlir::LogicalResult NodeOp::verify() {
  if (getOpType().empty())
    return emitOpError("has no operator type");
  if (getDomain().empty())
    return emitOpError("has no domain; the default one is written 'ai.onnx'");
  int64_t version = getVersionAttr().getInt();
  if (version < 1)
    return emitOpError() << "has operator set version " << version << ", below 1";
  for (mlir::NamedAttribute attribute : getOnnxAttributes())
    if (!isNodeAttribute(attribute.getValue()))
      return emitOpError() << "attribute '" << attribute.getName().getValue() << "' has the value "
                           << attribute.getValue() << ", which no ONNX attribute has";
  if (mlir::failed(verifyElementTypes(*this, getInputs().getTypes(), "input")))
    return mlir::failure();
  return verifyElementTypes(*this, getOutputs().getTypes(), "output");
}

mlir::LogicalResult ConstantOp::verify() {
  return verifyElementTypes(*this, getResult().getType(), "result");
}

mlir::OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

} // namespace sluice::onnx
