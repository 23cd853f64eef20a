//===- Normalization.cpp - Normalization and softmax ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MeanSquare.h"
#include "OperatorTable.h"

#include <limits>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// The dimensions [first, last).
static Shape dimRange(int64_t first, int64_t last) {
  Shape dims;
  for (int64_t dim = first; dim < last; ++dim)
    dims.push_back(dim);
  return dims;
}

static Tensor toF32(Node &node, const Tensor &input) {
  return node.cast(input, node.getBuilder().getF32Type());
}

/// A function of two operands as f32.
static Tensor combine(Node &node, const Tensor &a, const Tensor &b,
                      Value (*function)(Scalars &, Value, Value)) {
  return node.map({a, b}, node.getBuilder().getF32Type(),
                  [&](Scalars &s, llvm::ArrayRef<Value> x) { return function(s, x[0], x[1]); });
}

static Value subtract(Scalars &s, Value a, Value b) { return s.sub(a, b); }
static Value multiply(Scalars &s, Value a, Value b) { return s.mul(a, b); }
static Value divideBy(Scalars &s, Value a, Value b) { return s.div(a, b); }

static Tensor square(Node &node, const Tensor &input) {
  return node.map(input, input.element,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[0]); });
}

/// 1 / sqrt(variance + epsilon).
static Tensor inverseDeviation(Node &node, const Tensor &variance, double epsilon) {
  return node.map(variance, variance.element,
                  [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.rsqrt(s.add(x[0], s.real(epsilon))); });
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

Tensor softmax(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims) {
  Tensor x = toF32(node, input);
  Tensor greatest = node.reduce(ReduceKind::max, x, dims);
  Tensor powers = combine(node, x, greatest, [](Scalars &s, Value a, Value b) { return s.exp(s.sub(a, b)); });
  return node.cast(combine(node, powers, node.reduce(ReduceKind::add, powers, dims), divideBy),
                   input.element);
}

Tensor logSoftmax(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims) {
  Tensor x = toF32(node, input);
  Tensor shifted = combine(node, x, node.reduce(ReduceKind::max, x, dims), subtract);
  Tensor powers =
      node.map(shifted, x.element, [](Scalars &s, llvm::ArrayRef<Value> v) { return s.exp(v[0]); });
  Tensor sum = node.reduce(ReduceKind::add, powers, dims);
  return node.cast(
      combine(node, shifted, sum, [](Scalars &s, Value a, Value b) { return s.sub(a, s.log(b)); }),
      input.element);
}

/// 1 at the first greatest element, 0 elsewhere.
static Tensor hardmax(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims) {
  Type i32 = node.getBuilder().getI32Type();
  Tensor x = toF32(node, input);
  Tensor greatest = node.reduce(ReduceKind::max, x, dims);
  Shape shape(input.rank(), 1);
  for (int64_t dim : dims)
    shape[dim] = input.shape[dim];
  Tensor positions = node.countUp(shape);
  Tensor candidates = node.map({x, greatest, positions}, i32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    return s.select(s.equal(v[0], v[1]), v[2], s.integer(countElements(shape)));
  });
  Tensor first = node.reduce(ReduceKind::min, candidates, dims);
  return node.map({positions, first}, input.element, [](Scalars &s, llvm::ArrayRef<Value> v) {
    return s.select(s.equal(v[0], v[1]), s.real(1), s.real(0));
  });
}

using OverDims = Tensor (*)(Node &, const Tensor &, llvm::ArrayRef<int64_t>);

/// Up to version 12, all dimensions from the axis on; from 13 on, the axis alone.
static void addSoftmax(OperatorTable &table, llvm::StringRef opType, OverDims function) {
  table.add(opType, 1, "input:real", [function](Node &node) -> Results {
    int64_t rank = node.input(0).rank();
    int64_t axis = node.integerAttr("axis", 1);
    axis = axis == rank ? rank : node.normaliseAxis(axis, rank);
    return {{function(node, node.input(0), dimRange(axis, rank))}};
  });
  table.add(opType, 13, "input:real[1..]", [function](Node &node) -> Results {
    int64_t axis = node.normaliseAxis(node.integerAttr("axis", -1), node.input(0).rank());
    return {{function(node, node.input(0), axis)}};
  });
}

//===----------------------------------------------------------------------===//
// Normalization
//===----------------------------------------------------------------------===//

