//===- Pieces.cpp - Boxes of an index space -------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Pieces.h"

#include "llvm/ADT/STLExtras.h"

namespace sluice::tiling {

//===----------------------------------------------------------------------===//
// Search
//===----------------------------------------------------------------------===//

PieceTree::PieceTree(llvm::ArrayRef<ViewPiece> pieces) : pieces(pieces) {
  std::vector<uint32_t> all(pieces.size());
  for (auto [i, number] : llvm::enumerate(all))
    number = static_cast<uint32_t>(i);
  build(std::move(all));
}

uint32_t PieceTree::build(std::vector<uint32_t> &&numbers) {
  const uint32_t at = static_cast<uint32_t>(nodes.size());
  nodes.emplace_back();
  // The cut that leaves the fewest pieces in the larger half: each dimension's middle beginning is tried.
  Node best;
  size_t least = numbers.size();
  const size_t rank = pieces[numbers.front()].low.size();
  for (size_t d = 0; d < rank && numbers.size() > PieceTree::kWorthwhile; ++d) {
    std::vector<int64_t> lows;
    for (uint32_t number : numbers)
      lows.push_back(pieces[number].low[d]);
    llvm::sort(lows);
    lows.erase(llvm::unique(lows), lows.end());
    if (lows.size() == 1)
      continue;
    const int64_t from = lows[lows.size() / 2];
    size_t below = 0, above = 0;
    for (uint32_t number : numbers) {
      below += pieces[number].low[d] < from;
      above += pieces[number].low[d] + pieces[number].extent[d] > from;
    }
    // Few may lie on both sides: they are kept twice.
    if (std::max(below, above) < least && (below + above - numbers.size()) * 8 <= numbers.size()) {
      least = std::max(below, above);
      best.dim = static_cast<int64_t>(d), best.from = from;
    }
  }
  if (best.dim < 0) {
    best.children[0] = static_cast<uint32_t>(members.size());
    members.insert(members.end(), numbers.begin(), numbers.end());
    best.children[1] = static_cast<uint32_t>(members.size());
    nodes[at] = best;
    return at;
  }
  for (size_t half : {0, 1}) {
    std::vector<uint32_t> part;
    for (uint32_t number : numbers) {
      const int64_t low = pieces[number].low[best.dim], end = low + pieces[number].extent[best.dim];
      if (half == 0 ? low < best.from : end > best.from)
        part.push_back(number);
    }
    best.children[half] = build(std::move(part));
  }
  nodes[at] = best;
  return at;
}

uint32_t PieceTree::find(llvm::ArrayRef<int64_t> index) const {
  const Node *node = nodes.data();
  while (node->dim >= 0)
    node = &nodes[node->children[index[node->dim] >= node->from]];
  for (uint32_t i = node->children[0]; i < node->children[1]; ++i)
    if (contains(pieces[members[i]], index))
      return members[i];
  llvm_unreachable("pieces cover the index space");
}

//===----------------------------------------------------------------------===//
// Joining
//===----------------------------------------------------------------------===//

/// Order by everything but dimension `dim`, then by that.
static bool comesBefore(const ViewPiece &a, const ViewPiece &b, size_t dim) {
  for (size_t d = 0; d < a.low.size(); ++d)
    if (d != dim && (a.low[d] != b.low[d] || a.extent[d] != b.extent[d]))
      return std::pair(a.low[d], a.extent[d]) < std::pair(b.low[d], b.extent[d]);
  return a.low[dim] < b.low[dim];
}

/// Elements between `a` and `b` along the dimension that they lie behind one another in, if they join.
static std::optional<int64_t> joinedStride(const ViewPiece &a, const ViewPiece &b, size_t dim) {
  for (size_t d = 0; d < a.low.size(); ++d)
    if (d != dim && (a.low[d] != b.low[d] || a.extent[d] != b.extent[d] || a.strides[d] != b.strides[d]))
      return std::nullopt;
  if (b.low[dim] != a.low[dim] + a.extent[dim] || a.first.root != b.first.root ||
      a.first.value != b.first.value || a.first.cardStep != b.first.cardStep)
    return std::nullopt;
  if (a.first.isFixed())
    return 0;
  const int64_t distance = b.first.number - a.first.number;
  const int64_t stride = a.extent[dim] > 1 ? a.strides[dim] : distance;
  if (distance != a.extent[dim] * stride || (b.extent[dim] > 1 && b.strides[dim] != stride))
    return std::nullopt;
  return stride;
}

void coalesce(std::vector<ViewPiece> &pieces) {
  if (pieces.size() < 2)
    return;
  for (size_t d = pieces.front().low.size(); d-- > 0;) {
    llvm::sort(pieces, [&](const ViewPiece &a, const ViewPiece &b) { return comesBefore(a, b, d); });
    size_t last = 0;
    for (size_t i = 1; i < pieces.size(); ++i) {
      if (std::optional<int64_t> stride = joinedStride(pieces[last], pieces[i], d)) {
        pieces[last].extent[d] += pieces[i].extent[d];
        pieces[last].strides[d] = *stride;
      } else if (++last != i) {
        pieces[last] = std::move(pieces[i]);
      }
    }
    pieces.resize(last + 1);
  }
}

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

namespace {

/// A reshape in steps, each of which splits a dimension or merges two.
class Reshaper {
public:
  Reshaper(std::vector<ViewPiece> pieces, llvm::ArrayRef<int64_t> shape)
      : pieces(std::move(pieces)), shape(shape) {}

