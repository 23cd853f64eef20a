//===- Convolve.cpp - Products of sliding windows with filters ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"
#include "Parallel.h"

#include "sluice/Numerics/Dot.h"

using namespace mlir;

namespace sluice::golden {

namespace {

/// The convolution of some positions with the filters of one group.
class GroupConvolution {
public:
  GroupConvolution(stensor::ConvolveOp op, const TensorValue &input, const TensorValue &filters,
                   int64_t group)
      : op(op), input(input.as<int8_t>()), shape(op.getInput().getType().getShape()),
        taps(op.getFilters().getType().getShape().drop_front().drop_back()),
        positions(op.getType().getShape().drop_back()),
        padding(static_cast<int8_t>(cast<IntegerAttr>(op.getPadding()).getInt())),
        outputs(op.getFilters().getType().getDimSize(0) / op.getGroups()),
        depth(op.getFilters().getType().getShape().back()), group(group) {
    window.resize(depth * tapCount());
    const int8_t *first = filters.as<int8_t>().data() + group * outputs * window.size();
    for (int64_t k = 0; k < static_cast<int64_t>(window.size()); k += stensor::kContractionChunk)
      tiles.emplace_back(first + k, std::min<int64_t>(stensor::kContractionChunk, window.size() - k), outputs,
                         window.size());
  }

  /// result[number, group's channels], number being row-major among images and positions.
  void convolve(int64_t number, int32_t *result) {
    int8_t *out = window.data();
    copyTaps(indexOf(number), 0, 0, out);
    result += number * op.getType().getShape().back() + group * outputs;
    for (auto [i, tile] : llvm::enumerate(tiles))
      tile.multiply(window.data() + i * stensor::kContractionChunk, 0, 1, result, 0,
                    i > 0 ? result : nullptr);
  }

private:
  int64_t tapCount() const {
    int64_t count = 1;
    for (int64_t size : taps)
      count *= size;
    return count;
  }

  /// Image and position.
  SmallVector<int64_t> indexOf(int64_t number) const {
    SmallVector<int64_t> index(positions.size());
    for (int64_t dim = static_cast<int64_t>(positions.size()) - 1; dim >= 0; --dim) {
      index[dim] = number % positions[dim];
      number /= positions[dim];
    }
    return index;
  }

  /// Appends the channels of all taps of the spatial dimensions from `dim` on to `out`; `offset` numbers what
  /// the dimensions before have chosen, -1 being outside the input.
  void copyTaps(ArrayRef<int64_t> index, size_t dim, int64_t offset, int8_t *&out) {
    if (dim == 0)
      offset = index[0];
    if (dim == taps.size()) {
      if (offset < 0)
        std::fill_n(out, depth, padding);
      else
        std::copy_n(input.data() + offset * shape.back() + group * depth, depth, out);
      out += depth;
      return;
    }
    for (int64_t tap = 0; tap < taps[dim]; ++tap) {
      int64_t at = index[dim + 1] * op.getStrides()[dim] + tap * op.getDilations()[dim] - op.getLow()[dim];
      bool isInside = offset >= 0 && at >= 0 && at < shape[dim + 1];
      copyTaps(index, dim + 1, isInside ? offset * shape[dim + 1] + at : -1, out);
    }
  }

  stensor::ConvolveOp op;
  ArrayRef<int8_t> input;
  ArrayRef<int64_t> shape, taps, positions;
  int8_t padding;
  int64_t outputs, depth, group;
  std::vector<int8_t> window; ///< [taps, depth] of the position at hand
  std::vector<numerics::ByteTile> tiles;
};

} // namespace

TensorValue evaluateConvolve(stensor::ConvolveOp op, const TensorValue &input, const TensorValue &filters) {
  TensorValue result(op.getType());
  llvm::fill(result.mutableBytes(), 0);
  int64_t outputs = op.getType().getShape().back();
  if (op.getType().getNumElements() == 0 || op.getFilters().getType().getNumElements() == 0)
    return result;
  int64_t numbers = op.getType().getNumElements() / outputs, groups = op.getGroups();
  int32_t *out = result.mutableAs<int32_t>().data();
  // Positions that a thread takes at once.
  constexpr int64_t together = 1024;
  int64_t parts = (numbers + together - 1) / together;
  parallelFor(groups * parts, [&](size_t i) {
    int64_t first = static_cast<int64_t>(i) % parts * together;
    GroupConvolution group(op, input, filters, static_cast<int64_t>(i) / parts);
    for (int64_t number = first; number < std::min(numbers, first + together); ++number)
      group.convolve(number, out);
  });
  return result;
}

} // namespace sluice::golden
