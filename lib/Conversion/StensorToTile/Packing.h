//===- Packing.h - Convolutions as weight tiles over packed pixels -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An image's vectors hold groups of pixels, neighbours along the last spatial dimension, each
// with all its channels. A vector of the result is then the sum of a few products: of the
// vectors that its windows touch with tiles that have the filters' weights where a pixel of
// the one is under a tap of the other, and zeros elsewhere (block-Toeplitz matrices).
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_PACKING_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_PACKING_H

#include "Layout.h"

#include "sluice/Target/Target.h"

#include "dialects/stensor/StensorDialect.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace sluice::tiling {

/// The sizes of a convolution, as stensor.convolve names them; the packed dimension is the last spatial one.
struct ConvolutionSizes {
  explicit ConvolutionSizes(stensor::ConvolveOp op);

  int64_t images, channels, outputs, groups;
  Shape extents, taps, strides, dilations, low, positions; ///< of the spatial dimensions

  int64_t depth() const { return channels / groups; }
  /// Products over all positions but along the packed dimension: images included.
  int64_t lines() const;
  /// Taps over the spatial dimensions in front of the packed one.
  int64_t lineTaps() const;
};

/// A convolution whose input has `in` and whose result has `out` pixels in a group.
class PackedConvolution {
public:
  PackedConvolution(const ConvolutionSizes &sizes, int64_t in, int64_t out, int64_t lanes);

  const ConvolutionSizes sizes;
  const int64_t in, out, lanes;
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
  /// For each tap of the dimensions in front, the same vectors.
  std::vector<Source> sourcesOf(int64_t phase, int64_t slot) const;
  /// Calls visit(column, lane, element, count) for the runs of the filters' elements in the tile between
  /// them; the tile is zero elsewhere. `lineTap` numbers the taps of the dimensions in front.
  void forEachRun(int64_t phase, int64_t slot, const Source &source, int64_t lineTap,
                  llvm::function_ref<void(int64_t, int64_t, int64_t, int64_t)> visit) const;
  /// Calls visit(tap, pixel in its group, group) for the taps of the packed dimension over output pixel
  /// `pixel` of a group.
  template <typename Visit>
  void forEachTap(int64_t phase, int64_t pixel, Visit &&visit) const {
    for (int64_t tap = 0; tap < sizes.taps.back(); ++tap) {
      int64_t at =
          (phase * out + pixel) * sizes.strides.back() + tap * sizes.dilations.back() - sizes.low.back();
      int64_t group = at >= 0 ? at / in : -((in - 1 - at) / in);
      visit(tap, at - group * in, group);
    }
  }
  /// Columns of the result in a slot.
  int64_t widthOf(int64_t slot) const { return std::min(lanes, out * sizes.outputs - slot * lanes); }
  /// Lanes of a chunk of the input that hold pixels.
  int64_t depthOf(int64_t chunk) const { return std::min(lanes, in * sizes.channels - chunk * lanes); }
  /// Whether a pixel of the result is under a tap beyond the last pixel of the input.
  bool readsBeyond() const;

  /// Cycles of all planes together, and vectors of the result.
  struct Cost {
    int64_t planeCycles = 0, tiles = 0, vectors = 0;
  };
  Cost cost(const target::Target &target) const;
};

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_PACKING_H
