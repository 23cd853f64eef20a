// Elementwise operators are maps that broadcast; constants of one element are part of the body.
// RUN: sluice-opt --convert-onnx-to-stensor %s | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x4xf32> {stensor.name = "x"}, %[[B:.*]]: tensor<4xf32> {stensor.name = "b"},
// CHECK-SAME: %[[I:.*]]: tensor<2xi32> {stensor.name = "i", stensor.type = i64}, %[[U:.*]]: tensor<2xi8> {stensor.name = "u", stensor.type = ui8}
func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}, %b: tensor<4xf32> {onnx.name = "b"}, %i: tensor<2xi64> {onnx.name = "i"}, %u: tensor<2xui8> {onnx.name = "u"})
    -> (!onnx.any {onnx.name = "0"}, !onnx.any {onnx.name = "1"}, !onnx.any {onnx.name = "2"}, !onnx.any {onnx.name = "3"}) {
  // CHECK: %[[ROW:.*]] = stensor.reshape %[[B]] : tensor<4xf32> -> tensor<1x4xf32>
  // CHECK: %[[SUM:.*]] = stensor.map ins(%[[X]], %[[ROW]] : tensor<2x4xf32>, tensor<1x4xf32>) outs(tensor<2x4xf32>) {
  // CHECK: arith.addf
  %0 = onnx.node "Add" of "ai.onnx" 13(%x, %b) : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.any
  // A square is one multiplication of one input.
  // CHECK: %[[SQUARE:.*]] = stensor.map ins(%[[X]] : tensor<2x4xf32>) outs(tensor<2x4xf32>) {
  // CHECK-NEXT: ^bb0(%[[E:.*]]: f32):
  // CHECK-NEXT: %[[S:.*]] = arith.mulf %[[E]], %[[E]] : f32
  // CHECK-NEXT: stensor.yield %[[S]]
  %two = onnx.constant dense<2.0> : tensor<f32>
  %1 = onnx.node "Pow" of "ai.onnx" 13(%x, %two) : (tensor<2x4xf32>, tensor<f32>) -> !onnx.any
  // CHECK: stensor.map ins(%[[I]] : tensor<2xi32>) outs(tensor<2xi1>) {
  // CHECK-NEXT: ^bb0(%[[E:.*]]: i32):
  // CHECK-NEXT: %[[C:.*]] = arith.constant 7 : i32
  // CHECK-NEXT: arith.cmpi slt, %[[C]], %[[E]] : i32
  %seven = onnx.constant dense<7> : tensor<i64>
  %2 = onnx.node "Greater" of "ai.onnx" 13(%i, %seven) : (tensor<2xi64>, tensor<i64>) -> !onnx.any
  // Unsigned bytes are zero extended and wrap.
  // CHECK: stensor.map ins(%[[U]] : tensor<2xi8>) outs(tensor<2xi8>) {
  // CHECK: arith.extui %{{.*}} : i8 to i32
  // CHECK: arith.addi
  // CHECK: arith.trunci %{{.*}} : i32 to i8
  %3 = onnx.node "Add" of "ai.onnx" 14(%u, %u) : (tensor<2xui8>, tensor<2xui8>) -> !onnx.any
  return %0, %1, %2, %3 : !onnx.any, !onnx.any, !onnx.any, !onnx.any
}
