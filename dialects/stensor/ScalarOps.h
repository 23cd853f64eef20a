//===- ScalarOps.h - What a map's body may hold ------------------ -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one table that ties `arith` and `math` operations to machine operations: the
// map's verifier, the interpreter and the lowering all read it.
//
// A scalar lives in a 32-bit register: f32 as its bits, f16 as the f32 of the same
// value, i8 and i16 sign extended, i1 as 0 or 1.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_STENSOR_SCALAROPS_H
#define SLUICE_DIALECTS_STENSOR_SCALAROPS_H

#include "sluice/Numerics/Scalar.h"

#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>

namespace sluice::stensor {

/// What one operation of a body does to registers.
struct ScalarStep {
  /// The machine operation; none where the first operand's register is the result.
  std::optional<numerics::ScalarOp> op;
  /// For each machine operand, the number of the operation's operand it takes.
  llvm::SmallVector<unsigned, 3> operands;
  /// A further, last machine operand that is a fixed register value.
  std::optional<uint32_t> immediate;

  bool isMove() const { return !op; }
};

/// The step of an operation; none if it is not one that a body may hold. A
/// constant has no step (see scalarConstant).
std::optional<ScalarStep> scalarStep(mlir::Operation *op);

/// The register value of an `arith.constant` of a supported scalar type.
std::optional<uint32_t> scalarConstant(mlir::Operation *op);
/// The register value of a scalar attribute (FloatAttr or IntegerAttr).
std::optional<uint32_t> scalarRegister(mlir::Attribute value);
/// The reverse: the attribute of type `type` that a register value stands for.
mlir::TypedAttr scalarAttribute(mlir::Type type, uint32_t value);

/// Whether a body may hold `op`: a step, a constant or the terminator.
bool isScalarOp(mlir::Operation *op);

/// Evaluates what is constant with the numerics library (never the host's), shares
/// what is computed twice and drops what nobody reads. Whether anything changed.
bool simplifyBody(mlir::RewriterBase &rewriter, mlir::Block &body);

/// What `op` converts to the nearest integer, ties to even, in one machine operation: the operand of the
/// rounding that it converts; none if it is no such conversion.
mlir::Value nearestConverted(mlir::Operation *op);
/// Whether `op` is a rounding that only such conversions read, which take it along.
bool isRoundedByConversions(mlir::Operation *op);

/// The registers that a body yields where its arguments are `registers`.
llvm::SmallVector<uint32_t> evaluateBody(mlir::Block &body, llvm::ArrayRef<uint32_t> registers);

/// Machine operations that a body takes: its steps without moves and what others take along.
unsigned countSteps(mlir::Block &body);

} // namespace sluice::stensor

#endif // SLUICE_DIALECTS_STENSOR_SCALAROPS_H
