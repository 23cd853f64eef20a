//===- SliceOps.td - Passes with their place --------------------*- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_SLICE_SLICEOPS_TD
#define SLUICE_DIALECTS_SLICE_SLICEOPS_TD

include "dialects/tile/PassOps.td"

def Slice_Dialect : Dialect {
  let name = "slice";
  let cppNamespace = "::sluice::slice";
  let summary = "Streamed passes with operands in named memory";
  let description = [{
    The passes of `tile`, placed: every buffer has hemispheres, slices and a bank, every pass its units. No cycles, no
    addresses: those follow from the schedule.

    A buffer lies in each of `hemispheres` (0 east, 1 west; copies). Byte plane k of stripe s lies in slice
    slices[s * bytes + k] of bank `bank`, the same in every hemisphere of the buffer.
  }];
  let dependentDialects = ["::sluice::tile::TileDialect"];
}

defvar bufferPlace = (ins DenseI64ArrayAttr:$hemispheres, DenseI64ArrayAttr:$slices, I64Attr:$bank);
defvar unitPlace = (ins I64Attr:$hemisphere);

def Slice_ConstantOp : Pass_ConstantOp<Slice_Dialect, bufferPlace>;
def Slice_InputOp : Pass_InputOp<Slice_Dialect, bufferPlace>;
def Slice_BufferOp : Pass_BufferOp<Slice_Dialect, bufferPlace>;
def Slice_OutputOp : Pass_OutputOp<Slice_Dialect>;
/// read_hemispheres: where each input is read, one of its buffer's hemispheres.
def Slice_MapOp : Pass_MapOp<Slice_Dialect, (ins DenseI64ArrayAttr:$read_hemispheres)>;
/// first_plane: plane p of the unit is plane first_plane + p of the hemisphere (fp16 tandems use both: first_plane is 0);
/// extra_hemispheres as read_hemispheres, for the extras.
def Slice_ContractOp : Pass_ContractOp<Slice_Dialect, (ins I64Attr:$hemisphere, I64Attr:$first_plane, DenseI64ArrayAttr:$extra_hemispheres)>;
def Slice_PermuteOp : Pass_PermuteOp<Slice_Dialect, unitPlace>;
def Slice_GatherOp : Pass_GatherOp<Slice_Dialect, unitPlace>;
def Slice_ExchangeOp : Pass_ExchangeOp<Slice_Dialect, (ins)>;

def Slice_YieldOp : Op<Slice_Dialect, "yield", [Pure, Terminator, ParentOneOf<["MapOp", "ContractOp"]>]> {
  let summary = "the results of a pass's body";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif // SLUICE_DIALECTS_SLICE_SLICEOPS_TD
