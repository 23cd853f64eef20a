//===- Types.cpp - ONNX types as MLIR types -------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Types.h"

#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace sluice::import {
namespace {

/// Numbers of TensorProto.DataType that are younger than the schema.
enum YoungDataType : int32_t {
  Float8E4M3FN = 17,
  Float8E4M3FNUZ = 18,
  Float8E5M2 = 19,
  Float8E5M2FNUZ = 20,
  UInt4 = 21,
  Int4 = 22,
  Float4E2M1 = 23,
  Float8E8M0 = 24,
  UInt2 = 25,
  Int2 = 26,
};

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
  Builder builder(&context);
  switch (dataType) {
  case pb::TensorProto::FLOAT:
    return builder.getF32Type();
  case pb::TensorProto::FLOAT16:
    return builder.getF16Type();
  case pb::TensorProto::BFLOAT16:
    return builder.getBF16Type();
  case pb::TensorProto::DOUBLE:
    return builder.getF64Type();
  case pb::TensorProto::BOOL:
    return builder.getI1Type();
  case pb::TensorProto::INT8:
    return builder.getI8Type();
  case pb::TensorProto::INT16:
    return builder.getI16Type();
  case pb::TensorProto::INT32:
    return builder.getI32Type();
  case pb::TensorProto::INT64:
    return builder.getI64Type();
  case pb::TensorProto::UINT8:
    return builder.getIntegerType(8, /*isSigned=*/false);
  case pb::TensorProto::UINT16:
    return builder.getIntegerType(16, /*isSigned=*/false);
  case pb::TensorProto::UINT32:
    return builder.getIntegerType(32, /*isSigned=*/false);
  case pb::TensorProto::UINT64:
    return builder.getIntegerType(64, /*isSigned=*/false);
  case pb::TensorProto::STRING:
    return onnx::StringType::get(&context);
  case pb::TensorProto::COMPLEX64:
    return ComplexType::get(builder.getF32Type());
  case pb::TensorProto::COMPLEX128:
    return ComplexType::get(builder.getF64Type());
  case Float8E4M3FN:
    return Float8E4M3FNType::get(&context);
  case Float8E4M3FNUZ:
    return Float8E4M3FNUZType::get(&context);
  case Float8E5M2:
    return Float8E5M2Type::get(&context);
  case Float8E5M2FNUZ:
    return Float8E5M2FNUZType::get(&context);
  case Float8E8M0:
    return Float8E8M0FNUType::get(&context);
  case Float4E2M1:
    return Float4E2M1FNType::get(&context);
  case Int4:
    return builder.getIntegerType(4);
  case UInt4:
    return builder.getIntegerType(4, /*isSigned=*/false);
  case Int2:
    return builder.getIntegerType(2);
  case UInt2:
    return builder.getIntegerType(2, /*isSigned=*/false);
  default:
    return {};
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
