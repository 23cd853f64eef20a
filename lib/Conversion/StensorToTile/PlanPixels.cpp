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
#include "lib/Conversion/Views/Elements.h"

#include "dialects/stensor/ScalarOps.h"

#include "llvm/ADT/SetVector.h"

#include <numeric>
#include <tuple>

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
    for (auto map : lowering.source.getBody().front().getOps<stensor::MapOp>())
      addParts(map);
    for (auto &[root, place] : places)
      restrict(root);
    for (auto map : lowering.source.getBody().front().getOps<stensor::MapOp>())
      if (auto found = places.find(lowering.rootNumbers.at(map.getResult(0))); found != places.end())
        imageOf(found->second.image).mapSteps += bodyCost(map.getBlock());
    choose();
    apply();
    for (const Convolution &convolution : convolutions)
      if (!lowering.packingOf(convolution.op).keepsOrder())
        lowering.unpackable.push_back(convolution.op);
  }

private:
  /// Tensors of one shape [N, spatial..., C], with dimensions in any order.
  struct Image {
    int64_t same = 0;                            ///< the image that it was joined to, or itself
    int64_t lines = 0, extent = 0, channels = 0; ///< all positions in front; of the packed dimension
    bool isWhole = true;                         ///< groups may be of any size
    bool isComputed = false;                     ///< by a convolution: each pixel once
    bool isResplit = false; ///< some tensors split the lines otherwise than their readers
    bool isLeaving = false; ///< as a result of the program, whose layout is a plain one
    int64_t mapSteps = 0;
    llvm::SmallVector<int64_t> readers; ///< convolutions
    Pixels pixels;
    llvm::SmallVector<Pixels> candidates;
  };
  struct Place {
    int64_t image;
    Shape dims; ///< of the root, in the order of the image's
  };
  struct Convolution {
    stensor::ConvolveOp op;
    int64_t in, out;
    int32_t root; ///< the input is all of it, its dimensions as the image has them; -1: something else
    llvm::SmallVector<size_t> alike; ///< those before it with the same filters and geometry
  };
  /// A map of image `to` reads every `pitch`-th pixel of image `from`, from some pixel on.
  struct Slice {
    int64_t from, to, pitch, first;
    stensor::MapOp map;
    int32_t root;
  };

  /// A map of image `to` reads lines of image `from`, a pixel of which holds `pixels` of its own side by
  /// side.
  struct Split {
    int64_t from, to, pixels;
    stensor::MapOp map;
    int32_t root;
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

  /// The root of an image [N, spatial..., C] and its dimensions in the order of the image's; those in front
  /// of the packed one may be split otherwise.
  std::optional<std::pair<int32_t, Shape>> imageRoot(const View &view) const {
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

  /// A band and the same with lines of other cards beside it.
  SmallVector<int32_t> rootsOf(part::HaloOp halo) {
    SmallVector<int32_t> joined{lowering.rootNumbers.at(halo.getResult())};
    if (std::optional<int32_t> root = lowering.viewOf(halo.getInput()).wholeRoot();
        root && lowering.roots[*root].type == halo.getInput().getType() &&
        lowering.roots[*root].kind != Root::Constant)
      joined.push_back(*root);
    return joined;
  }

  /// Whether any map's roots were not in one image before.
  bool joinMaps() {
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

  void join(int64_t a, int64_t b) {
    images[b].same = a;
    images[a].isWhole &= images[b].isWhole;
    images[a].isComputed |= images[b].isComputed;
    images[a].isResplit |= images[b].isResplit;
    images[a].readers.append(images[b].readers);
  }

  /// Operands of a map that are parts of other images.
  void addParts(stensor::MapOp map) {
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
      if (auto found = sliceOf(view, roots.front(), from->second.dims))
        slices.push_back(
            {from->second.image, to->second.image, found->first, found->second, map, roots.front()});
    }
  }

  /// Whether the view is of lines of other images, each pixel of which holds several of the view's.
  bool addSplits(stensor::MapOp map, const View &view, ArrayRef<int32_t> roots, const Place &to) {
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
      splits.push_back({places.at(root).image, to.image,
                        lowering.roots[root].type.getShape().back() / channels, map, root});
    return !roots.empty();
  }

  /// Pitch and first pixel along the packed dimension, as two neighbours in the middle of the view tell.
  std::optional<std::pair<int64_t, int64_t>> sliceOf(const View &view, int32_t root, const Shape &dims) {
    const int64_t packed = dims[dims.size() - 2], extent = view.shape()[packed];
    ArrayRef<int64_t> shape = lowering.roots[root].type.getShape();
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

  /// Whether all that is read of `value`, through layout operations, are slices or splits.
  bool isReadInParts(Value value, int32_t root) {
    auto isHere = [&](const auto &parts, Operation *user) {
      return llvm::any_of(parts, [&](const auto &part) { return part.map == user && part.root == root; });
    };
    return llvm::all_of(value.getUsers(), [&](Operation *user) {
      return isLayoutOp(user) ? isReadInParts(user->getResult(0), root)
                              : isHere(slices, user) || isHere(splits, user);
    });
  }

  bool readsPixels(Value value, Operation *user) {
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

  /// What others read, or make, has one pixel in a vector.
  void restrict(int32_t number) {
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

  /// What an image may lie in.
  SmallVector<Pixels> candidatesOf(const Image &image) {
    if (!image.isWhole)
      return {Pixels()};
    if (image.isLeaving)
      return {Pixels(), Pixels{image.extent}};
    SmallVector<Pixels> candidates;
    std::optional<Pixels> sliced = slicesOf(image);
    // Windows are over pixels that follow one another.
    if (sliced && !image.readers.empty())
      sliced = std::nullopt;
    addGroups(sliced.value_or(Pixels()), image, candidates);
    if (sliced) {
      candidates.push_back(Pixels());
      return candidates;
    }
    // So many pixels that they fill their vectors.
    const int64_t lanes = target.lanes(), full = lanes / std::gcd(image.channels, lanes);
    if (Pixels pixels{full}; full <= image.extent && !llvm::is_contained(candidates, pixels))
      candidates.push_back(pixels);
    if (image.readers.empty())
      return candidates;
    Convolution &reader = convolutions[image.readers.front()];
    const ConvolutionSizes sizes(reader.op);
    if (llvm::any_of(image.readers, [&](int64_t other) {
          return !sizes.hasWindowsOf(ConvolutionSizes(convolutions[other].op));
        }))
      return candidates;
    if (!image.isComputed && !image.isResplit && isPaddedByHost(reader))
      for (int64_t positions = 1; positions <= sizes.positions.back(); ++positions) {
        Pixels pixels = under(sizes, positions);
        pixels.hasLines = true;
        if (positions > 1 && pixels.count * sizes.lineTaps() * image.channels > lanes)
          break;
        candidates.push_back(pixels);
      }
    return candidates;
  }

  /// Groups like `pixels`, of as many as fit a vector.
  void addGroups(Pixels pixels, const Image &image, SmallVectorImpl<Pixels> &candidates) const {
    const int64_t extent = pixels.groups > 0 ? pixels.groups : image.extent;
    for (int64_t count = 1; count <= extent && (count == 1 || count * image.channels <= target.lanes());
         ++count) {
      Pixels group = pixels;
      group.count = count;
      if (pixels.groups > 0)
        group.groups = llvm::divideCeil(extent, count);
      candidates.push_back(group);
    }
  }

  /// Groups that have all pixels under the windows of some positions.
  static Pixels under(const ConvolutionSizes &sizes, int64_t positions) {
    Pixels pixels{sizes.spanOf(positions)};
    pixels.advance = positions * sizes.strides.back();
    pixels.first = -sizes.low.back();
    pixels.groups = llvm::divideCeil(sizes.positions.back(), positions);
    return pixels;
  }

  /// For a convolution of groups of channels: blocks of them, input and result alike, so that a vector of the
  /// result needs but one for each line of taps.
  SmallVector<std::pair<Pixels, Pixels>> blocksOf(const Convolution &convolution) {
    const Image &from = imageOf(convolution.in), &to = imageOf(convolution.out);
    const ConvolutionSizes sizes(convolution.op);
    SmallVector<std::pair<Pixels, Pixels>> blocks;
    if (sizes.groups != sizes.channels || sizes.outputs != sizes.channels || !from.isWhole || !to.isWhole ||
        !from.isComputed || from.readers.size() != 1 || slicesOf(to))
      return blocks;
    if (from.isLeaving || to.isLeaving)
      return blocks;
    const int64_t grain = target.lanesPerSuperlane;
    for (int64_t block = grain; block < sizes.channels + grain; block += grain) {
      int64_t most = 0;
      while (most < sizes.positions.back() && sizes.spanOf(most + 1) * block <= target.lanes())
        ++most;
      // As few positions as the same number of groups takes.
      if (most == 0)
        break;
      const int64_t groups = llvm::divideCeil(sizes.positions.back(), most),
                    positions = llvm::divideCeil(sizes.positions.back(), groups);
      for (int64_t count : {positions, most}) {
        std::pair<Pixels, Pixels> pair{under(sizes, count), Pixels{count}};
        pair.first.block = pair.second.block = std::min(block, sizes.channels);
        if (!llvm::is_contained(blocks, pair))
          blocks.push_back(pair);
      }
    }
    return blocks;
  }

  /// How an image lies that is read in slices, all of one pitch and by one image, with groups of 1 pixel.
  std::optional<Pixels> slicesOf(const Image &image) {
    std::optional<Pixels> pixels;
    int64_t to = -1;
    for (const Slice &slice : slices) {
      if (&imageOf(slice.from) != &image)
        continue;
      if (pixels && (pixels->pitch != slice.pitch || find(slice.to) != to))
        return Pixels();
      if (!pixels)
        pixels = Pixels{.pitch = slice.pitch, .first = slice.first, .groups = imageOf(slice.to).extent};
      to = find(slice.to);
      const int64_t end = std::max(pixels->first + pixels->variants, slice.first + 1);
      pixels->first = std::min(pixels->first, slice.first);
      pixels->variants = end - pixels->first;
    }
    return pixels;
  }

  /// Whether the zeros that the host writes outside of an input become the reader's padding.
  bool isPaddedByHost(Convolution &reader) {
    const View &view = lowering.viewOf(reader.op.getInput());
    llvm::SmallVector<int32_t> roots = view.roots();
    if (roots.size() != 1)
      return false;
    std::optional<uint32_t> outside = valueOutside(roots.front());
    return outside && *outside == stensor::scalarRegister(reader.op.getPadding());
  }

  /// What maps make of the zeros outside of an input, as a register's value; none if that is not known.
  std::optional<uint32_t> valueOutside(int32_t number) {
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

  PackedConvolution::Cost costOf(size_t number) {
    const Convolution &convolution = convolutions[number];
    const Pixels &in = imageOf(convolution.in).pixels, &out = imageOf(convolution.out).pixels;
    auto [entry, inserted] = costs.try_emplace({number, in, out});
    if (inserted)
      for (int64_t variant = 0; variant < out.variants; ++variant) {
        const PackedConvolution packed(ConvolutionSizes(convolution.op), in, out, target.lanes(), variant);
        entry->second += packed.keepsOrder() ? packed.cost(target) : PackedConvolution::Cost{kOutOfOrder, 0};
      }
    return entry->second;
  }

  /// More cycles than any program has.
  static constexpr int64_t kOutOfOrder = int64_t(1) << 50;

  int64_t vectorsOf(const Image &image) const {
    const Pixels &pixels = image.pixels;
    const int64_t groups = pixels.variants * pixels.groupsOf(image.extent), lanes = target.lanes();
    if (pixels.hasLines) {
      const ConvolutionSizes sizes(convolutions[image.readers.front()].op);
      return sizes.lines() * groups *
             llvm::divideCeil(sizes.lineTaps() * pixels.count * image.channels, lanes);
    }
    const int64_t chunks = pixels.block > 0 ? llvm::divideCeil(image.channels, pixels.block)
                                            : llvm::divideCeil(pixels.count * image.channels, lanes);
    return image.lines * groups * chunks;
  }

  /// The first convolution that has the tiles of this one.
  size_t tilesOf(size_t number) {
    const Convolution &convolution = convolutions[number];
    auto found = llvm::find_if(convolution.alike, [&](size_t before) {
      const Convolution &other = convolutions[before];
      return imageOf(other.in).pixels == imageOf(convolution.in).pixels &&
             imageOf(other.out).pixels == imageOf(convolution.out).pixels;
    });
    return found == convolution.alike.end() ? number : *found;
  }

  /// Cycles of planes and ALUs, and what it takes to bring in weights beyond half of a card.
  double total() {
    double planeCycles = 0, aluCycles = 0, weights = 0;
    for (size_t number = 0; number < convolutions.size(); ++number) {
      PackedConvolution::Cost cost = costOf(number);
      planeCycles += static_cast<double>(cost.planeCycles);
      if (tilesOf(number) == number)
        weights += static_cast<double>(cost.columns * target.lanes());
    }
    for (auto [number, image] : llvm::enumerate(images))
      if (image.same == static_cast<int64_t>(number))
        aluCycles += static_cast<double>(image.mapSteps * vectorsOf(image));
    // Pixels that do not lie as a slice wants them are moved one by one.
    for (const Slice &slice : slices) {
      const Pixels &from = imageOf(slice.from).pixels, &to = imageOf(slice.to).pixels;
      const bool isSliced =
          from.count == to.count && to == Pixels{to.count} && (from == Pixels() || from.pitch == slice.pitch);
      if (!isSliced)
        aluCycles += static_cast<double>(imageOf(slice.to).lines * imageOf(slice.to).extent * target.alus);
    }
    for (const Split &split : splits) {
      const Pixels &from = imageOf(split.from).pixels, &to = imageOf(split.to).pixels;
      if (from != Pixels{from.count} || to != Pixels{from.count * split.pixels})
        aluCycles += static_cast<double>(imageOf(split.from).lines * imageOf(split.from).extent *
                                         split.pixels * target.alus);
    }
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
      for (Image &image : images) {
        Pixels chosen = image.pixels;
        for (const Pixels &candidate : image.candidates) {
          image.pixels = candidate;
          if (double cost = total(); cost < best)
            best = cost, chosen = candidate;
        }
        image.pixels = chosen;
      }
      for (const Convolution &convolution : convolutions)
        chooseBlocks(convolution, best);
      if (best == before)
        break;
    }
  }

  void chooseBlocks(const Convolution &convolution, double &best) {
    Image &from = imageOf(convolution.in), &to = imageOf(convolution.out);
    std::pair<Pixels, Pixels> chosen{from.pixels, to.pixels};
    for (const auto &pair : blocksOf(convolution)) {
      std::tie(from.pixels, to.pixels) = pair;
      if (double cost = total(); cost < best)
        best = cost, chosen = pair;
    }
    std::tie(from.pixels, to.pixels) = chosen;
  }

  void apply() {
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
    for (auto [number, convolution] : llvm::enumerate(convolutions))
      lowering.packings.insert(
          {convolution.op,
           {imageOf(convolution.in).pixels, imageOf(convolution.out).pixels, isPaddedByHost(convolution),
            convolution.root, convolutions[tilesOf(number)].op}});
  }

  Lowering &lowering;
  const target::Target &target;
  std::vector<Image> images;
  std::map<int32_t, Place> places; ///< by root
  std::vector<Convolution> convolutions;
  std::map<std::tuple<size_t, Pixels, Pixels>, PackedConvolution::Cost> costs;
  std::vector<Slice> slices;
  std::vector<Split> splits;
};

void Lowering::planPixels() { PixelPlan(*this).run(); }

} // namespace sluice::tiling
