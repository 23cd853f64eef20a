//===- IntegerConvolutions.cpp - Convolutions of quantized numbers --------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Groups of few channels share a contraction: as many as a chunk has room for stand side by
// side, their weights are the blocks of a block-diagonal matrix. The zeros beside the blocks
// add nothing to sums of integers.
//
// Few channels would leave most lanes empty. Where it takes fewer rows, whole lines of the last
// spatial dimension stand on lanes: a column is one position and channel of the result and has the
// weights at the lanes of its window (a band matrix), the other taps and channels follow one another.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Integers.h"
#include "OperatorTable.h"

using namespace mlir;

namespace sluice::conversion {
namespace {

/// Sums of some channels of a convolution's result.
struct Part {
  Tensor sums;   ///< i32 [1, N positions / line, line channels]
  int64_t first; ///< its first channel
};

/// A convolution of bytes less their zero points.
struct IntegerConvolution {
  llvm::SmallVector<Part> parts; ///< all channels in order
  int64_t line = 1;              ///< positions of one row
  Shape shape;                   ///< of the result, [N, positions..., O]
};

/// The sizes of one contraction's groups.
struct Block {
  int64_t groups, depth, outputs; ///< groups; channels of the input and of the result in each
};

} // namespace

/// Weights [groups * outputs, depth, taps...] of a block as the columns [1, groups * outputs, taps, groups *
/// depth] of a contraction over all its groups, zero where a column and a channel are of different groups.
static Tensor blockColumns(Node &node, const Tensor &weights, const Block &block) {
  int64_t taps = weights.count() / (block.groups * block.outputs * block.depth);
  Tensor columns =
      node.transpose(node.reshape(weights, {block.groups, block.outputs, block.depth, taps}), {0, 1, 3, 2});
  if (block.groups > 1) {
    llvm::SmallVector<int64_t> same(block.groups * block.groups, 0);
    for (int64_t group = 0; group < block.groups; ++group)
      same[group * block.groups + group] = 1;
    Tensor mask = node.integers({block.groups, 1, 1, block.groups, 1}, same, node.getBuilder().getI32Type());
    columns =
        node.map({node.reshape(columns, {block.groups, block.outputs, taps, 1, block.depth}), mask},
                 columns.element, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[1]); });
  }
  return node.reshape(columns, {1, block.groups * block.outputs, taps, block.groups * block.depth});
}

/// Windows [N, positions..., taps..., C] as rows [1, N positions, taps, C].
static Tensor windowRows(Node &node, const Tensor &slid, int64_t taps) {
  int64_t channels = slid.shape.back();
  return node.reshape(slid, {1, slid.count() / (taps * channels), taps, channels});
}

/// A parameter of one number, or `count` channels of it from `first` on.
static Tensor channelsOf(Node &node, const Tensor &parameter, int64_t first, int64_t count) {
  if (!parameter || isOne(parameter))
    return parameter ? node.reshape(parameter, {}) : parameter;
  return node.slice(node.reshape(parameter, {parameter.count()}), 0, first, count);
}

/// The same, repeated for each of `line` positions.
static Tensor columnsOf(Node &node, const Tensor &parameter, int64_t first, int64_t count, int64_t line) {
  Tensor channels = channelsOf(node, parameter, first, count);
  if (!channels || isOne(channels) || line == 1)
    return channels;
  return node.reshape(node.broadcast(node.reshape(channels, {1, count}), {line, count}), {line * count});
}

/// What the rows of a contraction are made of.
struct Rows {
  Bytes bytes;   ///< [1, N positions, taps, C]
  Tensor inside; ///< see contractIntegers; absent: all
};

/// The padded windows of the input. A zero point that only the run knows cannot be padded with: such elements
/// are left out.
static Rows slideWindows(Node &node, const Bytes &input, const Windows &windows) {
  Rows rows;
  rows.bytes.zero = input.zero ? node.reshape(input.zero, {}) : input.zero;
  int64_t taps = countElements(windows.sizes);
  bool isKnown = !input.zero || input.zero.constant;
  double padding = input.zero && isKnown ? readIntegers(input.zero.constant).front() : 0;
  rows.bytes.values = windowRows(node, padAndSlide(node, input.values, windows, padding), taps);
  auto pads = [](int64_t amount) { return amount != 0; };
  if (isKnown || (llvm::none_of(windows.low, pads) && llvm::none_of(windows.high, pads)))
    return rows;
  Shape shape = input.values.shape;
  shape[0] = 1;
  Tensor ones = node.splat(input.values.element, shape, 1);
  rows.inside = windowRows(node, padAndSlide(node, ones, windows, 0), taps);
  if (input.values.shape[0] != 1) {
    Shape all = rows.inside.shape;
    all[0] = input.values.shape[0];
    rows.inside = node.reshape(node.broadcast(rows.inside, all), rows.bytes.values.shape);
  }
  return rows;
}

