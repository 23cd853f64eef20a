//===- Layout.cpp - Operators that move elements --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

#include "sluice/Conversion/BeyondMachine.h"

#include <numeric>

using namespace mlir;

namespace sluice::conversion {

static Results convertIdentity(Node &node) { return {{node.input(0)}}; }

/// Inference, or training that drops nothing: the input, and a mask of nothing dropped.
static Results convertDropout(Node &node) {
  node.ignoreAttr("ratio");
  node.ignoreAttr("seed");
  const Tensor &ratio = node.input(1), &training = node.input(2);
  if (training && !training.constant)
    return node.refuse(node.unknownInput(2, "training_mode"));
  const bool trains = training && readIntegers(training.constant).front() != 0;
  if (trains && ratio && !ratio.constant)
    return node.refuse(kBeyondMachine +
                       "random numbers, unless the ratio is 0: " + node.unknownInput(1, "ratio"));
  if (trains && !(ratio && readFloats(ratio.constant).front() == 0))
    return node.refuse(kBeyondMachine + "random numbers");
  llvm::SmallVector<Tensor> results = {node.input(0)};
  if (node.isUsed(1))
    results.push_back(node.splat(node.getBuilder().getI1Type(), node.input(0).shape, 1));
  return results;
}

static Results convertReshape(Node &node) {
  bool allowZero = node.integerAttr("allowzero", 0);
  std::optional<Shape> shape = node.integersInputOrAttr(1, "shape");
  if (!shape)
    return failure();
  const Tensor &input = node.input(0);
  int64_t known = 1, unknown = -1;
  for (auto [dim, size] : llvm::enumerate(*shape)) {
    if (size == 0 && !allowZero && dim < input.shape.size())
      size = input.shape[dim];
    if (size == -1 && unknown < 0)
      unknown = dim;
    else if (size < 0)
      return node.refuse("the new shape has a negative dimension");
    else
      known = countElements({known, size});
  }
  if (unknown >= 0 && known != 0)
    (*shape)[unknown] = input.count() / known;
  else if (unknown >= 0)
    (*shape)[unknown] = 0;
  if (countElements(*shape) != input.count())
    return node.refuseAt("the new shape has " + llvm::Twine(countElements(*shape)) + " elements, the input " +
                         llvm::Twine(input.count()));
  return {{node.reshape(input, *shape)}};
}

static Results convertFlatten(Node &node) {
  const Tensor &input = node.input(0);
  int64_t axis = node.integerAttr("axis", 1);
  if (axis != input.rank())
    axis = node.normaliseAxis(axis, input.rank());
  llvm::ArrayRef<int64_t> shape = input.shape;
  return {
      {node.reshape(input, {countElements(shape.take_front(axis)), countElements(shape.drop_front(axis))})}};
}

static Results convertSqueeze(Node &node) {
  std::optional<Shape> axes = node.integersInputOrAttr(1, "axes");
  if (!axes)
    return failure();
  const Tensor &input = node.input(0);
  Shape dims = node.normaliseAxes(*axes, input.rank()), shape;
  for (auto [dim, size] : llvm::enumerate(input.shape)) {
    bool removed = axes->empty() ? size == 1 : llvm::is_contained(dims, static_cast<int64_t>(dim));
    if (removed && size != 1)
      return node.refuseAt("axis " + llvm::Twine(dim) + " has size " + llvm::Twine(size) + ", not 1");
    if (!removed)
      shape.push_back(size);
  }
  return {{node.reshape(input, shape)}};
}

static Results convertUnsqueeze(Node &node) {
  std::optional<Shape> axes = node.integersInputOrAttr(1, "axes");
  if (!axes)
    return failure();
  const Tensor &input = node.input(0);
  int64_t rank = input.rank() + axes->size();
  Shape dims = node.normaliseAxes(*axes, rank), shape;
  auto rest = input.shape.begin();
  for (int64_t dim = 0; dim < rank; ++dim) {
    bool added = llvm::is_contained(dims, dim) || rest == input.shape.end();
    shape.push_back(added ? 1 : *rest++);
  }
  return {{node.reshape(input, shape)}};
}

/// Windows along one dimension, whose elements become the last one.
static Results convertUnfoldTensor(Node &node) {
  const Tensor &input = node.input(0);
  int64_t dim = node.normaliseAxis(node.integerAttr("dim", -1), input.rank()),
          size = node.integerAttr("size", 0), step = node.integerAttr("step", 1);
  if (node.refused() || size < 1 || step < 1 || size > input.shape[dim])
    return node.refuseAt("dim, size and step do not fit the input");
  Tensor windows = node.window(input, dim, {size}, {step}, {1});
  Shape order;
  for (int64_t from = 0; from < windows.rank(); ++from)
    if (from != dim + 1)
      order.push_back(from);
  order.push_back(dim + 1);
  return {{node.transpose(windows, order)}};
}

static Results convertTranspose(Node &node) {
  const Tensor &input = node.input(0);
  std::optional<Shape> given = node.integersAttr("perm");
  Shape permutation(input.rank());
  std::iota(permutation.rbegin(), permutation.rend(), 0);
  if (given)
    permutation = node.normaliseAxes(*given, input.rank());
  Shape sorted = permutation;
  llvm::sort(sorted);
  bool valid = static_cast<int64_t>(sorted.size()) == input.rank() &&
               std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  if (!valid)
    return node.refuseAt("'perm' is no permutation of " + llvm::Twine(input.rank()) + " axes");
  return {{node.transpose(input, permutation)}};
}

static Results convertConcat(Node &node) {
  int64_t axis = node.integerAttr("axis", 1);
  int64_t dim = node.normaliseAxis(axis, node.input(0).rank());
  Shape need = node.input(0).shape;
  if (node.refused())
    return failure();
  need[dim] = Node::kAny;
  for (size_t index = 1; index < node.numInputs(); ++index)
    if (failed(node.needShape(index, need)))
      return failure();
  return {{node.concat(node.operands(), dim)}};
}

static Results convertSplit(Node &node) {
  int64_t axis = node.integerAttr("axis", 0), parts = node.integerAttr("num_outputs", node.numOutputs());
  std::optional<Shape> sizes = node.integersInputOrAttr(1, "split");
  if (!sizes)
    return failure();
  const Tensor &input = node.input(0);
  int64_t dim = node.normaliseAxis(axis, input.rank()), size = input.shape[dim];
  if (sizes->empty() && (parts < 1 || parts > static_cast<int64_t>(node.numOutputs())))
    return node.refuse(llvm::Twine(parts) + " parts for " + llvm::Twine(node.numOutputs()) + " outputs");
  // From version 18 on the last part may be smaller.
  if (sizes->empty() && node.version() < 18 && size % parts != 0)
    return node.refuseAt("the " + llvm::Twine(size) + " elements of axis " + llvm::Twine(dim) +
                         " do not make " + llvm::Twine(parts) + " equal parts");
  if (!sizes->empty() && sizes->size() < node.numOutputs())
    return node.refuse("'split' has " + llvm::Twine(sizes->size()) + " parts for " +
                       llvm::Twine(node.numOutputs()) + " outputs");
  if (sizes->empty()) {
    int64_t each = (size + parts - 1) / parts;
    for (int64_t part = 0; part < parts; ++part)
      sizes->push_back(std::max<int64_t>(0, std::min(each, size - part * each)));
  }
  bool areWithin = llvm::all_of(*sizes, [&](int64_t part) { return part >= 0 && part <= size; });
  if (sizes->size() > node.numOutputs() || !areWithin ||
      std::accumulate(sizes->begin(), sizes->end(), int64_t{0}) != size)
    return node.refuseAt("the parts do not add up to the " + llvm::Twine(size) + " elements of axis " +
                         llvm::Twine(dim));
  llvm::SmallVector<Tensor> results;
  int64_t offset = 0;
  for (int64_t part : *sizes) {
    results.push_back(node.slice(input, dim, offset, part));
    offset += part;
  }
  return results;
}

static Results convertSlice(Node &node) {
  bool inputs = node.version() >= 10;
  std::optional<Shape> starts = node.numbersInputOrAttr(1, "starts"),
                       ends = node.numbersInputOrAttr(2, "ends");
  std::optional<Shape> axes = node.integersInputOrAttr(3, "axes"), steps = Shape();
  if (inputs && node.has(4))
    steps = node.knownNumbers(4, "steps");
  if (!starts || !ends || !axes || !steps)
    return failure();
  const Tensor &input = node.input(0);
  if (axes->empty() && starts->size() <= input.shape.size())
    for (size_t i = 0; i < starts->size(); ++i)
      axes->push_back(i);
  if (steps->empty())
    steps->assign(starts->size(), 1);
  if (ends->size() != starts->size() || axes->size() != starts->size() || steps->size() != starts->size())
    return node.refuseAt("starts, ends, axes and steps differ in length");
  Shape dims = node.normaliseAxes(*axes, input.rank());
  if (node.refused())
    return failure();
  Shape offsets(input.rank(), 0), sizes = input.shape, strides(input.rank(), 1);
  for (auto [dim, start, end, step] : llvm::zip_equal(dims, *starts, *ends, *steps)) {
    int64_t size = input.shape[dim];
    if (step == 0)
      return node.refuse("a step is 0");
    // Indices count from the end where negative, and are then clamped to what a walk can reach.
    int64_t least = step > 0 ? 0 : -1, greatest = step > 0 ? size : size - 1;
    auto position = [&](int64_t index) {
      return std::clamp(index < 0 ? index + size : index, least, std::max(least, greatest));
    };
    int64_t first = position(start), last = position(end);
    int64_t distance = step > 0 ? last - first : first - last,
            stride = step > 0 ? step : -std::max(step, -size - 1);
    sizes[dim] = distance <= 0 ? 0 : (distance - 1) / stride + 1;
    offsets[dim] = first;
    strides[dim] = step > 0 ? std::min(step, size + 1) : -stride;
  }
  return {{node.slice(input, offsets, sizes, strides)}};
}

static Results convertExpand(Node &node) {
  std::optional<Shape> wanted = node.knownIntegers(1, "shape");
  if (!wanted)
    return failure();
  const Tensor &input = node.input(0);
  Tensor other;
  other.shape = *wanted;
  std::optional<Shape> shape = Emitter::broadcastShape({input, other});
  if (!shape)
    return node.refuse(node.shapeOf(0) + " does not broadcast to " + shapeText(*wanted));
  Shape aligned(shape->size() - input.rank(), 1);
  aligned.append(input.shape);
  return {{node.broadcast(node.reshape(input, aligned), *shape)}};
}

static Results convertTile(Node &node) {
  std::optional<Shape> repeats = node.knownIntegers(1, "repeats");
  if (!repeats)
    return failure();
  const Tensor &input = node.input(0);
  if (static_cast<int64_t>(repeats->size()) != input.rank())
    return node.refuseAt("'repeats' does not have one number for each axis");
  // Every axis as (repeat, size).
  Shape split, full, joined;
  for (auto [repeat, size] : llvm::zip_equal(*repeats, input.shape)) {
    split.append({1, size});
    full.append({repeat, size});
    joined.push_back(countElements({repeat, size}));
  }
  return {{node.reshape(node.broadcast(node.reshape(input, split), full), joined)}};
}

/// Bound of a block's side; its square is a number of channels.
static constexpr int64_t mostBlock = 1 << 15;

static Results convertDepthToSpace(Node &node) {
  int64_t block = node.integerAttr("blocksize", 0);
  llvm::StringRef mode = node.stringAttr("mode", "DCR");
  const Tensor &input = node.input(0);
  if (block < 1 || block > mostBlock || input.shape[1] % (block * block) != 0)
    return node.refuse("blocksize = " + llvm::Twine(block) + " does not fit the channels of " +
                       node.shapeOf(0));
  int64_t batch = input.shape[0], depth = input.shape[1] / (block * block), rows = input.shape[2],
          columns = input.shape[3];
  Shape shape = {batch, depth, rows * block, columns * block};
  if (mode == "DCR")
    return {{node.reshape(
        node.transpose(node.reshape(input, {batch, block, block, depth, rows, columns}), {0, 3, 4, 1, 5, 2}),
        shape)}};
  if (mode == "CRD")
    return {{node.reshape(
        node.transpose(node.reshape(input, {batch, depth, block, block, rows, columns}), {0, 1, 4, 2, 5, 3}),
        shape)}};
  return node.refuse("mode = '" + mode + "' is not supported");
}

static Results convertSpaceToDepth(Node &node) {
  int64_t block = node.integerAttr("blocksize", 0);
  const Tensor &input = node.input(0);
  if (block < 1 || block > mostBlock || input.shape[2] % block != 0 || input.shape[3] % block != 0)
    return node.refuse("blocksize = " + llvm::Twine(block) + " does not fit " + node.shapeOf(0));
  int64_t batch = input.shape[0], depth = input.shape[1], rows = input.shape[2] / block,
          columns = input.shape[3] / block;
  Tensor split = node.reshape(input, {batch, depth, rows, block, columns, block});
  return {{node.reshape(node.transpose(split, {0, 3, 5, 1, 2, 4}),
                        {batch, depth * block * block, rows, columns})}};
}

void addLayout(OperatorTable &table) {
  table.add("Identity", 1, "input:any", convertIdentity);
  table.add("Dropout", 7, "data ratio?:real! training_mode?:bool!", convertDropout);
  table.add("Reshape", 1, "data shape?:integer[1]", convertReshape);
  table.add("Flatten", 1, "input", convertFlatten);
  table.add("Squeeze", 1, "data axes?:integer[0..1]", convertSqueeze);
  table.add("Unsqueeze", 1, "data axes?:integer[0..1]", convertUnsqueeze);
  table.add("Transpose", 1, "data", convertTranspose);
  table.add("Concat", 4, "inputs+[1..]", convertConcat);
  table.add("Split", 2, "input[1..] split?:integer[0..1]", convertSplit);
  table.add("Slice", 1,
            "data starts?:integer[0..1] ends?:integer[0..1] axes?:integer[0..1] steps?:integer[0..1]",
            convertSlice);
  table.add("Expand", 8, "input shape:integer[1]", convertExpand);
  table.add("Tile", 6, "input repeats:integer[1]", convertTile);
  table.add("ExpandDims", 1, "X axis:integer", convertUnsqueeze, onnx::kMicrosoftDomain);
  table.add("UnfoldTensor", 1, "input[1..]", convertUnfoldTensor, onnx::kMicrosoftDomain);
  table.add("DepthToSpace", 1, "input[4]", convertDepthToSpace);
  table.add("SpaceToDepth", 1, "input[4]", convertSpaceToDepth);
}

} // namespace sluice::conversion
