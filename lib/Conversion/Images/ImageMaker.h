//===- ImageMaker.h - The bytes of images -----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_IMAGES_IMAGEMAKER_H
#define SLUICE_LIB_CONVERSION_IMAGES_IMAGEMAKER_H

#include "sluice/Golden/TensorValue.h"

#include "dialects/tile/TileDialect.h"

namespace sluice {

/// Makes what constants of the levels from `tile` down hold: of dense data a copy, of an image what it says.
class ImageMaker {
public:
  /// Whether all that `data`, int8 of shape [(cards,) vectors, bytes, lanes], is made of is at hand.
  static bool isAtHand(mlir::ElementsAttr data);
  /// The name of the initializer that the data are of; empty where there is none.
  static llvm::StringRef nameOf(mlir::ElementsAttr data);
  /// Bytes of one card.
  static int64_t cardBytes(mlir::ElementsAttr data);
  /// Writes the first vectors of `card`, as many as `out` holds: cardBytes(data) are all.
  void make(mlir::ElementsAttr data, int64_t card, llvm::MutableArrayRef<char> out);

private:
  void makePiece(tile::ImageAttr image, tile::ImagePieceAttr piece, int64_t card,
                 llvm::MutableArrayRef<char> out);
  llvm::ArrayRef<char> bytesOf(mlir::ElementsAttr source);

  struct Source {
    mlir::ElementsAttr attribute;
    golden::TensorValue value;
  };
  Source sources[2]; ///< the last of one element, the last of more: neighbours share them
};

} // namespace sluice

#endif // SLUICE_LIB_CONVERSION_IMAGES_IMAGEMAKER_H
