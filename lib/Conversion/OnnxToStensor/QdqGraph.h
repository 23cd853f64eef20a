//===- QdqGraph.h - QuantizeLinear and DequantizeLinear in a graph -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_QDQGRAPH_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_QDQGRAPH_H

#include "dialects/onnx/OnnxDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace sluice::conversion {

/// Rewrites QuantizeLinear/DequantizeLinear pairs of a graph to operators on integers, see FuseQdq.cpp.
void fuseQdq(mlir::func::FuncOp function);
/// Registers `--onnx-fuse-qdq`.
void registerFuseQdqPass();

/// Known parameters of a quantized tensor: positive finite f32 scales and zero points.
struct Quantization {
  mlir::Type element;               ///< i8, ui8 or i32
  mlir::Value scale, zero;          ///< zero: null if left out
  llvm::SmallVector<double> scales; ///< one, or one for each index along `axis`
  llvm::SmallVector<int64_t> zeros; ///< as many as scales
  int64_t axis = 0;                 ///< may count from the end

  bool isPerTensor() const { return scales.size() == 1; }
  /// Whether parameters are one, or one for each index of dimension `dim` (counted from the start).
  bool isAlong(int64_t dim) const { return isPerTensor() || axis == dim; }
  bool isSame(const Quantization &other) const {
    return element == other.element && scales == other.scales && zeros == other.zeros;
  }
  bool hasZeroZero() const {
    return llvm::all_of(zeros, [](int64_t zero) { return zero == 0; });
  }
  /// The zero point, a new constant 0 if it is left out.
  mlir::Value zeroOr(mlir::OpBuilder &builder) const;
  /// What QuantizeLinear makes of a number, infinities included; per tensor.
  int64_t quantize(double number) const;
};

/// A DequantizeLinear and the integers that it reads.
struct Dequantized : Quantization {
  onnx::NodeOp node;
  mlir::Value stored;
};

/// Whether the operator is known and the node has its operands, so that they need not be looked for.
bool hasItsOperands(onnx::NodeOp node);
/// Whether it is that operator and has its operands.
bool isStandard(onnx::NodeOp node, llvm::StringRef opType);
bool isQuantize(onnx::NodeOp node);
/// Whether the value leaves the model.
bool isReturned(mlir::Value value);

/// The element type of a value as far as the graph tells, null else.
mlir::Type elementTypeOf(mlir::Value value);
/// The rank of a constant, or of a declared or dequantized one.
std::optional<int64_t> rankOf(mlir::Value value);
/// ONNX's number of i8, ui8, i32 or f32; 0 for others.
int64_t dataTypeOf(mlir::Type element);
/// Least and greatest integer of i8 or ui8; none of others.
std::optional<std::pair<int64_t, int64_t>> rangeOf(mlir::Type element);

/// The DequantizeLinear that makes `value` from integers of `bits`, if its parameters are known and not by
/// block.
std::optional<Dequantized> dequantized(mlir::Value value, unsigned bits = 8);
/// What a QuantizeLinear to 8 bits does, if it is one with known parameters, not by block.
std::optional<Quantization> quantizationOf(onnx::NodeOp node);
/// The bounds of a Relu or of a Clip with known ones; none of other nodes.
std::optional<std::pair<double, double>> clampBounds(onnx::NodeOp node);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_QDQGRAPH_H
