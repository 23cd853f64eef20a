//===- HostTensor.h - A tensor as users hand it in --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_HOSTTENSOR_H
#define SLUICE_SUPPORT_HOSTTENSOR_H

#include "sluice/Support/ElementTypes.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// Bytes of a tensor, shape checked. InvalidArgument on a type that is not in
/// ElementType, a negative dimension or a size beyond what a process can hold.
absl::StatusOr<size_t> tensorBytes(ElementType type, const std::vector<int64_t> &shape);

/// A dense row-major tensor in little-endian bytes, each element in whole bytes.
struct HostTensor {
  ElementType type = ElementType::Float;
  std::vector<int64_t> shape;
  std::string data;
  size_t elements() const;
};

/// Reads a .npy file (see parseNpy) or an ONNX TensorProto .pb file, by the file's
/// magic, then the path's ending. Errors name the path.
absl::StatusOr<HostTensor> readTensor(const std::string &path);
/// .npy versions 1 to 3, little endian, C order or Fortran order; Fortran order is
/// converted. InvalidArgument on anything else, truncated or longer than its shape.
absl::StatusOr<HostTensor> parseNpy(std::string_view bytes);
/// A serialised ONNX TensorProto whose data are inside it, raw or typed.
absl::StatusOr<HostTensor> parseTensorProto(std::string_view bytes);
/// A .npy file as NumPy writes it: version 1, C order; of a narrow type, its array type's.
std::string formatNpy(const HostTensor &tensor);
/// The bytes of a file of `format`, "npy" or "pb"; InvalidArgument on any other. `name` goes into the .pb.
absl::StatusOr<std::string> formatTensor(const HostTensor &tensor, const std::string &name,
                                         std::string_view format);
/// Writes .npy or .pb by the path's ending, atomically. `name` goes into the .pb.
absl::Status writeTensor(const HostTensor &tensor, const std::string &name, const std::string &path);

} // namespace sluice

#endif // SLUICE_SUPPORT_HOSTTENSOR_H
