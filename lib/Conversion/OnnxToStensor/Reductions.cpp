//===- Reductions.cpp - Reductions over axes ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

#include <cmath>
#include <limits>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// What a reduction computes, before, across and after combining.
enum class Reduction { Sum, Mean, Prod, Max, Min, L1, L2, SumSquare, LogSum, LogSumExp };

/// The dimensions that a node reduces, ascending; none if refused. `axesInput` says whether this version has
/// them as an input.
static std::optional<Shape> reducedAxes(Node &node, bool axesInput) {
  bool noop = axesInput && node.integerAttr("noop_with_empty_axes", 0);
  std::optional<Shape> axes =
      axesInput ? node.integersInputOrAttr(1, "axes") : node.integersAttr("axes").value_or(Shape());
  if (!axes)
    return std::nullopt;
  int64_t rank = node.input(0).rank();
  if (axes->empty() && !noop)
    for (int64_t dim = 0; dim < rank; ++dim)
      axes->push_back(dim);
  Shape dims = node.normaliseAxes(*axes, rank);
  if (node.refused())
    return std::nullopt;
  llvm::sort(dims);
  dims.erase(std::unique(dims.begin(), dims.end()), dims.end());
  return dims;
}

/// log of the sum of e^x, with the greatest x taken out.
static Tensor logSumExp(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims) {
  Tensor greatest = node.reduce(ReduceKind::max, input, dims);
  // An infinite one stays in: infinity less infinity is no number.
  Tensor shift = node.map(greatest, input.element, [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value isFinite = s.less(s.absolute(x[0]), s.real(std::numeric_limits<double>::infinity()));
    return s.select(isFinite, x[0], s.real(0));
  });
  Tensor powers = node.map({input, shift}, input.element,
                           [](Scalars &s, llvm::ArrayRef<Value> x) { return s.exp(s.sub(x[0], x[1])); });
  Tensor sum = node.reduce(ReduceKind::add, powers, dims);
  return node.map({sum, shift}, input.element,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(s.log(x[0]), x[1]); });
}

Tensor meanOver(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims) {
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= input.shape[dim];
  Tensor sum = node.reduce(ReduceKind::add, input, dims);
  if (count == 1)
    return sum;
  return node.map(sum, input.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    if (s.isUnsignedWord(input.element))
      return s.divideUnsigned(x[0], s.integer(count));
    if (!input.isReal())
      return s.divide(x[0], s.integer(count));
    bool exactReciprocal = count > 0 && (count & (count - 1)) == 0;
    return exactReciprocal ? s.mul(x[0], s.real(1.0 / count)) : s.div(x[0], s.real(count));
  });
}

/// The reduction of elements of the type that they are computed in, dimensions kept.
static Tensor reduceNumbers(Node &node, Reduction reduction, const Tensor &input,
                            llvm::ArrayRef<int64_t> dims) {
  auto apply = [&](const Tensor &x, Value (*function)(Scalars &, Value)) {
    return node.map(x, input.element, [&](Scalars &s, llvm::ArrayRef<Value> v) { return function(s, v[0]); });
  };
  auto square = [](Scalars &s, Value x) { return s.mul(x, x); };
  switch (reduction) {
  case Reduction::Sum:
    return node.reduce(ReduceKind::add, input, dims);
  case Reduction::Mean:
    return meanOver(node, input, dims);
  case Reduction::Prod:
    return node.reduce(ReduceKind::mul, input, dims);
  case Reduction::Max:
    return node.reduce(ReduceKind::max, input, dims);
  case Reduction::Min:
    return node.reduce(ReduceKind::min, input, dims);
  case Reduction::L1:
    if (input.element.isUnsignedInteger())
      return node.reduce(ReduceKind::add, input, dims);
    return node.reduce(ReduceKind::add, apply(input, [](Scalars &s, Value x) { return s.absolute(x); }),
                       dims);
  case Reduction::L2:
    if (!input.isReal())
      return wholeNorm(node, input, dims);
    return apply(node.reduce(ReduceKind::add, apply(input, square), dims),
                 [](Scalars &s, Value x) { return s.sqrt(x); });
  case Reduction::SumSquare:
    return node.reduce(ReduceKind::add, apply(input, square), dims);
  case Reduction::LogSum:
    if (!input.isReal())
      return wholeLogSum(node, input, dims);
    return apply(node.reduce(ReduceKind::add, input, dims), [](Scalars &s, Value x) { return s.log(x); });
  case Reduction::LogSumExp:
    return input.isReal() ? logSumExp(node, input, dims) : wholeLogSumExp(node, input, dims);
  }
  return input;
}

/// `shape` without the given dimensions.
static Shape dropDims(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> dims) {
  Shape kept;
  for (auto [dim, size] : llvm::enumerate(shape))
    if (!llvm::is_contained(dims, static_cast<int64_t>(dim)))
      kept.push_back(size);
  return kept;
}

