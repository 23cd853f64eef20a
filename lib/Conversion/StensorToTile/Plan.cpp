//===- Plan.cpp - Which layout every value has ----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Readers come before producers here: each operation chooses the layout of its result
// from what its readers wish, and wishes for its operands what needs no moving of lanes.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "sluice/Support/Cancellation.h"

#include "dialects/part/PartDialect.h"

using namespace mlir;

namespace sluice::tiling {

void Lowering::setLayout(Root &root, const Layout &layout) {
  root.layout = layout;
  root.isReplicated = gridOf(root.type.getShape(), layout).isReplicated();
}

void Lowering::planLayouts() {
  planPixels();
  findStandingLayouts();
  for (Operation &op : llvm::reverse(source.getBody().front()))
    if (!isCancelled())
      planOp(op);
  for (Root &root : roots)
    if (root.kind == Root::Input) {
      Layout layout = wishedLayout(root.value).value_or(defaultLayout(root.type.getShape()));
      setLayout(root, root.cutDim ? outermost(layout, *root.cutDim, root.type.getShape()) : layout);
    }
}

void Lowering::planOp(Operation &op) {
  if (auto map = dyn_cast<stensor::MapOp>(op))
    return planMap(map);
  if (auto contract = dyn_cast<stensor::ContractOp>(op))
    return planContract(contract);
  if (auto convolve = dyn_cast<stensor::ConvolveOp>(op))
    return planConvolve(convolve);
  if (auto reduce = dyn_cast<stensor::ReduceOp>(op))
    return planReduce(reduce);
  if (auto gather = dyn_cast<stensor::GatherOp>(op))
    return planGather(gather);
  if (auto constant = dyn_cast<part::ConstantOp>(op))
    return planPart(constant.getResult(), {}, {});
  if (auto gather = dyn_cast<part::GatherOp>(op))
    return planPart(gather.getResult(), gather.getInput(), int64_t(gather.getDim()));
  if (auto halo = dyn_cast<part::HaloOp>(op))
    return planPart(halo.getResult(), halo.getInput(), int64_t(halo.getDim()));
  if (part::isUnite(&op))
    return planUnite(cast<stensor::ConcatOp>(op));
  if (isa<func::ReturnOp>(op))
    for (Value operand : op.getOperands())
      for (int32_t root : viewOf(operand).roots())
        roots[root].isOutput = true;
}

//===----------------------------------------------------------------------===//
// Wishes
//===----------------------------------------------------------------------===//

/// Whether the dimensions of `view` are those of `root`, whatever their extents; those of a row of `layout`
/// have to be equal, but for the slowest.
static bool hasDimensionsOf(const View &view, const Root &root, int32_t number, const Layout &layout) {
  ArrayRef<int64_t> shape = root.type.getShape();
  const Element origin = view.elements() == 0 ? Element() : view.at(0);
  if (view.shape().size() != shape.size() || origin.root != number)
    return false;
  Shape strides = stridesOf(view.shape()), rootStrides = stridesOf(shape);
  for (auto [dim, extent] : llvm::enumerate(view.shape()))
    if (Element next = extent > 1 ? view.at(strides[dim]) : origin;
        extent > 1 && (next.root != number || next.number - origin.number != rootStrides[dim]))
      return false;
  return llvm::all_of(ArrayRef<int64_t>(layout.permutation).take_back(layout.laneDims).drop_front(),
                      [&](int64_t dim) { return view.shape()[dim] == shape[dim]; });
}

/// The layout of a tensor of `shape` with `run` elements at multiples of `step` on lanes.
static std::optional<Layout> layoutOfRun(ArrayRef<int64_t> shape, int64_t step, int64_t run) {
  const Shape strides = stridesOf(shape);
  for (int64_t dim = strides.size() - 1; dim >= 0; --dim) {
    if (strides[dim] != step || shape[dim] == 1)
      continue;
    int64_t count = 1, covered = shape[dim];
    while (covered < run && count <= dim)
      covered *= shape[dim - count++];
    return Layout::onLanes(shape.size(), dim, count);
  }
  return std::nullopt;
}

/// The layouts of some roots of `view` in which the neighbouring elements of a row of `view` in `layout` are
/// neighbours. The first of a root decide.
DenseMap<int32_t, Layout> Lowering::translate(const View &view, const Layout &layout,
                                              ArrayRef<int32_t> numbers) const {
  DenseMap<int32_t, Layout> translated;
  DenseSet<int32_t> open;
  for (int32_t number : numbers)
    if (layout.laneDims > 1 && hasDimensionsOf(view, roots[number], number, layout))
      translated[number] = layout;
    else
      open.insert(number);
  const Grid grid = gridOf(view.shape(), layout);
  auto elementAt = [&](int64_t row, int64_t i) {
    const int64_t place = grid.elementOfRow(row, i);
    return place < 0 ? Element() : view.at(place);
  };
  for (int64_t row = 0; row < grid.rows() && grid.rowElements() > 0 && !open.empty(); ++row) {
    Element first = elementAt(row, 0);
    for (int64_t i = 0; i + 1 < grid.rowElements(); ++i) {
      const Element element = std::exchange(first, elementAt(row, i + 1));
      const int64_t step = first.number - element.number;
      if (element.isFixed() || first.root != element.root || step <= 0 || !open.erase(element.root))
        continue;
      int64_t run = 2;
      while (i + run < grid.rowElements() &&
             elementAt(row, i + run) == Element{element.root, 0, element.number + run * step})
        ++run;
      if (std::optional<Layout> of = layoutOfRun(roots[element.root].type.getShape(), step, run))
        translated[element.root] = *of;
    }
  }
  return translated;
}

void Lowering::wish(const View &view, const Layout &layout, bool ofContraction, int64_t replicas) {
  SmallVector<int32_t> numbers = view.roots();
  llvm::erase_if(numbers, [&](int32_t number) { return roots[number].kind == Root::Constant; });
  if (gridOf(view.shape(), layout).isReplicated()) {
    for (int32_t number : numbers) {
      Root &root = roots[number];
      root.replicasWanted = std::max(root.replicasWanted, replicas);
      // Who takes one element of several has no say in where the others lie.
      if (view.elements() > 1 || elementsOf(root.type.getShape()) == 1)
        root.wishes.push_back({Layout::replicated(root.type.getRank()), false});
    }
    return;
  }
  const DenseMap<int32_t, Layout> wished = translate(view, layout, numbers);
  for (int32_t number : numbers)
    if (auto found = wished.find(number); found != wished.end())
      roots[number].wishes.push_back({found->second, ofContraction});
}

/// The layout that the readers of an operation's results wish: the first contraction's, else
/// that of most readers.
std::optional<Layout> Lowering::wishedLayout(ValueRange results) const {
  for (Value result : results)
    if (const Root &root = roots[rootNumbers.at(result)]; root.imageLayout)
      return root.imageLayout;
  std::vector<std::pair<Layout, int64_t>> votes;
  for (Value result : results)
    // Wishes came from the last reader to the first.
    for (const auto &[layout, ofContraction] : llvm::reverse(roots[rootNumbers.at(result)].wishes)) {
      if (ofContraction)
        return layout;
      auto vote = llvm::find_if(votes, [&](const auto &entry) { return entry.first == layout; });
      if (vote == votes.end())
        votes.push_back({layout, 1});
      else
        ++vote->second;
    }
  if (votes.empty())
    return std::nullopt;
  return std::max_element(votes.begin(), votes.end(),
                          [](const auto &a, const auto &b) { return a.second < b.second; })
      ->first;
}

/// The last dimension that has more than one element on lanes.
Layout Lowering::defaultLayout(ArrayRef<int64_t> shape) {
  int64_t rank = shape.size(), dim = rank - 1;
  while (dim > 0 && shape[dim] == 1)
    --dim;
  return Layout::onLanes(rank, dim);
}

//===----------------------------------------------------------------------===//
// Maps
//===----------------------------------------------------------------------===//

/// The fewest vectors to which the host can bring the operands that are as large as the result: several
/// dimensions lie on lanes if each operand has all of them, and fills them, or none.
Layout Lowering::freeLayout(stensor::MapOp map) const {
  ArrayRef<int64_t> shape = map.getShape();
  Layout best = defaultLayout(shape);
  const int64_t rank = shape.size();
  SmallVector<View> parts;
  for (Value input : map.getInputs()) {
    const View &view = viewOf(input);
    if (view.uniformValue())
      continue;
    if (llvm::any_of(view.roots(), [&](int32_t number) { return roots[number].cutDim.has_value(); }))
      return best;
    if (view.shape().size() != size_t(rank) ||
        (view.shape() == shape &&
         llvm::any_of(view.roots(), [&](int32_t number) { return roots[number].kind == Root::Computed; })))
      return best;
    parts.push_back(view);
  }
  int64_t fewest = gridOf(shape, best).vectors();
  for (int64_t first = 0; first < rank; ++first)
    for (int64_t second = first + 1; second < rank; ++second) {
      const int64_t product = shape[first] * shape[second];
      auto fits = [&](const View &view) {
        const int64_t held = view.shape()[first] * view.shape()[second];
        return held == product || held == 1;
      };
      if (shape[first] == 1 || shape[second] == 1 || !llvm::all_of(parts, fits))
        continue;
      Layout layout;
      for (int64_t dim = 0; dim < rank; ++dim)
        if (dim != first && dim != second)
          layout.permutation.push_back(dim);
      layout.permutation.append({first, second});
      layout.laneDims = 2;
      if (const int64_t vectors = gridOf(shape, layout).vectors(); vectors < fewest)
        best = layout, fewest = vectors;
    }
  return best;
}

void Lowering::planMap(stensor::MapOp map) {
  std::optional<Layout> layout = planFusion(map);
  if (!layout) {
    layout = wishedLayout(map.getResults());
    if (!layout)
      layout = freeLayout(map);
    layout = layoutWithoutMoving(map, *layout).value_or(*layout);
  }
  int64_t replicas = 1;
  for (Value result : map.getResults()) {
    setLayout(rootOf(result), *layout);
    replicas = std::max(replicas, rootOf(result).replicasWanted);
  }
  Grid grid = gridOf(map.getShape(), *layout);
  if (!grid.isReplicated())
    replicas = std::min<int64_t>(grid.rowElements(), emitter.target.lanes());
  for (Value result : map.getResults())
    rootOf(result).replicasWanted = replicas;
  std::map<int32_t, int64_t> parts;
  for (Value operand : map.getInputs()) {
    const View &view = viewOf(operand);
    wish(view, *layout, false, replicas);
    // More parts of a value than there are hemispheres come from places of their own.
    for (int32_t number : view.roots())
      roots[number].isApart |= ++parts[number] > 2;
  }
}

Lowering::Spread Lowering::spreadOf(stensor::ContractOp contract, int64_t cards) const {
  RankedTensorType type = contract.getType();
  if (cards == 1 || contract->hasAttr(part::kLocalAttr))
    return Spread::None;
  if (isConstant(viewOf(contract.getRhs())))
    return type.getDimSize(2) > emitter.target.lanes() ? Spread::Columns : Spread::None;
  bool isOneBatch = type.getDimSize(0) == 1;
  return isOneBatch && isConstant(viewOf(contract.getLhs())) && type.getDimSize(1) >= cards ? Spread::Rows
                                                                                            : Spread::None;
}

SmallVector<int64_t> Lowering::dividedBytes() {
  const int64_t most = emitter.target.cardsPerNode, lanes = emitter.target.lanes();
  auto parts = [](int64_t all, int64_t part) { return (all + part - 1) / part; };
  SmallVector<int64_t> bytes(most, 0);
  for (auto contract : source.getBody().front().getOps<stensor::ContractOp>()) {
    const Spread spread = spreadOf(contract, most);
    if (spread == Spread::None)
      continue;
    RankedTensorType type = contract.getLhs().getType();
    ArrayRef<int64_t> left = type.getShape();
    const int64_t chunk = left[0] * left[2] * parts(left[3], lanes) * lanes * bytesOf(type.getElementType());
    for (int64_t cards = 1; cards <= most; ++cards)
      bytes[cards - 1] += chunk * (spread == Spread::Columns
                                       ? parts(parts(contract.getType().getDimSize(2), lanes), cards) * lanes
                                       : parts(left[1], cards));
  }
  return bytes;
}

/// Planes that share the rows of a unit of `contract`.
int64_t Lowering::planesOf(stensor::ContractOp contract) const {
  bool isByte = contract.getLhs().getType().getElementType().isInteger(8);
  int64_t cards = spreadOf(contract) == Spread::Columns ? options.cards : 1;
  bool isWide = contract.getType().getDimSize(2) > cards * emitter.target.lanes();
  return isByte && isWide ? emitter.target.planesPerHemisphere : 1;
}

//===----------------------------------------------------------------------===//
// Contractions, reductions, gathers
//===----------------------------------------------------------------------===//

void Lowering::planContract(stensor::ContractOp contract) {
  setLayout(rootOf(contract.getResult()), Layout::onLanes(3, 2));
  for (Value operand : contract.getOperands())
    wish(viewOf(operand), Layout::onLanes(4, 3), true);
  for (int32_t root : viewOf(contract.getRhs()).roots())
    roots[root].weightReaders.push_back(contract);
}

void Lowering::planConvolve(stensor::ConvolveOp convolve) {
  Root &root = rootOf(convolve.getResult());
  setLayout(root, *root.imageLayout);
}

void Lowering::planReduce(stensor::ReduceOp reduce) {
  Root &root = rootOf(reduce.getResult());
  ArrayRef<int64_t> shape = reduce.getInput().getType().getShape();
  int64_t rank = shape.size(), dim = reduce.getDim(), lanes = emitter.target.lanes();
  Layout layout = wishedLayout(reduce.getResult()).value_or(defaultLayout(shape));
  if (gridOf(root.type.getShape(), layout).isReplicated()) {
    layout = Layout::onLanes(rank, dim);
  } else {
    // The reduced dimension runs over vectors.
    auto *at = llvm::find(layout.permutation, dim);
    bool onLanes = at >= layout.permutation.end() - layout.laneDims;
    layout.permutation.erase(at);
    layout.permutation.insert(layout.permutation.begin(), dim);
    layout.laneDims -= onLanes;
  }
  // A row of more than one vector folds as the tree says only if it is cut where the tree cuts.
  if (layout.permutation.back() == dim && shape[dim] > lanes && lanes != stensor::kContractionChunk)
    layout = Layout::replicated(rank);
  inputLayouts[reduce] = layout;
  setLayout(root, layout);
  wish(viewOf(reduce.getInput()), layout, false, root.replicasWanted);
}

void Lowering::planGather(stensor::GatherOp gather) {
  int64_t rank = gather.getType().getRank();
  Layout layout = Layout::onLanes(rank, rank - 1, rank - 1);
  setLayout(rootOf(gather.getResult()), layout);
  wish(viewOf(gather.getTable()), layout, false, emitter.target.lanes());
  wish(viewOf(gather.getIndices()), Layout::replicated(1), false, emitter.target.lanes());
}

} // namespace sluice::tiling
