//===- Evaluate.h - One function for each operation -------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_GOLDEN_EVALUATE_H
#define SLUICE_LIB_GOLDEN_EVALUATE_H

#include "dialects/stensor/StensorDialect.h"
#include "sluice/Golden/Interpreter.h"

namespace sluice::golden {

using Operands = mlir::ArrayRef<TensorValue>;

TensorValues evaluateMap(stensor::MapOp op, Operands inputs);
TensorValue evaluateContract(stensor::ContractOp op, const TensorValue &lhs, const TensorValue &rhs);
TensorValue evaluateConvolve(stensor::ConvolveOp op, const TensorValue &input, const TensorValue &filters);
TensorValue evaluateReduce(stensor::ReduceOp op, const TensorValue &input);

TensorValue evaluateTranspose(stensor::TransposeOp op, const TensorValue &input);
TensorValue evaluateSlice(stensor::SliceOp op, const TensorValue &input);
TensorValue evaluatePad(stensor::PadOp op, const TensorValue &input);
TensorValue evaluateBroadcast(stensor::BroadcastOp op, const TensorValue &input);
TensorValue evaluateWindow(stensor::WindowOp op, const TensorValue &input);
TensorValue evaluateConcat(stensor::ConcatOp op, Operands inputs);
/// Fails with an error on `op` if an index is outside the table.
mlir::FailureOr<TensorValue> evaluateGather(stensor::GatherOp op, const TensorValue &table,
                                            const TensorValue &indices);

} // namespace sluice::golden

#endif // SLUICE_LIB_GOLDEN_EVALUATE_H
