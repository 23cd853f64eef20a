// Graphs within nodes: one branch where the condition is known, both and a choice where it is not; loops unrolled.
// RUN: sluice-opt --convert-onnx-to-stensor --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @main(%arg0: tensor<i1>
// CHECK-SAME: %[[X:.*]]: tensor<2xf32>
func.func @main(%c: tensor<i1> {onnx.name = "c"}, %x: tensor<2xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  // CHECK-NEXT: %[[N:.*]] = stensor.map ins(%[[X]] : tensor<2xf32>)
  // CHECK: %[[A:.*]] = stensor.map ins(%[[X]] : tensor<2xf32>)
  // CHECK: %[[Y:.*]] = stensor.map
  // CHECK: arith.select
  // CHECK: return %[[Y]]
  %y = onnx.node "If" of "ai.onnx" 16(%c) graphs {
    "then_branch"() {
      %n = onnx.node "Neg" of "ai.onnx" 16(%x) : (tensor<2xf32>) -> !onnx.any
      onnx.yield %n : !onnx.any
    }
    "else_branch"() {
      %a = onnx.node "Abs" of "ai.onnx" 16(%x) : (tensor<2xf32>) -> !onnx.any
      onnx.yield %a : !onnx.any
    }
  } : (tensor<i1>) -> !onnx.any
  return %y : !onnx.any
}

// -----

// What a loop computes of constants alone is gone, whatever it unrolls to.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[Y:.*]] = stensor.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
// CHECK-NEXT: return %[[Y]]
func.func @main() -> (!onnx.any {onnx.name = "y"}) {
  %four = onnx.constant dense<4> : tensor<i64>
  %one = onnx.constant dense<1> : tensor<i64>
  %none = onnx.absent : none
  %last, %y = onnx.node "Loop" of "ai.onnx" 16(%four, %none, %one) graphs {
    "body"(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<i64>) {
      %w = onnx.node "Add" of "ai.onnx" 16(%v, %one) : (tensor<i64>, tensor<i64>) -> tensor<i64>
      onnx.yield %c, %w, %v : tensor<i1>, tensor<i64>, tensor<i64>
    }
  } : (tensor<i64>, none, tensor<i64>) -> (!onnx.any, !onnx.any)
  return %y : !onnx.any
}
