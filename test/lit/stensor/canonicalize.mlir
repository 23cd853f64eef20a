// Layout operations that do nothing go away, chains become one, bodies are evaluated and shared.
// RUN: sluice-opt --stensor-canonicalize %s | FileCheck %s

// CHECK-LABEL: func.func @reshapes
// CHECK-NEXT: return %arg0
func.func @reshapes(%x: tensor<6xf32>) -> tensor<6xf32> {
  %0 = stensor.reshape %x : tensor<6xf32> -> tensor<2x3xf32>
  %1 = stensor.reshape %0 : tensor<2x3xf32> -> tensor<6xf32>
  return %1 : tensor<6xf32>
}

// CHECK-LABEL: func.func @transposes
// CHECK-NEXT: stensor.transpose %arg0 {permutation = array<i64: 1, 2, 0>} : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
func.func @transposes(%x: tensor<2x3x4xf32>) -> tensor<3x4x2xf32> {
  %0 = stensor.transpose %x {permutation = array<i64: 1, 0, 2>} : tensor<2x3x4xf32> -> tensor<3x2x4xf32>
  %1 = stensor.transpose %0 {permutation = array<i64: 0, 2, 1>} : tensor<3x2x4xf32> -> tensor<3x4x2xf32>
  return %1 : tensor<3x4x2xf32>
}

// A dimension of size 1 moves without moving elements.
// CHECK-LABEL: func.func @transpose_of_ones
// CHECK-NEXT: stensor.reshape %arg0 : tensor<1x3x4xf32> -> tensor<3x1x4xf32>
func.func @transpose_of_ones(%x: tensor<1x3x4xf32>) -> tensor<3x1x4xf32> {
  %0 = stensor.transpose %x {permutation = array<i64: 1, 0, 2>} : tensor<1x3x4xf32> -> tensor<3x1x4xf32>
  return %0 : tensor<3x1x4xf32>
}

