//===- Doubles.cpp - Operators on constants of f64 ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

#include "llvm/ADT/StringSet.h"

namespace sluice::conversion {

bool computesDoubles(llvm::StringRef domain, llvm::StringRef opType) {
  // Their conversions name no narrower type than the operands'.
  static const llvm::StringSet<> known = {
      // Elements.
      "Abs", "Acos", "Acosh", "Add", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Clip", "Cos", "Cosh", "Div",
      "Equal", "Erf", "Exp", "Floor", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "LeakyRelu", "Less",
      "LessOrEqual", "Log", "Max", "Mean", "Min", "Mod", "Mul", "Neg", "PRelu", "Pow", "Reciprocal", "Relu",
      "Round", "Sigmoid", "Sign", "Sin", "Sinh", "Sqrt", "Sub", "Sum", "Tan", "Tanh", "Where",
      // Types.
      "Cast", "CastLike",
      // Sums and products.
      "ArgMax", "ArgMin", "CumProd", "CumSum", "Einsum", "Gemm", "MatMul", "ReduceL1", "ReduceL2",
      "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum",
      "ReduceSumSquare",
      // Layout.
      "CenterCropPad", "Compress", "Concat", "DepthToSpace", "Expand", "EyeLike", "Flatten", "Gather",
      "GatherElements", "GatherND", "NonZero", "OneHot", "Pad", "Range", "Reshape", "ReverseSequence",
      "Scatter", "ScatterElements", "ScatterND", "Shape", "Size", "Slice", "SpaceToDepth", "Split", "Squeeze",
      "Tile", "Transpose", "Trilu", "Unsqueeze",
      // Values as they are.
      "ConcatFromSequence", "Dropout", "Identity", "If", "Loop", "Optional", "OptionalGetElement",
      "OptionalHasElement", "Scan", "SequenceAt", "SequenceConstruct", "SequenceInsert", "SplitToSequence"};
  return domain == onnx::kDefaultDomain && known.contains(opType);
}

} // namespace sluice::conversion
