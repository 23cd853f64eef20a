//===- HostTensor.h - A tensor as users hand it in --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_HOSTTENSOR_H
#define SLUICE_SUPPORT_HOSTTENSOR_H

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// Element types by ONNX TensorProto.DataType number.
enum class ElementType : int32_t {
  Float = 1, UInt8 = 2, Int8 = 3, UInt16 = 4, Int16 = 5, Int32 = 6, Int64 = 7,
  Bool = 9, Half = 10, Double = 11, UInt32 = 12, UInt64 = 13,
};

/// Bytes of one element; 0 for a type that is not in ElementType.
size_t elementBytes(ElementType type);
/// "float32", "int64", ... (NumPy's names).
std::string_view elementName(ElementType type);

/// A dense row-major tensor in little-endian bytes.
struct HostTensor {
  ElementType type = ElementType::Float;
  std::vector<int64_t> shape;
  std::string data;
  size_t elements() const;
};

/// .npy (version 1 and 2, little endian, C order or Fortran order) and ONNX TensorProto .pb files.
absl::StatusOr<HostTensor> readTensor(const std::string &path);
absl::StatusOr<HostTensor> parseNpy(std::string_view bytes);
absl::StatusOr<HostTensor> parseTensorProto(std::string_view bytes);
std::string formatNpy(const HostTensor &tensor);
/// Writes .npy or .pb by the path's ending, atomically.
absl::Status writeTensor(const HostTensor &tensor, const std::string &name, const std::string &path);

} // namespace sluice

#endif // SLUICE_SUPPORT_HOSTTENSOR_H
