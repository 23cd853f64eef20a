//===- TransposedConvolutions.cpp - Convolutions that enlarge -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Convolutions.h"
#include "Indexing.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace sluice::conversion {

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

void addTransposedConvolutions(OperatorTable &table) {
  table.add("ConvTranspose", 1, "X:real[3..] W:real[3..] B?:real[1]", convertConvTranspose);
}

} // namespace sluice::conversion
