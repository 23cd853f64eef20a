//===- TileAttrs.td - Attributes of the tile dialect ------------*- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_TILEATTRS_TD
#define SLUICE_DIALECTS_TILE_TILEATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "dialects/tile/TileTypes.td"

def Tile_ImagePiece : AttrDef<Tile_Dialect, "ImagePiece"> {
  let mnemonic = "piece";
  let summary = "a box of an index space, and the elements of a constant in it";
  let description = [{
    The element at index low + i, where i[d] is below extent[d], is number start + sum i[d] * strides[d] of `source`.
  }];
  let parameters = (ins "::mlir::ElementsAttr":$source, "int64_t":$start, "::mlir::DenseI64ArrayAttr":$low,
                        "::mlir::DenseI64ArrayAttr":$extent, "::mlir::DenseI64ArrayAttr":$strides);
  let assemblyFormat = "`<` $source `from` $start `in` $low $extent `by` $strides `>`";
  let genVerifyDecl = 1;
}

def Tile_Image : AttrDef<Tile_Dialect, "Image", [ElementsAttrInterface]> {
  let mnemonic = "image";
  let summary = "vectors of constants, said and not yet made";
  let description = [{
    int8 data of shape [(cards,) vectors, bytes, lanes] as those of `tile.constant`. The place (card, vector, lane) is an index of a
    space: its dimension d is offsets[d] and what the loops add. `cards`, `vectors` and `lanes` list loops, three numbers each: the dimension,
    a count, the step that the loop takes along the dimension. The loops of a list count its number out, the last one fastest; lane l
    counts first_lane + l, and lanes beyond the loops are zero. Where the index lies in a piece's box, its element is there, elsewhere zero.

    A tile of W[n, k], columns 320 ... 639, the first chunk: offsets [320, 0], vectors [0, 320, 1], lanes [1, 320, 1]. A tile that convolves lines of
    5 pixels and 64 channels with W[o, c, x] at stride 1, columns (pixel, output): offsets [0, 0, 1], vectors [2, 5, -1, 0, 64, 1], lanes
    [2, 5, 1, 1, 64, 1]; taps outside W are zeros.
  }];
  let parameters = (ins AttributeSelfTypeParameter<"", "::mlir::RankedTensorType">:$type, "::mlir::DenseI64ArrayAttr":$offsets,
                        "::mlir::DenseI64ArrayAttr":$cards, "::mlir::DenseI64ArrayAttr":$vectors, "::mlir::DenseI64ArrayAttr":$lanes,
                        "int64_t":$first_lane, "::mlir::ArrayAttr":$pieces);
  let assemblyFormat = "`<` $offsets `cards` $cards `vectors` $vectors `lanes` $lanes `from` $first_lane `of` $pieces `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The same with the cards' dimension in its type.
    ImageAttr withCards() const;
  }];
}

#endif // SLUICE_DIALECTS_TILE_TILEATTRS_TD