// Elements 9, 7, 5, 3 and of those the second and the last: 7 and 3.
// CHECK-LABEL: func.func @slices
// CHECK-NEXT: stensor.slice %arg0 {offsets = array<i64: 7>, strides = array<i64: -4>} : tensor<10xf32> -> tensor<2xf32>
func.func @slices(%x: tensor<10xf32>) -> tensor<2xf32> {
  %0 = stensor.slice %x {offsets = array<i64: 9>, strides = array<i64: -2>} : tensor<10xf32> -> tensor<4xf32>
  %1 = stensor.slice %0 {offsets = array<i64: 1>, strides = array<i64: 2>} : tensor<4xf32> -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: func.func @reversed_is_no_identity
// CHECK-NEXT: stensor.slice
func.func @reversed_is_no_identity(%x: tensor<10xf32>) -> tensor<10xf32> {
  %0 = stensor.slice %x {offsets = array<i64: 9>, strides = array<i64: -1>} : tensor<10xf32> -> tensor<10xf32>
  return %0 : tensor<10xf32>
}

// CHECK-LABEL: func.func @nothing_to_do
// CHECK-NEXT: return %arg0
func.func @nothing_to_do(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = stensor.transpose %x {permutation = array<i64: 0, 1>} : tensor<2x3xf32> -> tensor<2x3xf32>
  %1 = stensor.slice %0 {offsets = array<i64: 0, 0>, strides = array<i64: 1, 1>} : tensor<2x3xf32> -> tensor<2x3xf32>
  %2 = stensor.pad %1 {low = array<i64: 0, 0>, value = 0.0 : f32} : tensor<2x3xf32> -> tensor<2x3xf32>
  %3 = stensor.broadcast %2 : tensor<2x3xf32> -> tensor<2x3xf32>
  %4 = stensor.concat %3 {dim = 0 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %5 = stensor.map ins(%4 : tensor<2x3xf32>) outs(tensor<2x3xf32>) {
  ^bb0(%a: f32):
    stensor.yield %a : f32
  }
  return %5 : tensor<2x3xf32>
}

// A splat is an immediate; the input that was given twice and the one nobody reads go away.
// CHECK-LABEL: func.func @inputs
// CHECK-NEXT: stensor.map ins(%arg0 : tensor<4xf32>) outs(tensor<4xf32>) {
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32):
// CHECK-NEXT:   %[[HALF:.*]] = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:   %[[SUM:.*]] = arith.addf %[[A]], %[[A]] : f32
// CHECK-NEXT:   %[[Y:.*]] = arith.mulf %[[SUM]], %[[HALF]] : f32
// CHECK-NEXT:   stensor.yield %[[Y]] : f32
func.func @inputs(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %half = stensor.constant dense<0.5> : tensor<1xf32>
  %0 = stensor.map ins(%x, %x, %half, %y : tensor<4xf32>, tensor<4xf32>, tensor<1xf32>, tensor<4xf32>) outs(tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %h: f32, %c: f32):
    %sum = arith.addf %a, %b : f32
    %m = arith.mulf %sum, %h : f32
    stensor.yield %m : f32
  }
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: func.func @results
// CHECK-NEXT: %[[R:.*]] = stensor.map ins(%arg0 : tensor<4xf32>) outs(tensor<4xf32>) {
// CHECK: return %[[R]], %[[R]]
func.func @results(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0:3 = stensor.map ins(%x : tensor<4xf32>) outs(tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    %p = math.absf %a : f32
    stensor.yield %n, %p, %n : f32, f32, f32
  }
  return %0#0, %0#2 : tensor<4xf32>, tensor<4xf32>
}

// 2 * 3 + 1 is evaluated, a sum that is written twice is shared, a cast there and back is dropped.
// CHECK-LABEL: func.func @body
// CHECK-NEXT: stensor.map
// CHECK-NEXT: ^bb0(%[[A:.*]]: f16):
// CHECK-NEXT:   %[[SEVEN:.*]] = arith.constant 7.000000e+00 : f32
// CHECK-NEXT:   %[[W:.*]] = arith.extf %[[A]] : f16 to f32
// CHECK-NEXT:   %[[S:.*]] = arith.addf %[[W]], %[[SEVEN]] : f32
// CHECK-NEXT:   %[[P:.*]] = arith.mulf %[[S]], %[[S]] : f32
// CHECK-NEXT:   stensor.yield %[[A]], %[[P]] : f16, f32
func.func @body(%x: tensor<4xf16>) -> (tensor<4xf16>, tensor<4xf32>) {
  %0:2 = stensor.map ins(%x : tensor<4xf16>) outs(tensor<4xf16>, tensor<4xf32>) {
  ^bb0(%a: f16):
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %three = arith.constant 3.0 : f32
    %seven = math.fma %two, %three, %one : f32
    %w = arith.extf %a : f16 to f32
    %h = arith.truncf %w : f32 to f16
    %s = arith.addf %w, %seven : f32
    %t = arith.addf %w, %seven : f32
    %p = arith.mulf %s, %t : f32
    stensor.yield %h, %p : f16, f32
  }
  return %0#0, %0#1 : tensor<4xf16>, tensor<4xf32>
}

// A negated condition selects the other way round; true is neutral.
// CHECK-LABEL: func.func @conditions
// CHECK-NEXT: stensor.map
// CHECK-NEXT: ^bb0(%[[C:.*]]: i1, %[[A:.*]]: f32, %[[B:.*]]: f32):
// CHECK-NEXT:   %[[S:.*]] = arith.select %[[C]], %[[B]], %[[A]] : f32
// CHECK-NEXT:   stensor.yield %[[S]] : f32
func.func @conditions(%c: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stensor.map ins(%c, %x, %y : tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) outs(tensor<4xf32>) {
  ^bb0(%p: i1, %a: f32, %b: f32):
    %true = arith.constant true
    %n = arith.xori %p, %true : i1
    %m = arith.andi %true, %n : i1
    %s = arith.select %m, %a, %b : f32
    stensor.yield %s : f32
  }
  return %0 : tensor<4xf32>
}

// Bounds of whole numbers hold after rounding as well, and the narrower of two is enough: the type's own bound is last, where a
// saturating result keeps it.
// CHECK-LABEL: func.func @bounds_at_the_end
// CHECK: %[[R:.*]] = math.roundeven %{{.*}} : f32
// CHECK-NEXT: %[[I:.*]] = arith.fptosi %[[R]] : f32 to i32
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : i32
// CHECK-DAG: %[[MOST:.*]] = arith.constant 127 : i32
// CHECK: %[[L:.*]] = arith.maxsi %[[I]], %[[ZERO]] : i32
// CHECK-NEXT: %[[H:.*]] = arith.minsi %[[L]], %[[MOST]] : i32
// CHECK-NEXT: %[[T:.*]] = arith.trunci %[[H]] : i32 to i8
// CHECK-NEXT: stensor.yield %[[T]] : i8
func.func @bounds_at_the_end(%x: tensor<8xf32>) -> tensor<8xi8> {
  %0 = stensor.map ins(%x : tensor<8xf32>) outs(tensor<8xi8>) {
  ^bb0(%a: f32):
    %lo = arith.constant -128.0 : f32
    %hi = arith.constant 127.0 : f32
    %0 = arith.maximumf %a, %lo : f32
    %1 = arith.minimumf %0, %hi : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.fptosi %2 : f32 to i32
    %4 = arith.trunci %3 : i32 to i8
    %5 = arith.extsi %4 : i8 to i32
    %zero = arith.constant 0 : i32
    %most = arith.constant 127 : i32
    %6 = arith.maxsi %5, %zero : i32
    %7 = arith.minsi %6, %most : i32
    %8 = arith.trunci %7 : i32 to i8
    stensor.yield %8 : i8
  }
  return %0 : tensor<8xi8>
}
