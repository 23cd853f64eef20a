//===- PartOps.td - Parts of tensors on several cards -----------*- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_PART_PARTOPS_TD
#define SLUICE_DIALECTS_PART_PARTOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Part_Dialect : Dialect {
  let name = "part";
  let cppNamespace = "::sluice::part";
  let summary = "Parts of tensors on several cards";
  let description = [{
    What joins the parts of a program of `stensor` that is cut over cards. All cards run the same operations; a value is either the
    same on all, or card c has a band of it: of dimension `dim` the elements c * step ... c * step + step - 1. Elements
    beyond the tensor's end hold anything. Exists between partition and tiling alone.

    An argument of the program with `part.band = [dim, step, first]` is elements c * step + first ... of what the host
    gives, which `part.whole` is the type of, with zeros outside; a result with `part.band = [dim, step, 0]` is a band of what the host gets.

    A contraction or convolution with `part.local` is done by every card, of the operands that it has. Where columns of weights are shared, `stensor` operations say
    where cards differ: a `slice` of a constant with `part.share = d` is the first card's part of dimension d, others have those behind it; a `concat` with `part.unite`
    joins what each card has of one value; an argument or result with `part.dealt = d` is each card's part of dimension d.
  }];
}

def Part_Tensor : StaticShapeTensorOf<[AnyType]>;

class Part_Op<string mnemonic> : Op<Part_Dialect, mnemonic, [Pure]> {
  let results = (outs Part_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def Part_ConstantOp : Part_Op<"constant"> {
  let summary = "a band of a constant";
  let arguments = (ins Part_Tensor:$input, I64Attr:$dim, I64Attr:$step);
}

def Part_GatherOp : Part_Op<"gather"> {
  let summary = "the bands of all cards, on every card";
  let description = [{
    The bands follow one another along `dim`; what lies beyond the result's end is left out.
  }];
  let arguments = (ins Part_Tensor:$input, I64Attr:$dim);
}

def Part_HaloOp : Part_Op<"halo"> {
  let summary = "a band with what its neighbours have beside it";
  let description = [{
    `before` elements of the card before and `after` of the card behind are added along `dim`; where the whole tensor, of
    extent `extent`, has none, they are `fill`.
  }];
  let arguments = (ins Part_Tensor:$input, I64Attr:$dim, I64Attr:$extent, I64Attr:$before, I64Attr:$after, TypedAttrInterface:$fill);
}

#endif // SLUICE_DIALECTS_PART_PARTOPS_TD
