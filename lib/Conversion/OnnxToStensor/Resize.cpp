//===- Resize.cpp - Resampling --------------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Indexing.h"
#include "OperatorTable.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace sluice::conversion {
namespace {

/// How one axis is resampled; the names are those of the attributes.
struct Resampling {
  int64_t inSize, outSize;
  double scale;
  double roiStart = 0, roiEnd = 1;
  llvm::StringRef mode, transformation, nearestMode;
  double cubicCoefficient;
  bool antialias, excludeOutside;
};

/// For each element of the resampled axis the elements of the input that it is made of, with weights.
struct Taps {
  llvm::SmallVector<Shape> indices; ///< [tap][position], the first or last for those outside
  llvm::SmallVector<int64_t> first; ///< of the taps by position, which may be outside
  llvm::SmallVector<llvm::SmallVector<double>> weights; ///< [tap][position]
  llvm::SmallVector<int64_t> outside; ///< by position: whether the coordinate is outside the input
};

} // namespace

/// The output's length as ONNX's formulas mean it: where scales are given, what it is before it is rounded
/// down to elements.
static double resizedLength(const Resampling &axis) {
  double length = axis.inSize * axis.scale;
  // A scale that comes from a size gives the size back.
  return std::abs(length - axis.outSize) < 1e-9 * length ? axis.outSize : length;
}

/// The input's coordinate that a position of the output stands for.
static double sourceCoordinate(const Resampling &axis, int64_t position) {
  double x = position, in = axis.inSize, out = resizedLength(axis);
  if (axis.transformation == "asymmetric")
    return x / axis.scale;
  if (axis.transformation == "align_corners")
    return out == 1 ? 0 : x * (in - 1) / (out - 1);
  if (axis.transformation == "pytorch_half_pixel")
    return axis.outSize > 1 ? (x + 0.5) / axis.scale - 0.5 : 0;
  if (axis.transformation == "half_pixel_symmetric") {
    double adjustment = axis.outSize / out;
    return in / 2 * (1 - adjustment) + (x + 0.5) / axis.scale - 0.5;
  }
  if (axis.transformation == "tf_crop_and_resize") {
    if (out == 1)
      return 0.5 * (axis.roiStart + axis.roiEnd) * (in - 1);
    return axis.roiStart * (in - 1) + x * (axis.roiEnd - axis.roiStart) * (in - 1) / (out - 1);
  }
  return (x + 0.5) / axis.scale - 0.5; // half_pixel
}

static double nearest(const Resampling &axis, double coordinate) {
  if (axis.nearestMode == "floor")
    return std::floor(coordinate);
  if (axis.nearestMode == "ceil")
    return std::ceil(coordinate);
  if (axis.nearestMode == "round_prefer_ceil")
    return std::floor(coordinate + 0.5);
  return std::ceil(coordinate - 0.5); // round_prefer_floor
}

