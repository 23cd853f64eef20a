// Sums of int8 products are requantised by one addition, one fma and one conversion that saturates.
// RUN: sluice-opt --stensor-requantise --cse %s | FileCheck %s

// No sum that is not bounded in the end is negative: 2^23 is enough, 0x4b000000 as bits.
// CHECK-LABEL: func.func @relu
// CHECK: %[[SUM:.*]] = stensor.contract
// CHECK-NEXT: %[[BIAS:.*]] = stensor.constant dense<{{.*}}1258291201, 1258291300{{.*}}> : tensor<1x1x2xi32>
// CHECK-NEXT: stensor.map ins(%[[SUM]], %[[BIAS]] : tensor<1x4x2xi32>, tensor<1x1x2xi32>) outs(tensor<1x4x2xi8>) {
// CHECK-NEXT: ^bb0(%[[V:.*]]: i32, %[[B:.*]]: i32):
// CHECK-NEXT:   %[[A:.*]] = arith.addi %[[V]], %[[B]] : i32
// CHECK-NEXT:   %[[F:.*]] = arith.bitcast %[[A]] : i32 to f32
// CHECK-NEXT:   %[[SCALE:.*]] = arith.constant 1.562500e-02 : f32
// -128 - 2^23 / 64
// CHECK-NEXT:   %[[OFFSET:.*]] = arith.constant -1.312000e+05 : f32
// CHECK-NEXT:   %[[M:.*]] = math.fma %[[F]], %[[SCALE]], %[[OFFSET]] : f32
// CHECK-NEXT:   %[[R:.*]] = math.roundeven %[[M]] : f32
// CHECK-NEXT:   %[[I:.*]] = arith.fptosi %[[R]] : f32 to i32
// CHECK:        %[[L:.*]] = arith.maxsi %[[I]], %c-128_i32 : i32
// CHECK:        %[[H:.*]] = arith.minsi %[[L]], %c127_i32 : i32
// CHECK-NEXT:   %[[T:.*]] = arith.trunci %[[H]] : i32 to i8
// CHECK-NEXT:   stensor.yield %[[T]] : i8
func.func @relu(%x: tensor<1x4x1x64xi8>, %w: tensor<1x2x1x64xi8>) -> tensor<1x4x2xi8> {
  %bias = stensor.constant dense<[[[1, 100]]]> : tensor<1x1x2xi32>
  %0 = stensor.contract %x, %w : (tensor<1x4x1x64xi8>, tensor<1x2x1x64xi8>) -> tensor<1x4x2xi32>
  %1 = stensor.map ins(%0, %bias : tensor<1x4x2xi32>, tensor<1x1x2xi32>) outs(tensor<1x4x2xi8>) {
  ^bb0(%v: i32, %b: i32):
    %s = arith.addi %v, %b : i32
    %f = arith.sitofp %s : i32 to f32
    %scale = arith.constant 0.015625 : f32
    %m = arith.mulf %f, %scale : f32
    %r = math.roundeven %m : f32
    %i = arith.fptosi %r : f32 to i32
    %zero = arith.constant 0 : i32
    %l = arith.maxsi %i, %zero : i32
    %z = arith.constant -128 : i32
    %a = arith.addi %l, %z : i32
    %most = arith.constant 127 : i32
    %h = arith.minsi %a, %most : i32
    %t = arith.trunci %h : i32 to i8
    stensor.yield %t : i8
  }
  return %1 : tensor<1x4x2xi8>
}

// The sums can be anything.
// CHECK-LABEL: func.func @unknown
// CHECK: arith.sitofp
func.func @unknown(%v: tensor<1x4x2xi32>) -> tensor<1x4x2xi8> {
  %bias = stensor.constant dense<[[[1, 100]]]> : tensor<1x1x2xi32>
  %1 = stensor.map ins(%v, %bias : tensor<1x4x2xi32>, tensor<1x1x2xi32>) outs(tensor<1x4x2xi8>) {
  ^bb0(%v0: i32, %b: i32):
    %s = arith.addi %v0, %b : i32
    %f = arith.sitofp %s : i32 to f32
    %scale = arith.constant 0.015625 : f32
    %m = arith.mulf %f, %scale : f32
    %r = math.roundeven %m : f32
    %i = arith.fptosi %r : f32 to i32
    %zero = arith.constant 0 : i32
    %l = arith.maxsi %i, %zero : i32
    %z = arith.constant -128 : i32
    %a = arith.addi %l, %z : i32
    %most = arith.constant 127 : i32
    %h = arith.minsi %a, %most : i32
    %t = arith.trunci %h : i32 to i8
    stensor.yield %t : i8
  }
  return %1 : tensor<1x4x2xi8>
}

// Nothing is added in the end: no operation less.
// CHECK-LABEL: func.func @short
// CHECK: arith.sitofp
func.func @short(%x: tensor<1x4x1x64xi8>, %w: tensor<1x2x1x64xi8>) -> tensor<1x4x2xi8> {
  %bias = stensor.constant dense<[[[1, 100]]]> : tensor<1x1x2xi32>
  %0 = stensor.contract %x, %w : (tensor<1x4x1x64xi8>, tensor<1x2x1x64xi8>) -> tensor<1x4x2xi32>
  %1 = stensor.map ins(%0, %bias : tensor<1x4x2xi32>, tensor<1x1x2xi32>) outs(tensor<1x4x2xi8>) {
  ^bb0(%v: i32, %b: i32):
    %s = arith.addi %v, %b : i32
    %f = arith.sitofp %s : i32 to f32
    %scale = arith.constant 0.015625 : f32
    %m = arith.mulf %f, %scale : f32
    %r = math.roundeven %m : f32
    %i = arith.fptosi %r : f32 to i32
    %least = arith.constant -128 : i32
    %l = arith.maxsi %i, %least : i32
    %most = arith.constant 127 : i32
    %h = arith.minsi %l, %most : i32
    %t = arith.trunci %h : i32 to i8
    stensor.yield %t : i8
  }
  return %1 : tensor<1x4x2xi8>
}