Normalized layerNormalize(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims, double epsilon,
                          const Tensor &scale, const Tensor &bias, Type element) {
  Tensor x = toF32(node, input), mean = meanOver(node, x, dims);
  Tensor centred = combine(node, x, mean, subtract);
  Tensor inverse = inverseDeviation(node, meanOver(node, square(node, centred), dims), epsilon);
  llvm::SmallVector<Tensor> operands = {centred, inverse, scale};
  if (bias)
    operands.push_back(bias);
  Tensor result = node.map(operands, element, [](Scalars &s, llvm::ArrayRef<Value> v) {
    Value scaled = s.mul(s.mul(v[0], v[1]), v[2]);
    return v.size() == 4 ? s.add(scaled, v[3]) : scaled;
  });
  return {result, mean, inverse};
}

/// Three numbers of f16 that are number = p0 + 2^-12 p1 + 2^-24 p2, if that is below 65,504, to a multiple of
/// 2^-48.
static llvm::SmallVector<Value> inPieces(Scalars &s, Value number, Type half) {
  llvm::SmallVector<Value> pieces;
  for (int piece = 0; piece < 3; ++piece) {
    Value rounded = s.roundTo(number, half);
    pieces.push_back(rounded);
    number = s.mul(s.sub(number, rounded), s.real(4096));
  }
  return pieces;
}

/// The pieces of `factor` times the squares of x [R, n], each number of which is a sum of `count` squares: of
/// x in columns `first`, `first` + `width`, ...
static llvm::SmallVector<Tensor> squaresInPieces(Node &node, const Tensor &x, int64_t first, int64_t width,
                                                 int64_t count, double factor) {
  Type half = node.getBuilder().getF16Type();
  llvm::SmallVector<Tensor> parts;
  for (int64_t part = 0; part < count; ++part)
    parts.push_back(node.slice(x, 1, first + part * width, width));
  return node.maps(parts, {half, half, half}, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    Value sum;
    for (Value number : v) {
      Value scaled = s.mul(number, s.real(factor));
      sum = sum ? s.fma(scaled, scaled, sum) : s.mul(scaled, scaled);
    }
    return inPieces(s, sum, half);
  });
}

/// The mean of the squares of x [R, n], no number of which is greater than `most`, as products with ones add
/// them: whole chunks of a row are first added element by element, then the pieces of the sums are added.
static Tensor meanSquareByProducts(Node &node, const Tensor &x, double most) {
  Type half = node.getBuilder().getF16Type();
  const int64_t rows = x.shape[0], n = x.shape[1], chunk = stensor::kContractionChunk;
  const int64_t whole = n / chunk;
  double factor = 1;
  while (most * most * factor * factor * static_cast<double>(std::max<int64_t>(whole, 1)) > 65504)
    factor /= 2;
  llvm::SmallVector<llvm::SmallVector<Tensor>> sums;
  if (whole > 1)
    sums.push_back(squaresInPieces(node, x, 0, chunk, whole, factor));
  if (const int64_t done = whole > 1 ? whole * chunk : 0; done < n)
    sums.push_back(squaresInPieces(node, x, done, n - done, 1, factor));
  llvm::SmallVector<Tensor> pieces;
  int64_t width = 0;
  for (const llvm::SmallVector<Tensor> &part : sums)
    width += part[0].shape[1];
  for (int piece = 0; piece < 3; ++piece)
    pieces.push_back(
        node.reshape(sums.size() == 1 ? sums[0][piece] : node.concat({sums[0][piece], sums[1][piece]}, 1),
                     {rows, 1, width}));
  Tensor added = contractReals(node, node.reshape(node.concat(pieces, 1), {1, 3 * rows, 1, width}),
                               node.splat(half, {1, 1, 1, width}, 1));
  added = node.reshape(added, {rows, 3});
  return node.map({node.slice(added, 1, 0, 1), node.slice(added, 1, 1, 1), node.slice(added, 1, 2, 1)},
                  node.getBuilder().getF32Type(), [&](Scalars &s, llvm::ArrayRef<Value> v) {
                    Value step = s.real(1.0 / 4096);
                    Value sum = s.fma(s.fma(v[2], step, v[1]), step, v[0]);
                    return s.mul(sum, s.real(1 / (factor * factor * static_cast<double>(n))));
                  });
}

