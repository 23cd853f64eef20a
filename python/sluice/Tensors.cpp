//===- Tensors.cpp - NumPy arrays as tensors ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tensors.h"

#include "sluice/Support/Strings.h"

#include <cstring>
#include <optional>

namespace py = pybind11;

namespace sluice::python {

/// The element type that NumPy calls `name`.
static std::optional<ElementType> elementByName(std::string_view name) {
  for (ElementType type : {ElementType::Float, ElementType::UInt8, ElementType::Int8, ElementType::UInt16,
                           ElementType::Int16, ElementType::Int32, ElementType::Int64, ElementType::Bool,
                           ElementType::Half, ElementType::Double, ElementType::UInt32, ElementType::UInt64})
    if (elementName(type) == name)
      return type;
  return std::nullopt;
}

absl::StatusOr<HostTensor> fromNumpy(const std::string &name, py::handle value) {
  py::array array = py::array::ensure(value, py::array::c_style);
  if (!array) {
    PyErr_Clear();
    return invalidArgument("input '", name, "' is not an array");
  }
  py::dtype dtype = array.dtype();
  if (dtype.attr("byteorder").cast<std::string>() == ">")
    array = py::array::ensure(array.attr("astype")(dtype.attr("newbyteorder")("<")), py::array::c_style);
  std::string element = dtype.attr("name").cast<std::string>();
  std::optional<ElementType> type = elementByName(element);
  if (!type)
    return invalidArgument("input '", name, "' has elements of type ", element, ", which no input has");
  HostTensor tensor;
  tensor.type = *type;
  tensor.shape.assign(array.shape(), array.shape() + array.ndim());
  tensor.data.assign(static_cast<const char *>(array.data()), array.nbytes());
  return tensor;
}

py::array toNumpy(const HostTensor &tensor) {
  py::array array(py::dtype(std::string(elementName(tensor.type))), tensor.shape);
  std::memcpy(array.mutable_data(), tensor.data.data(), tensor.data.size());
  return array;
}

} // namespace sluice::python
