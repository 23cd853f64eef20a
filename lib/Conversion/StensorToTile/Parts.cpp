//===- Parts.cpp - Bands of tensors, and what cards send ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Cards send whole vectors, so the dimension along which they have bands is not on lanes.
//
//===----------------------------------------------------------------------===//

#include "VectorPlan.h"
#include "lib/Conversion/Views/Elements.h"

#include "dialects/part/PartDialect.h"

#include <cstring>
#include <numeric>

using namespace mlir;

namespace sluice::tiling {

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

/// `layout` with dimension `dim` over vectors.
static Layout offLanes(Layout layout, int64_t dim) {
  auto *at = llvm::find(layout.permutation, dim);
  if (at < layout.permutation.end() - layout.laneDims)
    return layout;
  layout.permutation.erase(at);
  layout.permutation.insert(layout.permutation.begin(), dim);
  --layout.laneDims;
  return layout;
}

void Lowering::planPart(Value result, Value input, ArrayRef<int64_t> dims) {
  Root &root = rootOf(result);
  Layout layout = root.imageLayout ? *root.imageLayout
                                   : wishedLayout(result).value_or(defaultLayout(root.type.getShape()));
  if (layout.hasLoops() && !root.imageLayout)
    layout = defaultLayout(root.type.getShape());
  if (!layout.hasLoops()) {
    // Moving lanes takes a cycle a vector, sending one takes many: what is sent fills its vectors.
    const ArrayRef<int64_t> shape = root.type.getShape();
    Layout filled = defaultLayout(shape);
    for (int64_t dim : dims) {
      layout = offLanes(layout, dim);
      filled = offLanes(filled, dim);
    }
    if (gridOf(shape, filled).vectors() < gridOf(shape, layout).vectors())
      layout = filled;
  }
  setLayout(root, layout);
  if (input)
    wish(viewOf(input), layout, false, root.replicasWanted);
}

namespace {
/// The loops that number the rows of a layout: of which dimension, and how many.
struct RowLoops {
  RowLoops(const Layout &layout, ArrayRef<int64_t> shape) {
    if (layout.hasLoops()) {
      for (const Loop &loop : layout.rows)
        add(loop.dim, loop.count);
      return;
    }
    for (int64_t dim : ArrayRef<int64_t>(layout.permutation).drop_back(layout.laneDims))
      add(dim, shape[dim]);
  }

  void add(int64_t dim, int64_t count) {
    dims.push_back(dim);
    counts.push_back(count);
  }
  int64_t rows() const { return elementsOf(counts); }
  /// Counters of a row.
  Shape at(int64_t row) const {
    Shape counters(counts.size());
    for (size_t i = counts.size(); i-- > 0; row /= counts[i])
      counters[i] = row % counts[i];
    return counters;
  }
  int64_t rowOf(ArrayRef<int64_t> counters) const {
    int64_t row = 0;
    for (auto [counter, count] : llvm::zip_equal(counters, counts))
      row = row * count + counter;
    return row;
  }
  size_t of(int64_t dim) const { return llvm::find(dims, dim) - dims.begin(); }