/// The mean of squares over `dims`. Where x is made of f16 numbers, and so has none greater than `most`, and
/// its rows are its last dimension, products add them.
static Tensor meanSquare(Node &node, const Tensor &x, llvm::ArrayRef<int64_t> dims, double most) {
  if (most == 0 || dims.size() != 1 || dims[0] != x.rank() - 1 || x.count() == 0)
    return meanOver(node, square(node, x), dims);
  Shape shape = x.shape;
  shape.back() = 1;
  const int64_t n = x.shape.back();
  return node.reshape(meanSquareByProducts(node, node.reshape(x, {x.count() / n, n}), most), shape);
}

Normalized rmsNormalizeBounded(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims, double epsilon,
                               const Tensor &scale, Type element, double most) {
  Tensor x = toF32(node, input);
  Tensor inverse = inverseDeviation(node, meanSquare(node, x, dims, most), epsilon);
  Tensor result = node.map({x, inverse, scale}, element, [](Scalars &s, llvm::ArrayRef<Value> v) {
    return s.mul(s.mul(v[0], v[1]), v[2]);
  });
  return {result, Tensor(), inverse};
}

Normalized rmsNormalize(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> dims, double epsilon,
                        const Tensor &scale, Type element) {
  return rmsNormalizeBounded(node, input, dims, epsilon, scale, element, 0);
}

static Results convertLayerNormalization(Node &node) {
  double epsilon = node.realAttr("epsilon", 1e-5);
  node.ignoreAttr("stash_type"); // float32, the type that everything is computed in
  const Tensor &input = node.input(0);
  int64_t axis = node.normaliseAxis(node.integerAttr("axis", -1), input.rank());
  if (failed(node.needBroadcast(1, input.shape)) || failed(node.needBroadcast(2, input.shape)))
    return failure();
  Normalized result = layerNormalize(node, input, dimRange(axis, input.rank()), epsilon, node.input(1),
                                     node.input(2), input.element);
  return {{result.output, result.mean, result.inverse}};
}

/// Also SimplifiedLayerNormalization, which gives the inverse deviation too.
static Results convertRmsNormalization(Node &node) {
  double epsilon = node.realAttr("epsilon", 1e-5);
  node.ignoreAttr("stash_type");
  const Tensor &input = node.input(0), &scale = node.input(1);
  int64_t axis = node.normaliseAxis(node.integerAttr("axis", -1), input.rank());
  if (failed(node.needBroadcast(1, input.shape)))
    return failure();
  Normalized result = rmsNormalizeBounded(node, input, dimRange(axis, input.rank()), epsilon, scale,
                                          scale.element, input.element.isF16() ? kMostHalf : 0);
  return {{result.output, result.inverse}};
}

/// One number for each channel, shaped to broadcast against [N, C, spatial...].
static Tensor perChannel(Node &node, const Tensor &values, const Tensor &input) {
  Shape shape(input.rank(), 1);
  if (input.rank() > 1)
    shape[1] = values.count();
  return node.reshape(values, shape);
}

/// x factor + offset with factor = scale / sqrt(variance + epsilon), which is constant in most models; all of
/// shapes that broadcast against x.
static Tensor normaliseBatch(Node &node, const Tensor &scale, const Tensor &bias, const Tensor &mean,
                             const Tensor &variance, double epsilon) {
  const Tensor &input = node.input(0);
  Type f32 = node.getBuilder().getF32Type();
  Tensor factor = node.map({scale, variance}, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    return s.div(v[0], s.sqrt(s.add(v[1], s.real(epsilon))));
  });
  Tensor offset = node.map({bias, mean, factor}, f32, [](Scalars &s, llvm::ArrayRef<Value> v) {
    return s.sub(v[0], s.mul(v[1], v[2]));
  });
  return node.map({input, factor, offset}, input.element,
                  [](Scalars &s, llvm::ArrayRef<Value> v) { return s.fma(v[0], v[1], v[2]); });
}

