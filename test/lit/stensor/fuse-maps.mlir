// Elementwise chains become one body.
// RUN: sluice-opt --stensor-fuse-maps %s | FileCheck %s
// RUN: sluice-opt --stensor-fuse-maps=max-steps=2 %s | FileCheck %s --check-prefix=TWO

// CHECK-LABEL: func.func @chain
// CHECK-NEXT: stensor.map ins(%arg0, %arg1 : tensor<4x8xf32>, tensor<1x8xf32>) outs(tensor<4x8xf16>) {
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
// CHECK-NEXT:   %[[M:.*]] = arith.mulf %[[A]], %[[B]] : f32
// CHECK-NEXT:   %[[S:.*]] = arith.addf %[[M]], %[[B]] : f32
// CHECK-NEXT:   %[[H:.*]] = arith.truncf %[[S]] : f32 to f16
// CHECK-NEXT:   stensor.yield %[[H]] : f16
// CHECK-NEXT: }
// CHECK-NEXT: return
// With two steps a body the chain is cut behind the addition.
// TWO-LABEL: func.func @chain
// TWO-COUNT-2: stensor.map
// TWO-NOT: stensor.map
// TWO: return
func.func @chain(%x: tensor<4x8xf32>, %w: tensor<1x8xf32>) -> tensor<4x8xf16> {
  %0 = stensor.map ins(%x, %w : tensor<4x8xf32>, tensor<1x8xf32>) outs(tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %m = arith.mulf %a, %b : f32
    stensor.yield %m : f32
  }
  %1 = stensor.map ins(%w, %0 : tensor<1x8xf32>, tensor<4x8xf32>) outs(tensor<4x8xf32>) {
  ^bb0(%b: f32, %a: f32):
    %s = arith.addf %a, %b : f32
    stensor.yield %s : f32
  }
  %2 = stensor.map ins(%1 : tensor<4x8xf32>) outs(tensor<4x8xf16>) {
  ^bb0(%a: f32):
    %h = arith.truncf %a : f32 to f16
    stensor.yield %h : f16
  }
  return %2 : tensor<4x8xf16>
}

// The exponentials are needed for the sum as well: they stay.
// CHECK-LABEL: func.func @two_readers
// CHECK: stensor.map
// CHECK: stensor.reduce
// CHECK: stensor.map
func.func @two_readers(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = stensor.map ins(%x : tensor<4x8xf32>) outs(tensor<4x8xf32>) {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    stensor.yield %e : f32
  }
  %1 = stensor.reduce add %0 {dim = 1 : i64} : tensor<4x8xf32> -> tensor<4x1xf32>
  %2 = stensor.map ins(%0, %1 : tensor<4x8xf32>, tensor<4x1xf32>) outs(tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %d = arith.divf %a, %b : f32
    stensor.yield %d : f32
  }
  return %2 : tensor<4x8xf32>
}

// A widening that two maps read disappears into both.
// CHECK-LABEL: func.func @repeated
// CHECK-NEXT: stensor.map ins(%arg0 : tensor<8xf16>) outs(tensor<8xf32>)
// CHECK: stensor.map ins(%arg0 : tensor<8xf16>) outs(tensor<8xf32>)
// CHECK-NOT: stensor.map
// CHECK: return
func.func @repeated(%x: tensor<8xf16>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = stensor.map ins(%x : tensor<8xf16>) outs(tensor<8xf32>) {
  ^bb0(%a: f16):
    %w = arith.extf %a : f16 to f32
    stensor.yield %w : f32
  }
  %1 = stensor.map ins(%0 : tensor<8xf32>) outs(tensor<8xf32>) {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    stensor.yield %e : f32
  }
  %2 = stensor.map ins(%0 : tensor<8xf32>) outs(tensor<8xf32>) {
  ^bb0(%a: f32):
    %e = math.sqrt %a : f32
    stensor.yield %e : f32
  }
  return %1, %2 : tensor<8xf32>, tensor<8xf32>
}

// A producer over a smaller shape runs on its own.
// CHECK-LABEL: func.func @smaller_shape
// CHECK-COUNT-2: stensor.map
func.func @smaller_shape(%x: tensor<4x8xf32>, %y: tensor<4x1xf32>) -> tensor<4x8xf32> {
  %0 = stensor.map ins(%y : tensor<4x1xf32>) outs(tensor<4x1xf32>) {
  ^bb0(%a: f32):
    %r = math.rsqrt %a : f32
    stensor.yield %r : f32
  }
  %1 = stensor.map ins(%x, %0 : tensor<4x8xf32>, tensor<4x1xf32>) outs(tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %m = arith.mulf %a, %b : f32
    stensor.yield %m : f32
  }
  return %1 : tensor<4x8xf32>
}

// Both results of one producer feed the same map; a square that is written twice is computed once.
// CHECK-LABEL: func.func @shared
// CHECK-NEXT: stensor.map
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK-NEXT: arith.divf
// CHECK-NEXT: stensor.yield
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @shared(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0:2 = stensor.map ins(%x : tensor<8xf32>) outs(tensor<8xf32>, tensor<8xf32>) {
  ^bb0(%a: f32):
    %m = arith.mulf %a, %a : f32
    %s = arith.addf %m, %a : f32
    stensor.yield %m, %s : f32, f32
  }
  %1 = stensor.map ins(%x : tensor<8xf32>) outs(tensor<8xf32>) {
  ^bb0(%a: f32):
    %m = arith.mulf %a, %a : f32
    stensor.yield %m : f32
  }
  %2 = stensor.map ins(%0#0, %0#1, %1 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) outs(tensor<8xf32>) {
  ^bb0(%m: f32, %s: f32, %t: f32):
    %d = arith.divf %t, %s : f32
    stensor.yield %d : f32
  }
  return %2 : tensor<8xf32>
}
