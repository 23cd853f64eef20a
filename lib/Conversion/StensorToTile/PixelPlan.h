//===- PixelPlan.h - How many pixels lie side by side -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_PIXELPLAN_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_PIXELPLAN_H

#include "Lowering.h"

#include <map>
#include <vector>

namespace sluice::tiling {

/// The images of a program: who makes and reads each, and how its pixels lie.
class Lowering::PixelPlan {
public:
  explicit PixelPlan(Lowering &lowering) : lowering(lowering), target(lowering.emitter.target) {}

  void run();

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

  //===--- Images (PlanPixels.cpp) ---===//
  int64_t find(int64_t image) const {
    while (images[image].same != image)
      image = images[image].same;
    return image;
  }
  Image &imageOf(int64_t image) { return images[find(image)]; }
  const Image &imageOf(int64_t image) const { return images[find(image)]; }
  int64_t addImage(llvm::ArrayRef<int64_t> shape);
  /// The root of an image [N, spatial..., C] and its dimensions in the order of the image's; those in front
  /// of the packed one may be split otherwise.
  std::optional<std::pair<int32_t, Shape>> imageRoot(const View &view) const;
  /// The image of a root whose dimensions are those of `shape` in the order `dims`.
  int64_t placeRoot(int32_t root, llvm::ArrayRef<int64_t> shape, const Shape &dims);
  void addConvolution(stensor::ConvolveOp op);
  /// The roots that a map reads element by element and those that it makes.
  llvm::SmallVector<int32_t> rootsOf(stensor::MapOp map) const;
  /// A band and the same with lines of other cards beside it.
  llvm::SmallVector<int32_t> rootsOf(part::HaloOp halo) const;
  /// Whether any map's roots were not in one image before.
  bool joinMaps();
  void join(int64_t a, int64_t b);

  //===--- Parts of images (PixelParts.cpp) ---===//
  /// Operands of a map that are parts of other images.
  void addParts(stensor::MapOp map);
  /// Whether the view is of lines of other images, each pixel of which holds several of the view's.
  bool addSplits(stensor::MapOp map, const View &view, llvm::ArrayRef<int32_t> roots, const Place &to);
  /// Whether all that is read of `value`, through layout operations, are slices or splits.
  bool isReadInParts(mlir::Value value, int32_t root) const;
  bool readsPixels(mlir::Value value, mlir::Operation *user) const;
  /// What others read, or make, has one pixel in a vector.
  void restrict(int32_t root);

  //===--- Candidates (PixelCandidates.cpp) ---===//
  /// What an image may lie in.
  llvm::SmallVector<Pixels> candidatesOf(const Image &image) const;
  /// For a convolution of groups of channels: blocks of them, input and result alike, so that a vector of the
  /// result needs but one for each line of taps.
  llvm::SmallVector<std::pair<Pixels, Pixels>> blocksOf(const Convolution &convolution) const;
  /// How an image lies that is read in slices, all of one pitch and by one image, with groups of 1 pixel.
  std::optional<Pixels> slicesOf(const Image &image) const;

  //===--- Their choice (PixelChoice.cpp) ---===//
  class Choice;
  void choosePixels();

  //===--- What follows from it (PlanPixels.cpp) ---===//
  /// Whether the zeros that the host writes outside of an input become the reader's padding.
  bool isPaddedByHost(const Convolution &reader) const;
  /// What maps make of the zeros outside of an input, as a register's value; none if that is not known.
  std::optional<uint32_t> valueOutside(int32_t root) const;
  /// The first convolution that has the tiles of this one.
  size_t tilesOf(size_t convolution) const;
  void layOutRoots();
  void setPackings();

  Lowering &lowering;
  const target::Target &target;
  std::vector<Image> images;
  std::map<int32_t, Place> places; ///< by root
  std::vector<Convolution> convolutions;
  std::vector<Slice> slices;
  std::vector<Split> splits;
};

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_PIXELPLAN_H
