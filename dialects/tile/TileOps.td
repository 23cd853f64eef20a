//===- TileOps.td - Streamed passes over vectors of lanes -------*- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_TILEOPS_TD
#define SLUICE_DIALECTS_TILE_TILEOPS_TD

include "dialects/tile/PassOps.td"
include "dialects/tile/TileAttrs.td"

def Tile_ConstantOp : Pass_ConstantOp<Tile_Dialect, (ins)>;
def Tile_InputOp : Pass_InputOp<Tile_Dialect, (ins)>;
def Tile_BufferOp : Pass_BufferOp<Tile_Dialect, (ins)>;
def Tile_OutputOp : Pass_OutputOp<Tile_Dialect>;
def Tile_MapOp : Pass_MapOp<Tile_Dialect, (ins)>;
def Tile_ContractOp : Pass_ContractOp<Tile_Dialect, (ins)>;
def Tile_PermuteOp : Pass_PermuteOp<Tile_Dialect, (ins)>;
def Tile_GatherOp : Pass_GatherOp<Tile_Dialect, (ins)>;
def Tile_ExchangeOp : Pass_ExchangeOp<Tile_Dialect, (ins)>;

def Tile_YieldOp : Op<Tile_Dialect, "yield", [Pure, Terminator, ParentOneOf<["MapOp", "ContractOp"]>]> {
  let summary = "the results of a pass's body";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif // SLUICE_DIALECTS_TILE_TILEOPS_TD
