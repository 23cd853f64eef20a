// Operators between DequantizeLinear and QuantizeLinear compute with the integers.
// RUN: sluice-opt --onnx-fuse-qdq --split-input-file %s | FileCheck %s

// A convolution takes bias and Relu with it: the result's range does what Relu would.
// CHECK-LABEL: func.func @convolution
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x4x4xui8>)
// CHECK-NOT: Dequantize
// CHECK: %[[Y:.*]] = onnx.node "QLinearConv" of "ai.onnx" {{[0-9]+}}(%[[X]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) attributes {pads = array<i64: 1, 1, 1, 1>}
// CHECK-NEXT: return %[[Y]]
func.func @convolution(%x: tensor<1x2x4x4xui8>) -> tensor<1x3x4x4xui8> {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<7> : tensor<ui8>
  %zy = onnx.constant dense<0> : tensor<ui8>
  %w = onnx.constant dense<1> : tensor<3x2x3x3xi8>
  %sw = onnx.constant dense<[0.5, 0.25, 1.0]> : tensor<3xf32>
  %zw = onnx.constant dense<0> : tensor<3xi8>
  %b = onnx.constant dense<9> : tensor<3xi32>
  %sb = onnx.constant dense<[0.25, 0.125, 0.5]> : tensor<3xf32>
  %xr = onnx.node "DequantizeLinear" of "ai.onnx" 13(%x, %s, %z) : (tensor<1x2x4x4xui8>, tensor<f32>, tensor<ui8>) -> !onnx.any
  %wr = onnx.node "DequantizeLinear" of "ai.onnx" 13(%w, %sw, %zw) attributes {axis = 0 : i64} : (tensor<3x2x3x3xi8>, tensor<3xf32>, tensor<3xi8>) -> !onnx.any
  %br = onnx.node "DequantizeLinear" of "ai.onnx" 13(%b, %sb) attributes {axis = 0 : i64} : (tensor<3xi32>, tensor<3xf32>) -> !onnx.any
  %c = onnx.node "Conv" of "ai.onnx" 13(%xr, %wr, %br) attributes {pads = array<i64: 1, 1, 1, 1>} : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  %r = onnx.node "Relu" of "ai.onnx" 13(%c) : (!onnx.any) -> !onnx.any
  %y = onnx.node "QuantizeLinear" of "ai.onnx" 13(%r, %s, %zy) : (!onnx.any, tensor<f32>, tensor<ui8>) -> tensor<1x3x4x4xui8>
  return %y : tensor<1x3x4x4xui8>
}

// -----

// What moves elements moves the integers; the same parameters on both sides leave nothing else.
// CHECK-LABEL: func.func @moved
// CHECK-NOT: Quantize
// CHECK: %[[Y:.*]] = onnx.node "Transpose" of "ai.onnx" 13(%arg0) attributes {perm = array<i64: 1, 0>}
// CHECK-NEXT: %[[M:.*]] = onnx.node "Flatten" of "ai.onnx" 13(%[[Y]])
// CHECK-NEXT: return %[[M]]
func.func @moved(%x: tensor<2x3xi8>) -> !onnx.any {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<7> : tensor<i8>
  %xr = onnx.node "DequantizeLinear" of "ai.onnx" 13(%x, %s, %z) : (tensor<2x3xi8>, tensor<f32>, tensor<i8>) -> !onnx.any
  %t = onnx.node "Transpose" of "ai.onnx" 13(%xr) attributes {perm = array<i64: 1, 0>} : (!onnx.any) -> !onnx.any
  %q = onnx.node "QuantizeLinear" of "ai.onnx" 13(%t, %s, %z) : (!onnx.any, tensor<f32>, tensor<i8>) -> !onnx.any
  %qr = onnx.node "DequantizeLinear" of "ai.onnx" 13(%q, %s, %z) : (!onnx.any, tensor<f32>, tensor<i8>) -> !onnx.any
  %f = onnx.node "Flatten" of "ai.onnx" 13(%qr) : (!onnx.any) -> !onnx.any
  %y = onnx.node "QuantizeLinear" of "ai.onnx" 13(%f, %s, %z) : (!onnx.any, tensor<f32>, tensor<i8>) -> !onnx.any
  return %y : !onnx.any
}

// -----

// A product of integers that stays real, and a bias of another scale that stays outside.
// CHECK-LABEL: func.func @real
// CHECK: onnx.node "MatMulIntegerToFloat" of "com.microsoft" 1(%arg0, %arg0,
// CHECK: %[[P:.*]] = onnx.node "QGemm" of "com.microsoft" 1(%arg0, %{{.*}}, %{{.*}}, %arg0, %{{.*}}, %{{.*}}) :
// CHECK: onnx.node "Add" of "ai.onnx" {{[0-9]+}}(%[[P]], %arg1)
func.func @real(%x: tensor<3x3xui8>, %b: tensor<3xf32>) -> (!onnx.any, !onnx.any) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<7> : tensor<ui8>
  %xr = onnx.node "DequantizeLinear" of "ai.onnx" 13(%x, %s, %z) : (tensor<3x3xui8>, tensor<f32>, tensor<ui8>) -> !onnx.any
  %m = onnx.node "MatMul" of "ai.onnx" 13(%xr, %xr) : (!onnx.any, !onnx.any) -> !onnx.any
  %g = onnx.node "Gemm" of "ai.onnx" 13(%xr, %xr, %b) : (!onnx.any, !onnx.any, tensor<3xf32>) -> !onnx.any
  return %m, %g : !onnx.any, !onnx.any
}

// -----

// Scales that only the run knows are left alone.
// CHECK-LABEL: func.func @unknown
// CHECK: onnx.node "DequantizeLinear"
// CHECK: onnx.node "Add"
// CHECK: onnx.node "QuantizeLinear"
func.func @unknown(%x: tensor<3xui8>, %s: tensor<f32>) -> !onnx.any {
  %z = onnx.constant dense<7> : tensor<ui8>
  %xr = onnx.node "DequantizeLinear" of "ai.onnx" 13(%x, %s, %z) : (tensor<3xui8>, tensor<f32>, tensor<ui8>) -> !onnx.any
  %a = onnx.node "Add" of "ai.onnx" 13(%xr, %xr) : (!onnx.any, !onnx.any) -> !onnx.any
  %y = onnx.node "QuantizeLinear" of "ai.onnx" 13(%a, %s, %z) : (!onnx.any, tensor<f32>, tensor<ui8>) -> !onnx.any
  return %y : !onnx.any
}
