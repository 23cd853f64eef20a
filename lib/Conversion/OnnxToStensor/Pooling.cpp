//===- Pooling.cpp - Pooling ----------------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <limits>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// The windows' elements side by side: input [N, spatial..., C] to [N, positions..., taps, C]; elements
/// outside the input count as `padding`.
static Tensor slide(Node &node, const Tensor &input, const Windows &windows, double padding) {
  Shape low = {0}, high = {0};
  low.append(windows.low);
  for (auto [size, overhang] : llvm::zip_equal(windows.high, windows.overhang))
    high.push_back(size + overhang);
  low.push_back(0);
  high.push_back(0);
  Tensor slid =
      node.window(node.pad(input, low, high, padding), 1, windows.sizes, windows.strides, windows.dilations);
  Shape merged(slid.shape.begin(), slid.shape.begin() + 1 + windows.sizes.size());
  merged.push_back(countElements(windows.sizes));
  merged.push_back(slid.shape.back());
  return node.reshape(slid, merged);
}

/// The taps of slid windows combined: [N, positions..., C].
static Tensor combineTaps(Node &node, const Tensor &slid, ReduceKind kind) {
  Shape shape = slid.shape;
  shape.erase(shape.end() - 2);
  return node.reshape(node.reduce(kind, slid, slid.rank() - 2), shape);
}

/// The taps of slid windows combined one after the other: [N, positions..., C].
static Tensor chainTaps(Node &node, const Tensor &slid, Value (*combine)(Scalars &, Value, Value)) {
  int64_t dim = slid.rank() - 2;
  Shape shape = slid.shape;
  shape.erase(shape.end() - 2);
  llvm::SmallVector<Tensor> taps;
  for (int64_t tap = 0; tap < slid.shape[dim]; ++tap)
    taps.push_back(node.reshape(node.slice(slid, dim, tap, 1), shape));
  return node.map(taps, slid.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value value = x.front();
    for (Value tap : x.drop_front())
      value = combine(s, value, tap);
    return value;
  });
}

/// The taps of slid windows added one after the other.
static Tensor addTaps(Node &node, const Tensor &slid) {
  return chainTaps(node, slid, [](Scalars &s, Value a, Value b) { return s.add(a, b); });
}

/// The windows' elements combined: input [N, C, spatial...] to [N, positions..., C].
static Tensor pool(Node &node, const Tensor &input, const Windows &windows, ReduceKind kind, double padding) {
  return combineTaps(node, slide(node, channelsLast(node, input), windows, padding), kind);
}

/// The node's windows over `input` [N, C, spatial...]; none if refused.
static std::optional<Windows> poolingWindows(Node &node, const Tensor &input) {
  std::optional<Shape> sizes = node.integersAttr("kernel_shape");
  if (!sizes || input.rank() < 3) {
    (void)node.refuseAt("'kernel_shape' is missing or the input has no spatial dimension");
    return std::nullopt;
  }
  return readWindows(node, *sizes, llvm::ArrayRef(input.shape).drop_front(2));
}

/// Where each spatial element of the input lies among them, [1, spatial..., 1]. With `columnMajor` the first
/// dimension is the one whose neighbours are next to one another.
static Tensor spatialPlaces(Node &node, llvm::ArrayRef<int64_t> spatial, bool columnMajor) {
  Shape grid = {1}, back;
  grid.append(spatial.begin(), spatial.end());
  grid.push_back(1);
  if (!columnMajor)
    return node.countUp(grid);
  for (size_t dim = grid.size(); dim-- > 0;)
    back.push_back(dim);
  return node.transpose(node.countUp(Shape(grid.rbegin(), grid.rend())), back);
}

