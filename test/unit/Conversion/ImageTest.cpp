//===- ImageTest.cpp - What images say is what is made ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/Images/ImageMaker.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Builders.h"

#include <gtest/gtest.h>

#include <random>

using namespace mlir;
using namespace sluice;

namespace {

struct Loop {
  int64_t dim, count, step;
};

class ImageTest : public ::testing::Test {
protected:
  ImageTest() : builder(&context) { context.loadDialect<tile::TileDialect>(); }

  DenseI64ArrayAttr numbers(ArrayRef<int64_t> values) { return builder.getDenseI64ArrayAttr(values); }
  DenseI64ArrayAttr loops(ArrayRef<Loop> list) {
    SmallVector<int64_t> flat;
    for (const Loop &loop : list)
      flat.append({loop.dim, loop.count, loop.step});
    return numbers(flat);
  }

  /// A constant of 1, 2, 3 ... in a type of `bytes`.
  DenseElementsAttr counting(int64_t elements, int64_t bytes) {
    std::vector<char> raw(elements * bytes, 0);
    for (int64_t i = 0; i < elements; ++i)
      for (int64_t byte = 0; byte < std::min<int64_t>(bytes, 4); ++byte)
        raw[i * bytes + byte] = static_cast<char>((i + 1) >> 8 * byte);
    return DenseElementsAttr::getFromRawBuffer(
        RankedTensorType::get({elements}, builder.getIntegerType(8 * bytes)), raw);
  }

  std::vector<char> make(tile::ImageAttr image, int64_t card) {
    std::vector<char> bytes(ImageMaker::cardBytes(image));
    maker.make(image, card, bytes);
    return bytes;
  }

  MLIRContext context;
  OpBuilder builder;
  ImageMaker maker;
};

/// The index that `loops` make of place `place`, one loop after the other from the last.
void count(ArrayRef<Loop> loops, int64_t place, SmallVector<int64_t> &index) {
  for (const Loop &loop : llvm::reverse(loops)) {
    index[loop.dim] += place % loop.count * loop.step;
    place /= loop.count;
  }
}

int64_t product(ArrayRef<Loop> loops) {
  int64_t count = 1;
  for (const Loop &loop : loops)
    count *= loop.count;
  return count;
}

TEST_F(ImageTest, RandomImages) {
  std::mt19937 random(11);
  auto pick = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  for (int round = 0; round < 500; ++round) {
    SCOPED_TRACE(round);
    const int64_t rank = pick(1, 4), bytes = int64_t(1) << pick(0, 2), lanes = pick(1, 40);
    auto randomLoops = [&] {
      SmallVector<Loop> list;
      for (int64_t i = pick(1, 3); i > 0; --i)
        list.push_back({pick(0, rank - 1), pick(1, 5), pick(-2, 3)});
      return list;
    };
    SmallVector<Loop> cards = randomLoops(), vectors = randomLoops(), laneLoops = randomLoops();
    SmallVector<int64_t> offsets, low, extent, strides;
    int64_t elements = 1;
    for (int64_t d = 0; d < rank; ++d) {
      offsets.push_back(pick(-3, 4));
      low.push_back(pick(-3, 4));
      extent.push_back(pick(1, 6));
      strides.push_back(pick(0, 1) * elements);
      elements *= extent.back();
    }
    const int64_t start = pick(0, 3), firstLane = pick(0, 3), vectorCount = pick(1, product(vectors));
    auto piece = tile::ImagePieceAttr::get(&context, counting(start + elements, bytes), start, numbers(low),
                                           numbers(extent), numbers(strides));
    auto type = RankedTensorType::get({product(cards), vectorCount, bytes, lanes}, builder.getI8Type());
    auto image = tile::ImageAttr::get(&context, type, numbers(offsets), loops(cards), loops(vectors),
                                      loops(laneLoops), firstLane, builder.getArrayAttr(Attribute(piece)));
    const int64_t card = pick(0, product(cards) - 1);
    const std::vector<char> made = make(image, card);
    for (int64_t vector = 0; vector < vectorCount; ++vector)
      for (int64_t lane = 0; lane < lanes; ++lane) {
        SmallVector<int64_t> index(offsets);
        count(cards, card, index);
        count(vectors, vector, index);
        count(laneLoops, firstLane + lane, index);
        int64_t number = start + 1;
        bool isInside = firstLane + lane < product(laneLoops);
        for (int64_t d = 0; d < rank; ++d) {
          isInside &= index[d] >= low[d] && index[d] < low[d] + extent[d];
          number += (index[d] - low[d]) * strides[d];
        }
        for (int64_t byte = 0; byte < bytes; ++byte)
          ASSERT_EQ(made[(vector * bytes + byte) * lanes + lane],
                    isInside ? static_cast<char>(number >> 8 * byte) : 0)
              << "vector " << vector << ", lane " << lane << ", byte " << byte;
      }
  }
}

/// Three taps over lines of four pixels and two channels, two outputs: column (pixel j, output o) holds
/// W[o, c, i - j + 1] in lane (pixel i, channel c).
TEST_F(ImageTest, LinesOfAConvolution) {
  auto image = cast<tile::ImageAttr>(parseAttribute(
      "#tile.image<[0, 0, 1] cards [] vectors [2, 4, -1, 0, 2, 1] lanes [2, 4, 1, 1, 2, 1] from 0 of "
      "[#tile.piece<dense<[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]> : tensor<12xi8> from 0 in [0, 0, 0] "
      "[2, 2, 3] by [6, 3, 1]>]> : tensor<8x1x8xi8>",
      &context));
  ASSERT_TRUE(image);
  const std::vector<char> expected = {
      2, 5, 3, 6, 0, 0, 0, 0, 8, 11, 9, 12, 0, 0,  0, 0,  // pixel 0
      1, 4, 2, 5, 3, 6, 0, 0, 7, 10, 8, 11, 9, 12, 0, 0,  // pixel 1
      0, 0, 1, 4, 2, 5, 3, 6, 0, 0,  7, 10, 8, 11, 9, 12, // pixel 2
      0, 0, 0, 0, 1, 4, 2, 5, 0, 0,  0, 0,  7, 10, 8, 11, // pixel 3
  };
  EXPECT_EQ(make(image, 0), expected);
}

} // namespace
