//===- Pieces.h - Which of many boxes an index lies in ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_VIEWS_PIECES_H
#define SLUICE_LIB_CONVERSION_VIEWS_PIECES_H

#include "View.h"

namespace sluice::tiling {

inline bool contains(const ViewPiece &piece, llvm::ArrayRef<int64_t> index) {
  for (size_t d = 0; d < index.size(); ++d)
    if (index[d] < piece.low[d] || index[d] >= piece.low[d] + piece.extent[d])
      return false;
  return true;
}

/// Halves the index space until few pieces are left in each part.
class PieceTree {
public:
  /// Pieces from which a search along the list takes longer than the tree.
  static constexpr size_t kWorthwhile = 8;

  explicit PieceTree(llvm::ArrayRef<ViewPiece> pieces);
  /// The number of the piece that `index` lies in, which there must be.
  uint32_t find(llvm::ArrayRef<int64_t> index) const;

private:
  struct Node {
    int64_t dim = -1, from = 0; ///< the second half begins at index `from` of dimension `dim`; -1: a leaf
    uint32_t children[2] = {};  ///< of a leaf: its pieces' range in `members`
  };
  uint32_t build(std::vector<uint32_t> &&numbers);

  llvm::ArrayRef<ViewPiece> pieces;
  std::vector<Node> nodes;
  std::vector<uint32_t> members;
};

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_VIEWS_PIECES_H
