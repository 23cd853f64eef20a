//===- PlanPixels.cpp - How many pixels lie side by side ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tensors that maps join are one image: all have as many pixels in a group. Which number
// is best for an image depends on those of its neighbours, so each in turn takes the number
// with which the whole program is the shortest, until none gains by another.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "llvm/ADT/SetVector.h"

#include <numeric>
#include <tuple>

using namespace mlir;

namespace sluice::tiling {

Layout Lowering::packedLayout(int64_t rank, int64_t pixels, int64_t extent) {
  Layout layout;
  layout.permutation.push_back(0);
  if (pixels < extent)
    layout.permutation.push_back(rank - 2);
  for (int64_t dim = 1; dim < rank - 2; ++dim)
    layout.permutation.push_back(dim);
  if (pixels >= extent)
    layout.permutation.push_back(rank - 2);
  layout.permutation.push_back(rank - 1);
  layout.laneDims = pixels >= extent ? 2 : 1;
  if (pixels > 1 && pixels < extent)
    layout.group = {rank - 2, pixels};
  return layout;
}

PackedConvolution Lowering::packingOf(stensor::ConvolveOp op) const {
  auto [in, out] = packings.at(op);
  return PackedConvolution(ConvolutionSizes(op), in, out, emitter.target.lanes());
}

int64_t Lowering::planesOf(stensor::ConvolveOp op, stensor::MapOp fused) {
  int64_t most = std::min<int64_t>(packingOf(op).slots, emitter.target.planesPerHemisphere);
  while (most > 1 && fused && !bodyFits(fused, most))
    --most;
  return most;
}

class Lowering::PixelPlan {
public:
  explicit PixelPlan(Lowering &lowering) : lowering(lowering), target(lowering.emitter.target) {}

  void run() {
    for (auto op : lowering.source.getBody().front().getOps<stensor::ConvolveOp>())
      addConvolution(op);
    if (convolutions.empty())
      return;
    while (joinMaps())
      ;
    for (auto &[root, place] : places)
      restrict(root);
    for (auto map : lowering.source.getBody().front().getOps<stensor::MapOp>())
      if (auto found = places.find(lowering.rootNumbers.at(map.getResult(0))); found != places.end())
        imageOf(found->second.image).mapSteps += bodyCost(map.getBlock());
    choose();
    apply();
  }

private:
  /// Tensors of one shape [N, spatial..., C], with dimensions in any order.
  struct Image {
    int64_t same = 0;                            ///< the image that it was joined to, or itself
    int64_t lines = 0, extent = 0, channels = 0; ///< all positions in front; of the packed dimension
    bool isWhole = true;                         ///< groups may be of any size
    bool fromHost = false;                       ///< one pixel or the whole extent
    int64_t mapSteps = 0;
    int64_t pixels = 1;
    llvm::SmallVector<int64_t> candidates;
  };
  struct Place {
    int64_t image;
    Shape dims; ///< of the root, in the order of the image's
  };
  struct Convolution {
    stensor::ConvolveOp op;
    int64_t in, out;
  };

  int64_t find(int64_t image) {
    while (images[image].same != image)
      image = images[image].same;
    return image;
  }
  Image &imageOf(int64_t image) { return images[find(image)]; }

  int64_t addImage(ArrayRef<int64_t> shape) {
    int64_t number = images.size();
    Image image;
    image.same = number;
    image.lines = elementsOf(shape.drop_back(2));
    image.extent = shape[shape.size() - 2];
    image.channels = shape.back();
    images.push_back(std::move(image));
    return number;
  }

