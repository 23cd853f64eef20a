//===- Padding.cpp - Elements around a tensor -----------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

#include <numeric>

using namespace mlir;

namespace sluice::conversion {

/// `index` of a padded axis as an index of the axis itself, by the mode.
static int64_t sourceIndex(int64_t index, int64_t size, llvm::StringRef mode) {
  if (mode == "edge")
    return std::clamp<int64_t>(index, 0, size - 1);
  if (mode == "wrap")
    return ((index % size) + size) % size;
  if (size == 1)
    return 0;
  int64_t period = 2 * (size - 1);
  int64_t place = ((index % period) + period) % period;
  return place < size ? place : period - place;
}

/// One axis with elements of its own around it, as slices side by side.
static Tensor extendAxis(Node &node, const Tensor &input, int64_t dim, int64_t low, int64_t high,
                         llvm::StringRef mode) {
  int64_t size = input.shape[dim];
  llvm::SmallVector<Tensor> parts;
  Shape sources;
  if (!node.canList(std::max<int64_t>(0, size + low + high)))
    return input;
  for (int64_t index = -low; index < size + high; ++index)
    sources.push_back(sourceIndex(index, size, mode));
  for (size_t first = 0; first < sources.size() && !node.refused();) {
    size_t next = first + 1;
    int64_t step = next < sources.size() ? sources[next] - sources[first] : 1;
    if (std::abs(step) != 1)
      step = 1;
    while (next < sources.size() && sources[next] == sources[next - 1] + step)
      ++next;
    parts.push_back(node.slice(input, dim, sources[first], next - first, step));
    first = next;
  }
  if (parts.empty())
    return node.slice(input, dim, 0, 0);
  return node.concat(parts, dim);
}

/// Padding with a number that is known at run time only.
static Tensor padWithValue(Node &node, const Tensor &input, llvm::ArrayRef<int64_t> low,
                           llvm::ArrayRef<int64_t> high, const Tensor &value) {
  Tensor inside = node.pad(node.splat(node.getBuilder().getI1Type(), input.shape, 1), low, high, 0);
  Tensor number = node.reshape(value, Shape());
  return node.map({inside, node.pad(input, low, high, 0), number}, input.element,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.select(x[0], x[1], x[2]); });
}

static Results convertPad(Node &node) {
  llvm::StringRef mode = node.stringAttr("mode", "constant");
  double number = node.realAttr("value", 0);
  std::optional<Shape> pads = node.integersInputOrAttr(1, "pads");
  if (!pads)
    return failure();
  const Tensor &input = node.input(0);
  if (node.has(2) && node.input(2).constant)
    number = readFloats(node.input(2).constant).front();
  Shape axes(input.rank());
  std::iota(axes.begin(), axes.end(), 0);
  if (node.has(3)) {
    std::optional<Shape> given = node.knownIntegers(3, "axes");
    if (!given)
      return failure();
    axes = node.normaliseAxes(*given, input.rank());
  }
  if (node.refused())
    return failure();
  if (pads->size() != 2 * axes.size())
    return node.refuseAt("'pads' does not have two numbers for each axis");
  Shape low(input.rank(), 0), high(input.rank(), 0);
  for (auto [index, dim] : llvm::enumerate(axes)) {
    low[dim] = (*pads)[index];
    high[dim] = (*pads)[index + axes.size()];
  }
  if (mode == "constant" && node.has(2) && !node.input(2).constant)
    return {{padWithValue(node, input, low, high, node.input(2))}};
  if (mode == "constant")
    return {{node.pad(input, low, high, number)}};
  if (mode != "reflect" && mode != "edge" && mode != "wrap")
    return node.refuse("mode = '" + mode + "' is not supported");
  Tensor result = input;
  for (int64_t dim = 0; dim < input.rank(); ++dim) {
    if (low[dim] == 0 && high[dim] == 0)
      continue;
    if (input.shape[dim] == 0)
      return node.refuseAt("axis " + llvm::Twine(dim) + " has no elements to pad with");
    result = extendAxis(node, result, dim, low[dim], high[dim], mode);
  }
  return {{result}};
}

/// Axes cropped or padded with zeros to given sizes, evenly on both sides; what is odd at the end.
static Results convertCenterCropPad(Node &node) {
  const Tensor &input = node.input(0);
  Shape all(input.rank());
  std::iota(all.begin(), all.end(), 0);
  Shape axes = node.normaliseAxes(node.integersAttr("axes").value_or(all), input.rank());
  std::optional<Shape> wanted = node.knownIntegers(1, "shape");
  if (!wanted || node.refused())
    return failure();
  if (wanted->size() != axes.size() || llvm::any_of(*wanted, [](int64_t size) { return size < 0; }))
    return node.refuseAt("'shape' does not have one size for each of " + llvm::Twine(axes.size()) + " axes");
  Shape low(input.rank(), 0), high(input.rank(), 0);
  for (auto [dim, size] : llvm::zip_equal(axes, *wanted)) {
    int64_t more = size - input.shape[dim];
    low[dim] = more / 2; // towards zero, so that a crop, too, has its odd element at the end
    high[dim] = more - low[dim];
  }
  return {{node.pad(input, low, high, 0)}};
}

void addPadding(OperatorTable &table) {
  table.add("Pad", 2, "data pads?:integer[1] constant_value?! axes?:integer", convertPad);
  table.add("Pad", 1, "data pads:integer[1] constant_value?! axes?:integer", convertPad,
            onnx::kMicrosoftDomain);
  table.add("CenterCropPad", 18, "input_data shape:integer[1]", convertCenterCropPad);
}

} // namespace sluice::conversion