/// With the mean and variance of the batch itself, which run into the averages that are handed on.
static Results normaliseByItself(Node &node, llvm::ArrayRef<Tensor> parameters, llvm::ArrayRef<int64_t> dims,
                                 double epsilon, double momentum) {
  const Tensor &input = node.input(0);
  Tensor x = toF32(node, input), mean = meanOver(node, x, dims);
  Tensor centred = combine(node, x, mean, subtract);
  Tensor variance = meanOver(node, square(node, centred), dims);
  Tensor inverse = inverseDeviation(node, variance, epsilon);
  Tensor scaled =
      node.map({centred, inverse, parameters[0], parameters[1]}, input.element,
               [](Scalars &s, llvm::ArrayRef<Value> v) { return s.fma(s.mul(v[0], v[1]), v[2], v[3]); });
  auto run = [&](const Tensor &average, const Tensor &now, const Tensor &like) {
    Tensor next = node.map({average, now}, like.element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
      return s.fma(v[0], s.real(momentum), s.mul(v[1], s.real(1 - momentum)));
    });
    return node.reshape(next, like.shape);
  };
  llvm::SmallVector<Tensor> results = {scaled, run(parameters[2], mean, node.input(3)),
                                       run(parameters[3], variance, node.input(4))};
  if (node.version() < 14) // these versions hand on the batch's own, too
    for (const Tensor &own : {mean, variance})
      results.push_back(node.reshape(node.cast(own, node.input(3).element), node.input(3).shape));
  return results;
}

static Results convertBatchNormalization(Node &node) {
  double epsilon = node.realAttr("epsilon", 1e-5), momentum = node.realAttr("momentum", 0.9);
  // Before version 14, outputs beyond the first are what asks for training mode.
  bool training = node.integerAttr("training_mode", 0) || (node.version() < 14 && node.isUsed(1));
  bool spatial = node.integerAttr("spatial", 1); // one number a channel, not a number for each place in it
  const Tensor &input = node.input(0);
  Shape dims = {0}, shape = input.shape;
  if (spatial)
    for (int64_t dim = 2; dim < input.rank(); ++dim)
      dims.push_back(dim);
  if (input.rank() > 1)
    for (int64_t dim : dims)
      shape[dim] = 1;
  else
    shape.assign(input.rank(), 1);
  llvm::SmallVector<Tensor> parameters;
  for (size_t index = 1; index <= 4; ++index) {
    if (node.input(index).count() != countElements(shape))
      return node.refuseInput(index, llvm::Twine(countElements(shape)) + (spatial ? "" : " elements"));
    parameters.push_back(node.reshape(node.input(index), shape));
  }
  if (training)
    return normaliseByItself(node, parameters, dims, epsilon, momentum);
  return {{normaliseBatch(node, parameters[0], parameters[1], parameters[2], parameters[3], epsilon)}};
}

/// Centred and divided by the standard deviation over `dims`, in f32.
static Tensor standardise(Node &node, const Tensor &x, llvm::ArrayRef<int64_t> dims, double epsilon) {
  Tensor centred = combine(node, x, meanOver(node, x, dims), subtract);
  Tensor inverse = inverseDeviation(node, meanOver(node, square(node, centred), dims), epsilon);
  return combine(node, centred, inverse, multiply);
}

static Tensor scaleAndShift(Node &node, const Tensor &x, const Tensor &scale, const Tensor &bias,
                            Type element) {
  return node.map({x, scale, bias}, element,
                  [](Scalars &s, llvm::ArrayRef<Value> v) { return s.fma(v[0], v[1], v[2]); });
}

static Results convertInstanceNormalization(Node &node) {
  double epsilon = node.realAttr("epsilon", 1e-5);
  const Tensor &input = node.input(0);
  Tensor x = standardise(node, toF32(node, input), dimRange(2, input.rank()), epsilon);
  return {{scaleAndShift(node, x, perChannel(node, node.input(1), input),
                         perChannel(node, node.input(2), input), input.element)}};
}

/// Scale and bias are per group before version 21, per channel from it on.
static Results convertGroupNormalization(Node &node) {
  double epsilon = node.realAttr("epsilon", 1e-5);
  int64_t groups = node.integerAttr("num_groups", 0);
  node.ignoreAttr("stash_type");
  const Tensor &input = node.input(0);
  if (input.rank() < 2 || groups < 1 || input.shape[1] % groups != 0)
    return node.refuseAt("num_groups = " + llvm::Twine(groups) + " does not divide the channels");
  Shape grouped = {input.shape[0], groups, input.shape[1] / groups};
  grouped.append(input.shape.begin() + 2, input.shape.end());
  Tensor x = node.reshape(toF32(node, input), grouped);
  x = standardise(node, x, dimRange(2, grouped.size()), epsilon);
  auto parameter = [&](const Tensor &values) {
    Shape shape(grouped.size(), 1);
    shape[1] = groups;
    shape[2] = values.count() / groups;
    return node.reshape(values, shape);
  };
  for (size_t index : {1, 2})
    if (failed(node.needShape(index, {node.version() < 21 ? groups : input.shape[1]})))
      return failure();
  Tensor result = scaleAndShift(node, x, parameter(node.input(1)), parameter(node.input(2)), input.element);
  return {{node.reshape(result, input.shape)}};
}

