//===- Convolutions.cpp - Convolutions ------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Indexing.h"
#include "OperatorTable.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace sluice::conversion {
namespace {

/// A convolution as a contraction: one row for each position, one column for each channel of the result.
struct Convolution {
  Tensor rows;    ///< [G, N positions, taps, C / G]
  Tensor columns; ///< [G, O / G, taps, C / G]
  Shape shape;    ///< [N, positions..., O]
};

} // namespace

/// Weights [O, C / G, taps...] as [G, O / G, taps, C / G].
static Tensor arrangeWeights(Node &node, const Tensor &weights, int64_t groups) {
  int64_t outputs = weights.shape[0], depth = weights.shape[1];
  int64_t taps = outputs * depth == 0 ? 0 : weights.count() / (outputs * depth);
  return node.transpose(node.reshape(weights, {groups, outputs / groups, depth, taps}), {0, 1, 3, 2});
}

/// `windows` has shape [N, positions..., taps..., C], `columns` comes from arrangeWeights.
static Convolution arrange(Node &node, const Tensor &windows, const Tensor &columns, size_t spatialRank) {
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

/// A contraction's [G, M, O / G] with the bias added, as the convolution's result of `element`.
static Tensor finishConvolution(Node &node, const Convolution &convolution, const Tensor &product,
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

/// Whether the input's channels come in `groups` equal parts; refuses it if not.
static bool checkGroups(Node &node, int64_t groups) {
  if (groups >= 1 && node.input(0).shape[1] % groups == 0)
    return true;
  if (groups < 1)
    (void)node.refuse("group = " + llvm::Twine(groups) + ", need at least 1");
  else
    (void)node.refuseInput(0, "a second axis that group = " + llvm::Twine(groups) + " divides");
  return false;
}

/// Any size for each spatial dimension of operand 0, behind `first` and `second`.
static Shape filterShape(Node &node, int64_t first, int64_t second) {
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

/// With the bias [O] added, of `element`.
static Tensor addBias(Node &node, const Tensor &sums, const Tensor &bias, Type element) {
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

/// The convolution with known filters [O, C / groups, taps...], [N, positions..., O]. That of channels which
/// were joined is the sum of those of their parts: nothing is moved to join them.
static Tensor convolveParts(Node &node, const Tensor &input, const Tensor &weights, const Windows &windows,
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

/// `input` [N, spatial..., C] with strides - 1 zeros between neighbours.
static Tensor spreadOut(Node &node, Tensor input, llvm::ArrayRef<int64_t> strides) {
  for (auto [index, stride] : llvm::enumerate(strides)) {
    if (stride == 1)
      continue;
    int64_t dim = index + 1, size = input.shape[dim];
    Shape split = input.shape, low(input.rank() + 1, 0), high = low, joined = input.shape;
    split.insert(split.begin() + dim + 1, 1);
    high[dim + 1] = stride - 1;
    joined[dim] = size * stride;
    Tensor spaced = node.reshape(node.pad(node.reshape(input, split), low, high, 0), joined);
    input = node.slice(spaced, dim, 0, (size - 1) * stride + 1);
  }
  return input;
}

/// Padding of the result of a transposed convolution: what is cut off on both sides of each dimension.
static bool readTransposedPads(Node &node, llvm::ArrayRef<int64_t> spatial, llvm::ArrayRef<int64_t> extents,
                               llvm::ArrayRef<int64_t> strides, llvm::ArrayRef<int64_t> extra, Shape &low,
                               Shape &high) {
  size_t count = spatial.size();
  llvm::StringRef autoPad = node.stringAttr("auto_pad", "NOTSET");
  Shape pads = node.integersAttr("pads").value_or(Shape(2 * count, 0));
  std::optional<Shape> wanted = node.integersAttr("output_shape");
  bool same = autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER";
  if (pads.size() != 2 * count || (wanted && wanted->size() < count)) {
    (void)node.refuseAt("'pads' or 'output_shape' does not fit the spatial dimensions");
    return false;
  }
  for (size_t dim = 0; dim < count; ++dim) {
    int64_t whole = (spatial[dim] - 1) * strides[dim] + extents[dim] + extra[dim];
    if (wanted || same) {
      int64_t size = wanted ? (*wanted)[wanted->size() - count + dim] : spatial[dim] * strides[dim];
      int64_t total = std::max<int64_t>(0, whole - size);
      int64_t lesser = total / 2, first = autoPad == "SAME_UPPER" ? lesser : total - lesser;
      low.push_back(first);
      high.push_back(whole - size - first);
    } else {
      low.push_back(autoPad == "VALID" ? 0 : pads[dim]);
      high.push_back(autoPad == "VALID" ? 0 : pads[count + dim]);
    }
  }
  return true;
}

namespace {

/// Taps first, first + stride, ..., `count` of them, of a turned kernel that make the positions residue,
/// residue + stride, ... of one dimension: of the input's elements q + offset, q + offset + 1, ...
struct Residue {
  int64_t first, count, offset;
};

/// A transposed convolution as convolutions that step by one, each of which makes every stride-th position.
struct Interleaved {
  Shape strides, positions;
  llvm::SmallVector<llvm::SmallVector<Residue>> residues; ///< of each dimension
};

} // namespace

/// None if some positions have no taps, or if elements before the first one of the input are cut off.
static std::optional<Interleaved> findResidues(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides,
                                               llvm::ArrayRef<int64_t> low,
                                               llvm::ArrayRef<int64_t> positions) {
  Interleaved result{Shape(strides), Shape(positions), {}};
  for (auto [size, stride, before] : llvm::zip_equal(sizes, strides, low)) {
    if (size < stride || before < stride - 1)
      return std::nullopt;
    llvm::SmallVector<Residue> residues;
    for (int64_t residue = 0; residue < stride; ++residue) {
      const int64_t first = (before - residue) % stride;
      residues.push_back({first, (size - 1 - first) / stride + 1, (residue + first - before) / stride});
    }
    result.residues.push_back(residues);
  }
  return result;
}

/// The turned kernel [C, O, taps...] as filters [residues * O, C, taps...] that make all residues of the last
/// dimension side by side, and the offset of their first tap there.
static std::pair<Tensor, int64_t> joinResidues(Node &node, const Tensor &kernel,
                                               llvm::ArrayRef<Residue> residues) {
  const int64_t last = kernel.rank() - 1, stride = residues.size();
  int64_t begin = residues.front().offset, end = begin;
  for (const Residue &residue : residues) {
    begin = std::min(begin, residue.offset);
    end = std::max(end, residue.offset + residue.count);
  }
  llvm::SmallVector<Tensor> parts;
  for (const Residue &residue : residues) {
    Shape low(kernel.rank(), 0), high = low;
    low[last] = residue.offset - begin;
    high[last] = end - residue.offset - residue.count;
    parts.push_back(node.pad(node.slice(kernel, last, residue.first, residue.count, stride), low, high, 0));
  }
  Tensor joined = parts.size() == 1 ? parts.front() : node.concat(parts, 1);
  Shape order(kernel.rank());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[0], order[1]);
  return {node.transpose(joined, order), begin};
}

/// The positions of the residues of the dimensions in front of `dim` that were chosen: [N, positions..., O]
/// with the bias, all residues of the dimensions from `dim` on together.
static Tensor convolveResidues(Node &node, const Interleaved &all, const Tensor &kernel, Windows windows,
                               size_t dim) {
  const size_t last = all.strides.size() - 1;
  const int64_t stride = all.strides[dim];
  windows.positions[dim] = llvm::divideCeilSigned(all.positions[dim], stride);
  if (dim < last) {
    llvm::SmallVector<Tensor> parts;
    for (const Residue &residue : all.residues[dim]) {
      windows.low[dim] = -residue.offset;
      windows.sizes[dim] = residue.count;
      Tensor own = node.slice(kernel, static_cast<int64_t>(dim) + 2, residue.first, residue.count, stride);
      parts.push_back(convolveResidues(node, all, own, windows, dim + 1));
    }
    const auto along = static_cast<int64_t>(dim) + 1;
    return node.slice(interleaveAlong(node, parts, along), along, 0, all.positions[dim]);
  }
  auto [filters, offset] = joinResidues(node, kernel, all.residues[dim]);
  windows.low[dim] = -offset;
  windows.sizes[dim] = filters.shape.back();
  Tensor sums = convolveParts(node, node.input(0), filters, windows, 1), bias = node.input(2);
  const int64_t outputs = kernel.shape[1];
  if (bias)
    bias = node.reshape(node.broadcast(bias, {stride, outputs}), {stride * outputs});
  sums = addBias(node, sums, bias, node.input(0).element);
  Shape shape = sums.shape;
  shape[dim + 1] *= stride;
  shape[dim + 2] = outputs;
  return node.slice(node.reshape(sums, shape), static_cast<int64_t>(dim) + 1, 0, all.positions[dim]);
}

/// The convolution of the spread-out input with the kernel turned round.
static Results convertConvTranspose(Node &node) {
  int64_t groups = node.integerAttr("group", 1);
  const Tensor &input = node.input(0), &weights = node.input(1);
  if (!checkGroups(node, groups) ||
      failed(node.needShape(1, filterShape(node, input.shape[1], Node::kAny))) ||
      failed(node.needShape(2, {countElements({weights.shape[1], groups})})))
    return failure();
  llvm::ArrayRef<int64_t> spatial = llvm::ArrayRef(input.shape).drop_front(2);
  size_t count = spatial.size();
  Shape sizes(llvm::ArrayRef(weights.shape).drop_front(2)), extents, cutLow, cutHigh;
  Shape strides = node.integersAttr("strides").value_or(Shape(count, 1));
  Shape dilations = node.integersAttr("dilations").value_or(Shape(count, 1));
  Shape extra = node.integersAttr("output_padding").value_or(Shape(count, 0));
  std::optional<Shape> declared = node.integersAttr("kernel_shape");
  auto below = [](int64_t bound) { return [bound](int64_t value) { return value < bound; }; };
  if (strides.size() != count || dilations.size() != count || extra.size() != count ||
      (declared && *declared != sizes) || llvm::any_of(sizes, below(1)) || llvm::any_of(strides, below(1)) ||
      llvm::any_of(dilations, below(1)) || llvm::any_of(extra, below(0)))
    return node.refuseAt("an attribute does not fit the spatial dimensions");
  for (size_t dim = 0; dim < count; ++dim)
    if (!node.fits({spatial[dim], strides[dim]}) || !node.fits({sizes[dim], dilations[dim]}))
      return failure();
  for (size_t dim = 0; dim < count; ++dim)
    extents.push_back((sizes[dim] - 1) * dilations[dim] + 1);
  if (!readTransposedPads(node, spatial, extents, strides, extra, cutLow, cutHigh))
    return failure();

  Shape low = {0}, high = {0}, offsets = {0, 0}, steps = {1, 1};
  for (size_t dim = 0; dim < count; ++dim) {
    low.push_back(extents[dim] - 1 - cutLow[dim]);
    high.push_back(extents[dim] - 1 - cutHigh[dim] + extra[dim]);
    offsets.push_back(sizes[dim] - 1);
    steps.push_back(-1);
  }
  Tensor turned = countElements(sizes) == 1 ? weights : node.slice(weights, offsets, weights.shape, steps);
  if (weights.constant && groups == 1 && weights.count() > 0 && input.count() > 0 &&
      llvm::all_of(dilations, [](int64_t dilation) { return dilation == 1; })) {
    Shape positions;
    for (size_t dim = 0; dim < count; ++dim)
      positions.push_back((spatial[dim] - 1) * strides[dim] + extents[dim] + extra[dim] - cutLow[dim] -
                          cutHigh[dim]);
    const bool isEmpty = llvm::any_of(positions, [](int64_t number) { return number < 1; });
    if (auto all = isEmpty ? std::nullopt
                           : findResidues(sizes, strides, llvm::ArrayRef(low).drop_front(), positions)) {
      Windows windows;
      windows.sizes = windows.low = windows.positions = Shape(count, 0);
      windows.strides = windows.dilations = Shape(count, 1);
      return {{channelsFirst(node, convolveResidues(node, *all, turned, windows, 0))}};
    }
  }
  low.push_back(0);
  high.push_back(0);
  Tensor padded = node.pad(spreadOut(node, channelsLast(node, input), strides), low, high, 0);
  Tensor windows = node.window(padded, 1, sizes, Shape(count, 1), dilations);
  int64_t depth = weights.shape[0] / groups, outputs = weights.shape[1];
  Tensor columns =
      node.transpose(node.reshape(turned, {groups, depth, outputs, countElements(sizes)}), {0, 2, 3, 1});
  Convolution convolution = arrange(node, windows, columns, count);
  Tensor product = contractReals(node, convolution.rows, convolution.columns);
  return {{finishConvolution(node, convolution, product, node.input(2), input.element)}};
}

void addConvolutions(OperatorTable &table) {
  table.add(
      "FusedConv", 1, "X:real[3..] W:real[3..] B?:real[1] Z?:real",
      [](Node &node) { return convertFused(node, convertConv, /*summand=*/3); }, onnx::kMicrosoftDomain);
  table.add("Conv", 1, "X:real[3..] W:real[3..] B?:real[1]", convertConv);
  table.add("ConvTranspose", 1, "X:real[3..] W:real[3..] B?:real[1]", convertConvTranspose);
}

} // namespace sluice::conversion
