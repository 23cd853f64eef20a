//===- View.cpp - What the elements of a value are ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "View.h"

#include "Elements.h"
#include "Pieces.h"

#include "dialects/part/PartDialect.h"
#include "dialects/stensor/StensorDialect.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice::tiling {

Run Run::extend(const Run &next) {
  if (next.count == 0 || next.first.root != first.root || next.first.value != first.value ||
      next.first.cardStep != first.cardStep)
    return next;
  const int64_t distance = next.first.number - first.number;
  if (count == 1 && !first.isFixed())
    step = distance;
  else if (distance != count * step)
    return next;
  // One that goes on in another way gives its first element alone.
  const int64_t taken = next.count == 1 || next.step == step ? next.count : 1;
  count += taken;
  Run rest = next;
  rest.count -= taken;
  rest.first.number += taken * next.step;
  return rest;
}

//===----------------------------------------------------------------------===//
// Whole views
//===----------------------------------------------------------------------===//

View::View(Kind kind, ArrayRef<int64_t> shape, std::vector<ViewPiece> pieces)
    : kind(kind), dims(shape), boxes(std::make_shared<const std::vector<ViewPiece>>(std::move(pieces))) {
  if (boxes->size() > PieceTree::kWorthwhile)
    tree = std::make_shared<const PieceTree>(*boxes);
}

View View::single(Kind kind, const Element &first, ArrayRef<int64_t> shape) {
  ViewPiece piece{Shape(shape.size(), 0), Shape(shape), first, stridesOf(shape)};
  for (auto [stride, extent] : llvm::zip_equal(piece.strides, piece.extent))
    if (extent <= 1 || first.isFixed())
      stride = 0;
  return View(kind, shape, {std::move(piece)});
}

View View::ofRoot(int32_t root, ArrayRef<int64_t> shape) { return single(Whole, {root, 0, 0, 0}, shape); }

View View::uniform(uint32_t value, ArrayRef<int64_t> shape) {
  return single(Uniform, {-1, value, 0, 0}, shape);
}

const ViewPiece &View::pieceAt(ArrayRef<int64_t> index) const {
  if (tree)
    return pieces()[tree->find(index)];
  return *llvm::find_if(pieces(), [&](const ViewPiece &piece) { return contains(piece, index); });
}

/// The index of row-major element `element`.
static Shape indexOf(int64_t element, ArrayRef<int64_t> shape) {
  Shape index(shape.size(), 0);
  for (size_t d = shape.size(); d-- > 0 && element != 0;) {
    index[d] = element % shape[d];
    element /= shape[d];
  }
  return index;
}

Run View::run(int64_t element, int64_t step, int64_t count) const {
  if (kind == Whole)
    return {{pieces().front().first.root, 0, element, 0}, step, count};
  if (kind == Uniform)
    return {pieces().front().first, 0, count};
  const Shape index = indexOf(element, dims);
  const ViewPiece &piece = pieceAt(index);
  Run run{piece.first, 0, 1};
  for (size_t d = 0; d < dims.size(); ++d)
    run.first.number += (index[d] - piece.low[d]) * piece.strides[d];
  const int64_t next = element + step;
  if (count == 1 || next < 0 || next >= elements())
    return run;
  // While the index stays in the box, moving it moves the element by as much each time.
  const Shape after = indexOf(next, dims);
  int64_t most = count;
  for (size_t d = 0; d < dims.size(); ++d) {
    const int64_t move = after[d] - index[d], end = piece.low[d] + piece.extent[d];
    run.step += move * piece.strides[d];
    if (move > 0)
      most = std::min(most, (end - 1 - index[d]) / move + 1);
    else if (move < 0)
      most = std::min(most, (index[d] - piece.low[d]) / -move + 1);
  }
  run.count = most;
  if (most == 1)
    run.step = 0;
  return run;
}

SmallVector<int32_t> View::roots() const {
  if (std::optional<int32_t> root = wholeRoot())
    return {*root};
  // The first element that names each.
  const Shape strides = stridesOf(dims);
  SmallVector<std::pair<int64_t, int32_t>> first;
  for (const ViewPiece &piece : pieces()) {
    if (piece.first.isFixed())
      continue;
    int64_t element = 0;
    for (auto [low, stride] : llvm::zip_equal(piece.low, strides))
      element += low * stride;
    auto *known = llvm::find_if(first, [&](const auto &entry) { return entry.second == piece.first.root; });
    if (known == first.end())
      first.push_back({element, piece.first.root});
    else
      known->first = std::min(known->first, element);
  }
  llvm::sort(first);
  return llvm::to_vector(llvm::make_second_range(first));
}

//===----------------------------------------------------------------------===//
// From pieces to pieces
//===----------------------------------------------------------------------===//