static void addReduction(OperatorTable &table, llvm::StringRef opType, Reduction reduction,
                         int64_t axesInputSince) {
  auto convert = [reduction](Node &node, bool axesInput) -> Results {
    bool keepDims = node.integerAttr("keepdims", 1);
    std::optional<Shape> dims = reducedAxes(node, axesInput);
    if (!dims)
      return failure();
    const Tensor &input = node.input(0);
    if (dims->empty() && reduction != Reduction::L1 && reduction != Reduction::L2 &&
        reduction != Reduction::SumSquare && reduction != Reduction::LogSum)
      return {{input}};
    Type element = node.numberType(input);
    bool isExtremum = reduction == Reduction::Max || reduction == Reduction::Min;
    Tensor numbers = node.cast(input, element);
    auto reorder = [&](const Tensor &x) { // unsigned words in the order of signed ones, and back
      return isExtremum && element.isUnsignedInteger() && !numbers.constant
                 ? node.map(x, element,
                            [&](Scalars &s, llvm::ArrayRef<Value> v) { return s.orderKey(v[0], element); })
                 : x;
    };
    Tensor result = reorder(reduceNumbers(node, reduction, reorder(numbers), *dims));
    if (!keepDims)
      result = node.reshape(result, dropDims(result.shape, *dims));
    return {{node.cast(result, input.element)}};
  };
  table.add(opType, 1, "data", [convert](Node &node) { return convert(node, false); });
  table.add(opType, axesInputSince, "data axes?:integer[0..1]",
            [convert](Node &node) { return convert(node, true); });
}

Tensor indexOfExtremum(Node &node, const Tensor &input, int64_t dim, ReduceKind kind, bool last) {
  OpBuilder &builder = node.getBuilder();
  Type i32 = builder.getI32Type();
  Tensor numbers = node.cast(input, node.numberType(input));
  Type key = node.isWide(numbers) ? Type(builder.getI64Type()) : i32, element = numbers.element;
  // The least number is the greatest of the negatives: so NaN comes first here too.
  bool isNegated = input.isReal() && kind == ReduceKind::min;
  if (isNegated)
    kind = ReduceKind::max;
  if (input.isReal() || element.isUnsignedInteger())
    numbers = node.map(numbers, key, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      if (!input.isReal())
        return s.orderKey(x[0], element);
      return s.realOrderKey(isNegated ? s.negate(x[0]) : x[0]);
    });
  Tensor extremum = node.reduce(kind, numbers, dim);
  Shape positionShape(input.rank(), 1);
  positionShape[dim] = input.shape[dim];
  Tensor positions = node.countUp(positionShape);
  int64_t none = last ? -1 : input.shape[dim];
  Tensor candidates = node.map({numbers, extremum, positions}, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.equal(x[0], x[1]), x[2], s.integer(none));
  });
  return node.reduce(last ? ReduceKind::max : ReduceKind::min, candidates, dim);
}

static void addArgExtremum(OperatorTable &table, llvm::StringRef opType, ReduceKind kind) {
  table.add(opType, 1, "data:number[1..]", [kind](Node &node) -> Results {
    bool keepDims = node.integerAttr("keepdims", 1), last = node.integerAttr("select_last_index", 0);
    const Tensor &input = node.input(0);
    int64_t dim = node.normaliseAxis(node.integerAttr("axis", 0), input.rank());
    if (node.refused())
      return failure();
    Tensor result = indexOfExtremum(node, input, dim, kind, last);
    if (!keepDims)
      result = node.reshape(result, dropDims(result.shape, dim));
    return {{node.cast(result, node.getBuilder().getI64Type())}};
  });
}

/// The distance of each row of the first matrix from each of the second.
static Results convertDistances(Node &node) {
  llvm::StringRef metric = node.stringAttr("metric", "sqeuclidean");
  const Tensor &a = node.input(0), &b = node.input(1);
  if (metric != "sqeuclidean" && metric != "euclidean")
    return node.refuse("metric = '" + metric + "' is not supported");
  Type f32 = node.getBuilder().getF32Type();
  Tensor squares = node.map({node.reshape(a, {a.shape[0], 1, a.shape[1]}), b}, f32,
                            [](Scalars &s, llvm::ArrayRef<Value> x) {
                              Value difference = s.sub(x[0], x[1]);
                              return s.mul(difference, difference);
                            });
  Tensor sums = node.reshape(node.reduce(ReduceKind::add, squares, 2), {a.shape[0], b.shape[0]});
  return {{node.map(sums, a.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return metric == "euclidean" ? s.sqrt(x[0]) : x[0];
  })}};
}

void addReductions(OperatorTable &table) {
  table.add("CDist", 1, "A:real[M,K] B:real[N,K]", convertDistances, onnx::kMicrosoftDomain);
  addReduction(table, "ReduceSum", Reduction::Sum, 13);
  addReduction(table, "ReduceMean", Reduction::Mean, 18);
  addReduction(table, "ReduceProd", Reduction::Prod, 18);
  addReduction(table, "ReduceMax", Reduction::Max, 18);
  addReduction(table, "ReduceMin", Reduction::Min, 18);
  addReduction(table, "ReduceL1", Reduction::L1, 18);
  addReduction(table, "ReduceL2", Reduction::L2, 18);
  addReduction(table, "ReduceSumSquare", Reduction::SumSquare, 18);
  addReduction(table, "ReduceLogSum", Reduction::LogSum, 18);
  addReduction(table, "ReduceLogSumExp", Reduction::LogSumExp, 18);
  addArgExtremum(table, "ArgMax", ReduceKind::max);
  addArgExtremum(table, "ArgMin", ReduceKind::min);
}

} // namespace sluice::conversion