  /// The root's dimensions that those of `view` are, if it is all of one root with its dimensions in any
  /// order.
  std::optional<std::pair<int32_t, Shape>> permutedRoot(const View &view) {
    if (std::optional<int32_t> root = view.wholeRoot();
        root && lowering.roots[*root].type.getShape() == view.shape()) {
      Shape dims(view.shape().size());
      std::iota(dims.begin(), dims.end(), 0);
      return std::pair(*root, dims);
    }
    llvm::SmallVector<int32_t> roots = view.roots();
    if (roots.size() != 1)
      return std::nullopt;
    ArrayRef<int64_t> shape = lowering.roots[roots.front()].type.getShape();
    if (shape.size() != view.shape().size() || elementsOf(shape) != view.elements())
      return std::nullopt;
    Shape dims, from = stridesOf(shape), own = stridesOf(view.shape()), strides;
    for (auto [dim, size] : llvm::enumerate(view.shape())) {
      int64_t stride = size > 1 ? view.at(own[dim]).number - view.at(0).number : 0;
      int64_t found = -1;
      for (int64_t d = 0; d < static_cast<int64_t>(shape.size()); ++d)
        if (shape[d] == size && (size == 1 || from[d] == stride) && !llvm::is_contained(dims, d))
          found = found < 0 ? d : found;
      if (found < 0)
        return std::nullopt;
      dims.push_back(found);
      strides.push_back(from[found]);
    }
    for (int64_t element = 0; element < view.elements(); ++element) {
      int64_t number = 0;
      for (auto [stride, step, size] : llvm::zip_equal(own, strides, view.shape()))
        number += element / stride % size * step;
      Element at = view.at(element);
      if (at.root != roots.front() || at.number != number)
        return std::nullopt;
    }
    return std::pair(roots.front(), dims);
  }

  /// The image of a root whose dimensions are those of `shape` in the order `dims`.
  int64_t placeRoot(int32_t root, ArrayRef<int64_t> shape, const Shape &dims) {
    auto [entry, inserted] = places.try_emplace(root, Place{-1, dims});
    if (inserted)
      entry->second.image = addImage(shape);
    else if (entry->second.dims != dims)
      imageOf(entry->second.image).isWhole = false;
    return entry->second.image;
  }

  void addConvolution(stensor::ConvolveOp op) {
    const View &input = lowering.viewOf(op.getInput());
    int64_t in;
    if (auto root = permutedRoot(input); root && lowering.roots[root->first].kind != Root::Constant) {
      in = placeRoot(root->first, input.shape(), root->second);
    } else {
      in = addImage(input.shape());
      images[in].isWhole = false;
    }
    Shape dims(input.shape().size());
    std::iota(dims.begin(), dims.end(), 0);
    int64_t out = placeRoot(lowering.rootNumbers.at(op.getResult()), op.getType().getShape(), dims);
    convolutions.push_back({op, in, out});
  }

