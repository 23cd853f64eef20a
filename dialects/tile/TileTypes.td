//===- TileTypes.td - Types of the tile dialect -----------------*- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_TILETYPES_TD
#define SLUICE_DIALECTS_TILE_TILETYPES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/DialectBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::sluice::tile";
  let summary = "Streamed passes over vectors of lanes";
  let description = [{
    What a stream carries: tensors are vectors of lanes in buffers, operations are passes that stream vectors through a unit. A
    program is a list of buffers, bindings and passes in a `func.func @main` without arguments; every card of the
    program runs the same passes, on data that may differ. No addresses, no slices, no cycles.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

def Tile_Buffer : TypeDef<Tile_Dialect, "Buffer"> {
  let mnemonic = "buffer";
  let summary = "vectors of lanes: how many, and how many bytes an element has";
  let parameters = (ins "int64_t":$vectors, "int64_t":$bytes);
  let assemblyFormat = "`<` $vectors `,` $bytes `>`";
  let genVerifyDecl = 1;
}

#endif // SLUICE_DIALECTS_TILE_TILETYPES_TD
