//===- PixelParts.cpp - What is read of an image other than whole groups --===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PixelPlan.h"

#include "lib/Conversion/Views/Elements.h"

using namespace mlir;

namespace sluice::tiling {

bool Lowering::PixelPlan::addSplits(stensor::MapOp map, const View &view, ArrayRef<int32_t> roots,
                                    const Place &to) {
  const auto rank = static_cast<int64_t>(to.dims.size());
  const int64_t packed = to.dims[rank - 2], channel = to.dims[rank - 1], channels = view.shape()[channel];
  for (int32_t root : roots)
    if (auto from = places.find(root); from == places.end() || !llvm::is_sorted(from->second.dims) ||
                                       lowering.roots[root].type.getShape().back() % channels != 0 ||
                                       lowering.roots[root].type.getShape().back() == channels)
      return false;
  for (const ViewPiece &piece : view.pieces()) {
    if (piece.first.isFixed())
      return false;
    ArrayRef<int64_t> shape = lowering.roots[piece.first.root].type.getShape();
    const bool isLine = piece.first.number % elementsOf(shape.take_back(2)) == 0 &&
                        piece.extent[packed] == view.shape()[packed] && piece.extent[channel] == channels &&
                        (channels == 1 || piece.strides[channel] == 1) &&
                        (piece.extent[packed] == 1 || piece.strides[packed] == channels);
    if (!isLine)
      return false;
  }
  for (int32_t root : roots)
    splits.push_back(
        {places.at(root).image, to.image, lowering.roots[root].type.getShape().back() / channels, map, root});
  return !roots.empty();
}

/// Pitch and first pixel along the packed dimension, as two neighbours in the middle of the view tell.
static std::optional<std::pair<int64_t, int64_t>> sliceOf(const View &view, int32_t root,
                                                          ArrayRef<int64_t> shape, ArrayRef<int64_t> dims) {
  const int64_t packed = dims[dims.size() - 2], extent = view.shape()[packed];
  if (shape.size() != view.shape().size() || extent < 2)
    return std::nullopt;
  const Shape own = stridesOf(view.shape()), from = stridesOf(shape);
  int64_t middle = 0;
  for (auto [stride, size] : llvm::zip_equal(own, view.shape()))
    middle += stride * ((size - 1) / 2);
  Element one = view.at(middle), next = view.at(middle + own[packed]);
  if (one.root != root || next.root != root)
    return std::nullopt;
  const int64_t here = one.number / from[packed] % shape[packed],
                there = next.number / from[packed] % shape[packed];
  if (there <= here)
    return std::nullopt;
  return std::pair(there - here, here - (there - here) * ((extent - 1) / 2));
}

void Lowering::PixelPlan::addParts(stensor::MapOp map) {
  auto to = places.find(lowering.rootNumbers.at(map.getResult(0)));
  if (to == places.end())
    return;
  for (Value input : map.getInputs()) {
    const View &view = lowering.viewOf(input);
    if (view.shape() != map.getShape() || view.wholeRoot())
      continue;
    llvm::SmallVector<int32_t> roots = view.roots();
    if (addSplits(map, view, roots, to->second) || roots.size() != 1)
      continue;
    auto from = places.find(roots.front());
    if (from == places.end() || from->second.dims != to->second.dims ||
        find(from->second.image) == find(to->second.image))
      continue;
    if (auto found =
            sliceOf(view, roots.front(), lowering.roots[roots.front()].type.getShape(), from->second.dims))
      slices.push_back(
          {from->second.image, to->second.image, found->first, found->second, map, roots.front()});
  }
}

bool Lowering::PixelPlan::isReadInParts(Value value, int32_t root) const {
  auto isHere = [&](const auto &parts, Operation *user) {
    return llvm::any_of(parts, [&](const auto &part) { return part.map == user && part.root == root; });
  };
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return isLayoutOp(user) ? isReadInParts(user->getResult(0), root)
                            : isHere(slices, user) || isHere(splits, user);
  });
}

bool Lowering::PixelPlan::readsPixels(Value value, Operation *user) const {
  if (auto convolve = dyn_cast<stensor::ConvolveOp>(user))
    return convolve.getInput() == value;
  if (isa<part::HaloOp>(user))
    return lowering.viewOf(value).wholeRoot().has_value();
  if (auto map = dyn_cast<stensor::MapOp>(user))
    return lowering.viewOf(value).wholeRoot() &&
           llvm::is_contained(rootsOf(map), *lowering.viewOf(value).wholeRoot());
  return isa<stensor::TransposeOp, stensor::ReshapeOp>(user) &&
         imageRoot(lowering.viewOf(user->getResult(0))) &&
         llvm::all_of(user->getUsers(), [&](Operation *next) {
           return (isa<func::ReturnOp>(next) && isa<stensor::TransposeOp>(user)) ||
                  (isa<stensor::ConvolveOp>(next) && readsPixels(user->getResult(0), next));
         });
}

/// Whether a program's result is `value`, its dimensions in any order.
static bool leaves(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    return isa<func::ReturnOp>(user) || (isa<stensor::TransposeOp>(user) && leaves(user->getResult(0)));
  });
}

void Lowering::PixelPlan::restrict(int32_t number) {
  const Root &root = lowering.roots[number];
  Image &image = imageOf(places.at(number).image);
  if (root.kind != Root::Input &&
      !isa<stensor::MapOp, stensor::ConvolveOp, part::HaloOp>(root.value.getDefiningOp()))
    image.isWhole = false;
  image.isLeaving |= leaves(root.value);
  for (Operation *user : root.value.getUsers())
    image.isWhole &= isa<func::ReturnOp>(user) || readsPixels(root.value, user) ||
                     (isLayoutOp(user) && isReadInParts(user->getResult(0), number));
}

} // namespace sluice::tiling
