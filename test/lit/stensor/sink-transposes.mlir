// Maps run before what they read is transposed.
// RUN: sluice-opt --stensor-sink-transposes %s | FileCheck %s

// CHECK-LABEL: func.func @meets_the_next
// CHECK: %[[B:.*]] = stensor.reshape %arg2 : tensor<1x8x1xf32> -> tensor<1x1x8xf32>
// CHECK-NEXT: %[[M:.*]] = stensor.map ins(%arg0, %arg1, %[[B]] : tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<1x1x8xf32>) outs(tensor<1x4x8xf32>)
// CHECK-NOT: stensor.transpose
// CHECK: return %[[M]]
func.func @meets_the_next(%x: tensor<1x4x8xf32>, %y: tensor<1x4x8xf32>, %b: tensor<1x8x1xf32>) -> tensor<1x4x8xf32> {
  %0 = stensor.transpose %x {permutation = array<i64: 0, 2, 1>} : tensor<1x4x8xf32> -> tensor<1x8x4xf32>
  %1 = stensor.transpose %y {permutation = array<i64: 0, 2, 1>} : tensor<1x4x8xf32> -> tensor<1x8x4xf32>
  %2 = stensor.map ins(%0, %1, %b : tensor<1x8x4xf32>, tensor<1x8x4xf32>, tensor<1x8x1xf32>) outs(tensor<1x8x4xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %s = arith.addf %p, %q : f32
    %t = arith.mulf %s, %r : f32
    stensor.yield %t : f32
  }
  %3 = stensor.transpose %2 {permutation = array<i64: 0, 2, 1>} : tensor<1x8x4xf32> -> tensor<1x4x8xf32>
  return %3 : tensor<1x4x8xf32>
}

// Only one of two operands is transposed: nothing would be gained.
// CHECK-LABEL: func.func @stays
// CHECK-NEXT: stensor.transpose %arg0
// CHECK-NEXT: stensor.map
func.func @stays(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %0 = stensor.transpose %x {permutation = array<i64: 1, 0>} : tensor<4x8xf32> -> tensor<8x4xf32>
  %1 = stensor.map ins(%0, %y : tensor<8x4xf32>, tensor<8x4xf32>) outs(tensor<8x4xf32>) {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    stensor.yield %s : f32
  }
  return %1 : tensor<8x4xf32>
}
