//===- HostTensor.cpp - Tensors and their files ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/HostTensor.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Files.h"
#include "sluice/Support/Strings.h"

#include "TensorProtoFile.h"

#include <limits>

using namespace sluice;

size_t HostTensor::elements() const {
  size_t count = 1;
  for (int64_t dimension : shape)
    count *= static_cast<size_t>(dimension);
  return count;
}

absl::StatusOr<size_t> sluice::tensorBytes(ElementType type, const std::vector<int64_t> &shape) {
  const size_t bytes = elementBytes(type);
  if (bytes == 0)
    return invalidArgument("element type ", static_cast<int32_t>(type), " is not supported");
  // Zeros are looked for first: the other dimensions of an empty tensor are free.
  bool empty = false;
  for (size_t axis = 0; axis != shape.size(); ++axis) {
    if (shape[axis] < 0)
      return invalidArgument("dimension ", axis, " is negative (", shape[axis], ")");
    empty |= shape[axis] == 0;
  }
  if (empty)
    return 0;
  constexpr size_t limit = std::numeric_limits<int64_t>::max();
  size_t total = bytes;
  for (int64_t dimension : shape) {
    if (total > limit / static_cast<size_t>(dimension))
      return invalidArgument("the shape needs more than ", limit, " bytes");
    total *= static_cast<size_t>(dimension);
  }
  return total;
}

absl::StatusOr<HostTensor> sluice::readTensor(const std::string &path) {
  absl::StatusOr<std::string> content = readFile(path);
  if (!content.ok())
    return content.status();
  const std::string_view bytes = *content;
  const bool isProto = !bytes.starts_with("\x93NUMPY") && path.ends_with(".pb");
  absl::StatusOr<HostTensor> tensor = isProto ? parseTensorProto(bytes) : parseNpy(bytes);
  if (!tensor.ok())
    return withContext(tensor.status(), escapeLine(path));
  return tensor;
}

absl::StatusOr<std::string> sluice::formatTensor(const HostTensor &tensor, const std::string &name,
                                                 std::string_view format) {
  if (format == "npy")
    return formatNpy(tensor);
  if (format == "pb")
    return formatTensorProto(tensor, name);
  return invalidArgument("the format of tensors is npy or pb, not ", format);
}

absl::Status sluice::writeTensor(const HostTensor &tensor, const std::string &name, const std::string &path) {
  if (!path.ends_with(".npy") && !path.ends_with(".pb"))
    return invalidArgument("cannot write ", escapeLine(path), ": its name ends neither in .npy nor in .pb");
  absl::StatusOr<std::string> bytes = formatTensor(tensor, name, path.ends_with(".npy") ? "npy" : "pb");
  return bytes.ok() ? writeFile(path, *bytes) : bytes.status();
}
