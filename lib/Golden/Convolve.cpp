//===- Convolve.cpp - Products of sliding windows with filters ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"
#include "Parallel.h"

#include "sluice/Numerics/Dot.h"
#include "sluice/Numerics/Scalar.h"

using namespace mlir;

namespace sluice::golden {

namespace {

/// fp16: dot products of chunks are rounded once and added in fp32 in their order.
struct HalfKind {
  using Tile = numerics::HalfTile;
  using Element = uint16_t;
  using Sum = float;
  static void multiply(const Tile &tile, const Element *row, Sum *result, bool isFirst) {
    if (isFirst)
      return tile.multiply(row, result);
    llvm::SmallVector<float, 64> sums(tile.n());
    tile.multiply(row, sums.data());
    auto *words = reinterpret_cast<uint32_t *>(result);
    numerics::evaluate(numerics::ScalarOp::AddF, words, reinterpret_cast<const uint32_t *>(sums.data()),
                       nullptr, words, tile.n());
  }
};

/// int8: exact in int32.
struct ByteKind {
  using Tile = numerics::ByteTile;
  using Element = int8_t;
  using Sum = int32_t;
  static void multiply(const Tile &tile, const Element *row, Sum *result, bool isFirst) {
    tile.multiply(row, 0, 1, result, 0, isFirst ? nullptr : result);
  }
};

/// The convolution of some positions with the filters of neighbouring groups, which are blocks on the
/// diagonal of one matrix: products with the zeros beside them are zero.
template <class Kind>
class GroupConvolution {
  using Element = typename Kind::Element;
  using Tile = typename Kind::Tile;

public:
  GroupConvolution(stensor::ConvolveOp op, const TensorValue &input, const TensorValue &filters,
                   int64_t first, int64_t count)
      : op(op), input(input.as<Element>()), shape(op.getInput().getType().getShape()),
        taps(op.getFilters().getType().getShape().drop_front().drop_back()),
        positions(op.getType().getShape().drop_back()), padding(bitsOf(op.getPadding())),
        firstOutput(first * outputsOf(op)), firstChannel(first * depthOf(op)), channels(count * depthOf(op)) {
    window.resize(channels * tapCount());
    const int64_t inner = std::is_same_v<Kind, ByteKind> ? tapCount() : innerTaps(op),
                  depth = inner * depthOf(op);
    for (int64_t tap = 0; tap < tapCount(); tap += inner)
      if (count > 1)
        chunks.push_back({tap * channels, diagonalTile(filters.as<Element>(), tap, first, count)});
      else
        for (int64_t k = tap * channels, end = k + depth; k < end; k += stensor::kContractionChunk)
          chunks.push_back({k, Tile(filters.as<Element>().data() + firstOutput * window.size() + k,
                                    std::min<int64_t>(stensor::kContractionChunk, end - k), outputsOf(op),
                                    window.size())});
  }

  /// result[number, the groups' channels], number being row-major among images and positions.
  void convolve(int64_t number, typename Kind::Sum *result) {
    Element *out = window.data();
    copyTaps(indexOf(number), 0, 0, out);
    result += number * op.getType().getShape().back() + firstOutput;
    for (auto [i, chunk] : llvm::enumerate(chunks))
      Kind::multiply(chunk.tile, window.data() + chunk.offset, result, i == 0);
  }

  static int64_t outputsOf(stensor::ConvolveOp op) {
    return op.getFilters().getType().getDimSize(0) / static_cast<int64_t>(op.getGroups());
  }
  static int64_t depthOf(stensor::ConvolveOp op) { return op.getFilters().getType().getShape().back(); }

  /// Taps of one dot product.
  static int64_t innerTaps(stensor::ConvolveOp op) {
    return countOf(op.getFilters().getType().getShape().drop_front().drop_back().take_back(op.getJoined()));
  }

private:
  static int64_t countOf(ArrayRef<int64_t> sizes) {
    int64_t count = 1;
    for (int64_t size : sizes)
      count *= size;
    return count;
  }
  int64_t tapCount() const { return countOf(taps); }
  static Element bitsOf(Attribute padding) {
    if (auto real = dyn_cast<FloatAttr>(padding))
      return static_cast<Element>(real.getValue().bitcastToAPInt().getZExtValue());
    return static_cast<Element>(cast<IntegerAttr>(padding).getInt());
  }

