//===- PixelChoice.cpp - Which pixels make the program the shortest -------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which number is best for an image depends on those of its neighbours, so each in turn takes the number with
// which the whole program is the shortest, until none gains by another.
//
//===----------------------------------------------------------------------===//

#include "PixelPlan.h"

#include "llvm/ADT/STLExtras.h"

#include <map>
#include <tuple>

using namespace mlir;

namespace sluice::tiling {

class Lowering::PixelPlan::Choice {
public:
  explicit Choice(PixelPlan &plan) : plan(plan), target(plan.target) {}

  void run();

private:
  void choose(Image &image, ArrayRef<Pixels> candidates);
  void chooseBlocks(const Convolution &convolution);

  /// Of the whole program, in cycles, as the images' pixels are now.
  double cost();
  std::pair<double, double> planeCycles();
  double aluCycles();
  PackedConvolution::Cost costOf(size_t convolution);
  int64_t vectorsOf(const Image &image) const;

  PixelPlan &plan;
  const target::Target &target;
  double best = 0; ///< the least cost so far: of the pixels that images have
  std::map<std::tuple<size_t, Pixels, Pixels>, PackedConvolution::Cost> costs;
};

/// More cycles than any program has.
static constexpr int64_t kOutOfOrder = int64_t(1) << 50;

PackedConvolution::Cost Lowering::PixelPlan::Choice::costOf(size_t number) {
  const Convolution &convolution = plan.convolutions[number];
  const Pixels &in = plan.imageOf(convolution.in).pixels, &out = plan.imageOf(convolution.out).pixels;
  auto [entry, inserted] = costs.try_emplace({number, in, out});
  if (inserted)
    for (int64_t variant = 0; variant < out.variants; ++variant) {
      const PackedConvolution packed(ConvolutionSizes(convolution.op), in, out, target.lanes(), variant);
      entry->second += packed.keepsOrder() ? packed.cost(target) : PackedConvolution::Cost{kOutOfOrder, 0};
    }
  return entry->second;
}

int64_t Lowering::PixelPlan::Choice::vectorsOf(const Image &image) const {
  const Pixels &pixels = image.pixels;
  const int64_t groups = pixels.variants * pixels.groupsOf(image.extent), lanes = target.lanes();
  if (pixels.hasLines) {
    const ConvolutionSizes sizes(plan.convolutions[image.readers.front()].op);
    return sizes.lines() * groups * llvm::divideCeil(sizes.lineTaps() * pixels.count * image.channels, lanes);
  }
  const int64_t chunks = pixels.block > 0 ? llvm::divideCeil(image.channels, pixels.block)
                                          : llvm::divideCeil(pixels.count * image.channels, lanes);
  return image.lines * groups * chunks;
}

/// Cycles of all planes together, and what it takes to bring in weights beyond half of a card.
std::pair<double, double> Lowering::PixelPlan::Choice::planeCycles() {
  double cycles = 0, weights = 0;
  for (size_t number = 0; number < plan.convolutions.size(); ++number) {
    const PackedConvolution::Cost cost = costOf(number);
    cycles += static_cast<double>(cost.planeCycles);
    if (plan.tilesOf(number) == number)
      weights += static_cast<double>(cost.columns * target.lanes());
  }
  const double excess = std::max(0.0, weights - static_cast<double>(target.memoryBytes()) / 2);
  return {cycles, excess / static_cast<double>(target.lanes())};
}

/// Cycles of all ALUs together: of maps, and of pixels that do not lie as a part of them is read, which are
/// moved one by one.
double Lowering::PixelPlan::Choice::aluCycles() {
  double cycles = 0;
  for (auto [number, image] : llvm::enumerate(plan.images))
    if (image.same == static_cast<int64_t>(number))
      cycles += static_cast<double>(image.mapSteps * vectorsOf(image));
  for (const Slice &slice : plan.slices) {
    const Image &of = plan.imageOf(slice.to);
    const Pixels &from = plan.imageOf(slice.from).pixels, &to = of.pixels;
    const bool isSliced =
        from.count == to.count && to == Pixels{to.count} && (from == Pixels() || from.pitch == slice.pitch);
    if (!isSliced)
      cycles += static_cast<double>(of.lines * of.extent * target.alus);
  }
  for (const Split &split : plan.splits) {
    const Image &of = plan.imageOf(split.from);
    const Pixels &from = of.pixels, &to = plan.imageOf(split.to).pixels;
    if (from != Pixels{from.count} || to != Pixels{from.count * split.pixels})
      cycles += static_cast<double>(of.lines * of.extent * split.pixels * target.alus);
  }
  return cycles;
}

double Lowering::PixelPlan::Choice::cost() {
  const auto [planes, weights] = planeCycles();
  return planes / (2.0 * target.planesPerHemisphere) + aluCycles() / target.alus + weights;
}

void Lowering::PixelPlan::Choice::choose(Image &image, ArrayRef<Pixels> candidates) {
  Pixels chosen = image.pixels;
  for (const Pixels &candidate : candidates) {
    image.pixels = candidate;
    if (double found = cost(); found < best)
      best = found, chosen = candidate;
  }
  image.pixels = chosen;
}

/// Blocks of channels are for both images of a convolution, or for none.
void Lowering::PixelPlan::Choice::chooseBlocks(const Convolution &convolution) {
  Image &from = plan.imageOf(convolution.in), &to = plan.imageOf(convolution.out);
  std::pair<Pixels, Pixels> chosen{from.pixels, to.pixels};
  for (const auto &pair : plan.blocksOf(convolution)) {
    std::tie(from.pixels, to.pixels) = pair;
    if (double found = cost(); found < best)
      best = found, chosen = pair;
  }
  std::tie(from.pixels, to.pixels) = chosen;
}

void Lowering::PixelPlan::Choice::run() {
  llvm::SmallVector<std::pair<int64_t, SmallVector<Pixels>>> open;
  for (auto [number, image] : llvm::enumerate(plan.images))
    if (image.same == static_cast<int64_t>(number)) {
      open.emplace_back(number, plan.candidatesOf(image));
      image.pixels = open.back().second.back();
    }
  best = cost();
  constexpr int rounds = 4;
  for (int round = 0; round < rounds; ++round) {
    const double before = best;
    for (const auto &[number, candidates] : open)
      choose(plan.images[number], candidates);
    for (const Convolution &convolution : plan.convolutions)
      chooseBlocks(convolution);
    if (best == before)
      break;
  }
}

void Lowering::PixelPlan::choosePixels() { Choice(*this).run(); }

} // namespace sluice::tiling
