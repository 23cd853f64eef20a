//===- OnnxOps.td - ONNX graphs -------------------------------*- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_ONNX_ONNXOPS_TD
#define SLUICE_DIALECTS_ONNX_ONNXOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::sluice::onnx";
  let summary = "An ONNX graph as the file has it";
  let description = [{
    One generic operation stands for every ONNX node; what an operator means is the
    business of the conversion to `stensor`. A model is one `func.func` named `main`
    whose arguments and results carry their ONNX names as `onnx.name`. An operation's
    location is the name of its node. Local functions are inlined, so no call is left.

    Integers are signless where ONNX has them signed (`i8` ... `i64`), `ui8` ... `ui64`
    where it has them unsigned; `i1` is ONNX's bool. A dimension that only the run
    decides is dynamic; a value whose type the file does not declare is `!onnx.any`;
    an optional input or output that is left out has the type `none`.
  }];
  let useDefaultTypePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

class Onnx_Type<string name, string typeMnemonic> : TypeDef<Onnx_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def Onnx_StringType : Onnx_Type<"String", "string"> {
  let summary = "a string as the element of a tensor";
  let description = [{ Example: `tensor<2x!onnx.string>` }];
}

def Onnx_AnyType : Onnx_Type<"Any", "any"> {
  let summary = "a tensor of undeclared element type and shape";
  let description = [{
    Most models declare the types of their edges only; the conversion to `stensor`
    derives the rest.
  }];
}

def Onnx_OtherType : Onnx_Type<"Other", "other"> {
  let summary = "a value that is no tensor";
  let description = [{
    Sequences, maps, optionals and sparse tensors are named, not modelled: the conversion to `stensor` refuses
    them. Example: `!onnx.other<"sequence">`
  }];
  let parameters = (ins StringRefParameter<"what it is">:$kind);
  let assemblyFormat = "`<` $kind `>`";
}

def Onnx_Value : AnyTypeOf<[AnyTensor, Onnx_AnyType, Onnx_OtherType, NoneType]>;

class Onnx_Op<string mnemonic, list<Trait> traits = []> : Op<Onnx_Dialect, mnemonic, traits>;

def Onnx_NodeOp : Onnx_Op<"node"> {
  let summary = "one node of the graph";
  let description = [{
    `domain` is never empty (`ai.onnx` is the default one). `version` is the version
    of the domain's operator set that the node is written for, not that in which the
    operator last changed. Inputs and outputs stand in the order of the ONNX operator;
    those left out in the middle have the type `none`.

    Attributes keep their ONNX names. FLOAT is an `f32`, INT an `i64`, STRING a string,
    FLOATS and INTS are dense arrays, STRINGS, TENSORS and TYPE_PROTOS arrays, a TENSOR
    is an elements attribute.

    ```mlir
    %y = onnx.node "Concat" of "ai.onnx" 13(%a, %b) attributes {axis = 1 : i64}
        : (tensor<2x3xf32>, tensor<2x5xf32>) -> tensor<2x8xf32>
    ```

    An attribute of type GRAPH is a region of one block: the graph's inputs are the block's arguments,
    its outputs what `onnx.yield` names. It may read any value around the node. How often it runs, and on
    what, is the operator's business.

    ```mlir
    %y = onnx.node "If" of "ai.onnx" 16(%c) graphs {
      "then_branch"() {
        %n = onnx.node "Neg" of "ai.onnx" 16(%x) : (tensor<2xf32>) -> tensor<2xf32>
        onnx.yield %n : tensor<2xf32>
      }
      "else_branch"() {
        onnx.yield %x : tensor<2xf32>
      }
    } : (tensor<i1>) -> tensor<2xf32>
    ```
  }];
  let arguments = (ins StrAttr:$op_type, StrAttr:$domain, I64Attr:$version,
                       Variadic<Onnx_Value>:$inputs, DefaultValuedAttr<DictionaryAttr, "{}">:$onnx_attributes,
                       DefaultValuedAttr<StrArrayAttr, "{}">:$graph_names);
  let regions = (region VariadicRegion<SizedRegion<1>>:$graphs);
  let results = (outs Variadic<Onnx_Value>:$outputs);
  let assemblyFormat = [{
    $op_type `of` $domain $version `(` $inputs `)` (`attributes` $onnx_attributes^)?
    (`graphs` custom<Graphs>($graph_names, $graphs)^)? attr-dict `:` functional-type($inputs, $outputs)
  }];
  let extraClassDeclaration = [{
    /// The graph that the attribute `name` holds, or null.
    ::mlir::Block *getGraph(::llvm::StringRef name);
  }];
  let hasVerifier = 1;
}

def Onnx_YieldOp : Onnx_Op<"yield", [Pure, Terminator, HasParent<"NodeOp">]> {
  let summary = "the outputs of a node's graph";
  let description = [{ Example: `onnx.yield %y : tensor<2xf32>` }];
  let arguments = (ins Variadic<Onnx_Value>:$outputs);
  let assemblyFormat = "($outputs^ `:` type($outputs))? attr-dict";
}

def Onnx_ConstantOp : Onnx_Op<"constant", [Pure, ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "an initialiser or the value of a Constant node";
  let description = [{
    Large values are `dense_resource` attributes that lie in the mapped model file. Such
    bytes need not be aligned to the element size.

    Example: `%axes = onnx.constant dense<[0, 1]> : tensor<2xi64>`
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs AnyTensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Onnx_AbsentOp : Onnx_Op<"absent", [Pure]> {
  let summary = "an optional input that is left out";
  let description = [{ Example: `%none = onnx.absent : none` }];
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

#endif // SLUICE_DIALECTS_ONNX_ONNXOPS_TD
