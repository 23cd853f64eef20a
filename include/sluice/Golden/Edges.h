//===- Edges.h - The user's tensors of a stensor program -------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_GOLDEN_EDGES_H
#define SLUICE_GOLDEN_EDGES_H

#include "sluice/Golden/Interpreter.h"
#include "sluice/Support/HostTensor.h"
#include "sluice/Support/OutputFiles.h"

#include "absl/status/statusor.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::golden {

/// Tensors by ONNX name.
using TensorMap = std::map<std::string, HostTensor>;

/// The arguments of `main` out of the user's tensors: int64 narrows to int32, float64 to
/// float32, uint8 keeps its bits. InvalidArgument that lists, one a line, every input
/// that is missing, unknown, of another type or shape, or out of the narrower type's range.
absl::StatusOr<TensorValues> bindInputs(mlir::func::FuncOp main, const TensorMap &inputs);

/// The names of the arguments of `main`, in order.
std::vector<std::string> inputNames(mlir::func::FuncOp main);

/// The results of `main` with their names, in order, in the user's types.
NamedTensors nameOutputs(mlir::func::FuncOp main, mlir::ArrayRef<TensorValue> results);

} // namespace sluice::golden

#endif // SLUICE_GOLDEN_EDGES_H
