//===- Interpreter.h - What a stensor program computes ----------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The reference for every bit: it runs `stensor` operations with nothing but the
// numerics library, and shares no code with the levels below or the executor.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_GOLDEN_INTERPRETER_H
#define SLUICE_GOLDEN_INTERPRETER_H

#include "sluice/Golden/TensorValue.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Support/LLVM.h"

namespace sluice::golden {

using TensorValues = mlir::SmallVector<TensorValue>;

/// The results of one `stensor` operation for the given operands. Faults (a gather's
/// index outside its table) and operations of other dialects are errors on `op`.
mlir::FailureOr<TensorValues> evaluateOp(mlir::Operation *op, mlir::ArrayRef<TensorValue> operands);

/// The results of a function of one block for the given arguments, whose types are
/// checked. A value is dropped after its last use. The results do not depend on
/// the number of threads the host has.
mlir::FailureOr<TensorValues> interpret(mlir::func::FuncOp function, mlir::ArrayRef<TensorValue> inputs);

/// What evaluating an operation on these constants costs, in elements that one scalar operation reads or
/// makes. Repeated elements are moved for nothing.
double evaluationSteps(mlir::Operation *op, mlir::ArrayRef<mlir::ElementsAttr> operands);

/// The results of one operation with constant operands, as constants. Fails
/// without a diagnostic where the operation is better left as it is: bytes not at hand,
/// a fault, a result over `kFoldLimit` that has more bytes than the operands, or more steps than `kFoldSteps`
/// and the operands allow.
mlir::FailureOr<mlir::SmallVector<mlir::ElementsAttr>>
evaluateConstant(mlir::Operation *op, mlir::ArrayRef<mlir::ElementsAttr> operands);

/// Bytes above which a result is not worth storing when its operands are smaller.
inline constexpr int64_t kFoldLimit = int64_t{64} << 20;

/// An operation of more evaluationSteps stays, too, but for so many with each element of its operands.
inline constexpr double kFoldSteps = 0x1p28, kFoldStepsForElement = 64;

} // namespace sluice::golden

#endif // SLUICE_GOLDEN_INTERPRETER_H
