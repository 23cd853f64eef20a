// Elements are ranked by comparing each with each, a part of them at a time where they are many; the greatest few
// of many are taken one after the other.
// RUN: sluice-opt --convert-onnx-to-stensor --canonicalize --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: stensor.map {{.*}} outs(tensor<2x8x8xi32>)
// CHECK: stensor.reduce add {{.*}} tensor<2x8x8xi32> -> tensor<2x8x1xi32>
// CHECK-NOT: stensor.reduce max
func.func @main(%x: tensor<2x8xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %k = onnx.constant dense<2> : tensor<1xi64>
  %y:2 = onnx.node "TopK" of "ai.onnx" 11(%x, %k) : (tensor<2x8xf32>, tensor<1xi64>) -> (!onnx.any, !onnx.any)
  return %y#0 : !onnx.any
}

// -----

// CHECK-LABEL: func.func @main
// CHECK-COUNT-3: stensor.reduce max {{.*}} tensor<1x5000xi32> -> tensor<1x1xi32>
// CHECK-NOT: stensor.reduce max
func.func @main(%x: tensor<5000xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %k = onnx.constant dense<3> : tensor<1xi64>
  %y:2 = onnx.node "TopK" of "ai.onnx" 11(%x, %k) : (tensor<5000xf32>, tensor<1xi64>) -> (!onnx.any, !onnx.any)
  return %y#1 : !onnx.any
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: stensor.reduce add {{.*}} tensor<1x699x1500xi32> -> tensor<1x699x1xi32>
// CHECK: stensor.reduce add {{.*}} tensor<1x699x1500xi32> -> tensor<1x699x1xi32>
// CHECK: stensor.reduce add {{.*}} tensor<1x102x1500xi32> -> tensor<1x102x1xi32>
// CHECK: stensor.reduce add {{.*}} tensor<1x100x1500xi32> -> tensor<1x100x1xi32>
func.func @main(%x: tensor<1500xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %k = onnx.constant dense<100> : tensor<1xi64>
  %y:2 = onnx.node "TopK" of "ai.onnx" 11(%x, %k) : (tensor<1500xf32>, tensor<1xi64>) -> (!onnx.any, !onnx.any)
  return %y#0 : !onnx.any
}
