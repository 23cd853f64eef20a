//===- Convolutions.cpp - Convolutions ------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Convolutions.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice::conversion {

/// Weights [O, C / G, taps...] as [G, O / G, taps, C / G].
static Tensor arrangeWeights(Node &node, const Tensor &weights, int64_t groups) {
  int64_t outputs = weights.shape[0], depth = weights.shape[1];
  int64_t taps = outputs * depth == 0 ? 0 : weights.count() / (outputs * depth);
  return node.transpose(node.reshape(weights, {groups, outputs / groups, depth, taps}), {0, 1, 3, 2});
}

Convolution arrange(Node &node, const Tensor &windows, const Tensor &columns, size_t spatialRank) {
  Convolution result;
  int64_t groups = columns.shape[0], taps = columns.shape[2], depth = columns.shape[3];
  result.shape.assign(windows.shape.begin(), windows.shape.begin() + 1 + spatialRank);
  int64_t positions = countElements(result.shape);
  result.shape.push_back(groups * columns.shape[1]);
  Tensor rows = node.reshape(windows, {positions, taps, groups, depth});
  result.rows = node.transpose(rows, {2, 0, 1, 3});
  result.columns = columns;
  if (depth == 1) {
    // One channel: the taps of a window are one dot product.
    result.rows = node.reshape(result.rows, {groups, positions, 1, taps});
    result.columns = node.reshape(columns, {groups, columns.shape[1], 1, taps});
  }
  return result;
}

