//===- IntegerConvolutions.cpp - Convolutions of quantized numbers --------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where filters and the input's zero point are known, the sums are a stensor.convolve.
// Otherwise windows are the rows of contractions. Groups of few channels share one there: as
// many as a chunk has room for stand side by side, their weights are the blocks of a
// block-diagonal matrix. The zeros beside the blocks add nothing to sums of integers.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Integers.h"
#include "OperatorTable.h"

using namespace mlir;

namespace sluice::conversion {
namespace {

/// Where the operands of a convolution stand, beside the input; the bias may be beyond all.
struct ConvolutionOperands {
  size_t inputZero, weights, weightsZero, bias;
};

/// Bytes [N, C, spatial...] and filters [O, C / groups, taps...] with their zero points; the filters' are one
/// or one for each filter.
struct Convolution {
  Bytes input, filters;
  Tensor bias; ///< i32 [O], or absent
  Windows windows;
  int64_t groups;

  int64_t outputs() const { return filters.values.shape[0]; }
  int64_t depth() const { return filters.values.shape[1]; }
};

/// The sizes of one contraction's groups.
struct Block {
  int64_t groups, depth, outputs; ///< groups; channels of the input and of the result in each
};

} // namespace

//===----------------------------------------------------------------------===//
// Known filters
//===----------------------------------------------------------------------===//

/// Sums of the input's elements in the windows of each filter's group, [N, positions..., O].
static Tensor sumWindows(Node &node, const Convolution &convolution, const Tensor &input,
                         const Emitter::Sliding &sliding, int64_t padding) {
  int64_t groups = convolution.groups, each = convolution.outputs() / groups;
  Shape shape = convolution.filters.values.shape;
  shape[0] = groups;
  Tensor ones = channelsLast(node, node.splat(convolution.filters.values.element, shape, 1));
  Tensor sums = node.convolve(input, ones, convolution.windows.positions, sliding, padding);
  Shape split = sums.shape, joined = sums.shape;
  split.push_back(1);
  joined.back() = convolution.outputs();
  sums = node.reshape(sums, split);
  split.back() = each;
  return node.reshape(node.broadcast(sums, split), joined);
}

/// Sums [N, positions..., O] of (input - its zero) * (filters - their zero), and the bias. Padding is the
/// input's zero point, so it adds nothing.
static Tensor convolveKnown(Node &node, const Convolution &convolution) {
  const Windows &windows = convolution.windows;
  const Tensor inputZero = convolution.input.zero ? node.reshape(convolution.input.zero, {}) : Tensor(),
               &filterZero = convolution.filters.zero;
  Emitter::Sliding sliding{windows.strides, windows.dilations, windows.low, convolution.groups};
  int64_t padding = inputZero ? readIntegers(inputZero.constant).front() : 0;
  Tensor input = channelsLast(node, convolution.input.values),
         filters = channelsLast(node, convolution.filters.values);
  Tensor sums = node.convolve(input, filters, windows.positions, sliding, padding);
  Type i32 = node.getBuilder().getI32Type();
  auto less = [&](const Tensor &from, const Tensor &value, const Tensor &zero) {
    return node.map({from ? from : node.splat(i32, {}, 0), value, zero}, i32,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.sub(x[0], s.mul(x[1], x[2])); });
  };
  // Sum of (a - za)(b - zb) = (sum of ab) - za (sum of b) - zb ((sum of a) - za (number of products)).
  Tensor offset = convolution.bias;
  int64_t products = filters.count() / std::max<int64_t>(convolution.outputs(), 1);
  if (inputZero) {
    Tensor rows = node.reshape(filters, {1, convolution.outputs(), 1, products});
    Tensor ones = node.splat(filters.element, {1, 1, 1, products}, 1);
    offset = less(offset, node.reshape(node.contract(ones, rows), {convolution.outputs()}), inputZero);
  }
  if (filterZero) {
    Tensor counted = sumWindows(node, convolution, input, sliding, padding);
    if (inputZero)
      counted = less(counted, node.integers({}, {products}, i32), inputZero);
    offset = less(offset, counted,
                  isOne(filterZero) ? node.reshape(filterZero, {})
                                    : node.reshape(filterZero, {convolution.outputs()}));
  }
  if (!offset)
    return sums;
  return node.map({sums, offset}, i32, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
}

//===----------------------------------------------------------------------===//
// Filters or zero points that only the run knows
//===----------------------------------------------------------------------===//

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

namespace {
/// What the rows of a contraction are made of.
struct Rows {
  Bytes bytes;   ///< [1, N positions, taps, C]
  Tensor inside; ///< see contractIntegers; absent: all
};
} // namespace

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

/// As convolveKnown, by contractions.
static Tensor convolveWindows(Node &node, const Convolution &convolution) {
  const Windows &windows = convolution.windows;
  const Bytes &filters = convolution.filters;
  int64_t groups = convolution.groups, depth = convolution.depth();
  Rows rows = slideWindows(node, convolution.input, windows);
  int64_t together = std::clamp<int64_t>(stensor::kContractionChunk / std::max<int64_t>(depth, 1), 1, groups);
  llvm::SmallVector<Tensor> parts;
  for (int64_t group = 0; group < groups && !node.refused(); group += together) {
    Block block{std::min(together, groups - group), depth, convolution.outputs() / groups};
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
    parts.push_back(contractIntegers(node, lhs, rhs, channelsOf(node, convolution.bias, first, count),
                                     channels(rows.inside), counted));
  }
  Shape shape = {convolution.input.values.shape[0]};
  shape.append(windows.positions);
  shape.push_back(convolution.outputs());
  return node.reshape(parts.size() == 1 ? parts.front() : node.concat(parts, 2), shape);
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

/// The sums of a convolution of bytes less their zero points, i32 [N, positions..., O]. None if refused.
static std::optional<Tensor> convolve(Node &node, const ConvolutionOperands &at) {
  const Tensor &input = node.input(0), &inputZero = node.input(at.inputZero),
               &weights = node.input(at.weights), &weightsZero = node.input(at.weightsZero),
               &bias = node.input(at.bias);
  int64_t groups = node.integerAttr("group", 1);
  auto refuse = [&](const llvm::Twine &reason) -> std::optional<Tensor> {
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
  int64_t outputs = weights.shape[0];
  if (failed(node.needOne(at.inputZero)) || failed(node.needOneOrShape(at.weightsZero, {outputs})) ||
      failed(node.needShape(at.bias, {outputs})))
    return std::nullopt;
  Convolution convolution{toBytes(node, input, inputZero), toBytes(node, weights, weightsZero), bias,
                          *windows, groups};
  const Bytes &bytes = convolution.input, &filters = convolution.filters;
  bool isKnown = filters.values.constant && (!filters.zero || filters.zero.constant) &&
                 (!bytes.zero || bytes.zero.constant);
  return isKnown ? convolveKnown(node, convolution) : convolveWindows(node, convolution);
}

static Results convertConvInteger(Node &node) {
  std::optional<Tensor> sums =
      convolve(node, {.inputZero = 2, .weights = 1, .weightsZero = 3, .bias = node.numInputs()});
  if (!sums)
    return failure();
  return {{channelsFirst(node, *sums)}};
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
  std::optional<Tensor> sums = convolve(node, {.inputZero = 2, .weights = 3, .weightsZero = 5, .bias = 8});
  if (!sums)
    return failure();
  Tensor scale =
      combinedScale(node, node.reshape(inputScale, {}), weightsScale, node.reshape(resultScale, {}));
  scale = node.reshape(scale, isOne(scale) ? Shape{} : Shape{scale.count()});
  return {{channelsFirst(node, requantize(node, *sums, scale, resultZero))}};
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