static Results convertMeanVarianceNormalization(Node &node) {
  const Tensor &input = node.input(0);
  Shape axes = node.integersAttr("axes").value_or(Shape{0, 2, 3});
  Shape dims = node.normaliseAxes(axes, input.rank());
  llvm::sort(dims);
  return {{node.cast(standardise(node, toF32(node, input), dims, 1e-9), input.element)}};
}

static Results convertLpNormalization(Node &node) {
  int64_t p = node.integerAttr("p", 2);
  const Tensor &input = node.input(0);
  int64_t axis = node.normaliseAxis(node.integerAttr("axis", -1), input.rank());
  if (p != 1 && p != 2)
    return node.refuse("p = " + llvm::Twine(p) + " is neither 1 nor 2");
  Tensor x = toF32(node, input);
  Tensor powers = node.map(x, x.element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    return p == 1 ? s.absolute(v[0]) : s.mul(v[0], v[0]);
  });
  Tensor norm = node.map(node.reduce(ReduceKind::add, powers, axis), x.element,
                         [&](Scalars &s, llvm::ArrayRef<Value> v) { return p == 1 ? v[0] : s.sqrt(v[0]); });
  // A row of zeros stays one.
  Tensor result = combine(node, x, norm, [](Scalars &s, Value a, Value b) {
    return s.select(s.equal(b, s.real(0)), s.real(0), s.div(a, b));
  });
  return {{node.cast(result, input.element)}};
}

/// x / (bias + alpha / size * sum of the squares of neighbouring channels) ^ beta.
static Results convertLrn(Node &node) {
  int64_t size = node.integerAttr("size", 1);
  double alpha = node.realAttr("alpha", 1e-4), beta = node.realAttr("beta", 0.75),
         bias = node.realAttr("bias", 1);
  const Tensor &input = node.input(0);
  if (input.rank() < 2 || size < 1)
    return node.refuse("size = " + llvm::Twine(size) + " is not supported");
  Tensor x = toF32(node, input);
  Shape low(input.rank(), 0), high(input.rank(), 0);
  low[1] = (size - 1) / 2;
  high[1] = size - 1 - low[1];
  Tensor windows = node.window(node.pad(square(node, x), low, high, 0), 1, {size}, {1}, {1});
  Tensor sums = node.reshape(node.reduce(ReduceKind::add, windows, 2), input.shape);
  return {{node.map({x, sums}, input.element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    Value base = s.fma(v[1], s.real(alpha / size), s.real(bias));
    return s.mul(v[0], s.exp(s.mul(s.log(base), s.real(-beta))));
  })}};
}

void addNormalization(OperatorTable &table) {
  addSoftmax(table, "Softmax", softmax);
  addSoftmax(table, "LogSoftmax", logSoftmax);
  addSoftmax(table, "Hardmax", hardmax);
  // In ONNX since 17; ONNX Runtime has always had it.
  table.add("LayerNormalization", 1, "X:real[1..] Scale:real B?:real", convertLayerNormalization);
  table.add("RMSNormalization", 23, "X:real[1..] scale:real", convertRmsNormalization);
  // What exporters for ONNX Runtime write in either domain.
  for (llvm::StringRef domain : {onnx::kDefaultDomain, onnx::kMicrosoftDomain})
    table.add("SimplifiedLayerNormalization", 1, "X:real[1..] scale:real", convertRmsNormalization, domain);
  table.add("BatchNormalization", 7, "X:real[1..] scale:real B:real input_mean:real input_var:real",
            convertBatchNormalization);
  table.add("InstanceNormalization", 6, "input:real[N,C,..] scale:real[C] B:real[C]",
            convertInstanceNormalization);
  table.add("GroupNormalization", 18, "X:real[2..] scale:real[1] bias:real[1]", convertGroupNormalization);
  table.add("MeanVarianceNormalization", 9, "X:real[1..]", convertMeanVarianceNormalization);
  table.add("LpNormalization", 1, "input:real[1..]", convertLpNormalization);
  table.add("LRN", 1, "X:real[2..]", convertLrn);
}

} // namespace sluice::conversion