/// Where the first greatest tap of each window lies in the flat input, i64 [N, positions..., C]: `slid` and
/// `best` are the windows' elements and greatest ones.
static Tensor findGreatest(Node &node, const Tensor &slid, const Tensor &best, const Windows &windows,
                           bool columnMajor) {
  constexpr int32_t nowhere = std::numeric_limits<int32_t>::max();
  const Tensor &input = node.input(0);
  Type i32 = node.getBuilder().getI32Type();
  llvm::ArrayRef<int64_t> spatial = llvm::ArrayRef(input.shape).drop_front(2);
  auto slidPlaces = [&](bool inColumns) {
    return slide(node, spatialPlaces(node, spatial, inColumns), windows, nowhere);
  };
  Tensor places = slidPlaces(false);
  Shape kept = best.shape, planes, planeShape(best.rank(), 1);
  kept.insert(kept.end() - 1, 1);
  Tensor candidates =
      node.map({slid, node.reshape(best, kept), places}, i32, [](Scalars &s, llvm::ArrayRef<Value> x) {
        return s.select(s.equal(x[0], x[1]), x[2], s.integer(nowhere));
      });
  Tensor first = combineTaps(node, candidates, ReduceKind::min);
  if (columnMajor) {
    Tensor only = node.map({places, node.reshape(first, kept), slidPlaces(true)}, i32,
                           [](Scalars &s, llvm::ArrayRef<Value> x) {
                             return s.select(s.equal(x[0], x[1]), x[2], s.integer(0));
                           });
    first = combineTaps(node, only, ReduceKind::add);
  }
  planeShape.front() = input.shape[0];
  planeShape.back() = input.shape[1];
  if (!node.canList(planeShape))
    return first;
  for (int64_t plane = 0; plane < input.shape[0] * input.shape[1]; ++plane)
    planes.push_back(plane * countElements(spatial));
  Tensor found = node.map({first, node.integers(planeShape, planes, i32)}, i32,
                          [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
  return node.cast(found, node.getBuilder().getI64Type());
}

static Results convertMaxPool(Node &node) {
  bool columnMajor = node.integerAttr("storage_order", 0);
  std::optional<Windows> windows = poolingWindows(node, node.input(0));
  if (!windows)
    return failure();
  const Tensor &input = node.input(0);
  OpBuilder &builder = node.getBuilder();
  // Bytes and floats under a few taps are compared as they are, in one pass.
  constexpr int64_t fewTaps = 9;
  bool isDirect = input.element.isSignlessInteger(8) || input.element.isF32() || input.element.isF16();
  if (isDirect && countElements(windows->sizes) <= fewTaps && !node.isUsed(1)) {
    double least =
        input.isReal() ? -std::numeric_limits<double>::infinity() : std::numeric_limits<int8_t>::min();
    Tensor slid = slide(node, channelsLast(node, input), *windows, least);
    Tensor best = chainTaps(node, slid, [](Scalars &s, Value a, Value b) { return s.max(a, b); });
    return {{channelsFirst(node, best)}};
  }
  Type element = input.isReal() ? Type(builder.getF32Type()) : Type(builder.getI32Type());
  double lowest =
      input.isReal() ? -std::numeric_limits<double>::infinity() : std::numeric_limits<int32_t>::min();
  Tensor slid = slide(node, channelsLast(node, node.cast(input, element)), *windows, lowest);
  Tensor best = combineTaps(node, slid, ReduceKind::max);
  llvm::SmallVector<Tensor> results = {channelsFirst(node, node.cast(best, input.element))};
  if (node.isUsed(1))
    results.push_back(channelsFirst(node, findGreatest(node, slid, best, *windows, columnMajor)));
  return results;
}

/// How many elements each window averages, by position: those inside the input, or with the padding.
static llvm::SmallVector<double> countWindowElements(const Windows &windows, llvm::ArrayRef<int64_t> spatial,
                                                     bool withPadding) {
  llvm::SmallVector<double> counts = {1};
  for (auto [dim, size] : llvm::enumerate(spatial)) {
    int64_t first = withPadding ? -windows.low[dim] : 0, last = size + (withPadding ? windows.high[dim] : 0);
    llvm::SmallVector<double> finer;
    for (double outer : counts)
      for (int64_t position = 0; position < windows.positions[dim]; ++position) {
        int64_t start = position * windows.strides[dim] - windows.low[dim];
        // Taps up to the one that reaches an index.
        auto tapsBefore = [&](int64_t index) {
          return std::clamp<int64_t>(llvm::divideCeilSigned(index - start, windows.dilations[dim]), 0,
                                     windows.sizes[dim]);
        };
        finer.push_back(outer * static_cast<double>(tapsBefore(last) - tapsBefore(first)));
      }
    counts = finer;
  }
  return counts;
}

/// Sums divided by how many elements there are in each window.
static Tensor divideByCounts(Node &node, const Tensor &sums, const Windows &windows,
                             llvm::ArrayRef<int64_t> spatial, bool withPadding) {
  if (!node.canList(windows.positions))
    return sums;
  llvm::SmallVector<double> counts = countWindowElements(windows, spatial, withPadding);
  Shape shape = {1};
  shape.append(windows.positions);
  shape.push_back(1);
  bool equal = llvm::all_equal(counts);
  Type f32 = node.getBuilder().getF32Type();
  Tensor divisor = equal ? node.splat(f32, {}, counts.front()) : node.reals(shape, counts, f32);
  return node.map({sums, divisor}, f32,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.div(x[0], x[1]); });
}

std::optional<Tensor> averagePool(Node &node, const Tensor &input, Averaging averaging) {
  bool withPadding = node.integerAttr("count_include_pad", 0);
  std::optional<Windows> windows = poolingWindows(node, input);
  if (!windows)
    return std::nullopt;
  Type f32 = node.getBuilder().getF32Type();
  Tensor slid = slide(node, channelsLast(node, node.cast(input, f32)), *windows, 0);
  bool inOrder = averaging == Averaging::InOrder;
  Tensor sums = inOrder ? addTaps(node, slid) : combineTaps(node, slid, ReduceKind::add);
  if (inOrder && withPadding) // all of it
    for (auto [padding, overhang] : llvm::zip_equal(windows->high, windows->overhang))
      padding += overhang;
  Tensor means = divideByCounts(node, sums, *windows, llvm::ArrayRef(input.shape).drop_front(2), withPadding);
  return channelsFirst(node, node.cast(means, input.element));
}

static Results convertAveragePool(Node &node) {
  std::optional<Tensor> means = averagePool(node, node.input(0));
  if (!means)
    return failure();
  return {{*means}};
}

/// x^p summed over a window and the root taken.
static Tensor normOf(Node &node, const Tensor &input, int64_t p,
                     llvm::function_ref<Tensor(const Tensor &)> sum) {
  constexpr int64_t mostFactors = 16;
  Type f32 = node.getBuilder().getF32Type();
  Tensor powers = node.map(input, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value magnitude = s.absolute(x[0]), power = magnitude;
    if (p > mostFactors)
      return s.exp(s.mul(s.log(magnitude), s.real(static_cast<double>(p))));
    for (int64_t i = 1; i < p; ++i)
      power = s.mul(power, magnitude);
    return power;
  });
  return node.map(sum(powers), f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    if (p == 1)
      return x[0];
    return p == 2 ? s.sqrt(x[0]) : s.exp(s.mul(s.log(x[0]), s.real(1.0 / p)));
  });
}

