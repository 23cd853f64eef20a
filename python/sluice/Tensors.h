//===- Tensors.h - NumPy arrays as tensors ----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_PYTHON_TENSORS_H
#define SLUICE_PYTHON_TENSORS_H

#include "sluice/Support/HostTensor.h"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

namespace sluice::python {

/// NumPy's type for arrays of `type`; of a narrow type its array type, with its own name as the metadata
/// "onnx".
pybind11::dtype arrayDtype(ElementType type);

/// A copy of `value` (an array, or what NumPy makes one of) in row-major order.
/// InvalidArgument names `name` when its element type is none of ours.
absl::StatusOr<HostTensor> fromNumpy(const std::string &name, pybind11::handle value);

/// A new array with the tensor's elements.
pybind11::array toNumpy(const HostTensor &tensor);

} // namespace sluice::python

#endif // SLUICE_PYTHON_TENSORS_H
