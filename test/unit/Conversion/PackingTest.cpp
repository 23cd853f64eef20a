//===- PackingTest.cpp - Convolutions over packed pixels ----------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the tiles of a packed convolution make of an image's vectors, against plain loops over
// pixels and taps.
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/StensorToTile/Packing.h"

#include "mlir/IR/BuiltinOps.h"
#include "gtest/gtest.h"

#include <map>
#include <random>

using namespace sluice;
using namespace sluice::tiling;

namespace {

constexpr int64_t kLanes = 40;

/// Random sizes of a convolution with one dimension in front of the packed one, and its operands.
struct Convolution {
  explicit Convolution(std::mt19937 &random) {
    auto draw = [&](int64_t low, int64_t high) {
      return std::uniform_int_distribution<int64_t>(low, high)(random);
    };
    images = draw(1, 2);
    groups = draw(0, 2) == 0 ? draw(2, 4) : 1;
    depth = groups == 1 ? draw(1, 6) : draw(1, 2);
    outputs = groups * draw(1, groups == 1 ? 7 : 2);
    for (int dim = 0; dim < 2; ++dim) {
      taps.push_back(draw(1, 3));
      strides.push_back(draw(1, 3));
      dilations.push_back(draw(1, 2));
      low.push_back(draw(0, 2));
      extents.push_back(draw(3, 13));
      positions.push_back(draw(1, (extents[dim] + low[dim]) / strides[dim] + 1));
    }
    padding = draw(-9, 9);
    auto fill = [&](std::vector<int64_t> &values, int64_t count) {
      for (int64_t i = 0; i < count; ++i)
        values.push_back(draw(-9, 9));
    };
    fill(image, images * extents[0] * extents[1] * channels());
    fill(filters, outputs * taps[0] * taps[1] * depth);
  }

  int64_t channels() const { return groups * depth; }
  int64_t pixel(int64_t n, int64_t y, int64_t x, int64_t channel) const {
    bool isInside = y >= 0 && y < extents[0] && x >= 0 && x < extents[1];
    return isInside ? image[((n * extents[0] + y) * extents[1] + x) * channels() + channel] : padding;
  }
  /// The result at any position, also beyond the last ones.
  int64_t result(int64_t n, int64_t row, int64_t column, int64_t output) const {
    int64_t sum = 0, group = output / (outputs / groups);
    for (int64_t i = 0; i < taps[0]; ++i)
      for (int64_t j = 0; j < taps[1]; ++j)
        for (int64_t c = 0; c < depth; ++c)
          sum += pixel(n, row * strides[0] + i * dilations[0] - low[0],
                       column * strides[1] + j * dilations[1] - low[1], group * depth + c) *
                 filters[((output * taps[0] + i) * taps[1] + j) * depth + c];
    return sum;
  }

  stensor::ConvolveOp create(mlir::OpBuilder &builder) const {
    auto tensor = [&](llvm::ArrayRef<int64_t> shape, unsigned width) {
      return mlir::RankedTensorType::get(shape, builder.getIntegerType(width));
    };
    mlir::Location loc = builder.getUnknownLoc();
    auto constant = [&](mlir::RankedTensorType type) {
      return stensor::ConstantOp::create(builder, loc, mlir::DenseElementsAttr::get(type, int8_t(0)));
    };
    auto input = constant(tensor({images, extents[0], extents[1], channels()}, 8));
    auto weights = constant(tensor({outputs, taps[0], taps[1], depth}, 8));
    return stensor::ConvolveOp::create(
        builder, loc, tensor({images, positions[0], positions[1], outputs}, 32), input, weights, strides,
        dilations, low, groups, builder.getI8IntegerAttr(int8_t(padding)));
  }

  int64_t images, groups, depth, outputs, padding;
  llvm::SmallVector<int64_t> taps, strides, dilations, low, extents, positions;
  std::vector<int64_t> image, filters;
};

} // namespace

/// Checks that the products of each dot product, of a tap or of all, are in one chunk, and these in order.
static void checkOrder(const PackedConvolution &packed, int64_t phase, int64_t slot,
                       const std::vector<PackedConvolution::Chunk> &chunks) {
  const ConvolutionSizes &sizes = packed.sizes;
  std::map<std::pair<int64_t, int64_t>, size_t> chunkOf; // by column and dot product
  for (auto [number, chunk] : llvm::enumerate(chunks))
    packed.forEachRun(phase, slot, chunk, [&](int64_t column, int64_t, int64_t element, int64_t count) {
      for (int64_t k = element; k < element + count; ++k) {
        const int64_t taps = sizes.lineTaps() * sizes.taps.back(),
                      dot = sizes.isJoined ? 0 : k / sizes.depth() % taps;
        ASSERT_EQ(chunkOf.try_emplace({column, dot}, number).first->second, number);
      }
    });
  for (auto [key, number] : chunkOf)
    if (auto before = chunkOf.find({key.first, key.second - 1}); before != chunkOf.end()) {
      ASSERT_LT(before->second, number);
    }
}