Tensor finishConvolution(Node &node, const Convolution &convolution, const Tensor &product,
                         const Tensor &bias, Type element) {
  Tensor rows = node.transpose(product, {1, 0, 2});
  rows = node.reshape(rows, {rows.shape[0], rows.shape[1] * rows.shape[2]});
  if (bias)
    rows = node.map({rows, bias}, element,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
  return channelsFirst(node, node.reshape(node.cast(rows, element), convolution.shape));
}

Tensor padAndSlide(Node &node, const Tensor &input, const Windows &windows, double padding) {
  Shape low = {0}, high = {0};
  low.append(windows.low);
  high.append(windows.high);
  low.push_back(0);
  high.push_back(0);
  Tensor padded = node.pad(channelsLast(node, input), low, high, padding);
  return node.window(padded, 1, windows.sizes, windows.strides, windows.dilations);
}

bool checkGroups(Node &node, int64_t groups) {
  if (groups >= 1 && node.input(0).shape[1] % groups == 0)
    return true;
  if (groups < 1)
    (void)node.refuse("group = " + llvm::Twine(groups) + ", need at least 1");
  else
    (void)node.refuseInput(0, "a second axis that group = " + llvm::Twine(groups) + " divides");
  return false;
}

Shape filterShape(Node &node, int64_t first, int64_t second) {
  Shape shape(node.input(0).rank(), Node::kAny);
  shape[0] = first;
  shape[1] = second;
  return shape;
}

bool checkConvolution(Node &node, size_t weightsAt, int64_t groups) {
  const Tensor &weights = node.input(weightsAt);
  if (!checkGroups(node, groups) ||
      failed(node.needShape(weightsAt, filterShape(node, Node::kAny, node.input(0).shape[1] / groups))))
    return false;
  if (weights.shape[0] % groups == 0)
    return true;
  (void)node.refuseInput(weightsAt, "a first axis that group = " + llvm::Twine(groups) + " divides");
  return false;
}

std::optional<Windows> convolutionWindows(Node &node, const Tensor &input, const Tensor &weights) {
  llvm::ArrayRef<int64_t> sizes = llvm::ArrayRef(weights.shape).drop_front(2);
  std::optional<Shape> declared = node.integersAttr("kernel_shape");
  if (declared && llvm::ArrayRef<int64_t>(*declared) != sizes) {
    (void)node.refuseAt("'kernel_shape' is " + shapeText(*declared) + ", the weights have windows of " +
                        shapeText(sizes));
    return std::nullopt;
  }
  return readWindows(node, sizes, llvm::ArrayRef(input.shape).drop_front(2));
}

/// Whether it is an input of the program as the host brings it, but for its order and type: zeros that the
/// host puts around it are there, too.
static bool comesFromHost(const Tensor &tensor) {
  Value value = tensor.value;
  while (value && value.getDefiningOp()) {
    auto map = value.getDefiningOp<stensor::MapOp>();
    bool isCast = map && map.getInputs().size() == 1 && map.getBlock().getOperations().size() == 2 &&
                  isa<arith::ExtFOp, arith::TruncFOp>(map.getBlock().front());
    if (!isCast && !isa<stensor::TransposeOp, stensor::ReshapeOp>(value.getDefiningOp()))
      return false;
    value = value.getDefiningOp()->getOperand(0);
  }
  return static_cast<bool>(value);
}

/// The convolution [N, positions..., O] of an input with known filters, both channels last.
static Tensor convolveKnown(Node &node, const Tensor &input, const Tensor &filters, const Windows &windows,
                            int64_t groups) {
  const Emitter::Sliding sliding{windows.strides, windows.dilations, windows.low, groups};
  // The host brings all that is under a window side by side: then it is one dot product.
  const int64_t products = filters.count() / std::max<int64_t>(filters.shape[0], 1);
  const bool isJoined = groups == 1 && products <= stensor::kContractionChunk && comesFromHost(input);
  const int64_t joined = isJoined ? static_cast<int64_t>(windows.sizes.size()) : 0;
  return multiplyReals(node, input, filters, [&](const Tensor &a, const Tensor &b) {
    return node.convolve(a, b, windows.positions, sliding, 0, joined);
  });
}

/// The convolution [N, positions..., O] of an input with filters of one channel each: every tap of all
/// channels is one product, which is added to those before it, rounded to f32 once.
static Tensor convolveChannels(Node &node, const Tensor &input, const Tensor &weights,
                               const Windows &windows) {
  const int64_t channels = input.shape[1], each = weights.shape[0] / channels,
                taps = countElements(windows.sizes);
  Tensor slid = padAndSlide(node, input, windows, 0), columns = node.reshape(weights, {channels, each, taps});
  Shape shape(slid.shape.begin(), slid.shape.begin() + 1 + windows.sizes.size()), result = shape;
  result.push_back(channels * each);
  shape.push_back(taps);
  shape.push_back(channels);
  slid = node.reshape(slid, shape);
  shape.pop_back_n(2);
  shape.append({channels, 1});
  llvm::SmallVector<Tensor> operands;
  for (int64_t tap = 0; tap < taps; ++tap) {
    operands.push_back(node.reshape(node.slice(slid, slid.rank() - 2, tap, 1), shape));
    operands.push_back(node.reshape(node.slice(columns, 2, tap, 1), {channels, each}));
  }
  Tensor sums = node.map(operands, node.getBuilder().getF32Type(), [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value sum = s.mul(x[0], x[1]);
    for (size_t i = 2; i < x.size(); i += 2)
      sum = s.fma(x[i], x[i + 1], sum);
    return sum;
  });
  return node.reshape(sums, result);
}

Tensor addBias(Node &node, const Tensor &sums, const Tensor &bias, Type element) {
  if (!bias)
    return node.cast(sums, element);
  return node.map({sums, bias}, element,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
}

/// What an input's channels were joined from, if it fills no fewer vectors than its parts do; else the input.
static llvm::SmallVector<Tensor> partsOf(const Tensor &input) {
  auto concat = input.value ? input.value.getDefiningOp<stensor::ConcatOp>() : nullptr;
  if (!concat || concat.getDim() != 1)
    return {input};
  auto vectors = [](int64_t channels) { // of a pixel
    constexpr int64_t chunk = stensor::kContractionChunk;
    return channels <= chunk ? 1.0 / static_cast<double>(chunk / channels)
                             : static_cast<double>(llvm::divideCeilSigned(channels, chunk));
  };
  llvm::SmallVector<Tensor> parts;
  double apart = 0;
  for (Value operand : concat.getInputs()) {
    Tensor part;
    part.element = input.element;
    part.shape = Shape(cast<RankedTensorType>(operand.getType()).getShape());
    part.value = operand;
    if (part.count() == 0)
      return {input};
    apart += vectors(part.shape[1]);
    parts.push_back(part);
  }
  return apart <= vectors(input.shape[1]) ? parts : llvm::SmallVector<Tensor>{input};
}

Tensor convolveParts(Node &node, const Tensor &input, const Tensor &weights, const Windows &windows,
                     int64_t groups) {
  Tensor sums;
  int64_t first = 0;
  for (const Tensor &part : groups == 1 ? partsOf(input) : llvm::SmallVector<Tensor>{input}) {
    const int64_t depth = part.shape[1] / groups;
    Tensor own = depth == weights.shape[1] ? weights : node.slice(weights, 1, first, depth);
    Tensor product = convolveKnown(node, channelsLast(node, part), channelsLast(node, own), windows, groups);
    sums = sums ? node.map({sums, product}, product.element,
                           [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); })
                : product;
    first += depth;
  }
  return sums;
}

static Results convertConv(Node &node) {
  int64_t groups = node.integerAttr("group", 1);
  const Tensor &input = node.input(0), &weights = node.input(1);
  if (!checkConvolution(node, 1, groups) || failed(node.needShape(2, {weights.shape[0]})))
    return failure();
  std::optional<Windows> windows = convolutionWindows(node, input, weights);
  if (!windows)
    return failure();
  bool isPadded = llvm::all_of(windows->low, [](int64_t low) { return low >= 0; });
  bool isExact =
      node.options().f32Matmul == F32Matmul::F32 && !(input.element.isF16() && weights.element.isF16());
  if (groups > 1 && weights.shape[1] == 1 && weights.count() > 0 && input.count() > 0 && isExact) {
    Tensor sums = convolveChannels(node, input, weights, *windows);
    return {{channelsFirst(node, addBias(node, sums, node.input(2), input.element))}};
  }
  if (weights.constant && isPadded) {
    Tensor sums = convolveParts(node, input, weights, *windows, groups);
    return {{channelsFirst(node, addBias(node, sums, node.input(2), input.element))}};
  }
  Convolution convolution = arrange(node, padAndSlide(node, input, *windows, 0),
                                    arrangeWeights(node, weights, groups), windows->sizes.size());
  Tensor product = contractReals(node, convolution.rows, convolution.columns);
  return {{finishConvolution(node, convolution, product, node.input(2), input.element)}};
}

void addConvolutions(OperatorTable &table) {
  table.add(
      "FusedConv", 1, "X:real[3..] W:real[3..] B?:real[1] Z?:real",
      [](Node &node) { return convertFused(node, convertConv, /*summand=*/3); }, onnx::kMicrosoftDomain);
  table.add("Conv", 1, "X:real[3..] W:real[3..] B?:real[1]", convertConv);
  addTransposedConvolutions(table);
}

} // namespace sluice::conversion