/// Whether lines on lanes take at most half the rows that channels on lanes do, and their weights, which are
/// mostly zeros, not too much memory.
static bool prefersLines(const Tensor &input, const Tensor &weights, const Windows &windows) {
  constexpr int64_t lanes = stensor::kContractionChunk, mostWeights = 1 << 24;
  int64_t depth = weights.shape[1], outputs = weights.shape[0], taps = countElements(windows.sizes);
  int64_t extent = input.shape.back() + windows.low.back() + windows.high.back(),
          line = windows.positions.back();
  int64_t lines = countElements(windows.positions) / std::max<int64_t>(line, 1);
  int64_t pieces = taps / windows.sizes.back() * depth, columns = countElements({line, outputs});
  auto tiles = [](int64_t size) { return static_cast<double>(llvm::divideCeil(size, lanes)); };
  double pieceWork = 2.0 * static_cast<double>(lines) * static_cast<double>(pieces) * tiles(columns),
         tapWork = static_cast<double>(lines) * static_cast<double>(line) * static_cast<double>(taps) *
                   tiles(depth) * tiles(outputs);
  return extent > 0 && extent <= lanes && countElements({pieces, columns, extent}) <= mostWeights &&
         pieceWork <= tapWork;
}

/// Weights [O, C, taps...] as the columns [1, line O, other taps C, extent] of lines.
static Tensor bandColumns(Node &node, const Tensor &weights, const Windows &windows, int64_t extent) {
  int64_t outputs = weights.shape[0], depth = weights.shape[1], last = windows.sizes.back();
  int64_t others = countElements(windows.sizes) / last, line = windows.positions.back();
  llvm::SmallVector<int64_t> band(line * extent * last, 0);
  for (int64_t position = 0; position < line; ++position)
    for (int64_t tap = 0; tap < last; ++tap) {
      int64_t lane = position * windows.strides.back() + tap * windows.dilations.back();
      band[(position * extent + lane) * last + tap] = 1;
    }
  Tensor places = node.integers({1, line * extent, 1, last}, band, weights.element);
  Tensor taps = node.transpose(node.reshape(weights, {outputs, depth, others, last}), {0, 2, 1, 3});
  // Each lane has one tap at most, so the sum is that weight.
  Tensor columns = node.contract(node.reshape(taps, {1, outputs * others * depth, 1, last}), places);
  columns = node.reshape(node.cast(columns, weights.element), {outputs, others * depth, line, extent});
  return node.reshape(node.transpose(columns, {2, 0, 1, 3}), {1, line * outputs, others * depth, extent});
}

/// The padded lines under windows over all but the last spatial dimension: [1, N lines, other taps C,
/// extent].
static Tensor slideLines(Node &node, const Tensor &input, const Windows &windows, double padding) {
  size_t others = windows.sizes.size() - 1;
  Shape low = {0, 0}, high = {0, 0};
  low.append(windows.low);
  high.append(windows.high);
  Tensor slid = node.pad(input, low, high, padding);
  auto first = [&](const Shape &all) { return llvm::ArrayRef(all).take_front(others); };
  if (others > 0)
    slid = node.window(slid, 2, first(windows.sizes), first(windows.strides), first(windows.dilations));
  // [N, C, lines..., taps..., extent] to [N, lines..., taps..., C, extent].
  Shape order = {0};
  for (size_t dim = 2; dim < 2 + 2 * others; ++dim)
    order.push_back(dim);
  order.push_back(1);
  order.push_back(2 + 2 * others);
  int64_t lines = countElements(first(windows.positions)), taps = countElements(first(windows.sizes));
  return node.reshape(node.transpose(slid, order),
                      {1, input.shape[0] * lines, taps * input.shape[1], slid.shape.back()});
}

/// The convolution of one group by lines.
static void convolveLines(Node &node, const Bytes &input, const Bytes &filters, const Windows &windows,
                          const Tensor &bias, IntegerConvolution &result) {
  int64_t outputs = filters.values.shape[0];
  result.line = windows.positions.back();
  double padding = input.zero ? readIntegers(input.zero.constant).front() : 0;
  Bytes rows{slideLines(node, input.values, windows, padding),
             input.zero ? node.reshape(input.zero, {}) : Tensor()};
  if (node.refused())
    return; // the extent is a placeholder's
  int64_t extent = rows.values.shape.back();
  Bytes columns{bandColumns(node, filters.values, windows, extent),
                columnsOf(node, filters.zero, 0, outputs, result.line)};
  Tensor ones = node.splat(filters.values.element, filters.values.shape, 1);
  Tensor counted = columns.zero ? bandColumns(node, ones, windows, extent) : Tensor();
  Tensor sums = contractIntegers(node, rows, columns, columnsOf(node, bias, 0, outputs, result.line),
                                 Tensor(), counted);
  result.parts.push_back({sums, 0});
}

namespace {
/// Where the operands of a convolution stand, beside the input; the bias may be beyond all.
struct ConvolutionOperands {
  size_t inputZero, weights, weightsZero, bias;
};
} // namespace