/// The power of a norm, which version 1 writes as a real number; 0 if it is not whole.
static int64_t normPower(Node &node) {
  if (node.version() >= 2)
    return node.integerAttr("p", 2);
  double p = node.realAttr("p", 2);
  return p >= 1 && p <= 16 && p == std::floor(p) ? static_cast<int64_t>(p) : 0;
}

static Results convertLpPool(Node &node) {
  int64_t p = normPower(node);
  std::optional<Windows> windows = poolingWindows(node, node.input(0));
  if (!windows)
    return failure();
  if (p < 1)
    return node.refuse("p = " + llvm::Twine(p) + " is not supported");
  Tensor result = normOf(node, node.input(0), p, [&](const Tensor &powers) {
    return pool(node, powers, *windows, ReduceKind::add, 0);
  });
  return {{channelsFirst(node, node.cast(result, node.input(0).element))}};
}

/// All spatial dimensions; kept with size 1.
static Shape spatialDims(const Tensor &input) {
  Shape dims;
  for (int64_t dim = 2; dim < input.rank(); ++dim)
    dims.push_back(dim);
  return dims;
}

static Results convertGlobalAveragePool(Node &node) {
  const Tensor &input = node.input(0);
  Tensor numbers = node.cast(input, node.getBuilder().getF32Type());
  return {{node.cast(meanOver(node, numbers, spatialDims(input)), input.element)}};
}

static Results convertGlobalMaxPool(Node &node) {
  const Tensor &input = node.input(0);
  OpBuilder &builder = node.getBuilder();
  Tensor numbers = node.cast(input, input.isReal() ? Type(builder.getF32Type()) : builder.getI32Type());
  return {{node.cast(node.reduce(ReduceKind::max, numbers, spatialDims(input)), input.element)}};
}

static Results convertGlobalLpPool(Node &node) {
  int64_t p = normPower(node);
  const Tensor &input = node.input(0);
  if (p < 1)
    return node.refuse("p = " + llvm::Twine(p) + " is not supported");
  Tensor result = normOf(node, input, p, [&](const Tensor &powers) {
    return node.reduce(ReduceKind::add, powers, spatialDims(input));
  });
  return {{node.cast(result, input.element)}};
}

void addPooling(OperatorTable &table) {
  table.add("MaxPool", 1, "X:number[3..]", convertMaxPool);
  table.add("AveragePool", 1, "X:real[3..]", convertAveragePool);
  table.add("LpPool", 2, "X:real[3..]", convertLpPool);
  table.add("GlobalAveragePool", 1, "X:real[2..]", convertGlobalAveragePool);
  table.add("GlobalMaxPool", 1, "X:number[2..]", convertGlobalMaxPool);
  table.add("GlobalLpPool", 2, "X:real[2..]", convertGlobalLpPool);
}

} // namespace sluice::conversion