/// The weight of an input element at `distance`, of the triangle or of the cubic convolution.
static double kernel(const Resampling &axis, double distance) {
  double d = std::abs(distance), a = axis.cubicCoefficient;
  if (axis.mode == "linear")
    return std::max(0.0, 1 - d);
  if (d <= 1)
    return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

static std::optional<Taps> findTaps(Node &node, const Resampling &axis) {
  Taps taps;
  double stretch = axis.antialias ? std::min(axis.scale, 1.0) : 1;
  int64_t reach =
      axis.mode == "nearest" ? 0 : saturatingInteger(std::ceil((axis.mode == "linear" ? 1 : 2) / stretch));
  if (!node.canList({std::max<int64_t>(1, 2 * std::min(reach, kMaxElements)), axis.outSize}))
    return std::nullopt;
  size_t count = axis.mode == "nearest" ? 1 : 2 * reach;
  taps.indices.resize(count);
  taps.weights.resize(count);
  for (int64_t position = 0; position < axis.outSize; ++position) {
    constexpr double farthest = 0x1p40; // beyond all tensors; what is no number stands at the start
    double coordinate = sourceCoordinate(axis, position);
    coordinate = std::isnan(coordinate) ? 0 : std::clamp(coordinate, -farthest, farthest);
    taps.outside.push_back(coordinate < 0 || coordinate > axis.inSize - 1);
    int64_t first = axis.mode == "nearest" ? static_cast<int64_t>(nearest(axis, coordinate))
                                           : static_cast<int64_t>(std::floor(coordinate)) - reach + 1;
    taps.first.push_back(first);
    llvm::SmallVector<double> weights;
    double sum = 0;
    for (size_t tap = 0; tap < count; ++tap) {
      int64_t index = first + tap;
      bool excluded = axis.excludeOutside && (index < 0 || index >= axis.inSize);
      double weight = axis.mode == "nearest" ? 1 : kernel(axis, (index - coordinate) * stretch);
      weights.push_back(excluded ? 0 : weight);
      sum += weights.back();
    }
    for (size_t tap = 0; tap < count; ++tap) {
      taps.indices[tap].push_back(std::clamp<int64_t>(first + tap, 0, axis.inSize - 1));
      taps.weights[tap].push_back(weights[tap] / sum);
    }
  }
  return taps;
}

/// Positions after which all taps repeat, further along the input.
struct Period {
  int64_t positions, step;
};

/// None if that is not often, or if taps are far from the input's `size` elements.
static std::optional<Period> findPeriod(const Taps &taps, int64_t size) {
  const auto count = static_cast<int64_t>(taps.first.size());
  if (llvm::any_of(taps.first, [&](int64_t first) { return first < -size || first > 2 * size; }))
    return std::nullopt;
  constexpr int64_t longest = 16;
  auto repeats = [&](int64_t positions, int64_t i) {
    return taps.first[i + positions] - taps.first[i] == taps.first[positions] - taps.first[0] &&
           llvm::all_of(taps.weights, [&](const auto &weights) {
             return static_cast<float>(weights[i]) == static_cast<float>(weights[i + positions]);
           });
  };
  for (int64_t positions = 1; positions <= longest && 2 * positions <= count; ++positions) {
    bool isPeriod = taps.first[positions] > taps.first[0];
    for (int64_t i = 0; isPeriod && i + positions < count; ++i)
      isPeriod = repeats(positions, i);
    if (isPeriod)
      return Period{positions, taps.first[positions] - taps.first[0]};
  }
  return std::nullopt;
}

/// `low` and `high` more elements along an axis, as the first and the last one.
static Tensor repeatEnds(Node &node, const Tensor &input, int64_t dim, int64_t low, int64_t high) {
  auto repeat = [&](int64_t at, int64_t times) {
    Shape shape = input.shape;
    shape[dim] = times;
    return node.broadcast(node.slice(input, dim, at, 1), shape);
  };
  llvm::SmallVector<Tensor> parts;
  if (low > 0)
    parts.push_back(repeat(0, low));
  parts.push_back(input);
  if (high > 0)
    parts.push_back(repeat(input.shape[dim] - 1, high));
  return parts.size() == 1 ? input : node.concat(parts, dim);
}

/// Sums over taps of elements times weights, in f32; of a nearest element itself.
static Tensor addTaps(Node &node, llvm::ArrayRef<Tensor> elements, llvm::ArrayRef<Tensor> weights,
                      bool isNearest) {
  if (isNearest)
    return elements.front();
  Tensor sum;
  for (auto [element, weight] : llvm::zip_equal(elements, weights)) {
    llvm::SmallVector<Tensor> operands = {element, weight};
    if (sum)
      operands.push_back(sum);
    sum = node.map(operands, node.getBuilder().getF32Type(), [](Scalars &s, llvm::ArrayRef<Value> x) {
      return x.size() == 3 ? s.fma(x[0], x[1], x[2]) : s.mul(x[0], x[1]);
    });
  }
  return sum;
}

static bool isZero(llvm::ArrayRef<double> weights) {
  return llvm::all_of(weights, [](double weight) { return weight == 0; });
}

/// One axis resampled where taps repeat: each position of a period is made for all periods at once, of
/// elements that are `step` apart.
static Tensor resamplePeriods(Node &node, const Tensor &input, int64_t dim, const Taps &taps, Period period,
                              bool isNearest) {
  const auto count = static_cast<int64_t>(taps.first.size()),
             reach = static_cast<int64_t>(taps.weights.size()),
             times = llvm::divideCeilSigned(count, period.positions);
  const auto [least, most] = std::minmax_element(taps.first.begin(), taps.first.begin() + period.positions);
  const int64_t low = std::max<int64_t>(0, -*least), last = *most + (times - 1) * period.step + reach - 1;
  Tensor padded = repeatEnds(node, input, dim, low, std::max<int64_t>(0, last + 1 - input.shape[dim]));
  llvm::SmallVector<Tensor> parts;
  for (int64_t position = 0; position < period.positions; ++position) {
    llvm::SmallVector<Tensor> elements, weights;
    for (int64_t tap = 0; tap < reach; ++tap) {
      if (isZero(taps.weights[tap]))
        continue;
      elements.push_back(node.slice(padded, dim, low + taps.first[position] + tap, times, period.step));
      weights.push_back(node.splat(node.getBuilder().getF32Type(), {}, taps.weights[tap][position]));
    }
    parts.push_back(addTaps(node, elements, weights, isNearest));
  }
  return node.slice(interleaveAlong(node, parts, dim), dim, 0, count);
}

/// One axis resampled: the sum over the taps of chosen elements times weights, in f32.
static Tensor resampleAxis(Node &node, const Tensor &input, int64_t dim, const Taps &taps, bool isNearest) {
  if (std::optional<Period> period = findPeriod(taps, input.shape[dim]))
    return resamplePeriods(node, input, dim, taps, *period, isNearest);
  Shape weightShape(input.rank(), 1);
  weightShape[dim] = taps.outside.size();
  llvm::SmallVector<Tensor> elements, weights;
  for (auto [indices, tapWeights] : llvm::zip_equal(taps.indices, taps.weights)) {
    if (isZero(tapWeights))
      continue;
    elements.push_back(takeKnown(node, input, dim, indices));
    weights.push_back(node.reals(weightShape, tapWeights, node.getBuilder().getF32Type()));
  }
  return addTaps(node, elements, weights, isNearest);
}

/// Whether to resample spatial axes with the channels last: the elements of a channel then are neighbours of
/// nobody, and whole vectors are chosen. Else they lie side by side and are moved.
static bool isChannelsLastQuicker(const Tensor &input, llvm::ArrayRef<int64_t> sizes) {
  if (input.rank() < 3 || sizes[0] != input.shape[0] || sizes[1] != input.shape[1] || input.count() == 0)
    return false;
  // Its maker has them last.
  if (input.value && input.value.getDefiningOp<stensor::TransposeOp>())
    return true;
  // What puts a vector together of two: moves and masks of both, the sum, and the move to its place.
  constexpr int64_t steps = 6;
  const int64_t chunk = stensor::kContractionChunk, width = sizes.back(), channels = sizes[1];
  return width * llvm::divideCeilSigned(channels, chunk) <
         steps * channels * llvm::divideCeilSigned(width, chunk);
}

/// Where an axis is, with the channels last or as ONNX has them.
static int64_t placeOf(int64_t dim, int64_t rank, bool isLast) {
  if (!isLast || dim == 0)
    return dim;
  return dim == 1 ? rank - 1 : dim - 1;
}

/// Scales and sizes of all axes from the operands; false if refused.
static bool readSizes(Node &node, size_t scalesInput, size_t sizesInput, llvm::ArrayRef<int64_t> axes,
                      llvm::StringRef policy, llvm::SmallVector<double> &scales, Shape &sizes) {
  const Tensor &input = node.input(0), &given = node.input(scalesInput);
  scales.assign(input.rank(), 1);
  sizes = input.shape;
  if (given && given.count() != 0) {
    if (!given.constant)
      return succeeded(node.refuseShapeOf(scalesInput, "scales"));
    if (!node.canList(given.shape))
      return false;
    if (given.count() != static_cast<int64_t>(axes.size()))
      return succeeded(node.refuseAt("scales is not one number for each axis"));
    for (auto [dim, scale] : llvm::zip_equal(axes, readFloats(given.constant))) {
      scales[dim] = scale;
      sizes[dim] = saturatingInteger(std::floor(input.shape[dim] * scale));
    }
    return true;
  }
  std::optional<Shape> wanted = node.knownIntegers(sizesInput, "sizes");
  if (!wanted)
    return false;
  if (wanted->size() != axes.size()) {
    (void)node.refuseAt("'sizes' does not have one number for each axis");
    return false;
  }
  for (auto [dim, size] : llvm::zip_equal(axes, *wanted)) {
    sizes[dim] = size;
    scales[dim] = static_cast<double>(size) / input.shape[dim];
  }
  if (policy == "stretch" || axes.empty())
    return true;
  double common = scales[axes.front()];
  for (int64_t dim : axes)
    common = policy == "not_larger" ? std::min(common, scales[dim]) : std::max(common, scales[dim]);
  for (int64_t dim : axes) {
    scales[dim] = common;
    sizes[dim] = saturatingInteger(std::floor(common * input.shape[dim] + 0.5));
  }
  return true;
}

/// Whether the result can be had and scales are positive; refuses otherwise.
static bool checkResampling(Node &node, llvm::ArrayRef<int64_t> axes, llvm::ArrayRef<double> scales,
                            llvm::ArrayRef<int64_t> sizes) {
  const Tensor &input = node.input(0);
  for (int64_t dim : axes)
    // Elements come from nowhere else than the input, which may have none.
    if (!(scales[dim] > 0) && input.shape[dim] != 0 && sizes[dim] != 0) {
      (void)node.refuse("axis " + llvm::Twine(dim) + " is scaled by " + std::to_string(scales[dim]));
      return false;
    }
  if (!node.fits(sizes))
    return false;
  // Each axis has a matrix of the weights with which its elements are made.
  return llvm::all_of(axes,
                      [&](int64_t dim) { return node.fits({input.shape[dim], sizes[dim]}, kMaxListed); });
}

/// The input resampled along `axes`, by `scales` to `sizes` of all dimensions, `axis` says how. With a
/// region, first all starts and then all ends of it, what is outside of the input has a value of its own.
static Results resample(Node &node, Resampling axis, llvm::ArrayRef<int64_t> axes,
                        llvm::ArrayRef<double> scales, const Shape &sizes, llvm::ArrayRef<double> region = {},
                        double valueOutside = 0) {
  const Tensor &input = node.input(0);
  if (!checkResampling(node, axes, scales, sizes))
    return failure();
  if (input.count() == 0 || countElements(sizes) == 0)
    return {{node.splat(input.element, sizes, 0)}};
  const bool isNearest = axis.mode == "nearest", isLast = isChannelsLastQuicker(input, sizes);
  Tensor result = isNearest ? input : node.cast(input, node.getBuilder().getF32Type());
  if (isLast)
    result = channelsLast(node, result);
  for (auto [index, dim] : llvm::enumerate(axes)) {
    const int64_t at = placeOf(dim, input.rank(), isLast);
    axis.inSize = input.shape[dim];
    axis.outSize = sizes[dim];
    axis.scale = scales[dim];
    if (!region.empty()) {
      axis.roiStart = region[index];
      axis.roiEnd = region[index + axes.size()];
    }
    const bool isUntouched = axis.inSize == axis.outSize && axis.scale == 1 && region.empty();
    if (isUntouched)
      continue;
    std::optional<Taps> taps = findTaps(node, axis);
    if (!taps)
      return failure();
    result = resampleAxis(node, result, at, *taps, isNearest);
    if (region.empty() || llvm::all_of(taps->outside, [](int64_t outside) { return !outside; }))
      continue;
    Shape maskShape(input.rank(), 1);
    maskShape[at] = axis.outSize;
    Tensor mask = node.integers(maskShape, taps->outside, node.getBuilder().getI1Type());
    result = node.map({mask, result, node.splat(result.element, {}, valueOutside)}, result.element,
                      [](Scalars &s, llvm::ArrayRef<Value> x) { return s.select(x[0], x[2], x[1]); });
  }
  if (isLast)
    result = channelsFirst(node, result);
  return {{node.cast(result, input.element)}};
}

static bool isOneOf(llvm::StringRef value, llvm::ArrayRef<llvm::StringRef> known) {
  return llvm::is_contained(known, value);
}

/// Operands x, roi, scales, sizes.
static Results convertResize(Node &node) {
  Resampling axis;
  axis.mode = node.stringAttr("mode", "nearest");
  axis.transformation = node.stringAttr("coordinate_transformation_mode", "half_pixel");
  axis.nearestMode = node.stringAttr("nearest_mode", "round_prefer_floor");
  axis.cubicCoefficient = node.realAttr("cubic_coeff_a", -0.75);
  axis.antialias = node.integerAttr("antialias", 0);
  axis.excludeOutside = node.integerAttr("exclude_outside", 0);
  llvm::StringRef policy = node.stringAttr("keep_aspect_ratio_policy", "stretch");
  std::optional<Shape> givenAxes = node.integersAttr("axes");
  if (!isOneOf(axis.mode, {"nearest", "linear", "cubic"}) ||
      !isOneOf(policy, {"stretch", "not_larger", "not_smaller"}) ||
      !isOneOf(axis.nearestMode, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}) ||
      !isOneOf(axis.transformation, {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                                     "align_corners", "asymmetric", "tf_crop_and_resize"}))
    return node.refuse("this combination of modes is not supported");

  const Tensor &input = node.input(0), &roi = node.input(1);
  Shape axes = givenAxes ? node.normaliseAxes(*givenAxes, input.rank()) : Shape();
  for (int64_t dim = 0; !givenAxes && dim < input.rank(); ++dim)
    axes.push_back(dim);
  bool crops = axis.transformation == "tf_crop_and_resize";
  if (crops && roi && !roi.constant)
    return node.refuse(node.unknownInput(1, "roi"));
  if (crops && (!roi || roi.count() != static_cast<int64_t>(2 * axes.size())))
    return node.refuseAt("roi is not two numbers for each axis");
  llvm::SmallVector<double> region = crops ? readFloats(roi.constant) : llvm::SmallVector<double>();
  llvm::SmallVector<double> scales;
  Shape sizes;
  if (node.refused() || !readSizes(node, 2, 3, axes, policy, scales, sizes))
    return failure();
  return resample(node, axis, axes, scales, sizes, region, node.realAttr("extrapolation_value", 0));
}

