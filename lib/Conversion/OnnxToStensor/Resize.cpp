//===- Resize.cpp - Resampling --------------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

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
  llvm::SmallVector<Shape> indices;                     ///< [tap][position]
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

/// One axis resampled: the sum over the taps of chosen elements times weights, in f32.
static Tensor resampleAxis(Node &node, const Tensor &input, int64_t dim, const Taps &taps, bool isNearest) {
  if (isNearest)
    return takeKnown(node, input, dim, taps.indices.front());
  Shape weightShape(input.rank(), 1);
  weightShape[dim] = taps.outside.size();
  Type f32 = node.getBuilder().getF32Type();
  Tensor sum;
  for (auto [indices, weights] : llvm::zip_equal(taps.indices, taps.weights)) {
    if (llvm::all_of(weights, [](double weight) { return weight == 0; }))
      continue;
    llvm::SmallVector<Tensor> operands = {takeKnown(node, input, dim, indices),
                                          node.reals(weightShape, weights, f32)};
    if (sum)
      operands.push_back(sum);
    sum = node.map(operands, f32, [](Scalars &s, llvm::ArrayRef<Value> x) {
      return x.size() == 3 ? s.fma(x[0], x[1], x[2]) : s.mul(x[0], x[1]);
    });
  }
  return sum;
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
  double extrapolation = node.realAttr("extrapolation_value", 0);
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
  if (!checkResampling(node, axes, scales, sizes))
    return failure();
  if (input.count() == 0 || countElements(sizes) == 0)
    return {{node.splat(input.element, sizes, 0)}};

  bool isNearest = axis.mode == "nearest";
  Tensor result = isNearest ? input : node.cast(input, node.getBuilder().getF32Type());
  for (auto [index, dim] : llvm::enumerate(axes)) {
    axis.inSize = input.shape[dim];
    axis.outSize = sizes[dim];
    axis.scale = scales[dim];
    if (crops) {
      axis.roiStart = region[index];
      axis.roiEnd = region[index + axes.size()];
    }
    bool untouched = axis.inSize == axis.outSize && axis.scale == 1 && !crops;
    if (untouched)
      continue;
    std::optional<Taps> taps = findTaps(node, axis);
    if (!taps)
      return failure();
    result = resampleAxis(node, result, dim, *taps, isNearest);
    if (!crops || llvm::all_of(taps->outside, [](int64_t outside) { return !outside; }))
      continue;
    Shape maskShape(input.rank(), 1);
    maskShape[dim] = axis.outSize;
    Tensor mask = node.integers(maskShape, taps->outside, node.getBuilder().getI1Type());
    result = node.map({mask, result, node.splat(result.element, {}, extrapolation)}, result.element,
                      [](Scalars &s, llvm::ArrayRef<Value> x) { return s.select(x[0], x[2], x[1]); });
  }
  return {{node.cast(result, input.element)}};
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
  if (!checkResampling(node, axes, *scales, sizes))
    return failure();
  if (input.count() == 0 || countElements(sizes) == 0)
    return {{node.splat(input.element, sizes, 0)}};
  bool isNearest = axis.mode == "nearest";
  Tensor result = isNearest ? input : node.cast(input, node.getBuilder().getF32Type());
  for (auto [dim, scale] : llvm::enumerate(*scales)) {
    axis.inSize = input.shape[dim];
    axis.outSize = sizes[dim];
    axis.scale = scale;
    if (scale == 1)
      continue;
    std::optional<Taps> taps = findTaps(node, axis);
    if (!taps)
      return failure();
    result = resampleAxis(node, result, dim, *taps, isNearest);
  }
  return {{node.cast(result, input.element)}};
}

void addResize(OperatorTable &table) {
  table.add("Resize", 10, "X:number scales:real[1]", convertUpsample);
  table.add("Resize", 11, "X:number roi?:real scales?:real sizes?:integer", convertResize);
  table.add("Upsample", 7, "X:number scales?:real[1]", convertUpsample);
}

} // namespace sluice::conversion
