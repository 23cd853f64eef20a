//===- StensorOps.td - Whole-tensor operations ------------------*- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_STENSOR_STENSOROPS_TD
#define SLUICE_DIALECTS_STENSOR_STENSOROPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Stensor_Dialect : Dialect {
  let name = "stensor";
  let cppNamespace = "::sluice::stensor";
  let summary = "Whole-tensor operations with static shapes and exact numerics";
  let description = [{
    The level at which a program's values are defined: the reference interpreter
    runs it, and every level below must give the same bits. A small closed set of
    operations; an ONNX operator is a composition of them. Elements are f32, f16,
    i32, i16, i8 and i1 (stored as a byte, 0 or 1); integers are signless, and a
    scalar operation says whether it reads them as signed.

    A program is one `func.func` named `main`. Argument and result attributes carry the
    edge of the program: `stensor.name` (the ONNX name) and, where the user's
    element type is another one, `stensor.type` (i64, ui8, ...).
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let hasConstantMaterializer = 1;
}

def Stensor_Element : AnyTypeOf<[F32, F16, I32, I16, I8, I1]>;
def Stensor_Tensor : StaticShapeTensorOf<[Stensor_Element]>;

class Stensor_Op<string mnemonic, list<Trait> traits = []> : Op<Stensor_Dialect, mnemonic, traits> {
  let hasVerifier = 1;
}

def Stensor_ConstantOp : Stensor_Op<"constant", [Pure, ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "a tensor known at compile time";
  let description = [{
    Example: `%0 = stensor.constant dense<1.0> : tensor<4xf32>`; initialisers are
    `dense_resource` attributes and are not copied.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Stensor_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def Stensor_MapOp : Stensor_Op<"map", [Pure, SingleBlock, IsolatedFromAbove]> {
  let summary = "a scalar function applied to every element";
  let description = [{
    The body gets one scalar of each input's element type and yields one of each result's.
    All results have the same shape, inputs the same rank; an input dimension of size 1
    is broadcast. The body holds only `arith` and `math` operations that correspond to
    one machine operation (see ScalarOps.h), so rounding is that of the operations:

    ```mlir
    %y = stensor.map ins(%a, %b : tensor<2x8xf32>, tensor<1x8xf32>) outs(tensor<2x8xf32>) {
    ^bb0(%x: f32, %w: f32):
      %0 = arith.mulf %x, %w : f32
      stensor.yield %0 : f32
    }
    ```
  }];
  let arguments = (ins Variadic<Stensor_Tensor>:$inputs);
  let results = (outs Variadic<Stensor_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let builders = [
    // `body` gets the block's arguments and returns the values to yield.
    OpBuilder<(ins "::mlir::TypeRange":$resultTypes, "::mlir::ValueRange":$inputs,
      "::llvm::function_ref<::llvm::SmallVector<::mlir::Value>(::mlir::OpBuilder &, ::mlir::Location, ::mlir::ValueRange)>":$body)>
  ];
  let extraClassDeclaration = [{
    /// The shape of every result: what the body runs over.
    ::llvm::ArrayRef<int64_t> getShape() {
      return ::llvm::cast<::mlir::RankedTensorType>(getResultTypes().front()).getShape();
    }
    ::mlir::Block &getBlock() { return getBody().front(); }
    ::mlir::ValueRange getYielded() { return getBlock().getTerminator()->getOperands(); }
  }];
  let hasCustomAssemblyFormat = 1;
  let hasCanonicalizer = 1;
}

def Stensor_YieldOp : Op<Stensor_Dialect, "yield", [Pure, Terminator, HasParent<"MapOp">]> {
  let summary = "the results of a map's body";
  let arguments = (ins Variadic<Stensor_Element>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

def Stensor_ContractOp : Stensor_Op<"contract", [Pure]> {
  let summary = "batched product of rows with columns";
  let description = [{
    `result[b, m, n] = sum over (t, k) of lhs[b, m, t, k] * rhs[b, n, t, k]`.

    f16 x f16 gives f32: for each t in ascending order, k is cut into chunks of 320 in
    ascending order; each chunk's dot product is exact and rounded once; the chunks
    are added in f32 in that order (the first is taken as it is). A product with a zero
    factor is zero, even if the other one is infinite or NaN. i8 x i8 gives i32, exact.

    Example: `%y = stensor.contract %x, %w : (tensor<1x4x1x64xf16>, tensor<1x8x1x64xf16>) -> tensor<1x4x8xf32>`
  }];
  let arguments = (ins Stensor_Tensor:$lhs, Stensor_Tensor:$rhs);
  let results = (outs Stensor_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Stensor_ConvolveOp : Stensor_Op<"convolve", [Pure]> {
  let summary = "products of sliding windows with filters";
  let description = [{
    The input is [N, spatial..., C], the filters [O, taps..., C / groups], the result [N, positions..., O]:
    `result[n, p, o] = sum over (t, c) of input[n, p * strides + t * dilations - low, g * (C / groups) + c] * filters[o, t, c]`, where
    g = o / (O / groups) is the group of o, and elements outside the input are `padding`. i8 x i8 gives i32, exact.

    f16 x f16 gives f32, as stensor.contract sums (t, k): k flattens the taps of the last `joined` spatial dimensions and the channels of the group,
    t the taps of the dimensions in front of them, row-major. So without `joined` each tap's channels are dot products of their own.

    Example: `%y = stensor.convolve %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64,
    padding = 0 : i8} : (tensor<1x56x56x64xi8>, tensor<64x3x3x64xi8>) -> tensor<1x56x56x64xi32>`
  }];
  let arguments = (ins Stensor_Tensor:$input, Stensor_Tensor:$filters, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$low, I64Attr:$groups, TypedAttrInterface:$padding, DefaultValuedAttr<I64Attr, "0">:$joined);
  let results = (outs Stensor_Tensor:$result);
  let assemblyFormat = "$input `,` $filters attr-dict `:` functional-type(operands, results)";
}

def Stensor_Add : I32EnumAttrCase<"add", 0>;
def Stensor_Mul : I32EnumAttrCase<"mul", 1>;
def Stensor_Max : I32EnumAttrCase<"max", 2>;
def Stensor_Min : I32EnumAttrCase<"min", 3>;
def Stensor_ReduceKind : I32EnumAttr<"ReduceKind", "how elements combine", [Stensor_Add, Stensor_Mul, Stensor_Max, Stensor_Min]> {
  let cppNamespace = "::sluice::stensor";
}

def Stensor_ReduceOp : Stensor_Op<"reduce", [Pure]> {
  let summary = "combines the elements along one dimension";
  let description = [{
    The dimension stays, with size 1. Elements are f32 or i32 (machine operations AddF, MulF,
    MaxF, MinF, AddI, ...), combined in a fixed tree: the n elements are cut in chunks of 320;
    element l of the chunks combine in ascending chunk order into x[l], l < m = min(n, 320); with p the
    largest power of two not above m, x[i - p] = x[i - p] op x[i] for i in [p, m); then for h = p/2, p/4, ... 1
    x[i] = x[i] op x[i xor h]; the result is x[0].

    Example: `%y = stensor.reduce add %x {dim = 2 : i64} : tensor<1x4x64xf32> -> tensor<1x4x1xf32>`
  }];
  let arguments = (ins Stensor_ReduceKind:$kind, Stensor_Tensor:$input, I64Attr:$dim);
  let results = (outs Stensor_Tensor:$result);
  let assemblyFormat = "$kind $input attr-dict `:` type($input) `->` type($result)";
}

class Stensor_LayoutOp<string mnemonic> : Stensor_Op<mnemonic, [Pure]> {
  let results = (outs Stensor_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}

def Stensor_ReshapeOp : Stensor_LayoutOp<"reshape"> {
  let summary = "the same elements in row-major order under another shape";
  let description = [{ Example: `%1 = stensor.reshape %0 : tensor<1x64xf32> -> tensor<1x8x8xf32>` }];
  let arguments = (ins Stensor_Tensor:$input);
}

def Stensor_TransposeOp : Stensor_LayoutOp<"transpose"> {
  let summary = "dimensions in another order";
  let description = [{
    Dimension i of the result is dimension permutation[i] of the input.
    Example: `%1 = stensor.transpose %0 {permutation = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>`
  }];
  let arguments = (ins Stensor_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let hasCanonicalizer = 1;
}

def Stensor_SliceOp : Stensor_LayoutOp<"slice"> {
  let summary = "every strides-th element from offsets on";
  let description = [{
    Result element i comes from offsets + i * strides; strides may be negative.
    Example: `%1 = stensor.slice %0 {offsets = array<i64: 0, 4>, strides = array<i64: 1, 1>} : tensor<8x8xf32> -> tensor<8x4xf32>`
  }];
  let arguments = (ins Stensor_Tensor:$input, DenseI64ArrayAttr:$offsets, DenseI64ArrayAttr:$strides);
}

def Stensor_PadOp : Stensor_LayoutOp<"pad"> {
  let summary = "a constant value around a tensor";
  let description = [{
    `low[d]` elements of `value` before and the rest after, in each dimension (none negative).
    Example: `%1 = stensor.pad %0 {low = array<i64: 1, 1>, value = 0.0 : f32} : tensor<2x2xf32> -> tensor<4x4xf32>`
  }];
  let arguments = (ins Stensor_Tensor:$input, DenseI64ArrayAttr:$low, TypedAttrInterface:$value);
}

def Stensor_BroadcastOp : Stensor_LayoutOp<"broadcast"> {
  let summary = "dimensions of size 1 repeated";
  let description = [{ Example: `%1 = stensor.broadcast %0 : tensor<4x1x8xf32> -> tensor<4x2x8xf32>` }];
  let arguments = (ins Stensor_Tensor:$input);
}

def Stensor_WindowOp : Stensor_LayoutOp<"window"> {
  let summary = "sliding windows over neighbouring dimensions";
  let description = [{
    The consecutive dimensions first, first + 1, ... become window positions; the window
    dimensions follow right after the last of them. With input [N, H, W, C], first = 1 and two sizes the result is
    [N, OH, OW, KH, KW, C]: result[n, y, x, i, j, c] = input[n, y * strides[0] + i * dilations[0], x * strides[1] + j * dilations[1], c].
    Every element exists: padding is a separate operation.
  }];
  let arguments = (ins Stensor_Tensor:$input, I64Attr:$first, DenseI64ArrayAttr:$sizes, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations);
}

def Stensor_ConcatOp : Stensor_Op<"concat", [Pure]> {
  let summary = "tensors one after the other along a dimension";
  let description = [{ Example: `%2 = stensor.concat %0, %1 {dim = 2 : i64} : (tensor<1x4x255x8xf32>, tensor<1x4x1x8xf32>) -> tensor<1x4x256x8xf32>` }];
  let arguments = (ins Variadic<Stensor_Tensor>:$inputs, I64Attr:$dim);
  let results = (outs Stensor_Tensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Stensor_GatherOp : Stensor_Op<"gather", [Pure]> {
  let summary = "rows of a table chosen by run-time indices";
  let description = [{
    `result[i, ...] = table[indices[i], ...]`; indices is a rank-1 i32 tensor. An index outside
    [0, rows) is a fault that the interpreter and the executor report.
    Example: `%1 = stensor.gather %table, %ids : (tensor<512x64xf32>, tensor<1xi32>) -> tensor<1x64xf32>`
  }];
  let arguments = (ins Stensor_Tensor:$table, Stensor_Tensor:$indices);
  let results = (outs Stensor_Tensor:$result);
  let assemblyFormat = "$table `,` $indices attr-dict `:` functional-type(operands, results)";
}

#endif // SLUICE_DIALECTS_STENSOR_STENSOROPS_TD
