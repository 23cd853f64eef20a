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
  std::optional<ElementType> type = elementTypeOfName(element);
  if (!type)
    return invalidArgument("input '", name, "' has elements of type ", element, ", which no input has");
  HostTensor tensor;
  tensor.type = *type;
  tensor.shape.assign(array.shape(), array.shape() + array.ndim());
  tensor.data.assign(static_cast<const char *>(array.data()), array.nbytes());
  return tensor;
}

py::dtype arrayDtype(ElementType type) {
  const ElementType array = arrayType(type);
  py::dtype plain{std::string(elementName(array))};
  if (array == type)
    return plain;
  py::dict metadata;
  metadata["onnx"] = std::string(elementName(type));
  return py::module_::import("numpy").attr("dtype")(plain, py::arg("metadata") = metadata);
}

py::array toNumpy(const HostTensor &tensor) {
  py::array array(py::dtype(std::string(elementName(arrayType(tensor.type)))), tensor.shape);
  std::memcpy(array.mutable_data(), tensor.data.data(), tensor.data.size());
  return array;
}

} // namespace sluice::python