  Shape dims, counts;
};
} // namespace

/// The same layout of a tensor that has `extent` elements along `dim`.
static Layout withExtent(Layout layout, int64_t dim, int64_t extent) {
  for (Loop &loop : layout.rows)
    if (loop.dim == dim)
      loop.count = extent;
  return layout;
}

//===----------------------------------------------------------------------===//
// Bands of constants
//===----------------------------------------------------------------------===//

LogicalResult Lowering::lowerPart(part::ConstantOp op) {
  Root &root = rootOf(op.getResult());
  // Beyond the tensor's end there are zeros.
  const Loop cards{int64_t(op.getDim()), int64_t(options.cards), int64_t(op.getStep())};
  define(root,
         constantsByCard(op.getLoc(), viewOf(op.getInput()), root.type.getShape(), root.type.getElementType(),
                         *root.layout, cards),
         emitter.target.lanes());
  return success();
}

//===----------------------------------------------------------------------===//
// Exchanges
//===----------------------------------------------------------------------===//

Refs Lowering::send(Location loc, const Refs &refs, int64_t bytes, ArrayRef<int64_t> distances,
                    bool isFromEach) {
  Refs received(refs.size());
  OpBuilder &builder = emitter.builder;
  forEachRun(refs, [&](int64_t first, int64_t step, int64_t count) {
    const int32_t buffer = emitter.createBuffer(loc, isFromEach ? count * options.cards : count, bytes);
    tile::ExchangeOp::create(builder, loc, emitter.valueOf(refs[first].buffer), emitter.valueOf(buffer),
                             builder.getI64IntegerAttr(count), builder.getDenseI64ArrayAttr(distances),
                             builder.getDenseI64ArrayAttr({refs[first].index, step, 0}),
                             builder.getDenseI64ArrayAttr({0, isFromEach ? count : 0}));
    // Of the first card, where several come; those of the others are `count` further each.
    for (int64_t i = 0; i < count; ++i)
      received[first + i] = {buffer, -1, i};
  });
  return received;
}

LogicalResult Lowering::lowerPart(part::GatherOp op) {
  Root &root = rootOf(op.getResult());
  RankedTensorType local = op.getInput().getType();
  const Layout &layout = *root.layout;
  const int64_t bytes = bytesOf(root.type.getElementType()), dim = op.getDim(), step = local.getDimSize(dim);
  const Refs own =
      materialise(op.getLoc(), viewOf(op.getInput()), local.getElementType(), layout, root.replicasWanted);
  SmallVector<int64_t> all(options.cards);
  std::iota(all.begin(), all.end(), 0);
  const Refs received = send(op.getLoc(), own, bytes, all, true);
  // How many vectors of one card lie together.
  llvm::DenseMap<int32_t, int64_t> together;
  for (const Ref &ref : received)
    together[ref.buffer] = std::max(together[ref.buffer], ref.index + 1);

  const RowLoops loops(layout, root.type.getShape()), ownLoops(layout, local.getShape());
  const size_t cut = loops.of(dim);
  const int64_t chunks = gridOf(root.type.getShape(), layout).chunks(), rows = loops.rows();
  Refs refs(chunks * rows);
  for (int64_t row = 0; row < rows; ++row) {
    Shape counters = loops.at(row);
    const int64_t card = counters[cut] / step;
    counters[cut] %= step;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      Ref ref = received[chunk * ownLoops.rows() + ownLoops.rowOf(counters)];
      ref.index += card * together[ref.buffer];
      refs[chunk * rows + row] = ref;
    }
  }
  define(root, std::move(refs), root.replicasWanted);
  return success();
}

/// Lines of a band that lie outside of the tensor on some cards, and there are to be `fill`.
class Lowering::Filler {
public:
  Filler(Lowering &lowering, part::HaloOp op)
      : lowering(lowering), op(op), step(op.getInput().getType().getDimSize(op.getDim())) {}

  bool isOutside(int64_t line, int64_t card) {
    const int64_t at = card * step + line - int64_t(op.getBefore());
    return at < 0 || at >= int64_t(op.getExtent());
  }
  bool isFilled(int64_t line) {
    for (int64_t card = 0; card < int64_t(lowering.options.cards); ++card)
      if (isOutside(line, card))
        return true;
    return false;
  }
  void add(int64_t line, Ref &ref) { wanted.push_back({line, &ref}); }

