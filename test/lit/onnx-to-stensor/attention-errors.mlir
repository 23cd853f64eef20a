// Attention of ONNX Runtime's domain whose operands do not say enough, or do not fit.
// RUN: sluice-opt --convert-onnx-to-stensor --verify-diagnostics --split-input-file %s

// How long the cache becomes is neither a constant nor declared.
// expected-error @below {{the model has 1 unsupported part}}
func.func @main(%qkv: tensor<1x1x96xf32>, %keys: tensor<1x1x8x16xf32>, %values: tensor<1x1x8x16xf32>,
                %last: tensor<1xi32>, %total: tensor<1xi32> {onnx.name = "total"}) -> !onnx.any {
  %none = onnx.absent : none
  // expected-note @below {{input 6 (total_sequence_length) is not known at compile time}}
  %y:3 = onnx.node "GroupQueryAttention" of "com.microsoft" 1(%qkv, %none, %none, %keys, %values, %last, %total)
    attributes {num_heads = 4 : i64, kv_num_heads = 1 : i64}
    : (tensor<1x1x96xf32>, none, none, tensor<1x1x8x16xf32>, tensor<1x1x8x16xf32>, tensor<1xi32>, tensor<1xi32>)
    -> (!onnx.any, !onnx.any, !onnx.any)
  return %y#0 : !onnx.any
}

// -----

// expected-error @below {{the model has 1 unsupported part}}
func.func @main(%qkv: tensor<1x1x96xf32>, %keys: tensor<1x1x8x16xf32>, %values: tensor<1x1x8x16xf32>,
                %last: tensor<1xi32>) -> !onnx.any {
  %none = onnx.absent : none
  %total = onnx.constant dense<4> : tensor<1xi32>
  // expected-note @below {{the shapes of its inputs do not fit one another or num_heads and kv_num_heads: input 0 (query) has shape}}
  %y:3 = onnx.node "GroupQueryAttention" of "com.microsoft" 1(%qkv, %none, %none, %keys, %values, %last, %total)
    attributes {num_heads = 4 : i64, kv_num_heads = 3 : i64}
    : (tensor<1x1x96xf32>, none, none, tensor<1x1x8x16xf32>, tensor<1x1x8x16xf32>, tensor<1xi32>, tensor<1xi32>)
    -> (!onnx.any, !onnx.any, !onnx.any)
  return %y#0 : !onnx.any
}

// -----

// expected-error @below {{the model has 1 unsupported part}}
func.func @main(%x: tensor<2x3x16xf32>, %mask: tensor<2x4xi32>) -> !onnx.any {
  %none = onnx.absent : none
  // expected-note @below {{the shapes of its inputs do not fit one another or num_heads: input 0 (query) has shape}}
  %y = onnx.node "MultiHeadAttention" of "com.microsoft" 1(%x, %x, %x, %none, %mask) attributes {num_heads = 2 : i64}
    : (tensor<2x3x16xf32>, tensor<2x3x16xf32>, tensor<2x3x16xf32>, none, tensor<2x4xi32>) -> !onnx.any
  return %y : !onnx.any
}