/// Checks every vector that `packed` makes: `in` holds the image's vectors, padding where no pixel is.
static void check(const Convolution &convolution, const PackedConvolution &packed, int64_t variant) {
  const ConvolutionSizes &sizes = packed.sizes;
  const Pixels &in = packed.in, &out = packed.out;
  const int64_t block = in.block > 0 ? in.block : convolution.channels();
  auto inputAt = [&](int64_t n, int64_t group, int64_t chunk, int64_t line, int64_t lane) {
    int64_t flat = in.block > 0 ? lane : chunk * kLanes + lane;
    int64_t place = flat / block, channel = flat % block + (in.block > 0 ? chunk * block : 0);
    int64_t inLine = in.hasLines ? place / in.count : 0;
    if (channel >= convolution.channels() || place >= in.count * (in.hasLines ? sizes.lineTaps() : 1))
      return int64_t(-1000); // must meet a zero
    int64_t y = in.hasLines
                    ? line * convolution.strides[0] + inLine * convolution.dilations[0] - convolution.low[0]
                    : line;
    return convolution.pixel(n, y, in.first + group * in.advanced() + place % in.count, channel);
  };
  for (int64_t phase = 0; phase < std::min(packed.phases, packed.outGroups); ++phase)
    for (int64_t slot = 0; slot < packed.slots; ++slot) {
      const std::vector<PackedConvolution::Chunk> chunks = packed.chunksOf(phase, slot);
      if (sizes.isOrdered && packed.keepsOrder())
        checkOrder(packed, phase, slot, chunks);
      for (int64_t i = 0; i < packed.groupsOf(phase); ++i)
        for (int64_t n = 0; n < convolution.images; ++n)
          for (int64_t row = 0; row < convolution.positions[0]; ++row) {
            std::vector<int64_t> sums(packed.widthOf(slot));
            for (const PackedConvolution::Chunk &chunk : chunks)
              packed.forEachRun(phase, slot, chunk,
                                [&](int64_t column, int64_t lane, int64_t element, int64_t count) {
                                  int64_t line = in.hasLines ? row
                                                             : row * convolution.strides[0] +
                                                                   chunk.lineTap * convolution.dilations[0] -
                                                                   convolution.low[0];
                                  for (int64_t k = 0; k < count; ++k)
                                    sums[column] += inputAt(n, i * packed.step + chunk.source.group,
                                                            chunk.source.chunk, line, lane + k) *
                                                    convolution.filters[element + k];
                                });
            const int64_t group = phase + i * packed.phases;
            const int64_t together = out.block > 0 ? out.block : convolution.outputs;
            for (int64_t column = 0; column < packed.widthOf(slot); ++column) {
              const int64_t flat = out.block > 0 ? column : slot * kLanes + column;
              const int64_t output = flat % together + (out.block > 0 ? slot * out.block : 0);
              if (output >= convolution.outputs)
                continue;
              const int64_t at = out.first + variant + group * out.advanced() + flat / together * out.pitch;
              ASSERT_EQ(sums[column], convolution.result(n, row, at, output))
                  << "phase " << phase << " slot " << slot << " group " << group << " column " << column;
            }
          }
    }
}

// Groups of all sizes, blocks of channels, patches and slices.
TEST(PackedConvolution, TilesMakeTheResult) {
  mlir::MLIRContext context;
  context.loadDialect<stensor::StensorDialect>();
  std::mt19937 random(1);
  auto draw = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const Convolution convolution(random);
    mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
    mlir::OpBuilder builder = mlir::OpBuilder::atBlockEnd(module->getBody());
    ConvolutionSizes sizes(convolution.create(builder));
    sizes.isOrdered = draw(0, 1);
    sizes.isJoined = sizes.isOrdered && draw(0, 1);
    Pixels in{draw(1, sizes.extents.back())}, out{draw(1, sizes.positions.back())};
    if (int64_t kind = draw(0, 3); kind == 0) { // all under the windows of some positions
      const int64_t positions = draw(1, sizes.positions.back());
      in = Pixels{sizes.spanOf(positions)};
      in.advance = positions * sizes.strides.back();
      in.first = -sizes.low.back();
      in.groups = (sizes.positions.back() + positions - 1) / positions;
      in.hasLines = draw(0, 1);
    } else if (kind == 1) {
      in.block = draw(1, std::max<int64_t>(1, kLanes / in.count));
    }
    if (in.block > 0 && in.count * in.block > kLanes)
      in = Pixels{1};
    if (draw(0, 2) == 0) { // slices
      out.pitch = draw(1, 3);
      out.first = draw(-2, 1);
      out.variants = draw(1, 3);
      out.groups = draw(1, 3);
    } else if (draw(0, 1) == 0 && out.count <= kLanes) {
      out.block = draw(1, kLanes / out.count);
    }
    const int64_t variant = draw(0, out.variants - 1);
    ASSERT_NO_FATAL_FAILURE(check(convolution, PackedConvolution(sizes, in, out, kLanes, variant), variant));
  }
}