/// Operands x and scales; the coordinates of old.
static Results convertUpsample(Node &node) {
  Resampling axis;
  axis.mode = node.stringAttr("mode", "nearest");
  axis.transformation = "asymmetric";
  axis.nearestMode = "floor";
  axis.cubicCoefficient = -0.75;
  axis.antialias = axis.excludeOutside = false;
  if (!isOneOf(axis.mode, {"nearest", "linear"}))
    return node.refuse("mode = '" + axis.mode + "' is not supported");
  std::optional<llvm::SmallVector<double>> scales = node.realsAttr("scales");
  const Tensor &input = node.input(0);
  if (node.has(1) && !node.input(1).constant)
    return node.refuseShapeOf(1, "scales");
  if (node.has(1) && node.input(1).count() == input.rank())
    scales = readFloats(node.input(1).constant);
  if (!scales || static_cast<int64_t>(scales->size()) != input.rank())
    return node.refuseAt("scales is not one number for each axis");
  Shape axes, sizes;
  for (auto [dim, scale] : llvm::enumerate(*scales)) {
    axes.push_back(dim);
    sizes.push_back(saturatingInteger(std::floor(input.shape[dim] * scale)));
  }
  return resample(node, axis, axes, *scales, sizes);
}

void addResize(OperatorTable &table) {
  table.add("Resize", 10, "X:number scales:real[1]", convertUpsample);
  table.add("Resize", 11, "X:number roi?:real scales?:real sizes?:integer", convertResize);
  table.add("Upsample", 7, "X:number scales?:real[1]", convertUpsample);
}

} // namespace sluice::conversion
