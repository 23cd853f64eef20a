// Sorting networks: pairs of keys and tags are compared in steps that do not depend on the data.
// RUN: sluice-opt --convert-onnx-to-stensor --canonicalize --split-input-file %s | FileCheck %s

// Many short rows are put in order abreast, each on a lane of its own.
// CHECK-LABEL: func.func @main
// CHECK: stensor.map {{.*}} outs(tensor<4x1x300xi32>, tensor<4x1x300xi32>, tensor<4x1x300xi32>, tensor<4x1x300xi32>)
// CHECK: arith.select
// CHECK-DAG: arith.maxsi
// CHECK-DAG: arith.minsi
// CHECK-NOT: stensor.reduce
func.func @main(%x: tensor<300x8xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %k = onnx.constant dense<2> : tensor<1xi64>
  %y:2 = onnx.node "TopK" of "ai.onnx" 11(%x, %k) : (tensor<300x8xf32>, tensor<1xi64>) -> (!onnx.any, !onnx.any)
  return %y#0 : !onnx.any
}

// -----

// The greatest of a long row: of each lane, then of all lanes. Nothing but what comes first is kept.
// CHECK-LABEL: func.func @main
// CHECK: stensor.map {{.*}} outs(tensor<50x1x320xi32>, tensor<50x1x320xi32>)
// CHECK: stensor.map {{.*}} outs(tensor<1x1x160xi32>, tensor<1x1x160xi32>)
// CHECK: stensor.map {{.*}} outs(tensor<1x1x80xi32>, tensor<1x1x80xi32>)
// CHECK-NOT: outs(tensor<{{[0-9]+x[0-9]+x[0-9]+xi32>, tensor<[0-9]+x[0-9]+x[0-9]+xi32>, tensor}}
func.func @main(%x: tensor<32000xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %k = onnx.constant dense<1> : tensor<1xi64>
  %y:2 = onnx.node "TopK" of "ai.onnx" 11(%x, %k) : (tensor<32000xf32>, tensor<1xi64>) -> (!onnx.any, !onnx.any)
  return %y#1 : !onnx.any
}

// -----

// A whole row in order: its list comes to lie across 256 lanes, of which each step exchanges two halves.
// CHECK-LABEL: func.func @main
// CHECK: stensor.pad {{.*}} tensor<1x1000xi32> -> tensor<1x1024xi32>
// CHECK: stensor.reshape {{.*}} tensor<1x1024xi32> -> tensor<2x2x256xi32>
// CHECK: stensor.slice {{.*}}strides = array<i64: 1, -1>
// CHECK: stensor.map {{.*}} outs(tensor<1x4x256xi32>, tensor<1x4x256xi32>)
// CHECK: arith.xori
// CHECK: stensor.transpose {{.*}} tensor<1x4x256xi32> -> tensor<1x256x4xi32>
func.func @main(%x: tensor<1000xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %k = onnx.constant dense<1000> : tensor<1xi64>
  %y:2 = onnx.node "TopK" of "ai.onnx" 11(%x, %k) : (tensor<1000xf32>, tensor<1xi64>) -> (!onnx.any, !onnx.any)
  return %y#0 : !onnx.any
}
