// Quantized operators of ONNX Runtime's domain whose operands or attributes do not fit.
// RUN: sluice-opt --convert-onnx-to-stensor --verify-diagnostics --split-input-file %s

// expected-error @below {{the model has 6 unsupported parts}}
func.func @main(%x: tensor<1x32xf32>, %router: tensor<1x4xf32>, %bytes: tensor<4x32x16xui8>,
                %scales: tensor<4x32xf32>, %blocks: tensor<4x32x2xf32>, %byte: tensor<2x3xui8>, %scale: tensor<f32>)
    -> (!onnx.any, !onnx.any, !onnx.any, !onnx.any, !onnx.any, !onnx.any) {
  %none = onnx.absent : none
  // expected-note @below {{input 3 (fc1_scales) is missing}}
  %a = onnx.node "QMoE" of "com.microsoft" 1(%x, %router, %bytes, %none, %none, %bytes, %scales)
    : (tensor<1x32xf32>, tensor<1x4xf32>, tensor<4x32x16xui8>, none, none, tensor<4x32x16xui8>, tensor<4x32xf32>)
    -> !onnx.any
  // expected-note @below {{input 3 (fc1_scales) has shape 4x32, need 4x32x2}}
  %b = onnx.node "QMoE" of "com.microsoft" 1(%x, %router, %bytes, %scales, %none, %bytes, %blocks)
    attributes {block_size = 16 : i64}
    : (tensor<1x32xf32>, tensor<1x4xf32>, tensor<4x32x16xui8>, tensor<4x32xf32>, none, tensor<4x32x16xui8>,
       tensor<4x32x2xf32>) -> !onnx.any
  // expected-note @below {{use_sparse_mixer takes two experts, but k = 3}}
  %c = onnx.node "QMoE" of "com.microsoft" 1(%x, %router, %bytes, %scales, %none, %bytes, %scales)
    attributes {k = 3 : i64, use_sparse_mixer = 1 : i64}
    : (tensor<1x32xf32>, tensor<1x4xf32>, tensor<4x32x16xui8>, tensor<4x32xf32>, none, tensor<4x32x16xui8>,
       tensor<4x32xf32>) -> !onnx.any
  // expected-note @below {{input 1 (B) is missing}}
  %d = onnx.node "MatMulNBits" of "com.microsoft" 1(%x, %none, %scales)
    attributes {K = 32 : i64, N = 32 : i64, block_size = 16 : i64}
    : (tensor<1x32xf32>, none, tensor<4x32xf32>) -> !onnx.any
  // expected-note @below {{input 1 (indices) is of type float32, not integer}}
  %e = onnx.node "GatherBlockQuantized" of "com.microsoft" 1(%bytes, %x, %blocks)
    attributes {quantize_axis = 2 : i64, block_size = 16 : i64}
    : (tensor<4x32x16xui8>, tensor<1x32xf32>, tensor<4x32x2xf32>) -> !onnx.any
  // expected-note @below {{input 4 (B_scale) is missing}}
  %f = onnx.node "QLinearAdd" of "com.microsoft" 1(%byte, %scale, %none, %byte, %none, %none, %scale)
    : (tensor<2x3xui8>, tensor<f32>, none, tensor<2x3xui8>, none, none, tensor<f32>) -> !onnx.any
  return %a, %b, %c, %d, %e, %f : !onnx.any, !onnx.any, !onnx.any, !onnx.any, !onnx.any, !onnx.any
}
