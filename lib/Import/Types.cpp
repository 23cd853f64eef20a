//===- Types.cpp - ONNX types as MLIR types -------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Types.h"

#include "dialects/ElementTypes.h"
#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace sluice::import {
namespace {

/// The dimension's size; an error if the file gives it a negative one.
llvm::Expected<int64_t> dimensionSize(const pb::TensorShapeProto::Dimension &dimension,
                                      DimensionSize sizeOf) {
  if (dimension.has_dim_value()) {
    if (dimension.dim_value() < 0)
      return llvm::createStringError("a dimension is " + llvm::Twine(dimension.dim_value()));
    return dimension.dim_value();
  }
  return dimension.dim_param().empty() ? ShapedType::kDynamic : sizeOf(dimension.dim_param());
}

llvm::Expected<Type> tensorType(const pb::TypeProto::Tensor &tensor, MLIRContext &context,
                                DimensionSize sizeOf) {
  if (tensor.elem_type() == pb::TensorProto::UNDEFINED)
    return onnx::AnyType::get(&context);
  Type element = elementType(tensor.elem_type(), context);
  if (!element)
    return llvm::createStringError("element type " + llvm::Twine(tensor.elem_type()) + " is unknown");
  if (!tensor.has_shape())
    return UnrankedTensorType::get(element);
  SmallVector<int64_t> shape;
  for (const auto &dimension : tensor.shape().dim()) {
    llvm::Expected<int64_t> size = dimensionSize(dimension, sizeOf);
    if (!size)
      return size.takeError();
    shape.push_back(*size);
  }
  return RankedTensorType::get(shape, element);
}

} // namespace

Type elementType(int32_t dataType, MLIRContext &context) {
  switch (dataType) {
  case pb::TensorProto::STRING:
    return onnx::StringType::get(&context);
  case pb::TensorProto::COMPLEX64:
    return ComplexType::get(Float32Type::get(&context));
  case pb::TensorProto::COMPLEX128:
    return ComplexType::get(Float64Type::get(&context));
  default:
    return toMlirType(static_cast<ElementType>(dataType), context);
  }
}

llvm::Expected<Type> valueType(const pb::TypeProto &type, MLIRContext &context, DimensionSize sizeOf) {
  switch (type.value_case()) {
  case pb::TypeProto::kTensorType:
    return tensorType(type.tensor_type(), context, sizeOf);
  case pb::TypeProto::kSequenceType:
    return onnx::OtherType::get(&context, "sequence");
  case pb::TypeProto::kMapType:
    return onnx::OtherType::get(&context, "map");
  case pb::TypeProto::kOptionalType:
    return onnx::OtherType::get(&context, "optional");
  case pb::TypeProto::kSparseTensorType:
    return onnx::OtherType::get(&context, "sparse tensor");
  default:
    return onnx::AnyType::get(&context);
  }
}

} // namespace sluice::import
