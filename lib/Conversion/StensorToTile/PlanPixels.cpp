//===- PlanPixels.cpp - How many pixels lie side by side ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tensors that maps join are one image: all have as many pixels in a group. Here they are found, and laid
// out as was chosen.
//
//===----------------------------------------------------------------------===//

#include "PixelPlan.h"

#include "dialects/stensor/ScalarOps.h"
#include "lib/Conversion/Views/Elements.h"

#include <numeric>

using namespace mlir;

namespace sluice::tiling {

PackedConvolution Lowering::packingOf(stensor::ConvolveOp op, int64_t variant) const {
  const Packing &packing = packings.at(op);
  return PackedConvolution(ConvolutionSizes(op), packing.in, packing.out, emitter.target.lanes(), variant);
}

int64_t Lowering::planesOf(stensor::ConvolveOp op, stensor::MapOp fused) {
  if (!op.getInput().getType().getElementType().isInteger(8))
    return 1;
  int64_t planes = std::min<int64_t>(packingOf(op).slots, emitter.target.planesPerHemisphere);
  while (planes > 1 && fused && !bodyFits(fused, planes))
    --planes;
  return planes;
}

std::optional<std::pair<int32_t, Shape>> Lowering::permutedRoot(const View &view) const {
  if (view.pieces().size() != 1)
    return std::nullopt;
  const ViewPiece &piece = view.pieces().front();
  if (piece.first.isFixed() || piece.first.number != 0)
    return std::nullopt;
  ArrayRef<int64_t> shape = roots[piece.first.root].type.getShape();
  if (shape.size() != view.shape().size() || elementsOf(shape) != view.elements())
    return std::nullopt;
  const Shape from = stridesOf(shape);
  Shape dims;
  for (auto [size, stride] : llvm::zip_equal(view.shape(), piece.strides)) {
    int64_t dim = 0;
    const auto rank = static_cast<int64_t>(shape.size());
    while (dim < rank &&
           (shape[dim] != size || (size > 1 && from[dim] != stride) || llvm::is_contained(dims, dim)))
      ++dim;
    if (dim == rank)
      return std::nullopt;
    dims.push_back(dim);
  }
  return std::pair(piece.first.root, dims);
}

void Lowering::planPixels() { PixelPlan(*this).run(); }

void Lowering::PixelPlan::run() {
  for (auto op : lowering.source.getBody().front().getOps<stensor::ConvolveOp>())
    addConvolution(op);
  if (convolutions.empty())
    return;
  while (joinMaps())
    ;
  for (auto map : lowering.source.getBody().front().getOps<stensor::MapOp>())
    addParts(map);
  for (auto &[root, place] : places)
    restrict(root);
  for (auto map : lowering.source.getBody().front().getOps<stensor::MapOp>())
    if (auto found = places.find(lowering.rootNumbers.at(map.getResult(0))); found != places.end())
      imageOf(found->second.image).mapSteps += bodyCost(map.getBlock());
  choosePixels();
  layOutRoots();
  setPackings();
  for (const Convolution &convolution : convolutions)
    if (!lowering.packingOf(convolution.op).keepsOrder())
      lowering.unpackable.push_back(convolution.op);
}

//===----------------------------------------------------------------------===//
// Images
//===----------------------------------------------------------------------===//

int64_t Lowering::PixelPlan::addImage(ArrayRef<int64_t> shape) {
  int64_t number = images.size();
  Image image;
  image.same = number;
  image.lines = elementsOf(shape.drop_back(2));
  image.extent = shape[shape.size() - 2];
  image.channels = shape.back();
  images.push_back(std::move(image));
  return number;
}

std::optional<std::pair<int32_t, Shape>> Lowering::PixelPlan::imageRoot(const View &view) const {
  std::optional<int32_t> root = view.wholeRoot();
  if (!root)
    return lowering.permutedRoot(view);
  ArrayRef<int64_t> shape = lowering.roots[*root].type.getShape();
  if (shape.size() < 3 || shape.front() != view.shape().front() ||
      shape.take_back(2) != view.shape().take_back(2))
    return lowering.permutedRoot(view);
  Shape dims(shape.size());
  std::iota(dims.begin(), dims.end(), 0);
  return std::pair(*root, dims);
}

int64_t Lowering::PixelPlan::placeRoot(int32_t root, ArrayRef<int64_t> shape, const Shape &dims) {
  auto [entry, inserted] = places.try_emplace(root, Place{-1, dims});
  if (inserted)
    entry->second.image = addImage(shape);
  else if (entry->second.dims != dims)
    imageOf(entry->second.image).isWhole = false;
  return entry->second.image;
}

void Lowering::PixelPlan::addConvolution(stensor::ConvolveOp op) {
  const View &input = lowering.viewOf(op.getInput());
  int64_t in;
  int32_t number = -1;
  if (auto root = imageRoot(input); root && lowering.roots[root->first].kind != Root::Constant) {
    in = placeRoot(root->first, input.shape(), root->second);
    imageOf(in).isResplit |= root->second.size() != input.shape().size();
    if (places.at(root->first).dims == root->second)
      number = root->first;
  } else {
    in = addImage(input.shape());
    images[in].isWhole = false;
  }
  Shape dims(input.shape().size());
  std::iota(dims.begin(), dims.end(), 0);
  int64_t out = placeRoot(lowering.rootNumbers.at(op.getResult()), op.getType().getShape(), dims);
  imageOf(in).readers.push_back(convolutions.size());
  imageOf(out).isComputed = true;
  convolutions.push_back({op, in, out, number, {}});
  const ConvolutionSizes sizes(op);
  for (size_t other = 0; other + 1 < convolutions.size(); ++other)
    if (convolutions[other].op.getFilters() == op.getFilters() &&
        sizes.hasTilesOf(ConvolutionSizes(convolutions[other].op)))
      convolutions.back().alike.push_back(other);
}

SmallVector<int32_t> Lowering::PixelPlan::rootsOf(stensor::MapOp map) const {
  SmallVector<int32_t> joined;
  for (Value result : map.getResults())
    joined.push_back(lowering.rootNumbers.at(result));
  for (Value input : map.getInputs())
    if (std::optional<int32_t> root = lowering.viewOf(input).wholeRoot();
        root && lowering.roots[*root].type.getShape() == map.getShape() &&
        lowering.roots[*root].kind != Root::Constant)
      joined.push_back(*root);
  return joined;
}

SmallVector<int32_t> Lowering::PixelPlan::rootsOf(part::HaloOp halo) const {
  SmallVector<int32_t> joined{lowering.rootNumbers.at(halo.getResult())};
  if (std::optional<int32_t> root = lowering.viewOf(halo.getInput()).wholeRoot();
      root && lowering.roots[*root].type == halo.getInput().getType() &&
      lowering.roots[*root].kind != Root::Constant)
    joined.push_back(*root);
  return joined;
}

bool Lowering::PixelPlan::joinMaps() {
  bool changed = false;
  for (Operation &op : lowering.source.getBody().front()) {
    SmallVector<int32_t> joined;
    if (auto map = dyn_cast<stensor::MapOp>(op))
      joined = rootsOf(map);
    else if (auto halo = dyn_cast<part::HaloOp>(op))
      joined = rootsOf(halo);
    auto known = llvm::find_if(joined, [&](int32_t root) { return places.contains(root); });
    if (known == joined.end())
      continue;
    const Place place = places.at(*known);
    for (int32_t root : joined) {
      auto [entry, inserted] = places.try_emplace(root, place);
      int64_t a = find(place.image), b = find(entry->second.image);
      changed |= inserted || a != b;
      if (entry->second.dims != place.dims)
        images[a].isWhole = images[b].isWhole = false;
      else if (a != b)
        join(a, b);
    }
  }
  return changed;
}

void Lowering::PixelPlan::join(int64_t a, int64_t b) {
  images[b].same = a;
  images[a].isWhole &= images[b].isWhole;
  images[a].isComputed |= images[b].isComputed;
  images[a].isResplit |= images[b].isResplit;
  images[a].readers.append(images[b].readers);
}

//===----------------------------------------------------------------------===//
// What was chosen
//===----------------------------------------------------------------------===//

bool Lowering::PixelPlan::isPaddedByHost(const Convolution &reader) const {
  stensor::ConvolveOp op = reader.op;
  llvm::SmallVector<int32_t> roots = lowering.viewOf(op.getInput()).roots();
  if (roots.size() != 1)
    return false;
  std::optional<uint32_t> outside = valueOutside(roots.front());
  return outside && *outside == stensor::scalarRegister(op.getPadding());
}

std::optional<uint32_t> Lowering::PixelPlan::valueOutside(int32_t number) const {
  const Root &root = lowering.roots[number];
  if (root.kind == Root::Input)
    return 0;
  auto map = root.value.getDefiningOp<stensor::MapOp>();
  if (!map)
    return std::nullopt;
  SmallVector<uint32_t> operands;
  for (auto [input, argument] : llvm::zip_equal(map.getInputs(), map.getBlock().getArguments())) {
    const View &view = lowering.viewOf(input);
    std::optional<int32_t> whole = view.wholeRoot();
    std::optional<uint32_t> value;
    if (std::optional<uint32_t> uniform = view.uniformValue())
      value = stensor::scalarRegister(elementAttribute(argument.getType(), *uniform));
    else if (whole && places.contains(*whole))
      value = valueOutside(*whole);
    if (!value)
      return std::nullopt;
    operands.push_back(*value);
  }
  return stensor::evaluateBody(map.getBlock(), operands)[cast<OpResult>(root.value).getResultNumber()];
}

size_t Lowering::PixelPlan::tilesOf(size_t number) const {
  const Convolution &convolution = convolutions[number];
  auto found = llvm::find_if(convolution.alike, [&](size_t before) {
    const Convolution &other = convolutions[before];
    return imageOf(other.in).pixels == imageOf(convolution.in).pixels &&
           imageOf(other.out).pixels == imageOf(convolution.out).pixels;
  });
  return found == convolution.alike.end() ? number : *found;
}

void Lowering::PixelPlan::layOutRoots() {
  for (auto &[number, place] : places) {
    Root &root = lowering.roots[number];
    const Image &image = imageOf(place.image);
    Shape shape;
    for (int64_t dim : place.dims)
      shape.push_back(root.type.getDimSize(dim));
    std::optional<ConvolutionSizes> reader;
    if (image.pixels.hasLines)
      reader.emplace(convolutions[image.readers.front()].op);
    Layout layout = imageLayout(shape, image.pixels, reader ? &*reader : nullptr);
    for (int64_t &dim : layout.permutation)
      dim = place.dims[dim];
    for (auto *loops : {&layout.rows, &layout.lanes})
      for (Loop &loop : *loops)
        loop.dim = place.dims[loop.dim];
    if (layout.hasLoops())
      for (auto [dim, offset] : llvm::zip_equal(place.dims, Shape(layout.offsets)))
        layout.offsets[dim] = offset;
    root.imageLayout = layout;
  }
}

void Lowering::PixelPlan::setPackings() {
  for (auto [number, convolution] : llvm::enumerate(convolutions))
    lowering.packings.insert(
        {convolution.op,
         {imageOf(convolution.in).pixels, imageOf(convolution.out).pixels, isPaddedByHost(convolution),
          convolution.root, convolutions[tilesOf(number)].op}});
}

} // namespace sluice::tiling
