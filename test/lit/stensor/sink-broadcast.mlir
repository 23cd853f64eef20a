// Maps run before their elements are repeated or moved, where that is less work.
// RUN: sluice-opt --stensor-sink-broadcast %s | FileCheck %s

// CHECK-LABEL: func.func @unary_after_broadcast
// CHECK-NEXT: %[[M:.*]] = stensor.map ins(%arg0 : tensor<1x8xf32>) outs(tensor<1x8xf16>)
// CHECK: %[[B:.*]] = stensor.broadcast %[[M]] : tensor<1x8xf16> -> tensor<4x8xf16>
// CHECK-NEXT: return %[[B]]
func.func @unary_after_broadcast(%x: tensor<1x8xf32>) -> tensor<4x8xf16> {
  %0 = stensor.broadcast %x : tensor<1x8xf32> -> tensor<4x8xf32>
  %1 = stensor.map ins(%0 : tensor<4x8xf32>) outs(tensor<4x8xf16>) {
  ^bb0(%a: f32):
    %h = arith.truncf %a : f32 to f16
    stensor.yield %h : f16
  }
  return %1 : tensor<4x8xf16>
}

// CHECK-LABEL: func.func @broadcast_input
// CHECK-NEXT: stensor.map ins(%arg0, %arg1 : tensor<4x8xf32>, tensor<4x1xf32>) outs(tensor<4x8xf32>)
func.func @broadcast_input(%x: tensor<4x8xf32>, %y: tensor<4x1xf32>) -> tensor<4x8xf32> {
  %0 = stensor.broadcast %y : tensor<4x1xf32> -> tensor<4x8xf32>
  %1 = stensor.map ins(%x, %0 : tensor<4x8xf32>, tensor<4x8xf32>) outs(tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    stensor.yield %s : f32
  }
  return %1 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @narrowing_before_transpose
// CHECK-NEXT: %[[M:.*]] = stensor.map ins(%arg0 : tensor<4x8xf32>) outs(tensor<4x8xf16>)
// CHECK: stensor.transpose %[[M]] {permutation = array<i64: 1, 0>} : tensor<4x8xf16> -> tensor<8x4xf16>
func.func @narrowing_before_transpose(%x: tensor<4x8xf32>) -> tensor<8x4xf16> {
  %0 = stensor.transpose %x {permutation = array<i64: 1, 0>} : tensor<4x8xf32> -> tensor<8x4xf32>
  %1 = stensor.map ins(%0 : tensor<8x4xf32>) outs(tensor<8x4xf16>) {
  ^bb0(%a: f32):
    %h = arith.truncf %a : f32 to f16
    stensor.yield %h : f16
  }
  return %1 : tensor<8x4xf16>
}

// CHECK-LABEL: func.func @widening_stays
// CHECK-NEXT: stensor.transpose
// CHECK-NEXT: stensor.map
func.func @widening_stays(%x: tensor<4x8xf16>) -> tensor<8x4xf32> {
  %0 = stensor.transpose %x {permutation = array<i64: 1, 0>} : tensor<4x8xf16> -> tensor<8x4xf16>
  %1 = stensor.map ins(%0 : tensor<8x4xf16>) outs(tensor<8x4xf32>) {
  ^bb0(%a: f16):
    %w = arith.extf %a : f16 to f32
    stensor.yield %w : f32
  }
  return %1 : tensor<8x4xf32>
}

// The slice takes half of the elements: mapping them all would be more work.
// CHECK-LABEL: func.func @slice_stays
// CHECK-NEXT: stensor.slice
// CHECK-NEXT: stensor.map
func.func @slice_stays(%x: tensor<8xf32>) -> tensor<4xf32> {
  %0 = stensor.slice %x {offsets = array<i64: 0>, strides = array<i64: 1>} : tensor<8xf32> -> tensor<4xf32>
  %1 = stensor.map ins(%0 : tensor<4xf32>) outs(tensor<4xf32>) {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    stensor.yield %n : f32
  }
  return %1 : tensor<4xf32>
}

// The padding is mapped too: exp(0) is 1.
// CHECK-LABEL: func.func @pad
// CHECK-NEXT: %[[M:.*]] = stensor.map ins(%arg0 : tensor<8xf32>) outs(tensor<8xf32>)
// CHECK: stensor.pad %[[M]] {low = array<i64: 1>, value = 1.000000e+00 : f32} : tensor<8xf32> -> tensor<10xf32>
func.func @pad(%x: tensor<8xf32>) -> tensor<10xf32> {
  %0 = stensor.pad %x {low = array<i64: 1>, value = 0.0 : f32} : tensor<8xf32> -> tensor<10xf32>
  %1 = stensor.map ins(%0 : tensor<10xf32>) outs(tensor<10xf32>) {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    stensor.yield %e : f32
  }
  return %1 : tensor<10xf32>
}

// The negation can become part of the addition and stays beside it.
// CHECK-LABEL: func.func @next_to_a_map
// CHECK-NEXT: stensor.reshape
// CHECK-NEXT: stensor.map
func.func @next_to_a_map(%x: tensor<8xf32>, %y: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = stensor.reshape %x : tensor<8xf32> -> tensor<2x4xf32>
  %1 = stensor.map ins(%0 : tensor<2x4xf32>) outs(tensor<2x4xf32>) {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    stensor.yield %n : f32
  }
  %2 = stensor.map ins(%1, %y : tensor<2x4xf32>, tensor<2x4xf32>) outs(tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    stensor.yield %s : f32
  }
  return %2 : tensor<2x4xf32>
}

// Over a chain of layout operations, however long.
// CHECK-LABEL: func.func @chain
// CHECK-NEXT: stensor.map ins(%arg0 : tensor<4x8xf32>) outs(tensor<4x8xf16>)
// CHECK: stensor.transpose
// CHECK-NEXT: stensor.reshape
// CHECK-NEXT: stensor.transpose
// CHECK-NEXT: return
func.func @chain(%x: tensor<4x8xf32>) -> tensor<16x2xf16> {
  %0 = stensor.transpose %x {permutation = array<i64: 1, 0>} : tensor<4x8xf32> -> tensor<8x4xf32>
  %1 = stensor.reshape %0 : tensor<8x4xf32> -> tensor<2x16xf32>
  %2 = stensor.transpose %1 {permutation = array<i64: 1, 0>} : tensor<2x16xf32> -> tensor<16x2xf32>
  %3 = stensor.map ins(%2 : tensor<16x2xf32>) outs(tensor<16x2xf16>) {
  ^bb0(%a: f32):
    %h = arith.truncf %a : f32 to f16
    stensor.yield %h : f16
  }
  return %3 : tensor<16x2xf16>
}

// The selection can become part of the comparison, although it makes wider elements.
// CHECK-LABEL: func.func @behind_a_map
// CHECK-NEXT: stensor.map
// CHECK: stensor.map
// CHECK: stensor.reshape
// CHECK-NEXT: return
func.func @behind_a_map(%x: tensor<8xi32>) -> tensor<2x4xf32> {
  %0 = stensor.map ins(%x : tensor<8xi32>) outs(tensor<8xi1>) {
  ^bb0(%a: i32):
    %zero = arith.constant 0 : i32
    %c = arith.cmpi eq, %a, %zero : i32
    stensor.yield %c : i1
  }
  %1 = stensor.reshape %0 : tensor<8xi1> -> tensor<2x4xi1>
  %2 = stensor.map ins(%1 : tensor<2x4xi1>) outs(tensor<2x4xf32>) {
  ^bb0(%c: i1):
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %s = arith.select %c, %one, %two : f32
    stensor.yield %s : f32
  }
  return %2 : tensor<2x4xf32>
}
