//===- Shapes.cpp - Operators that make tensors of known elements ---------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;

namespace sluice::conversion {

static Results convertShape(Node &node) {
  int64_t rank = node.input(0).rank();
  int64_t start = node.integerAttr("start", 0), end = node.integerAttr("end", rank);
  auto position = [&](int64_t index) {
    return std::clamp<int64_t>(index < 0 ? index + rank : index, 0, rank);
  };
  int64_t first = position(start), last = std::max(position(start), position(end));
  return {{node.integers(llvm::ArrayRef<int64_t>(node.input(0).shape).slice(first, last - first))}};
}

static Results convertSize(Node &node) {
  return {{node.integers({}, node.input(0).count(), node.getBuilder().getI64Type())}};
}

static Results convertConstantOfShape(Node &node) {
  ElementsAttr value = node.tensorAttr("value");
  std::optional<Shape> shape = node.knownIntegers(0, "input");
  if (!shape || !node.fits(*shape))
    return failure();
  if (value && value.getNumElements() != 1)
    return node.refuse("'value' is not one number");
  if (!value)
    return {{node.splat(node.getBuilder().getF32Type(), *shape, 0)}};
  Type element = value.getElementType();
  if (element.isF64() && node.options().demoteF64)
    element = node.getBuilder().getF32Type();
  if (!storageType(element) && !isDouble(element))
    return node.refuse("element type " + elementName(element) + " is not supported");
  if (llvm::isa<FloatType>(element))
    return {{node.splat(element, *shape, readFloats(value).front())}};
  int64_t number = readIntegers(value).front();
  return {{node.integers(*shape, countElements(*shape) ? llvm::ArrayRef(number) : llvm::ArrayRef<int64_t>(),
                         element)}};
}

static Results convertRange(Node &node) {
  for (size_t index = 0; index < 3; ++index)
    if (!node.input(index).constant)
      return node.refuseShapeOf(index, llvm::ArrayRef<llvm::StringRef>{"start", "limit", "delta"}[index]);
  Type element = node.input(0).element;
  if (node.input(0).isReal()) {
    double start = readFloats(node.input(0).constant).front(),
           limit = readFloats(node.input(1).constant).front(),
           delta = readFloats(node.input(2).constant).front();
    if (delta == 0 || !std::isfinite((limit - start) / delta))
      return node.refuse("the range has no end");
    llvm::SmallVector<double> values;
    const double steps = std::max(0.0, std::ceil((limit - start) / delta));
    int64_t count = static_cast<int64_t>(std::min(steps, 0x1p62));
    if (!node.canList(count))
      return failure();
    for (int64_t i = 0; i < count; ++i)
      values.push_back(start + i * delta);
    return {{node.reals(count, values, element)}};
  }
  int64_t start = readIntegers(node.input(0).constant).front(),
          limit = readIntegers(node.input(1).constant).front(),
          delta = readIntegers(node.input(2).constant).front();
  if (delta == 0)
    return node.refuse("the range has no end");
  // Distances of 64-bit numbers take 64 bits without a sign.
  const uint64_t distance = delta > 0 ? uint64_t(limit) - uint64_t(start) : uint64_t(start) - uint64_t(limit),
                 step = delta > 0 ? uint64_t(delta) : -uint64_t(delta);
  const bool empty = delta > 0 ? start >= limit : start <= limit;
  const uint64_t steps = empty ? 0 : (distance - 1) / step + 1;
  const auto count = static_cast<int64_t>(std::min<uint64_t>(steps, std::numeric_limits<int64_t>::max()));
  if (!node.canList(count))
    return failure();
  llvm::SmallVector<int64_t> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(start + i * delta);
  return {{node.integers(count, values, element)}};
}

static Results convertNonZero(Node &node) {
  const Tensor &input = node.input(0);
  if (!input.constant)
    return node.refuseShapeOf(0, "X");
  if (!node.canList(input.shape))
    return failure();
  llvm::SmallVector<bool> set;
  if (input.isReal())
    for (double value : readFloats(input.constant))
      set.push_back(value != 0);
  else
    for (int64_t value : readIntegers(input.constant))
      set.push_back(value != 0);
  llvm::SmallVector<llvm::SmallVector<int64_t>> coordinates(input.rank());
  for (auto [index, isSet] : llvm::enumerate(set)) {
    if (!isSet)
      continue;
    int64_t rest = index;
    for (int64_t dim = input.rank(); dim-- > 0; rest /= input.shape[dim])
      coordinates[dim].push_back(rest % input.shape[dim]);
  }
  llvm::SmallVector<int64_t> flat;
  for (const llvm::SmallVector<int64_t> &row : coordinates)
    flat.append(row.begin(), row.end());
  int64_t count = input.rank() ? static_cast<int64_t>(coordinates[0].size()) : set.front();
  return {{node.integers({input.rank(), count}, flat, node.getBuilder().getI64Type())}};
}

static Results convertEyeLike(Node &node) {
  int64_t diagonal = node.integerAttr("k", 0), dataType = node.integerAttr("dtype", 0);
  const Tensor &input = node.input(0);
  Type element = dataType ? node.elementType(dataType, /*isConstant=*/true) : input.element;
  if (!element)
    return failure();
  if (!node.canList(input.shape))
    return failure();
  llvm::SmallVector<int64_t> ones;
  for (int64_t row = 0; row < input.shape[0]; ++row)
    for (int64_t column = 0; column < input.shape[1]; ++column)
      ones.push_back(column == row + diagonal);
  return {{node.cast(node.integers(input.shape, ones, node.getBuilder().getI32Type()), element)}};
}

void addShapes(OperatorTable &table) {
  table.add("Shape", 1, "data", convertShape);
  table.add("Size", 1, "data", convertSize);
  table.add("ConstantOfShape", 9, "input:integer[1]", convertConstantOfShape);
  table.add("Range", 11, "start:number! limit:number! delta:number!", convertRange);
  table.add("NonZero", 9, "X", convertNonZero);
  table.add("EyeLike", 9, "input[2]", convertEyeLike);
}

} // namespace sluice::conversion
