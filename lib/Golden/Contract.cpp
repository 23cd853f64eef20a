//===- Contract.cpp - Batched products --------------------------- -*- C++ -*-===//
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

/// The sizes of a contraction, by the names of its definition.
struct Sizes {
  int64_t b, m, n, t, k;

  explicit Sizes(stensor::ContractOp op) {
    ArrayRef<int64_t> lhs = op.getLhs().getType().getShape();
    b = lhs[0], m = lhs[1], n = op.getRhs().getType().getDimSize(1), t = lhs[2], k = lhs[3];
  }
};

/// fp16: chunks are dot products rounded once, added in fp32 in their order.
struct HalfKind {
  using Tile = numerics::HalfTile;
  using Element = uint16_t;
  using Sum = float;
  static void multiply(const Tile &tile, const Element *row, Sum *sums) { tile.multiply(row, sums); }
  static void add(Sum *sums, const Sum *chunk, int64_t count) {
    auto *words = reinterpret_cast<uint32_t *>(sums);
    numerics::evaluate(numerics::ScalarOp::AddF, words, reinterpret_cast<const uint32_t *>(chunk), nullptr,
                       words, count);
  }
};

/// int8: exact in int32.
struct ByteKind {
  using Tile = numerics::ByteTile;
  using Element = int8_t;
  using Sum = int32_t;
  static void multiply(const Tile &tile, const Element *row, Sum *sums) { tile.multiply(row, 0, 1, sums, 0); }
  static void add(Sum *sums, const Sum *chunk, int64_t count) {
    auto *words = reinterpret_cast<uint32_t *>(sums);
    numerics::evaluate(numerics::ScalarOp::AddI, words, reinterpret_cast<const uint32_t *>(chunk), nullptr,
                       words, count);
  }
};

/// A block of result columns of one batch: all chunks of all rows.
struct Block {
  int64_t b, firstColumn, columns;
};

} // namespace

template <class Kind>
static void contractBlock(const Sizes &sizes, const Block &block, const typename Kind::Element *lhs,
                          const typename Kind::Element *rhs, typename Kind::Sum *result) {
  int64_t depth = sizes.t * sizes.k;
  lhs += block.b * sizes.m * depth;
  rhs += (block.b * sizes.n + block.firstColumn) * depth;
  result += block.b * sizes.m * sizes.n + block.firstColumn;
  std::vector<typename Kind::Sum> sums(block.columns);
  bool first = true;
  for (int64_t t = 0; t < sizes.t; ++t) {
    for (int64_t k = 0; k < sizes.k; k += stensor::kContractionChunk) {
      int64_t offset = t * sizes.k + k;
      typename Kind::Tile tile(rhs + offset, std::min(stensor::kContractionChunk, sizes.k - k), block.columns,
                               depth);
      for (int64_t m = 0; m < sizes.m; ++m) {
        typename Kind::Sum *row = result + m * sizes.n;
        Kind::multiply(tile, lhs + m * depth + offset, first ? row : sums.data());
        if (!first)
          Kind::add(row, sums.data(), block.columns);
      }
      first = false;
    }
  }
}

template <class Kind>
static TensorValue contract(stensor::ContractOp op, const TensorValue &lhs, const TensorValue &rhs) {
  Sizes sizes(op);
  TensorValue result(op.getType());
  if (sizes.t * sizes.k == 0) {
    llvm::fill(result.mutableBytes(), 0);
    return result;
  }
  std::vector<Block> blocks;
  for (int64_t b = 0; b < sizes.b; ++b)
    for (int64_t n = 0; n < sizes.n; n += stensor::kContractionChunk)
      blocks.push_back({b, n, std::min(stensor::kContractionChunk, sizes.n - n)});
  auto run = [&](size_t i) {
    contractBlock<Kind>(sizes, blocks[i], lhs.as<typename Kind::Element>().data(),
                        rhs.as<typename Kind::Element>().data(),
                        result.mutableAs<typename Kind::Sum>().data());
  };
  // Products below which threads cost more than they bring.
  constexpr int64_t parallel = 1 << 22;
  if (sizes.b * sizes.m * sizes.n * sizes.t * sizes.k >= parallel) {
    parallelFor(blocks.size(), run);
    return result;
  }
  for (size_t i = 0; i < blocks.size(); ++i)
    run(i);
  return result;
}

TensorValue evaluateContract(stensor::ContractOp op, const TensorValue &lhs, const TensorValue &rhs) {
  if (lhs.elementType().isF16())
    return contract<HalfKind>(op, lhs, rhs);
  return contract<ByteKind>(op, lhs, rhs);
}

} // namespace sluice::golden
