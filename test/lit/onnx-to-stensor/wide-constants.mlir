// Constants of 64 bits are computed as such, and rounded or cut once; nothing of them is left in a run.
// RUN: sluice-opt --convert-onnx-to-stensor --split-input-file %s | FileCheck %s

// (1 + 2^-24 + 2^-50) rounds to 1 + 2^-23, but by way of any shorter sum to 1.
// CHECK-LABEL: func.func @main
// CHECK: stensor.constant dense<1.00000012> : tensor<f32>
// CHECK-NOT: f64
func.func @main(%x: tensor<2xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %a = onnx.constant dense<1.0> : tensor<f64>
  %b = onnx.constant dense<0x3E70000004000000> : tensor<f64>
  %sum = onnx.node "Add" of "ai.onnx" 17(%a, %b) : (tensor<f64>, tensor<f64>) -> !onnx.any
  %cast = onnx.node "Cast" of "ai.onnx" 17(%sum) attributes {to = 1 : i64} : (!onnx.any) -> !onnx.any
  return %cast : !onnx.any
}

// -----

// A product of 2^40 is divided back.
// CHECK-LABEL: func.func @main
// CHECK: stensor.constant dense<256> : tensor<1xi32>
func.func @main(%x: tensor<2xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %sizes = onnx.constant dense<[1048576, 1048576]> : tensor<2xi64>
  %part = onnx.constant dense<4294967296> : tensor<i64>
  %all = onnx.node "ReduceProd" of "ai.onnx" 13(%sizes) : (tensor<2xi64>) -> !onnx.any
  %y = onnx.node "Div" of "ai.onnx" 14(%all, %part) : (!onnx.any, tensor<i64>) -> !onnx.any
  return %y : !onnx.any
}
