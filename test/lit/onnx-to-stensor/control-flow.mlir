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

// -----

// A loop that ends by data: each trip's values count where the condition held so far; a condition that the body
// hands on is not reckoned anew, and an output that nobody reads leaves nothing.
// CHECK-LABEL: func.func @main(%arg0: tensor<i1>
// CHECK-SAME: %[[X:.*]]: tensor<2xf32>
// CHECK-NOT: stensor.concat
// CHECK: %[[ONCE:.*]] = stensor.map ins(%[[X]] :
// CHECK: %[[C:.*]] = stensor.reshape %arg0
// CHECK: %[[FIRST:.*]] = stensor.map ins(%[[C]], %[[ONCE]], %[[X]] :
// CHECK: arith.select
// CHECK: %[[TWICE:.*]] = stensor.map ins(%[[FIRST]] :
// CHECK: %[[C2:.*]] = stensor.reshape %arg0
// CHECK: %[[SECOND:.*]] = stensor.map ins(%[[C2]], %[[TWICE]], %[[FIRST]] :
// CHECK: return %[[SECOND]]
func.func @main(%c: tensor<i1> {onnx.name = "c"}, %x: tensor<2xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %two = onnx.constant dense<2> : tensor<i64>
  %y, %unread = onnx.node "Loop" of "ai.onnx" 16(%two, %c, %x) graphs {
    "body"(%i: tensor<i64>, %k: tensor<i1>, %v: tensor<2xf32>) {
      %w = onnx.node "Add" of "ai.onnx" 16(%v, %v) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      onnx.yield %k, %w, %w : tensor<i1>, tensor<2xf32>, tensor<2xf32>
    }
  } : (tensor<i64>, tensor<i1>, tensor<2xf32>) -> (!onnx.any, !onnx.any)
  return %y : !onnx.any
}

// -----

// What a branch fetches at a run's positions it fetches at 0 where the other branch is taken.
// CHECK-LABEL: func.func @main(%arg0: tensor<i1>
// CHECK-SAME: %[[P:.*]]: tensor<1xi32>
// CHECK: %[[WRAPPED:.*]] = stensor.map ins(%[[P]]
// CHECK: %[[HOLDS:.*]] = stensor.reshape %arg0
// CHECK: %[[INDEX:.*]] = stensor.map ins(%[[WRAPPED]], %[[HOLDS]]
// CHECK: arith.select %{{.*}}, %{{.*}}, %c0_i32
// CHECK: stensor.gather %arg2, %[[INDEX]]
func.func @main(%c: tensor<i1> {onnx.name = "c"}, %p: tensor<1xi64> {onnx.name = "p"}, %x: tensor<4xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %z = onnx.constant dense<0.0> : tensor<1xf32>
  %y = onnx.node "If" of "ai.onnx" 16(%c) graphs {
    "then_branch"() {
      %n = onnx.node "Gather" of "ai.onnx" 16(%x, %p) : (tensor<4xf32>, tensor<1xi64>) -> !onnx.any
      onnx.yield %n : !onnx.any
    }
    "else_branch"() {
      onnx.yield %z : tensor<1xf32>
    }
  } : (tensor<i1>) -> !onnx.any
  return %y : !onnx.any
}
