//===- Passes.td - Passes over whole-tensor programs --------*- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_TRANSFORMS_PASSES_TD
#define SLUICE_LIB_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def StensorCanonicalize : Pass<"stensor-canonicalize", "::mlir::func::FuncOp"> {
  let summary = "simplify whole-tensor operations";
  let description = [{
    As the upstream canonicalizer, for `stensor` operations alone: the scalar operations
    in the bodies of maps are left to the map's own patterns. Upstream's patterns for `arith`
    would make operations that are not one machine operation and compute
    transcendentals with the host's library, whose bits differ from host to host.
  }];
}

def StensorFoldConstants : Pass<"stensor-fold-constants", "::mlir::func::FuncOp"> {
  let summary = "compute what depends on constants alone";
  let description = [{
    Runs every `stensor` operation whose operands are constants through the reference
    interpreter. Operations that would make a much larger constant out of small ones and
    those that fault stay. What only moves the elements of a large constant stays, too, but where
    more is computed of it: the levels below see where elements lie.
  }];
  let statistics = [Statistic<"folded", "folded", "operations replaced by constants">];
}

def StensorSinkBroadcast : Pass<"stensor-sink-broadcast", "::mlir::func::FuncOp"> {
  let summary = "apply maps before elements are repeated or moved";
  let description = [{
    A map whose inputs are all broadcast along a dimension runs on the smaller shape, its results
    are broadcast. A broadcast in front of a map goes away: maps broadcast by themselves.
    A map of one input moves in front of the layout operation that makes the input
    where that means fewer elements or, for the same number, that narrower ones are
    moved; where another map would be separated from it, it stays. In front of a
    reshape of a map's result it can become part of that map.
  }];
}

def StensorFuseMaps : Pass<"stensor-fuse-maps", "::mlir::func::FuncOp"> {
  let summary = "join elementwise functions into one body";
  let description = [{
    A map whose results only one map reads, over the same shape, becomes part of it. A map of
    at most one machine operation that several maps read is repeated in each of them, if it
    disappears by that. A joined body has at most `max-steps` machine operations
    (a chain of that many fits the arithmetic units at once) and `max-inputs` inputs.
  }];
  let options = [
    Option<"maxSteps", "max-steps", "unsigned", /*default=*/"14", "Machine operations in one body">,
    Option<"maxInputs", "max-inputs", "unsigned", /*default=*/"8", "Inputs of one map">,
    Option<"unaryOnly", "unary-only", "bool", /*default=*/"false", "Leave maps that read several tensors of their shape apart">,
  ];
  let statistics = [Statistic<"fused", "fused", "maps that became part of another">];
}

def StensorSinkTransposes : Pass<"stensor-sink-transposes", "::mlir::func::FuncOp"> {
  let summary = "transpose what maps make, not what they read";
  let description = [{
    A map whose full inputs are all transposed alike runs before they are, and its results are transposed instead. So
    the transpositions between the channels of one convolution and those of the next meet and vanish.
  }];
}

def StensorRequantise : Pass<"stensor-requantise", "::mlir::func::FuncOp"> {
  let summary = "requantise sums of products in fewer operations";
  let description = [{
    A map that gives sums of int8 products a bias, scales them by one number, rounds, bounds and shifts them to int8
    rises with the sum, in at most 255 steps. Where one integer addition, one `fma` and one conversion that saturates have
    the same steps, for every sum that the products and the bias can make, they take its place. The constant bias becomes another one.
  }];
}

#endif // SLUICE_LIB_TRANSFORMS_PASSES_TD