View View::reshaped(ArrayRef<int64_t> shape) const {
  if (kind != Mixed)
    return single(kind, pieces().front().first, shape);
  if (elements() == 0)
    return View(Mixed, shape, {});
  std::vector<ViewPiece> reshaped = reshapePieces(*boxes, dims, shape);
  coalesce(reshaped);
  return View(Mixed, shape, std::move(reshaped));
}

namespace {

/// Indices low ... low + extent - 1.
struct Interval {
  int64_t low, extent;
};

/// Where the dimensions that one dimension is made of may lie: an interval for each term.
using Region = SmallVector<Interval, 2>;

} // namespace

/// The i < size for which offset + i * step lies in `range`.
static Interval solve(int64_t offset, int64_t step, int64_t size, Interval range) {
  const int64_t first = range.low - offset, last = range.low + range.extent - 1 - offset;
  if (step == 0)
    return first <= 0 && last >= 0 ? Interval{0, size} : Interval{0, 0};
  int64_t low = step > 0 ? llvm::divideCeilSigned(first, step) : llvm::divideCeilSigned(last, step);
  int64_t high = step > 0 ? llvm::divideFloorSigned(last, step) : llvm::divideFloorSigned(first, step);
  low = std::max<int64_t>(low, 0);
  high = std::min(high, size - 1);
  return {low, std::max<int64_t>(0, high - low + 1)};
}

/// The parts of the terms' dimensions for which the index lies in `range`.
static SmallVector<Region, 2> regionsOf(const View::Index &index, ArrayRef<int64_t> shape, Interval range) {
  if (index.terms.empty()) {
    const bool isInside = index.offset >= range.low && index.offset < range.low + range.extent;
    return isInside ? SmallVector<Region, 2>{Region()} : SmallVector<Region, 2>();
  }
  const View::Term first = index.terms[0];
  if (index.terms.size() == 1) {
    const Interval solved = solve(index.offset, first.step, shape[first.dim], range);
    return solved.extent > 0 ? SmallVector<Region, 2>{Region{solved}} : SmallVector<Region, 2>();
  }
  // Neighbours of the shorter dimension for which the other's interval is the same lie in one region.
  const View::Term second = index.terms[1];
  const bool isSecond = shape[second.dim] <= shape[first.dim];
  const View::Term few = isSecond ? second : first, many = isSecond ? first : second;
  SmallVector<Region, 2> regions;
  for (int64_t i = 0; i < shape[few.dim]; ++i) {
    const Interval other = solve(index.offset + i * few.step, many.step, shape[many.dim], range);
    if (other.extent == 0)
      continue;
    if (!regions.empty()) {
      Interval &lastFew = regions.back()[isSecond], lastMany = regions.back()[!isSecond];
      if (lastFew.low + lastFew.extent == i && lastMany.low == other.low && lastMany.extent == other.extent) {
        ++lastFew.extent;
        continue;
      }
    }
    Region region(2);
    region[isSecond] = {i, 1};
    region[!isSecond] = other;
    regions.push_back(region);
  }
  return regions;
}

View View::indexed(ArrayRef<int64_t> shape, ArrayRef<Index> of) const {
  if (kind == Uniform)
    return reshaped(shape);
  if (llvm::is_contained(shape, 0))
    return View(Mixed, shape, {});
  std::vector<ViewPiece> result;
  for (const ViewPiece &piece : pieces()) {
    std::vector<ViewPiece> open{{Shape(shape.size(), 0), Shape(shape), piece.first, Shape(shape.size(), 0)}};
    for (auto [d, index] : llvm::enumerate(of)) {
      const SmallVector<Region, 2> regions = regionsOf(index, shape, {piece.low[d], piece.extent[d]});
      std::vector<ViewPiece> next;
      for (const ViewPiece &part : open)
        for (const Region &region : regions) {
          ViewPiece &cut = next.emplace_back(part);
          int64_t at = index.offset - piece.low[d];
          for (auto [term, interval] : llvm::zip_equal(index.terms, region)) {
            cut.low[term.dim] = interval.low;
            cut.extent[term.dim] = interval.extent;
            cut.strides[term.dim] = interval.extent > 1 ? term.step * piece.strides[d] : 0;
            at += interval.low * term.step;
          }
          cut.first.number += at * piece.strides[d];
        }
      open = std::move(next);
    }
    result.insert(result.end(), open.begin(), open.end());
  }
  coalesce(result);
  return View(Mixed, shape, std::move(result));
}

View View::broadcast(ArrayRef<int64_t> shape) const {
  if (shape == ArrayRef<int64_t>(dims))
    return *this;
  SmallVector<Index> of(dims.size());
  for (auto [d, size] : llvm::enumerate(dims))
    if (size != 1)
      of[d].terms.push_back({static_cast<int64_t>(d), 1});
  return indexed(shape, of);
}

