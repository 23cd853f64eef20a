//===- Proto.h - ONNX's protobuf schema -------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_PROTO_H
#define SLUICE_LIB_IMPORT_PROTO_H

#include "onnx/onnx_pb.h"

namespace sluice::import {

/// ONNX's messages; `onnx` alone is the dialect.
namespace pb = ::onnx;

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_PROTO_H