/// The bias is i32, one for each channel of the result, or absent. None if refused.
static std::optional<IntegerConvolution> convolve(Node &node, const ConvolutionOperands &at) {
  const Tensor &input = node.input(0), &inputZero = node.input(at.inputZero),
               &weights = node.input(at.weights), &weightsZero = node.input(at.weightsZero),
               &bias = node.input(at.bias);
  int64_t groups = node.integerAttr("group", 1);
  auto refuse = [&](const llvm::Twine &reason) -> std::optional<IntegerConvolution> {
    (void)node.refuse(reason);
    return std::nullopt;
  };
  if (!input.element.isInteger(8) || !weights.element.isInteger(8))
    return refuse("only 8-bit operands are supported");
  if (!checkConvolution(node, at.weights, groups))
    return std::nullopt;
  if (input.count() == 0 || weights.count() == 0)
    return refuse("a convolution without elements is not supported");
  std::optional<Windows> windows = convolutionWindows(node, input, weights);
  if (!windows)
    return std::nullopt;
  int64_t outputs = weights.shape[0], depth = weights.shape[1];
  if (failed(node.needOne(at.inputZero)) || failed(node.needOneOrShape(at.weightsZero, {outputs})) ||
      failed(node.needShape(at.bias, {outputs})))
    return std::nullopt;

  IntegerConvolution result;
  result.shape = {input.shape[0]};
  result.shape.append(windows->positions);
  result.shape.push_back(outputs);
  Bytes bytes = toBytes(node, input, inputZero), filters = toBytes(node, weights, weightsZero);
  bool isKnown = filters.values.constant && (!bytes.zero || bytes.zero.constant);
  if (groups == 1 && isKnown && prefersLines(input, weights, *windows)) {
    convolveLines(node, bytes, filters, *windows, bias, result);
    return result;
  }
  Rows rows = slideWindows(node, bytes, *windows);
  int64_t together = std::clamp<int64_t>(stensor::kContractionChunk / std::max<int64_t>(depth, 1), 1, groups);
  for (int64_t group = 0; group < groups && !node.refused(); group += together) {
    Block block{std::min(together, groups - group), depth, outputs / groups};
    int64_t first = group * block.outputs, count = block.groups * block.outputs;
    auto channels = [&](const Tensor &all) {
      return all ? node.slice(all, 3, group * depth, block.groups * depth) : all;
    };
    Tensor part = node.slice(filters.values, 0, first, count);
    Bytes lhs{channels(rows.bytes.values), rows.bytes.zero};
    Bytes rhs{blockColumns(node, part, block), channelsOf(node, filters.zero, first, count)};
    Tensor counted;
    if (rhs.zero && block.groups > 1)
      counted = blockColumns(node, node.splat(part.element, part.shape, 1), block);
    result.parts.push_back({contractIntegers(node, lhs, rhs, channelsOf(node, bias, first, count),
                                             channels(rows.inside), counted),
                            first});
  }
  return result;
}

/// The parts put together as the convolution's result.
static Tensor joinParts(Node &node, const IntegerConvolution &convolution, llvm::ArrayRef<Tensor> parts) {
  Tensor all = parts.size() == 1 ? parts.front() : node.concat(parts, 2);
  return channelsFirst(node, node.reshape(all, convolution.shape));
}

static Results convertConvInteger(Node &node) {
  std::optional<IntegerConvolution> convolution =
      convolve(node, {.inputZero = 2, .weights = 1, .weightsZero = 3, .bias = node.numInputs()});
  if (!convolution)
    return failure();
  llvm::SmallVector<Tensor> parts;
  for (const Part &part : convolution->parts)
    parts.push_back(part.sums);
  return {{joinParts(node, *convolution, parts)}};
}

/// Operands x, its scale, its zero point, w, ..., the result's scale and zero point, bias (i32).
static Results convertQLinearConv(Node &node) {
  const Tensor &inputScale = node.input(1), &weightsScale = node.input(4), &resultScale = node.input(6),
               &resultZero = node.input(7);
  for (size_t index : {1, 6, 7})
    if (failed(node.needOne(index)))
      return failure();
  if (failed(node.needOneOrShape(4, {node.input(3).shape[0]})))
    return failure();
  std::optional<IntegerConvolution> convolution =
      convolve(node, {.inputZero = 2, .weights = 3, .weightsZero = 5, .bias = 8});
  if (!convolution)
    return failure();
  Tensor scale =
      combinedScale(node, node.reshape(inputScale, {}), weightsScale, node.reshape(resultScale, {}));
  llvm::SmallVector<Tensor> parts;
  for (const Part &part : convolution->parts) {
    int64_t line = convolution->line;
    Tensor scales = columnsOf(node, scale, part.first, part.sums.shape[2] / line, line);
    parts.push_back(requantize(node, part.sums, scales, resultZero));
  }
  return {{joinParts(node, *convolution, parts)}};
}

void addIntegerConvolutions(OperatorTable &table) {
  table.add("ConvInteger", 10, "x:integer[3..] w:integer[3..] x_zero_point?:integer w_zero_point?:integer",
            convertConvInteger);
  table.add("QLinearConv", 10,
            "x:integer[3..] x_scale:real x_zero_point:integer w:integer[3..] w_scale:real "
            "w_zero_point:integer y_scale:real y_zero_point:integer B?:integer",
            convertQLinearConv);
}

} // namespace sluice::conversion
