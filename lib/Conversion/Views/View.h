//===- View.h - What the elements of a value are ----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Layout operations move nothing by themselves: their results are views, which say of
// which root's element each element is. Roots are the values that exist: program
// inputs, constants, and what passes compute. A view is a list of pieces, boxes of its
// index space in which elements step regularly through a root; layout operations map
// pieces to pieces, whatever their size.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_VIEWS_VIEW_H
#define SLUICE_LIB_CONVERSION_VIEWS_VIEW_H

#include "Layout.h"

#include "mlir/IR/Operation.h"

#include <memory>
#include <optional>

namespace sluice::tiling {

/// An element of a root, or a fixed value.
struct Element {
  int32_t root = -1;  ///< -1: fixed
  uint32_t value = 0; ///< the bits of a fixed element, in its type's width
  int64_t number = 0; ///< row-major number in the root
  /// On card c it is c times that many further on.
  int64_t cardStep = 0;

  bool isFixed() const { return root < 0; }
  bool operator==(const Element &) const = default;
};

/// A box of a view's index space. The element at index `low + i` is number
/// first.number + sum i[d] * strides[d] of the root, or the fixed value.
struct ViewPiece {
  Shape low, extent;
  Element first;
  Shape strides; ///< 0 along a dimension of extent 1 and everywhere in a fixed piece
};

/// Elements first, the next `step` further in their root, ...: `count` of them.
struct Run {
  Element first;
  int64_t step = 0, count = 0;

  bool operator==(const Run &) const = default;
  /// Takes the elements of `next`, which come behind these, as far as they go on in the same way; what is
  /// left of `next`.
  Run extend(const Run &next);
};

class PieceTree;

class View {
public:
  View() = default;
  /// All of a root.
  static View ofRoot(int32_t root, llvm::ArrayRef<int64_t> shape);
  /// Every element the same.
  static View uniform(uint32_t value, llvm::ArrayRef<int64_t> shape);

  llvm::ArrayRef<int64_t> shape() const { return dims; }
  int64_t elements() const { return elementsOf(dims); }
  /// The pieces cover the index space and do not overlap.
  llvm::ArrayRef<ViewPiece> pieces() const { return *boxes; }

  Element at(int64_t element) const { return run(element, 0, 1).first; }
  /// What elements element, element + step, ... are, `count` of them or as many as one piece has.
  Run run(int64_t element, int64_t step, int64_t count) const;
  std::optional<uint32_t> uniformValue() const {
    return kind == Uniform ? std::optional(pieces().front().first.value) : std::nullopt;
  }
  /// The root that this is all of, in its order (the shape may be another).
  std::optional<int32_t> wholeRoot() const {
    return kind == Whole ? std::optional(pieces().front().first.root) : std::nullopt;
  }
  /// Roots in the order in which elements name them.
  llvm::SmallVector<int32_t> roots() const;

  View reshaped(llvm::ArrayRef<int64_t> shape) const;
  /// The dimensions of another view that a dimension's index is made of: offset + sum index * step.
  struct Term {
    int64_t dim, step;
  };
  struct Index {
    int64_t offset = 0;
    llvm::SmallVector<Term, 2> terms; ///< at most two
  };
  /// The element at an index of the result is that at the indices that `of` says, one a dimension. No
  /// dimension of the result is named twice; those not named repeat.
  View indexed(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<Index> of) const;
  View broadcast(llvm::ArrayRef<int64_t> shape) const;
  /// The same on the first card; each further one has the next part of dimension `dim` of `whole`, of which
  /// this is the first, and which is one piece.
  View dealt(const View &whole, int64_t dim) const;
  View padded(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> low, uint32_t value) const;
  static View concatenated(llvm::ArrayRef<View> parts, int64_t dim, llvm::ArrayRef<int64_t> shape);

private:
  enum Kind { Whole, Uniform, Mixed };
  View(Kind kind, llvm::ArrayRef<int64_t> shape, std::vector<ViewPiece> pieces);
  /// Of all of `shape`, one piece.
  static View single(Kind kind, const Element &first, llvm::ArrayRef<int64_t> shape);
  const ViewPiece &pieceAt(llvm::ArrayRef<int64_t> index) const;

  Kind kind = Mixed;
  Shape dims;
  std::shared_ptr<const std::vector<ViewPiece>> boxes;
  std::shared_ptr<const PieceTree> tree; ///< where pieces are many
};

/// The pieces of a view of shape `from` under the shape `to`, which has as many elements: dimensions are
/// split and merged, pieces that do not step regularly along a merged dimension are cut.
std::vector<ViewPiece> reshapePieces(std::vector<ViewPiece> pieces, llvm::ArrayRef<int64_t> from,
                                     llvm::ArrayRef<int64_t> to);
/// Joins neighbours that step alike.
void coalesce(std::vector<ViewPiece> &pieces);

/// The view that a layout operation's result is of its operands.
View applyLayoutOp(mlir::Operation *op, llvm::ArrayRef<View> operands);
/// Whether `op` only says where elements are.
bool isLayoutOp(mlir::Operation *op);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_VIEWS_VIEW_H
