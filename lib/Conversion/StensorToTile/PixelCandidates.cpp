//===- PixelCandidates.cpp - What images may lie in -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PixelPlan.h"

#include <numeric>

using namespace mlir;

namespace sluice::tiling {

/// Groups like `pixels`, of as many as fit a vector.
static void addGroups(Pixels pixels, int64_t imageExtent, int64_t channels, int64_t lanes,
                      SmallVectorImpl<Pixels> &candidates) {
  const int64_t extent = pixels.groups > 0 ? pixels.groups : imageExtent;
  for (int64_t count = 1; count <= extent && (count == 1 || count * channels <= lanes); ++count) {
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

std::optional<Pixels> Lowering::PixelPlan::slicesOf(const Image &image) const {
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

SmallVector<Pixels> Lowering::PixelPlan::candidatesOf(const Image &image) const {
  if (!image.isWhole)
    return {Pixels()};
  if (image.isLeaving)
    return {Pixels(), Pixels{image.extent}};
  SmallVector<Pixels> candidates;
  std::optional<Pixels> sliced = slicesOf(image);
  // Windows are over pixels that follow one another.
  if (sliced && !image.readers.empty())
    sliced = std::nullopt;
  const int64_t lanes = target.lanes(), full = lanes / std::gcd(image.channels, lanes);
  addGroups(sliced.value_or(Pixels()), image.extent, image.channels, lanes, candidates);
  if (sliced) {
    candidates.push_back(Pixels());
    return candidates;
  }
  // So many pixels that they fill their vectors.
  if (Pixels pixels{full}; full <= image.extent && !llvm::is_contained(candidates, pixels))
    candidates.push_back(pixels);
  if (image.readers.empty())
    return candidates;
  const Convolution &reader = convolutions[image.readers.front()];
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

SmallVector<std::pair<Pixels, Pixels>> Lowering::PixelPlan::blocksOf(const Convolution &convolution) const {
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
    if (most == 0)
      break;
    // As few positions as the same number of groups takes.
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

} // namespace sluice::tiling
