//===- Packing.h - Convolutions as weight tiles over packed pixels -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An image's vectors hold groups of pixels, neighbours along the last spatial dimension, each
// with its channels. A vector of the result is then the sum of a few products: of the vectors
// that its windows touch with tiles that have the filters' weights where a pixel of the one is
// under a tap of the other, and zeros elsewhere (block-Toeplitz matrices).
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_PACKING_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_PACKING_H

#include "lib/Conversion/Views/Layout.h"

#include "sluice/Target/Target.h"

#include "dialects/stensor/StensorDialect.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <tuple>

namespace sluice::tiling {

/// How pixels of an image lie side by side along the packed dimension: `count` of them, `pitch` apart, are a
/// group; the first one begins with pixel `first`, the next ones `advance` pixels further each, so that
/// groups may overlap. With several variants there are as many groups again from each of the next pixels on.
struct Pixels {
  int64_t count = 1, pitch = 1;
  int64_t advance = 0; ///< 0: groups follow one another
  int64_t first = 0, variants = 1;
  int64_t groups = 0; ///< of a variant; 0: as many as cover the image
  int64_t block = 0;  ///< channels of a pixel in a vector; 0: all, in as many vectors as that takes
  /// Whether a group has the pixels under all taps of the dimensions in front of its reader as well.
  bool hasLines = false;
  auto operator<=>(const Pixels &) const = default;

  int64_t advanced() const { return advance > 0 ? advance : count * pitch; }
  int64_t groupsOf(int64_t extent) const {
    return groups > 0 ? groups : (extent + advanced() - 1) / advanced();
  }
};

/// The sizes of a convolution, as stensor.convolve names them; the packed dimension is the last spatial one.
struct ConvolutionSizes {
  explicit ConvolutionSizes(stensor::ConvolveOp op);

  int64_t images, channels, outputs, groups;
  Shape extents, taps, strides, dilations, low, positions; ///< of the spatial dimensions
  /// Sums of fp16 products are rounded chunk by chunk, in order: of each tap, or of all taps at once.
  bool isOrdered = false, isJoined = false;

  int64_t depth() const { return channels / groups; }
  /// Positions in the dimensions in front, of all images.
  int64_t lines() const;
  /// Taps over the dimensions in front.
  int64_t lineTaps() const;
  /// Pixels under the windows of `count` positions that follow one another.
  int64_t spanOf(int64_t count) const {
    return (count - 1) * strides.back() + (taps.back() - 1) * dilations.back() + 1;
  }
  /// Whether the windows of both are the same ones.
  bool hasWindowsOf(const ConvolutionSizes &other) const {
    return std::tie(images, channels, extents, taps, strides, dilations, low, positions) ==
           std::tie(other.images, other.channels, other.extents, other.taps, other.strides, other.dilations,
                    other.low, other.positions);
  }
  /// Whether filters of both make the same tiles of pixels that lie alike.
  bool hasTilesOf(const ConvolutionSizes &other) const {
    return std::tie(channels, outputs, groups, taps, strides, dilations, low, isOrdered, isJoined) ==
           std::tie(other.channels, other.outputs, other.groups, other.taps, other.strides, other.dilations,
                    other.low, other.isOrdered, other.isJoined);
  }
  /// The convolution that gives variant `variant` of the result's pixels alone, its groups from position 0
  /// on.
  ConvolutionSizes sliced(const Pixels &pixels, int64_t variant) const;
};

/// The layout of an image [N, spatial..., C] that lies as `pixels`. With lines they are those that `reader`
/// needs.
Layout imageLayout(llvm::ArrayRef<int64_t> shape, const Pixels &pixels,
                   const ConvolutionSizes *reader = nullptr);

/// A convolution of an image that lies as `in` to one that lies as `out`, of which it makes one variant.
class PackedConvolution {
public:
  PackedConvolution(const ConvolutionSizes &whole, const Pixels &in, const Pixels &out, int64_t lanes,
                    int64_t variant = 0);

