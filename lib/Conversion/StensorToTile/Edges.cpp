//===- Edges.cpp - Program inputs and outputs ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CardShares.h"
#include "Lowering.h"

using namespace mlir;

namespace sluice::tiling {

/// The user's element type of an argument or result.
static Type userType(DictionaryAttr attributes, RankedTensorType type) {
  if (attributes)
    if (auto named = attributes.getAs<TypeAttr>(stensor::kTypeAttr))
      return named.getValue();
  return type.getElementType();
}

static StringRef nameOf(DictionaryAttr attributes) {
  if (attributes)
    if (auto name = attributes.getAs<StringAttr>(stensor::kNameAttr))
      return name.getValue();
  return {};
}

/// The type of what cards have shares of, as the host knows it.
RankedTensorType Lowering::wholeType(RankedTensorType share, std::optional<int64_t> cutDim) const {
  SmallVector<int64_t> shape(share.getShape());
  if (cutDim)
    shape[*cutDim] *= options.cards;
  return RankedTensorType::get(shape, share.getElementType());
}

/// The number among all vectors of a tensor of the first card's vector `vector`, where each card has a share
/// of the slowest of the dimensions that count vectors.
int64_t Lowering::vectorOfWhole(int64_t vector, int64_t rows, std::optional<int64_t> cutDim) const {
  return cutDim ? vector / rows * rows * options.cards + vector % rows : vector;
}

/// Vectors of an input that follow one another, in a buffer of their own.
void Lowering::placeInput(Root &root, int64_t first, int64_t count, int64_t stripes) {
  DictionaryAttr attributes = source.getArgAttrDict(cast<BlockArgument>(root.value).getArgNumber());
  const Layout &layout = *root.layout;
  InputLoops loops;
  for (const auto &[from, to] : {std::pair(&layout.rows, &loops.rows), {&layout.lanes, &loops.lanes}})
    for (const Loop &loop : *from)
      to->append({loop.dim, loop.count, loop.step});
  loops.offsets.assign(layout.offsets.begin(), layout.offsets.end());
  const int64_t cardStep = root.cutDim ? gridOf(root.type.getShape(), layout).rows() : 0;
  int32_t buffer =
      emitter.createInput(root.value.getLoc(), nameOf(attributes), wholeType(root.type, root.cutDim),
                          userType(attributes, root.type), root.layout->permutation, root.layout->laneDims,
                          vectorOfWhole(first, gridOf(root.type.getShape(), layout).rows(), root.cutDim),
                          count, bytesOf(root.type.getElementType()), stripes, loops, cardStep);
  for (int64_t i = 0; i < count; ++i)
    root.refs[first + i] = {buffer, -1, i};
}

void Lowering::placeInputs() {
  for (Root &root : roots) {
    if (root.kind != Root::Input)
      continue;
    Grid grid = gridOf(root.type.getShape(), *root.layout);
    if (grid.vectors() == 0)
      placeInput(root, 0, 0, 1);
    std::vector<std::vector<int64_t>> tiles = tilesOf(root);
    root.refs.resize(grid.vectors());
    for (const std::vector<int64_t> &tile : tiles) {
      bool isRun =
          tile.back() - tile.front() == static_cast<int64_t>(tile.size()) - 1 && llvm::is_sorted(tile);
      if (!isRun)
        continue;
      placeInput(root, tile.front(), tile.size(), emitter.target.installStreams);
      Refs refs(root.refs.begin() + tile.front(), root.refs.begin() + tile.back() + 1);
      weightTiles[refs] = refs.front().buffer;
    }
    int64_t block = emitter.blockOf(grid.rows());
    for (int64_t first = 0; first < grid.vectors();) {
      int64_t end = first;
      while (end < grid.vectors() && root.refs[end].buffer < 0 && end - first < block &&
             grid.chunkOf(end) == grid.chunkOf(first))
        ++end;
      if (end > first)
        placeInput(root, first, end - first, 1);
      first = std::max(end, first + 1);
    }
    root.replicas = emitter.target.lanes();
  }
}

/// The layout of the root that a view has all of, its dimensions in any order.
std::optional<Layout> Lowering::layoutOfRoot(const View &view) const {
  std::optional<std::pair<int32_t, Shape>> permuted = permutedRoot(view);
  if (!permuted)
    return std::nullopt;
  const Root &root = roots[permuted->first];
  if (!root.layout || root.layout->hasLoops())
    return std::nullopt;
  Layout layout = *root.layout;
  for (int64_t &dim : layout.permutation)
    dim = std::distance(permuted->second.begin(), llvm::find(permuted->second, dim));
  return layout;
}

/// The layout in which a value leaves: one that costs nothing if there is one.
Layout Lowering::outputLayout(const View &view) {
  int64_t rank = view.shape().size();
  SmallVector<Layout> candidates;
  if (std::optional<int32_t> number = view.wholeRoot()) {
    const Root &root = roots[*number];
    if (root.layout && !root.layout->hasLoops() && root.type.getShape() == view.shape())
      return *root.layout;
  }
  candidates.push_back(defaultLayout(view.shape()));
  if (std::optional<Layout> layout = layoutOfRoot(view))
    candidates.push_back(*layout);
  for (int64_t dim = rank - 1; dim >= 0; --dim)
    if (view.shape()[dim] > 1)
      candidates.push_back(Layout::onLanes(rank, dim));
  for (int64_t count = 2; count <= rank; ++count)
    candidates.push_back(Layout::onLanes(rank, rank - 1, count));
  if (isConstant(view))
    return candidates.front();
  const Layout *best = nullptr;
  int64_t leastPieces = INT64_MAX;
  for (const Layout &layout : candidates) {
    int64_t pieces = countMovedPieces(view, layout, leastPieces - 1);
    if (pieces < leastPieces)
      best = &layout, leastPieces = pieces;
    if (pieces == 0)
      break;
  }
  return *best;
}

bool Lowering::leavesInWholeVectors(Value result) {
  Root &root = rootOf(result);
  SmallVector<Value> open{result};
  while (!open.empty()) {
    Value value = open.pop_back_val();
    for (Operation *user : value.getUsers()) {
      if (isLayoutOp(user) && user->getNumOperands() == 1) {
        open.push_back(user->getResult(0));
        continue;
      }
      if (!isa<func::ReturnOp>(user))
        return false;
      // With vectors that stand for themselves, the layout chosen now is that chosen later.
      for (int64_t i = 0, e = gridOf(root.type.getShape(), *root.layout).vectors(); i < e; ++i)
        root.refs.push_back({0, -1, i});
      const View &view = viewOf(value);
      bool isWhole = countMovedPieces(view, outputLayout(view)) == 0;
      root.refs.clear();
      if (!isWhole)
        return false;
    }
  }
  return true;
}

LogicalResult Lowering::lowerReturn(func::ReturnOp op) {
  for (auto [i, value] : llvm::enumerate(op.getOperands())) {
    auto type = cast<RankedTensorType>(value.getType());
    DictionaryAttr attributes = source.getResultAttrDict(i);
    Location loc = value.getLoc();
    const View &view = viewOf(value);
    Layout layout = outputLayout(view);
    std::optional<int64_t> cutDim;
    if (auto cut = source.getResultAttrOfType<IntegerAttr>(i, kCutAttr)) {
      cutDim = cut.getInt();
      layout = outermost(layout, *cutDim, type.getShape());
    }
    const int64_t rows = std::max<int64_t>(1, gridOf(type.getShape(), layout).rows());
    Refs refs = materialise(loc, view, type.getElementType(), layout);
    auto bind = [&, name = nameOf(attributes)](Ref ref, int64_t step, int64_t first, int64_t count) {
      SmallVector<int64_t> progression{ref.index, step};
      for (int64_t card = 0; card < (cutDim ? int64_t(options.cards) : 1); ++card)
        tile::OutputOp::create(emitter.builder, loc, emitter.valueOf(ref.buffer), progression, name,
                               wholeType(type, cutDim), userType(attributes, type), layout.permutation,
                               layout.laneDims, vectorOfWhole(first, rows, cutDim) + card * rows, count,
                               cutDim ? card : ref.card);
    };
    if (refs.empty())
      bind({emitter.createBuffer(loc, 0, bytesOf(type.getElementType())), -1, 0}, 0, 0, 0);
    std::vector<Job> vectors;
    for (Ref ref : refs)
      vectors.push_back({ref});
    forEachRun(vectors, [&](int64_t first, int64_t count) {
      const int64_t step = count > 1 ? refs[first + 1].index - refs[first].index : 0;
      // Where cards have shares, a chunk's vectors lie apart from the next one's.
      for (int64_t at = first, end = first + count, next; at < end; at = next) {
        next = cutDim ? std::min(end, (at / rows + 1) * rows) : end;
        bind(refs[at], next - at > 1 ? step : 0, at, next - at);
      }
    });
  }
  return success();
}

} // namespace sluice::tiling
