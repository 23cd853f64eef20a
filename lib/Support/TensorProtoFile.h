//===- TensorProtoFile.h - Tensors as ONNX TensorProto ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_SUPPORT_TENSORPROTOFILE_H
#define SLUICE_LIB_SUPPORT_TENSORPROTOFILE_H

#include "sluice/Support/HostTensor.h"

namespace sluice {

/// `tensor` as a serialised ONNX TensorProto called `name`.
std::string formatTensorProto(const HostTensor &tensor, const std::string &name);

} // namespace sluice

#endif // SLUICE_LIB_SUPPORT_TENSORPROTOFILE_H