  const ConvolutionSizes sizes; ///< of the variant
  const Pixels in, out;
  const int64_t lanes;
  int64_t inGroups, outGroups;
  int64_t inChunks; ///< vectors of a group of the input
  int64_t slots;    ///< vectors of a group of the result
  /// Groups of the result that lie alike above those of the input are a phase: group phase + i * phases is
  /// above group i * step and its neighbours.
  int64_t phases, step;

  int64_t groupsOf(int64_t phase) const { return (outGroups - phase + phases - 1) / phases; }
  /// A vector of the input that a vector of the result needs: of the group `group` away, vector `chunk`.
  struct Source {
    int64_t group, chunk;
    auto operator<=>(const Source &) const = default;
  };
  /// For each of lineTaps(), the same vectors: under all taps of the packed dimension, or under `tap`.
  std::vector<Source> sourcesOf(int64_t phase, int64_t slot, int64_t tap = kAllTaps) const;
  static constexpr int64_t kAllTaps = -1;
  /// A vector of the input under a tap of the dimensions in front and, where sums have an order, of the
  /// packed one.
  struct Chunk {
    Source source;
    int64_t lineTap, tap;
  };
  /// What a vector of the result is the sum of, in the order of the sum.
  std::vector<Chunk> chunksOf(int64_t phase, int64_t slot) const;
  /// Whether each element of the result has all products of a dot product of its order in one chunk.
  bool keepsOrder() const;
  /// Taps over the dimensions in front that need vectors of their own.
  int64_t lineTaps() const { return in.hasLines ? 1 : sizes.lineTaps(); }
  /// Calls visit(column, lane, element, count) for the runs of the filters' elements in the tile of a chunk;
  /// the tile is zero elsewhere.
  void forEachRun(int64_t phase, int64_t slot, const Chunk &chunk,
                  llvm::function_ref<void(int64_t, int64_t, int64_t, int64_t)> visit) const;
  /// Columns of the result in a slot.
  int64_t widthOf(int64_t slot) const {
    return out.block > 0 ? out.count * out.block : std::min(lanes, out.count * sizes.outputs - slot * lanes);
  }
  /// Lanes of a chunk of the input that hold pixels.
  int64_t depthOf(int64_t chunk) const {
    return in.block > 0 ? in.count * in.block : std::min(lanes, laneElements() - chunk * lanes);
  }
  /// Whether lanes that hold no pixel of the image are read as padding.
  bool readsOutside() const;

  /// Cycles of all planes together, and columns of weight tiles, a vector for each byte.
  struct Cost {
    int64_t planeCycles = 0, columns = 0;
    Cost &operator+=(const Cost &other) {
      planeCycles += other.planeCycles, columns += other.columns;
      return *this;
    }
  };
  Cost cost(const target::Target &target) const;

private:
  /// Elements of a group, where all channels lie together.
  int64_t laneElements() const { return (in.hasLines ? sizes.lineTaps() : 1) * in.count * sizes.channels; }
  /// Where channel `channel` of a pixel of a group lies: chunk * lanes + lane.
  int64_t placeOf(int64_t pixel, int64_t channel) const {
    return in.block > 0 ? channel / in.block * lanes + pixel * in.block + channel % in.block
                        : pixel * sizes.channels + channel;
  }
  /// A pixel of the result's group and outputs of it.
  struct Piece {
    int64_t pixel, first, last;
  };
  llvm::SmallVector<Piece> piecesOf(int64_t slot) const;
  /// Whether the pixels of each group of the input hold whole chunks of their channels.
  bool holdsChannels() const;
  /// Calls visit(tap, pixel of the group, group) for the taps of the packed dimension over pixel `pixel` of a
  /// group of the result.
  template <typename Visit>
  void forEachTap(int64_t phase, int64_t pixel, Visit &&visit) const;
};

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_PACKING_H
