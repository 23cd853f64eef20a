//===- TensorProtoFile.cpp - Tensors as ONNX TensorProto ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorProtoFile.h"

#include "sluice/Support/Strings.h"

#include "onnx/onnx_pb.h"

#include <bit>
#include <limits>

static_assert(std::endian::native == std::endian::little, "tensor bytes are little endian");

using namespace sluice;

namespace {

/// Appends every value of a typed field, narrowed from the field's type to `To`.
/// InvalidArgument when a value does not fit.
template <typename To, typename Values>
absl::Status appendTyped(const Values &values, std::string &data) {
  for (auto value : values) {
    const To narrow = static_cast<To>(value);
    if (static_cast<decltype(value)>(narrow) != value && value == value)
      return invalidArgument("the value ", value, " does not fit the tensor's element type");
    data.append(reinterpret_cast<const char *>(&narrow), sizeof(narrow));
  }
  return absl::OkStatus();
}

/// The field of the proto that holds elements of `type`, as ONNX assigns them.
absl::Status appendTypedData(const onnx::TensorProto &proto, ElementType type, std::string &data) {
  switch (type) {
  case ElementType::Float:
    return appendTyped<float>(proto.float_data(), data);
  case ElementType::Double:
    return appendTyped<double>(proto.double_data(), data);
  case ElementType::Int64:
    return appendTyped<int64_t>(proto.int64_data(), data);
  case ElementType::UInt64:
    return appendTyped<uint64_t>(proto.uint64_data(), data);
  case ElementType::UInt32:
    return appendTyped<uint32_t>(proto.uint64_data(), data);
  case ElementType::Int32:
    return appendTyped<int32_t>(proto.int32_data(), data);
  case ElementType::Int16:
    return appendTyped<int16_t>(proto.int32_data(), data);
  case ElementType::UInt16:
  case ElementType::Half:
  case ElementType::BFloat16:
    return appendTyped<uint16_t>(proto.int32_data(), data);
  case ElementType::Int8:
    return appendTyped<int8_t>(proto.int32_data(), data);
  case ElementType::UInt8:
  case ElementType::Float8E4M3FN:
  case ElementType::Float8E4M3FNUZ:
  case ElementType::Float8E5M2:
  case ElementType::Float8E5M2FNUZ:
  case ElementType::Float8E8M0:
  case ElementType::UInt4: // whole bytes, packed
  case ElementType::Int4:
  case ElementType::Float4E2M1:
  case ElementType::UInt2:
  case ElementType::Int2:
    return appendTyped<uint8_t>(proto.int32_data(), data);
  case ElementType::Bool:
    for (int32_t value : proto.int32_data())
      data.push_back(value != 0);
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

} // namespace

absl::StatusOr<HostTensor> sluice::parseTensorProto(std::string_view bytes) {
  onnx::TensorProto proto;
  if (bytes.size() > size_t(std::numeric_limits<int>::max()) ||
      !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return invalidArgument("not an ONNX TensorProto");
  if (!proto.has_data_type())
    return invalidArgument("not an ONNX TensorProto: it has no element type");
  if (proto.data_location() == onnx::TensorProto::EXTERNAL || proto.has_segment())
    return invalidArgument("the tensor's data lie outside the file; only data inside it are read");

  HostTensor tensor;
  tensor.type = static_cast<ElementType>(proto.data_type());
  tensor.shape.assign(proto.dims().begin(), proto.dims().end());
  absl::StatusOr<size_t> size = tensorBytes(tensor.type, tensor.shape);
  if (!size.ok())
    return size.status();
  if (proto.has_raw_data())
    tensor.data = std::move(*proto.mutable_raw_data());
  else if (absl::Status status = appendTypedData(proto, tensor.type, tensor.data); !status.ok())
    return status;
  const size_t packed = packedBytes(tensor.type, *size / elementBytes(tensor.type));
  if (tensor.data.size() != packed)
    return invalidArgument("the tensor holds ", tensor.data.size(), " bytes, its shape needs ", packed);
  tensor.data = unpackElements(tensor.type, std::move(tensor.data), *size);
  if (tensor.type == ElementType::Bool)
    for (char &byte : tensor.data)
      byte = byte != 0;
  return tensor;
}

std::string sluice::formatTensorProto(const HostTensor &tensor, const std::string &name) {
  onnx::TensorProto proto;
  proto.set_name(name);
  proto.set_data_type(static_cast<int32_t>(tensor.type));
  for (int64_t dimension : tensor.shape)
    proto.add_dims(dimension);
  proto.set_raw_data(packElements(tensor.type, tensor.data));
  return proto.SerializeAsString();
}