View View::dealt(const View &whole, int64_t dim) const {
  std::vector<ViewPiece> result = *boxes;
  for (ViewPiece &piece : result)
    piece.first.cardStep = dims[dim] * whole.pieces().front().strides[dim];
  return View(Mixed, dims, std::move(result));
}

View View::padded(ArrayRef<int64_t> shape, ArrayRef<int64_t> low, uint32_t value) const {
  std::vector<ViewPiece> result;
  if (elements() != 0)
    result = *boxes;
  for (ViewPiece &piece : result)
    for (auto [at, more] : llvm::zip_equal(piece.low, low))
      at += more;
  // What lies before and behind, dimension by dimension.
  ViewPiece inside{Shape(shape.size(), 0), Shape(shape), {-1, value, 0, 0}, Shape(shape.size(), 0)};
  auto add = [&](size_t d, int64_t from, int64_t extent) {
    if (extent == 0 || llvm::is_contained(inside.extent, 0))
      return;
    ViewPiece &border = result.emplace_back(inside);
    border.low[d] = from;
    border.extent[d] = extent;
  };
  for (size_t d = 0; d < shape.size(); ++d) {
    add(d, 0, low[d]);
    add(d, low[d] + dims[d], shape[d] - low[d] - dims[d]);
    inside.low[d] = low[d];
    inside.extent[d] = dims[d];
  }
  coalesce(result);
  return View(Mixed, shape, std::move(result));
}

View View::concatenated(ArrayRef<View> parts, int64_t dim, ArrayRef<int64_t> shape) {
  std::vector<ViewPiece> result;
  int64_t start = 0;
  for (const View &part : parts) {
    if (part.elements() != 0)
      for (const ViewPiece &piece : part.pieces())
        result.emplace_back(piece).low[dim] += start;
    start += part.dims[dim];
  }
  coalesce(result);
  return View(Mixed, shape, std::move(result));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

static View transposed(const View &input, stensor::TransposeOp op) {
  SmallVector<View::Index> of(input.shape().size());
  for (auto [to, from] : llvm::enumerate(op.getPermutation()))
    of[from].terms.push_back({static_cast<int64_t>(to), 1});
  return input.indexed(op.getType().getShape(), of);
}

/// A term of dimension `dim`. What has no neighbour may have any step.
static View::Term termOf(int64_t dim, int64_t step, int64_t size) { return {dim, size > 1 ? step : 0}; }

static View sliced(const View &input, stensor::SliceOp op) {
  ArrayRef<int64_t> shape = op.getType().getShape();
  SmallVector<View::Index> of;
  for (auto [d, start, step] : llvm::enumerate(op.getOffsets(), op.getStrides()))
    of.push_back({start, {termOf(static_cast<int64_t>(d), step, shape[d])}});
  const View view = input.indexed(shape, of);
  auto dealt = op->getAttrOfType<IntegerAttr>(part::kShareAttr);
  return dealt ? view.dealt(input, dealt.getInt()) : view;
}

static View windowed(const View &input, stensor::WindowOp op) {
  ArrayRef<int64_t> shape = op.getType().getShape();
  const int64_t first = op.getFirst(), count = op.getSizes().size(), rank = input.shape().size();
  SmallVector<View::Index> of(rank);
  for (int64_t d = 0; d < rank; ++d) {
    const int64_t i = d - first;
    if (i < 0)
      of[d].terms = {{d, 1}};
    else if (i >= count)
      of[d].terms = {{d + count, 1}};
    else
      of[d].terms = {termOf(d, op.getStrides()[i], shape[d]),
                     termOf(d + count, op.getDilations()[i], op.getSizes()[i])};
  }
  return input.indexed(shape, of);
}

bool isLayoutOp(Operation *op) {
  return isa<stensor::ReshapeOp, stensor::TransposeOp, stensor::SliceOp, stensor::PadOp, stensor::BroadcastOp,
             stensor::WindowOp, stensor::ConcatOp>(op) &&
         !part::isUnite(op);
}

View applyLayoutOp(Operation *op, ArrayRef<View> operands) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op->getResult(0).getType()).getShape();
  const View &input = operands.front();
  return TypeSwitch<Operation *, View>(op)
      .Case([&](stensor::TransposeOp transpose) { return transposed(input, transpose); })
      .Case([&](stensor::SliceOp slice) { return sliced(input, slice); })
      .Case([&](stensor::WindowOp window) { return windowed(input, window); })
      .Case(
          [&](stensor::PadOp pad) { return input.padded(shape, pad.getLow(), elementBits(pad.getValue())); })
      .Case([&](stensor::BroadcastOp) { return input.broadcast(shape); })
      .Case([&](stensor::ConcatOp concat) { return View::concatenated(operands, concat.getDim(), shape); })
      .Default([&](Operation *) { return input.reshaped(shape); });
}

} // namespace sluice::tiling