  /// Makes the dimensions behind the first `done` those of `to`, which begins with what is done.
  void run(llvm::ArrayRef<int64_t> to);
  std::vector<ViewPiece> take() { return std::move(pieces); }

private:
  /// Dimension `dim` becomes two, the second of size `inner`.
  void split(size_t dim, int64_t inner);
  /// Dimensions `dim` and dim + 1 become one.
  void merge(size_t dim);
  void insertOne(size_t dim);
  void eraseOne(size_t dim);

  std::vector<ViewPiece> pieces;
  Shape shape;
};

} // namespace

/// A part of `piece` along `dim`: from its i-th index on, `extent` of them.
static ViewPiece partOf(const ViewPiece &piece, size_t dim, int64_t i, int64_t extent) {
  ViewPiece part = piece;
  part.low[dim] += i;
  part.extent[dim] = extent;
  part.first.number += i * piece.strides[dim];
  if (extent == 1)
    part.strides[dim] = 0;
  return part;
}

void Reshaper::split(size_t dim, int64_t inner) {
  std::vector<ViewPiece> cut;
  auto add = [&](const ViewPiece &piece, int64_t i, int64_t extent, int64_t rows) {
    ViewPiece part = partOf(piece, dim, i, extent);
    const int64_t stride = piece.strides[dim], low = part.low[dim];
    part.low[dim] = low / inner;
    part.extent[dim] = rows;
    part.strides[dim] = rows > 1 ? stride * inner : 0;
    part.low.insert(part.low.begin() + dim + 1, low % inner);
    part.extent.insert(part.extent.begin() + dim + 1, extent / rows);
    part.strides.insert(part.strides.begin() + dim + 1, extent / rows > 1 ? stride : 0);
    cut.push_back(std::move(part));
  };
  for (const ViewPiece &piece : pieces) {
    // What is left of a row, whole rows, what is begun of one.
    int64_t i = 0;
    const int64_t extent = piece.extent[dim], head = (inner - piece.low[dim] % inner) % inner;
    if (head > 0 || extent < inner) {
      const int64_t size = std::min(extent, head > 0 ? head : extent);
      add(piece, 0, size, 1), i = size;
    }
    if (const int64_t rows = (extent - i) / inner; rows > 0)
      add(piece, i, rows * inner, rows), i += rows * inner;
    if (i < extent)
      add(piece, i, extent - i, 1);
  }
  pieces = std::move(cut);
  shape[dim] /= inner;
  shape.insert(shape.begin() + dim + 1, inner);
}

void Reshaper::merge(size_t dim) {
  const int64_t size = shape[dim + 1];
  std::vector<ViewPiece> merged;
  auto add = [&](ViewPiece piece, int64_t extent) {
    piece.low[dim] = piece.low[dim] * size + piece.low[dim + 1];
    piece.extent[dim] = extent;
    piece.strides[dim] = extent == 1                 ? 0
                         : piece.extent[dim + 1] > 1 ? piece.strides[dim + 1]
                                                     : piece.strides[dim];
    for (Shape *list : {&piece.low, &piece.extent, &piece.strides})
      list->erase(list->begin() + dim + 1);
    merged.push_back(std::move(piece));
  };
  for (const ViewPiece &piece : pieces) {
    const int64_t outer = piece.extent[dim], inner = piece.extent[dim + 1];
    const bool isWhole = inner == size;
    if (outer == 1 || (isWhole && (size == 1 || piece.first.isFixed() ||
                                   piece.strides[dim] == size * piece.strides[dim + 1]))) {
      add(piece, outer * inner);
      continue;
    }
    for (int64_t i = 0; i < outer; ++i)
      add(partOf(piece, dim, i, 1), inner);
  }
  pieces = std::move(merged);
  shape[dim] *= size;
  shape.erase(shape.begin() + dim + 1);
}

void Reshaper::insertOne(size_t dim) {
  for (ViewPiece &piece : pieces) {
    piece.low.insert(piece.low.begin() + dim, 0);
    piece.extent.insert(piece.extent.begin() + dim, 1);
    piece.strides.insert(piece.strides.begin() + dim, 0);
  }
  shape.insert(shape.begin() + dim, 1);
}

void Reshaper::eraseOne(size_t dim) {
  for (ViewPiece &piece : pieces)
    for (Shape *list : {&piece.low, &piece.extent, &piece.strides})
      list->erase(list->begin() + dim);
  shape.erase(shape.begin() + dim);
}

void Reshaper::run(llvm::ArrayRef<int64_t> to) {
  // Dimension by dimension from the last one: [0, open) is left of what was, behind lies what is wanted.
  size_t open = shape.size();
  for (int64_t size : llvm::reverse(to)) {
    while (open > 0 && shape[open - 1] == 1)
      eraseOne(--open);
    if (size == 1) {
      insertOne(open);
      continue;
    }
    // Merge as much as divides what is wanted, split what goes beyond it.
    while (shape[open - 1] != size) {
      if (shape[open - 1] % size == 0) {
        split(open - 1, size);
        ++open;
      } else if (open > 1 && size % shape[open - 1] == 0 && shape[open - 2] > 1 &&
                 (size / shape[open - 1]) < shape[open - 2] &&
                 shape[open - 2] % (size / shape[open - 1]) == 0) {
        split(open - 2, size / shape[open - 1]);
        ++open;
        merge(open - 2);
        --open;
      } else {
        merge(open - 2);
        --open;
      }
    }
    --open;
  }
  while (open > 0)
    eraseOne(--open);
}

std::vector<ViewPiece> reshapePieces(std::vector<ViewPiece> pieces, llvm::ArrayRef<int64_t> from,
                                     llvm::ArrayRef<int64_t> to) {
  Reshaper reshaper(std::move(pieces), from);
  reshaper.run(to);
  return reshaper.take();
}

} // namespace sluice::tiling