  /// The filters of `count` groups at one tap.
  Tile diagonalTile(ArrayRef<Element> filters, int64_t tap, int64_t first, int64_t count) const {
    const int64_t depth = depthOf(op), outputs = outputsOf(op);
    std::vector<Element> weights(count * outputs * channels);
    for (int64_t output = 0; output < count * outputs; ++output)
      std::copy_n(filters.data() + ((first * outputs + output) * tapCount() + tap) * depth, depth,
                  weights.data() + output * channels + output / outputs * depth);
    return Tile(weights.data(), channels, count * outputs, channels);
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
  void copyTaps(ArrayRef<int64_t> index, size_t dim, int64_t offset, Element *&out) {
    if (dim == 0)
      offset = index[0];
    if (dim == taps.size()) {
      if (offset < 0)
        std::fill_n(out, channels, padding);
      else
        std::copy_n(input.data() + offset * shape.back() + firstChannel, channels, out);
      out += channels;
      return;
    }
    for (int64_t tap = 0; tap < taps[dim]; ++tap) {
      int64_t at = index[dim + 1] * op.getStrides()[dim] + tap * op.getDilations()[dim] - op.getLow()[dim];
      bool isInside = offset >= 0 && at >= 0 && at < shape[dim + 1];
      copyTaps(index, dim + 1, isInside ? offset * shape[dim + 1] + at : -1, out);
    }
  }

  stensor::ConvolveOp op;
  ArrayRef<Element> input;
  ArrayRef<int64_t> shape, taps, positions;
  Element padding;
  int64_t firstOutput, firstChannel, channels; ///< of the groups
  std::vector<Element> window;                 ///< [taps, channels] of the position at hand
  struct Chunk {
    int64_t offset; ///< in the window
    Tile tile;
  };
  std::vector<Chunk> chunks;
};

} // namespace

template <class Kind>
static void convolve(stensor::ConvolveOp op, const TensorValue &input, const TensorValue &filters,
                     TensorValue &result) {
  const int64_t numbers = op.getType().getNumElements() / op.getType().getShape().back(),
                groups = op.getGroups();
  // Positions that a thread takes at once, and channels of groups that are worth a tile.
  constexpr int64_t positions = 1024, channels = 32;
  using Groups = GroupConvolution<Kind>;
  int64_t together = 1;
  if (std::is_same_v<Kind, HalfKind> && Groups::innerTaps(op) == 1)
    together =
        std::clamp<int64_t>(channels / std::max(Groups::depthOf(op), Groups::outputsOf(op)), 1, groups);
  const int64_t parts = (numbers + positions - 1) / positions, blocks = (groups + together - 1) / together;
  auto *out = result.mutableAs<typename Kind::Sum>().data();
  parallelFor(blocks * parts, [&](size_t i) {
    const int64_t first = static_cast<int64_t>(i) % parts * positions,
                  group = static_cast<int64_t>(i) / parts * together;
    Groups block(op, input, filters, group, std::min(together, groups - group));
    for (int64_t number = first; number < std::min(numbers, first + positions); ++number)
      block.convolve(number, out);
  });
}

TensorValue evaluateConvolve(stensor::ConvolveOp op, const TensorValue &input, const TensorValue &filters) {
  TensorValue result(op.getType());
  llvm::fill(result.mutableBytes(), 0);
  if (op.getType().getNumElements() == 0 || op.getFilters().getType().getNumElements() == 0)
    return result;
  if (input.elementType().isF16())
    convolve<HalfKind>(op, input, filters, result);
  else
    convolve<ByteKind>(op, input, filters, result);
  return result;
}

} // namespace sluice::golden
