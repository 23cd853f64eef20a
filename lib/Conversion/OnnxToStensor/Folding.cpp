//===- Folding.cpp - Windows put back where they came from ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"
#include "Sampling.h"

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// For each tap of a window and each element of the image, in order, the position whose tap lies there;
/// -1 where there is none.
static llvm::SmallVector<int64_t> positionsOfTaps(const Windows &windows, llvm::ArrayRef<int64_t> image) {
  int64_t taps = countElements(windows.sizes), elements = countElements(image);
  llvm::SmallVector<int64_t> result;
  result.reserve(taps * elements);
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t element = 0; element < elements; ++element) {
      int64_t position = 0, scale = 1, tapRest = tap, rest = element;
      bool found = true;
      for (size_t dim = image.size(); dim-- > 0;) {
        int64_t start =
            rest % image[dim] + windows.low[dim] - tapRest % windows.sizes[dim] * windows.dilations[dim];
        int64_t at = start / windows.strides[dim];
        found &= start >= 0 && start % windows.strides[dim] == 0 && at < windows.positions[dim];
        position += at * scale;
        scale *= windows.positions[dim];
        tapRest /= windows.sizes[dim];
        rest /= image[dim];
      }
      result.push_back(found ? position : -1);
    }
  return result;
}

/// [N, C * taps, positions] to [N, C, image...]: the sum of the taps that lie on each element.
static Results convertCol2Im(Node &node) {
  std::optional<Shape> image = node.knownIntegers(1, "image_shape"),
                       block = node.knownIntegers(2, "block_shape");
  if (!image || !block || !node.fits(*image))
    return failure();
  std::optional<Windows> windows = readWindows(node, *block, *image);
  if (!windows)
    return failure();
  const Tensor &input = node.input(0);
  int64_t taps = countElements(*block), positions = countElements(windows->positions),
          elements = countElements(*image);
  if (input.shape[1] % taps != 0 || input.shape[2] != positions)
    return node.refuseAt("the input does not hold " + llvm::Twine(taps) + " elements for each of " +
                         llvm::Twine(positions) + " positions");
  int64_t batch = input.shape[0], channels = input.shape[1] / taps, planes = batch * channels;
  Type element = input.isReal() ? Type(node.getBuilder().getF32Type()) : node.getBuilder().getI32Type();
  Tensor rows = node.transpose(node.reshape(node.cast(input, element), {planes, taps * positions}), {1, 0});
  rows = node.concat({rows, node.splat(element, {1, planes}, 0)}, 0);
  if (!node.canList({taps, elements}))
    return failure();
  llvm::SmallVector<int64_t> sources = positionsOfTaps(*windows, *image);
  for (auto [index, source] : llvm::enumerate(sources))
    source = source < 0 ? taps * positions : source + static_cast<int64_t>(index) / elements * positions;
  Tensor found = node.reshape(takeKnown(node, rows, 0, sources), {taps, elements, planes});
  Tensor sums = node.reshape(node.reduce(ReduceKind::add, found, 0), {elements, planes});
  Shape shape = {batch, channels};
  shape.append(*image);
  return {{node.cast(node.reshape(node.transpose(sums, {1, 0}), shape), input.element)}};
}

/// Elements [P, I] put to their places [P, I] among `size` in each of P planes: [P, size], zero where there
/// is none, the last one where there are several.
static Tensor placeElements(Node &node, const Tensor &elements, const Tensor &places, int64_t size) {
  int64_t planes = elements.shape[0], count = elements.shape[1];
  Type i32 = node.getBuilder().getI32Type();
  auto across = [&](const Tensor &x) { return node.reshape(x, {x.shape[0], 1, count}); };
  Tensor order = node.reshape(iota(node, count), {1, 1, count}),
         place = node.reshape(iota(node, size), {1, size, 1});
  Tensor sources = node.map({across(places), place, order}, i32, [](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.equal(x[0], x[1]), x[2], s.integer(-1));
  });
  Tensor last = node.reduce(ReduceKind::max, sources, 2);
  bool isReal = elements.isReal();
  Tensor only =
      node.map({last, order, across(elements)}, elements.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
        Value zero = isReal ? s.real(0) : s.integer(0);
        return s.select(s.equal(x[0], x[1]), x[2], zero);
      });
  return node.reshape(node.reduce(ReduceKind::add, only, 2), {planes, size});
}

/// What MaxPool chose back where it says that it was, zeros elsewhere. Places are compared with all elements
/// of their plane.
static Results convertMaxUnpool(Node &node) {
  constexpr int64_t mostComparisons = 1 << 25;
  const Tensor &input = node.input(0), &indices = node.input(1);
  int64_t rank = input.rank() - 2;
  Shape kernel = node.integersAttr("kernel_shape").value_or(Shape()),
        strides = node.integersAttr("strides").value_or(Shape(kernel.size(), 1)),
        pads = node.integersAttr("pads").value_or(Shape(2 * kernel.size(), 0));
  if (rank < 1 || static_cast<int64_t>(kernel.size()) != rank || strides.size() != kernel.size() ||
      pads.size() != 2 * kernel.size() || indices.shape != input.shape || node.refused())
    return node.refuseShapes("'kernel_shape', 'strides' and 'pads'");
  Shape shape(input.shape.begin(), input.shape.begin() + 2), wanted;
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (!node.fits({input.shape[2 + dim], std::max<int64_t>(strides[dim], 0)}))
      return failure();
    shape.push_back((input.shape[2 + dim] - 1) * strides[dim] - pads[dim] - pads[rank + dim] + kernel[dim]);
  }
  int64_t planes = shape[0] * shape[1], size = countElements(llvm::ArrayRef(shape).drop_front(2));
  if (llvm::any_of(shape, [](int64_t extent) { return extent < 1; }) || input.count() == 0)
    return node.refuse("the result has no elements");
  if (input.count() > mostComparisons / size)
    return node.refuse("it needs " + llvm::Twine(countElements({input.count(), size})) +
                       " comparisons of places; at most " + llvm::Twine(mostComparisons) + " are made");
  wanted = shape;
  if (node.has(2)) {
    std::optional<Shape> given = node.knownIntegers(2, "output_shape");
    if (!given)
      return failure();
    wanted = *given;
  }
  if (wanted.size() != shape.size() || wanted[0] != shape[0] || wanted[1] != shape[1])
    return node.refuseShapes("output_shape");
  Type i32 = node.getBuilder().getI32Type();
  Type element = input.isReal() ? Type(node.getBuilder().getF32Type()) : i32;
  Shape starts;
  for (int64_t plane = 0; plane < planes; ++plane)
    starts.push_back(plane * size);
  Shape rows = {planes, input.count() / planes};
  Tensor places =
      node.map({node.reshape(node.cast(indices, i32), rows), node.integers({planes, 1}, starts, i32)}, i32,
               [](Scalars &s, llvm::ArrayRef<Value> x) { return s.sub(x[0], x[1]); });
  Tensor result = placeElements(node, node.reshape(node.cast(input, element), rows), places, size);
  Shape low(shape.size(), 0), high(shape.size(), 0);
  for (size_t dim = 0; dim < shape.size(); ++dim)
    high[dim] = wanted[dim] - shape[dim];
  return {{node.cast(node.pad(node.reshape(result, shape), low, high, 0), input.element)}};
}

void addFolding(OperatorTable &table) {
  table.add("Col2Im", 18, "input:number[3] image_shape:integer block_shape:integer", convertCol2Im);
  table.add("MaxUnpool", 9, "X:number[3..] I:integer output_shape?:integer", convertMaxUnpool);
}

} // namespace sluice::conversion