  /// The roots that a map reads element by element and those that it makes.
  SmallVector<int32_t> rootsOf(stensor::MapOp map) {
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

  /// Whether any map's roots were not in one image before.
  bool joinMaps() {
    bool changed = false;
    for (auto map : lowering.source.getBody().front().getOps<stensor::MapOp>()) {
      SmallVector<int32_t> joined = rootsOf(map);
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

  void join(int64_t a, int64_t b) {
    images[b].same = a;
    images[a].isWhole &= images[b].isWhole;
    images[a].fromHost |= images[b].fromHost;
  }

  bool readsPixels(Value value, Operation *user) {
    if (auto convolve = dyn_cast<stensor::ConvolveOp>(user))
      return convolve.getInput() == value;
    if (auto map = dyn_cast<stensor::MapOp>(user))
      return lowering.viewOf(value).wholeRoot() &&
             llvm::is_contained(rootsOf(map), *lowering.viewOf(value).wholeRoot());
    return isa<stensor::TransposeOp>(user) && permutedRoot(lowering.viewOf(user->getResult(0))) &&
           llvm::all_of(user->getUsers(), [&](Operation *next) {
             return isa<stensor::ConvolveOp>(next) && readsPixels(user->getResult(0), next);
           });
  }

  /// What others read, or make, has one pixel in a vector.
  void restrict(int32_t number) {
    const Root &root = lowering.roots[number];
    Image &image = imageOf(places.at(number).image);
    if (root.kind == Root::Input)
      image.fromHost = true;
    else if (!isa<stensor::MapOp, stensor::ConvolveOp>(root.value.getDefiningOp()))
      image.isWhole = false;
    for (Operation *user : root.value.getUsers())
      image.isWhole &= readsPixels(root.value, user);
  }

  /// Sizes of groups that an image may have.
  SmallVector<int64_t> candidatesOf(const Image &image) const {
    if (!image.isWhole)
      return {1};
    if (image.fromHost)
      return {1, image.extent};
    const int64_t lanes = target.lanes();
    SmallVector<int64_t> sizes;
    for (int64_t size = 1; size <= image.extent && (size == 1 || size * image.channels <= lanes); ++size)
      sizes.push_back(size);
    // So many that they fill their vectors.
    int64_t full = lanes / std::gcd(image.channels, lanes);
    if (full <= image.extent && !llvm::is_contained(sizes, full))
      sizes.push_back(full);
    return sizes;
  }

  PackedConvolution::Cost costOf(size_t number) {
    const Convolution &convolution = convolutions[number];
    int64_t in = imageOf(convolution.in).pixels, out = imageOf(convolution.out).pixels;
    auto [entry, inserted] = costs.try_emplace({number, in, out});
    if (inserted)
      entry->second =
          PackedConvolution(ConvolutionSizes(convolution.op), in, out, target.lanes()).cost(target);
    return entry->second;
  }

  /// Cycles of planes and ALUs, and what it takes to bring in weights beyond half of a card.
  double total() {
    double planeCycles = 0, aluCycles = 0, weights = 0;
    for (size_t number = 0; number < convolutions.size(); ++number) {
      PackedConvolution::Cost cost = costOf(number);
      planeCycles += static_cast<double>(cost.planeCycles);
      weights += static_cast<double>(cost.tiles * target.lanes() * target.columns);
    }
    for (auto [number, image] : llvm::enumerate(images))
      if (image.same == static_cast<int64_t>(number))
        aluCycles +=
            static_cast<double>(image.mapSteps * image.lines * llvm::divideCeil(image.extent, image.pixels) *
                                llvm::divideCeil(image.pixels * image.channels, target.lanes()));
    double excess = std::max(0.0, weights - static_cast<double>(target.memoryBytes()) / 2);
    return planeCycles / (2.0 * target.planesPerHemisphere) + aluCycles / target.alus +
           excess / static_cast<double>(target.lanes());
  }

  void choose() {
    for (auto [number, image] : llvm::enumerate(images)) {
      if (image.same != static_cast<int64_t>(number))
        continue;
      image.candidates = candidatesOf(image);
      image.pixels = image.candidates.back();
    }
    double best = total();
    constexpr int rounds = 4;
    for (int round = 0; round < rounds; ++round) {
      const double before = best;
      for (auto [number, image] : llvm::enumerate(images)) {
        int64_t chosen = image.pixels;
        for (int64_t candidate : image.candidates) {
          image.pixels = candidate;
          if (double cost = total(); cost < best)
            best = cost, chosen = candidate;
        }
        image.pixels = chosen;
      }
      if (best == before)
        break;
    }
  }

  void apply() {
    for (auto &[number, place] : places) {
      Root &root = lowering.roots[number];
      const Image &image = imageOf(place.image);
      Layout layout = packedLayout(place.dims.size(), image.pixels, image.extent);
      for (int64_t &dim : layout.permutation)
        dim = place.dims[dim];
      if (layout.group.dim >= 0)
        layout.group.dim = place.dims[layout.group.dim];
      root.imageLayout = layout;
    }
    for (const Convolution &convolution : convolutions)
      lowering.packings[convolution.op] = {imageOf(convolution.in).pixels, imageOf(convolution.out).pixels};
  }

  Lowering &lowering;
  const target::Target &target;
  std::vector<Image> images;
  std::map<int32_t, Place> places; ///< by root
  std::vector<Convolution> convolutions;
  std::map<std::tuple<size_t, int64_t, int64_t>, PackedConvolution::Cost> costs;
};

void Lowering::planPixels() { PixelPlan(*this).run(); }

} // namespace sluice::tiling