  /// Puts `fill` where it has to be.
  void run() {
    if (wanted.empty())
      return;
    const int64_t bytes = bytesOf(op.getType().getElementType()), lanes = lowering.emitter.target.lanes();
    const uint32_t fill = elementBits(op.getFill());
    std::vector<std::string> masks, fills;
    for (int64_t card = 0; card < int64_t(lowering.options.cards); ++card)
      for (int64_t line = 0; line < op.getType().getDimSize(op.getDim()); ++line) {
        masks.emplace_back(lanes * bytes, isOutside(line, card) ? 0 : '\xff');
        std::string &content = fills.emplace_back(lanes * bytes, 0);
        for (int64_t lane = 0; lane < lanes && isOutside(line, card); ++lane)
          std::memcpy(content.data() + lane * bytes, &fill, bytes);
      }
    Emitter &emitter = lowering.emitter;
    const Location loc = op.getLoc();
    const int32_t mask = emitter.createConstant(loc, masks, bytes, 1, lowering.options.cards),
                  filling =
                      fill == 0 ? -1 : emitter.createConstant(loc, fills, bytes, 1, lowering.options.cards);
    const Refs filled = emitter.allocate(loc, wanted.size(), bytes);
    std::vector<Job> jobs;
    for (auto [want, to] : llvm::zip_equal(wanted, filled)) {
      Job &job = jobs.emplace_back();
      job.append({*want.ref, {mask, -1, want.line}});
      if (fill != 0)
        job.push_back({filling, -1, want.line});
      job.push_back(to);
      *want.ref = to;
    }
    SmallVector<bool> masked{true};
    if (fill != 0)
      masked.push_back(false);
    SmallVector<Type> types(fill == 0 ? 2 : 3, carrier(emitter.builder.getContext(), bytes));
    emitter.map(loc, types, jobs, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
      return mergeBody(masked, builder, loc, arguments);
    });
  }

private:
  struct Want {
    int64_t line;
    Ref *ref;
  };
  Lowering &lowering;
  part::HaloOp op;
  const int64_t step;
  std::vector<Want> wanted;
};

LogicalResult Lowering::lowerPart(part::HaloOp op) {
  Root &root = rootOf(op.getResult());
  RankedTensorType local = op.getInput().getType();
  const int64_t dim = op.getDim(), step = local.getDimSize(dim), before = op.getBefore(),
                bytes = bytesOf(root.type.getElementType()), cards = options.cards;
  const Layout &layout = *root.layout, ownLayout = withExtent(layout, dim, step);
  const View &view = viewOf(op.getInput());
  const std::optional<int32_t> whole = view.wholeRoot();
  const Refs own =
      whole && roots[*whole].layout == ownLayout
          ? roots[*whole].refs
          : materialise(op.getLoc(), view, local.getElementType(), ownLayout, root.replicasWanted);

  const RowLoops loops(layout, root.type.getShape()), ownLoops(ownLayout, local.getShape());
  const size_t cut = loops.of(dim);
  const int64_t rows = loops.rows(), chunks = own.size() / ownLoops.rows();
  Refs refs(chunks * rows);
  // What comes from the card before and from the one behind.
  struct Side {
    Refs sent;
    std::vector<int64_t> to;
  } sides[2];
  Filler filler(*this, op);
  for (int64_t vector = 0; vector < chunks * rows; ++vector) {
    Shape counters = loops.at(vector % rows);
    const int64_t line = counters[cut] - before;
    counters[cut] = line < 0 ? line + step : line % step;
    const Ref &source = own[vector / rows * ownLoops.rows() + ownLoops.rowOf(counters)];
    if (line >= 0 && line < step) {
      refs[vector] = source;
      continue;
    }
    Side &side = sides[line >= 0];
    side.sent.push_back(source);
    side.to.push_back(vector);
  }
  for (auto [number, side] : llvm::enumerate(sides)) {
    const Refs received = send(op.getLoc(), side.sent, bytes, number == 0 ? 1 : cards - 1, false);
    for (auto [to, ref] : llvm::zip_equal(side.to, received))
      refs[to] = ref;
  }
  for (int64_t vector = 0; vector < chunks * rows; ++vector)
    if (const int64_t line = loops.at(vector % rows)[cut]; filler.isFilled(line))
      filler.add(line, refs[vector]);
  filler.run();
  define(root, std::move(refs), root.replicasWanted);
  return success();
}

} // namespace sluice::tiling
