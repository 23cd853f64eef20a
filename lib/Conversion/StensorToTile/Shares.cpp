//===- Shares.cpp - Exchanges of what cards have shares of ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is united lies as each card's share does, card by card: each buffer of a share is an exchange of its
// own, which leaves when that buffer is there.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "dialects/tile/Striping.h"

using namespace mlir;

namespace sluice::tiling {

Layout Lowering::outermost(const Layout &layout, int64_t dim, ArrayRef<int64_t> shape) {
  Layout result = layout;
  auto isOnLanes = [&](int64_t d) {
    return llvm::is_contained(ArrayRef<int64_t>(result.permutation).take_back(result.laneDims), d);
  };
  if (result.hasLoops() || isOnLanes(dim)) {
    // The last of the other dimensions is on lanes.
    int64_t lane = static_cast<int64_t>(shape.size()) - 1;
    while (lane > 0 && (lane == dim || shape[lane] == 1))
      --lane;
    result = lane == dim ? Layout::replicated(shape.size()) : Layout::onLanes(shape.size(), lane);
  }
  result.permutation.erase(llvm::find(result.permutation, dim));
  result.permutation.insert(result.permutation.begin(), dim);
  return result;
}

void Lowering::planUnite(stensor::ConcatOp unite) {
  Root &root = rootOf(unite.getResult());
  ArrayRef<int64_t> shape = root.type.getShape();
  const int64_t replicas = root.replicasWanted;
  Layout layout = outermost(wishedLayout(unite.getResult()).value_or(defaultLayout(shape)), 0, shape);
  setLayout(root, layout);
  const View &share = viewOf(unite.getInputs().front());
  for (int32_t sent : share.roots())
    roots[sent].isApart = true;
  wish(share, layout, true, replicas);
}

int32_t Lowering::bufferToSend(Location loc, const Refs &refs, int64_t bytes) {
  auto buffer = emitter.valueOf(refs.front().buffer).getDefiningOp<tile::BufferOp>();
  std::optional<Progression> progression = progressionOf(refs);
  if (buffer && buffer.getStripes() == 1 && progression && progression->start == 0 &&
      (refs.size() == 1 || progression->step == 1))
    return refs.front().buffer;
  return emitter.copyToBuffer(loc, refs, bytes);
}

LogicalResult Lowering::lowerUnite(stensor::ConcatOp unite) {
  Location loc = unite.getLoc();
  Root &root = rootOf(unite.getResult());
  const View &share = viewOf(unite.getInputs().front());
  const int64_t bytes = bytesOf(root.type.getElementType()), cards = options.cards;
  Refs refs = materialise(loc, share, root.type.getElementType(), *root.layout, root.replicasWanted);
  const Grid grid = gridOf(share.shape(), *root.layout);
  const int64_t rows = grid.rows();
  Refs whole(refs.size() * cards);
  for (size_t first = 0; first < refs.size();) {
    size_t end = first + 1;
    while (end < refs.size() && refs[end].buffer == refs[first].buffer &&
           grid.chunkOf(end) == grid.chunkOf(first))
      ++end;
    const int64_t count = end - first;
    const int32_t from = bufferToSend(loc, Refs(refs.begin() + first, refs.begin() + end), bytes);
    const int32_t to = emitter.createBuffer(loc, count * cards, bytes);
    tile::ExchangeOp::create(emitter.builder, loc, emitter.valueOf(from), emitter.valueOf(to), count,
                             DenseI64ArrayAttr(), DenseI64ArrayAttr(), DenseI64ArrayAttr());
    for (int64_t i = 0; i < count; ++i)
      for (int64_t card = 0; card < cards; ++card) {
        const int64_t vector = first + i, row = grid.rowOf(vector), chunk = grid.chunkOf(vector);
        whole[chunk * rows * cards + card * rows + row] = {to, -1, card * count + i};
      }
    first = end;
  }
  const int64_t replicas = root.isReplicated ? root.replicasWanted : 1;
  define(root, std::move(whole), replicas);
  return success();
}

} // namespace sluice::tiling
