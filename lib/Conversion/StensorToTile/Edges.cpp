//===- Edges.cpp - Program inputs and outputs ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "dialects/part/PartDialect.h"

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

std::optional<Lowering::Part> Lowering::partOnCards(DictionaryAttr attributes) {
  auto band = attributes ? attributes.getAs<DenseI64ArrayAttr>(part::kBandAttr) : DenseI64ArrayAttr();
  if (!band)
    return std::nullopt;
  return Part{band[0], band[1], band[2],
              cast<RankedTensorType>(attributes.getAs<TypeAttr>(part::kWholeAttr).getValue())};
}

/// Vectors of an input that follow one another, in a buffer of their own.
void Lowering::placeInput(Root &root, int64_t first, int64_t count, int64_t stripes) {
  DictionaryAttr attributes = source.getArgAttrDict(cast<BlockArgument>(root.value).getArgNumber());
  Layout layout = *root.layout;
  RankedTensorType whole = root.type;
  InputLoops loops;
  if (std::optional<Part> part = partOnCards(attributes)) {
    layout = layout.byLoops(root.type.getShape(), emitter.target.lanes());
    layout.offsets[part->dim] += part->first;
    loops.part = {part->dim, part->step};
    whole = part->whole;
  }
  for (const auto &[from, to] : {std::pair(&layout.rows, &loops.rows), {&layout.lanes, &loops.lanes}})
    for (const Loop &loop : *from)
      to->append({loop.dim, loop.count, loop.step});
  loops.offsets.assign(layout.offsets.begin(), layout.offsets.end());
  const int64_t cardStep = root.cutDim ? gridOf(root.type.getShape(), layout).rows() : 0;
  int32_t buffer =
      emitter.createInput(root.value.getLoc(), nameOf(attributes), wholeType(whole, root.cutDim),
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

/// The layout in which a value leaves: one that costs nothing if there is one. Dimension `cut`, of which
/// cards have parts, is not on lanes.
Layout Lowering::outputLayout(const View &view, int64_t cut) {
  int64_t rank = view.shape().size();
  SmallVector<Layout> candidates;
  auto isSound = [&](const Layout &layout) {
    return !llvm::is_contained(ArrayRef<int64_t>(layout.permutation).take_back(layout.laneDims), cut);
  };
  if (std::optional<int32_t> number = view.wholeRoot()) {
    const Root &root = roots[*number];
    if (root.layout && !root.layout->hasLoops() && root.type.getShape() == view.shape() &&
        isSound(*root.layout))
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
  llvm::erase_if(candidates, [&](const Layout &layout) { return !isSound(layout); });
  if (candidates.empty())
    candidates.push_back(Layout::replicated(rank));
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

/// The vector of a tensor of `shape` in plain `layout` that begins with the element at `index`.
static int64_t vectorAt(ArrayRef<int64_t> index, ArrayRef<int64_t> shape, const Layout &layout,
                        int64_t lanes) {
  const int64_t outer = int64_t(layout.permutation.size()) - layout.laneDims;
  int64_t row = 0, rows = 1, lane = 0;
  for (auto [i, dim] : llvm::enumerate(layout.permutation)) {
    int64_t &place = int64_t(i) < outer ? row : lane;
    place = place * shape[dim] + index[dim];
    rows *= int64_t(i) < outer ? shape[dim] : 1;
  }
  return lane / lanes * rows + row;
}

/// For each vector of a part of a tensor, as card `card` has it, its number in the whole; -1 beyond the end.
std::vector<int64_t> Lowering::numbersInWhole(const Part &part, const Grid &grid, ArrayRef<int64_t> shape,
                                              const Layout &layout, int64_t card) const {
  const int64_t lanes = emitter.target.lanes();
  std::vector<int64_t> numbers;
  const Shape strides = stridesOf(shape);
  for (int64_t vector = 0; vector < grid.vectors(); ++vector) {
    Shape index;
    for (auto [stride, extent] : llvm::zip_equal(strides, shape))
      index.push_back(grid.element(vector, 0) / stride % extent);
    index[part.dim] += card * part.step;
    const bool isInside = index[part.dim] < part.whole.getDimSize(part.dim);
    numbers.push_back(isInside ? vectorAt(index, part.whole.getShape(), layout, lanes) : -1);
  }
  return numbers;
}

void Lowering::leavePart(Location loc, Value value, const Part &part, DictionaryAttr attributes) {
  auto type = cast<RankedTensorType>(value.getType());
  const Layout layout = outputLayout(viewOf(value), part.dim);
  const Refs refs = materialise(loc, viewOf(value), type.getElementType(), layout);
  const Grid grid = gridOf(type.getShape(), layout);
  for (int32_t card = 0; card < int32_t(options.cards); ++card) {
    // Vectors that follow one another in the tensor, and step regularly where they lie.
    Refs vectors;
    std::vector<int64_t> run;
    auto bindRun = [&] {
      forEachRun(vectors, [&](int64_t first, int64_t step, int64_t count) {
        const Ref &ref = vectors[first];
        tile::OutputOp::create(emitter.builder, loc, emitter.valueOf(ref.buffer),
                               SmallVector<int64_t>{ref.index, step}, nameOf(attributes), part.whole,
                               userType(attributes, type), layout.permutation, layout.laneDims, run[first],
                               count, card);
      });
      vectors.clear(), run.clear();
    };
    const std::vector<int64_t> numbers = numbersInWhole(part, grid, type.getShape(), layout, card);
    for (auto [ref, number] : llvm::zip_equal(refs, numbers)) {
      if (!run.empty() && number != run.back() + 1)
        bindRun();
      if (number < 0)
        continue;
      vectors.push_back(ref);
      run.push_back(number);
    }
    bindRun();
  }
}

LogicalResult Lowering::lowerReturn(func::ReturnOp op) {
  for (auto [i, value] : llvm::enumerate(op.getOperands())) {
    auto type = cast<RankedTensorType>(value.getType());
    DictionaryAttr attributes = source.getResultAttrDict(i);
    Location loc = value.getLoc();
    if (const std::optional<Part> part = partOnCards(attributes)) {
      leavePart(loc, value, *part, attributes);
      continue;
    }
    const View &view = viewOf(value);
    Layout layout = outputLayout(view);
    std::optional<int64_t> cutDim;
    if (auto cut = source.getResultAttrOfType<IntegerAttr>(i, part::kDealtAttr)) {
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
    forEachRun(refs, [&](int64_t first, int64_t step, int64_t count) {
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
