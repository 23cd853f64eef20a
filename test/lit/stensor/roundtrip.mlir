// Every operation prints as it is read, in its own form and in the generic one.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s
// RUN: sluice-opt --mlir-print-op-generic %s | sluice-opt | FileCheck %s

// CHECK-LABEL: func.func @constant
func.func @constant() -> tensor<2xf32> {
  // CHECK: stensor.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %0 = stensor.constant dense<[1.0, 2.0]> : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: func.func @map
func.func @map(%a: tensor<2x8xf32>, %b: tensor<1x8xf16>) -> (tensor<2x8xf32>, tensor<2x8xi1>) {
  // CHECK: stensor.map ins(%{{.*}}, %{{.*}} : tensor<2x8xf32>, tensor<1x8xf16>) outs(tensor<2x8xf32>, tensor<2x8xi1>) {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[W:.*]]: f16):
  // CHECK-NEXT: %[[WIDE:.*]] = arith.extf %[[W]] : f16 to f32
  // CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[X]], %[[WIDE]] : f32
  // CHECK-NEXT: %[[C:.*]] = arith.cmpf olt, %[[X]], %[[Y]] : f32
  // CHECK-NEXT: stensor.yield %[[Y]], %[[C]] : f32, i1
  %0:2 = stensor.map ins(%a, %b : tensor<2x8xf32>, tensor<1x8xf16>) outs(tensor<2x8xf32>, tensor<2x8xi1>) {
  ^bb0(%x: f32, %w: f16):
    %wide = arith.extf %w : f16 to f32
    %y = arith.mulf %x, %wide : f32
    %c = arith.cmpf olt, %x, %y : f32
    stensor.yield %y, %c : f32, i1
  }
  return %0#0, %0#1 : tensor<2x8xf32>, tensor<2x8xi1>
}

// CHECK-LABEL: func.func @map_without_inputs
func.func @map_without_inputs() -> tensor<4xi32> {
  // CHECK: stensor.map outs(tensor<4xi32>) {
  %0 = stensor.map outs(tensor<4xi32>) {
    %c = arith.constant 7 : i32
    stensor.yield %c : i32
  }
  return %0 : tensor<4xi32>
}

// CHECK-LABEL: func.func @contract
func.func @contract(%x: tensor<1x4x1x64xf16>, %w: tensor<1x8x1x64xf16>, %i: tensor<2x4x9x3xi8>,
                    %j: tensor<2x5x9x3xi8>) -> (tensor<1x4x8xf32>, tensor<2x4x5xi32>) {
  // CHECK: stensor.contract %{{.*}}, %{{.*}} : (tensor<1x4x1x64xf16>, tensor<1x8x1x64xf16>) -> tensor<1x4x8xf32>
  %0 = stensor.contract %x, %w : (tensor<1x4x1x64xf16>, tensor<1x8x1x64xf16>) -> tensor<1x4x8xf32>
  // CHECK: stensor.contract %{{.*}}, %{{.*}} : (tensor<2x4x9x3xi8>, tensor<2x5x9x3xi8>) -> tensor<2x4x5xi32>
  %1 = stensor.contract %i, %j : (tensor<2x4x9x3xi8>, tensor<2x5x9x3xi8>) -> tensor<2x4x5xi32>
  return %0, %1 : tensor<1x4x8xf32>, tensor<2x4x5xi32>
}

// CHECK-LABEL: func.func @convolve
func.func @convolve(%x: tensor<1x8x8x16xi8>, %w: tensor<32x3x3x16xi8>) -> tensor<1x4x4x32xi32> {
  // CHECK: stensor.convolve %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, groups = 1 : i64, low = array<i64: 1, 1>, padding = -3 : i8, strides = array<i64: 2, 2>} : (tensor<1x8x8x16xi8>, tensor<32x3x3x16xi8>) -> tensor<1x4x4x32xi32>
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, padding = -3 : i8} : (tensor<1x8x8x16xi8>, tensor<32x3x3x16xi8>) -> tensor<1x4x4x32xi32>
  return %0 : tensor<1x4x4x32xi32>
}

// CHECK-LABEL: func.func @convolve_halves
func.func @convolve_halves(%x: tensor<1x8x8x3xf16>, %w: tensor<32x3x3x3xf16>) -> tensor<1x4x4x32xf32> {
  // CHECK: stensor.convolve %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, groups = 1 : i64, joined = 2 : i64, low = array<i64: 1, 1>, padding = 0.000000e+00 : f16, strides = array<i64: 2, 2>} : (tensor<1x8x8x3xf16>, tensor<32x3x3x3xf16>) -> tensor<1x4x4x32xf32>
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, joined = 2 : i64, padding = 0.0 : f16} : (tensor<1x8x8x3xf16>, tensor<32x3x3x3xf16>) -> tensor<1x4x4x32xf32>
  return %0 : tensor<1x4x4x32xf32>
}

// CHECK-LABEL: func.func @reduce
func.func @reduce(%x: tensor<1x4x64xf32>) -> tensor<1x4x1xf32> {
  // CHECK: stensor.reduce add %{{.*}} {dim = 2 : i64} : tensor<1x4x64xf32> -> tensor<1x4x1xf32>
  %0 = stensor.reduce add %x {dim = 2 : i64} : tensor<1x4x64xf32> -> tensor<1x4x1xf32>
  // CHECK: stensor.reduce max
  %1 = stensor.reduce max %0 {dim = 1 : i64} : tensor<1x4x1xf32> -> tensor<1x1x1xf32>
  // CHECK: stensor.reduce mul
  %2 = stensor.reduce mul %1 {dim = 1 : i64} : tensor<1x1x1xf32> -> tensor<1x1x1xf32>
  // CHECK: stensor.reduce min
  %3 = stensor.reduce min %2 {dim = 1 : i64} : tensor<1x1x1xf32> -> tensor<1x1x1xf32>
  return %0 : tensor<1x4x1xf32>
}

// CHECK-LABEL: func.func @layout
func.func @layout(%x: tensor<2x6x6x3xf32>) {
  // CHECK: stensor.reshape %{{.*}} : tensor<2x6x6x3xf32> -> tensor<2x36x3xf32>
  %0 = stensor.reshape %x : tensor<2x6x6x3xf32> -> tensor<2x36x3xf32>
  // CHECK: stensor.transpose %{{.*}} {permutation = array<i64: 0, 2, 1>} : tensor<2x36x3xf32> -> tensor<2x3x36xf32>
  %1 = stensor.transpose %0 {permutation = array<i64: 0, 2, 1>} : tensor<2x36x3xf32> -> tensor<2x3x36xf32>
  // CHECK: stensor.slice %{{.*}} {offsets = array<i64: 1, 2, 35>, strides = array<i64: 1, -2, -7>} : tensor<2x3x36xf32> -> tensor<1x2x5xf32>
  %2 = stensor.slice %1 {offsets = array<i64: 1, 2, 35>, strides = array<i64: 1, -2, -7>} : tensor<2x3x36xf32> -> tensor<1x2x5xf32>
  // CHECK: stensor.pad %{{.*}} {low = array<i64: 0, 1, 0>, value = 0.000000e+00 : f32} : tensor<1x2x5xf32> -> tensor<1x4x5xf32>
  %3 = stensor.pad %2 {low = array<i64: 0, 1, 0>, value = 0.0 : f32} : tensor<1x2x5xf32> -> tensor<1x4x5xf32>
  // CHECK: stensor.broadcast %{{.*}} : tensor<1x4x5xf32> -> tensor<7x4x5xf32>
  %4 = stensor.broadcast %3 : tensor<1x4x5xf32> -> tensor<7x4x5xf32>
  // CHECK: stensor.window %{{.*}} {dilations = array<i64: 1, 2>, first = 1 : i64, sizes = array<i64: 3, 2>, strides = array<i64: 1, 2>} : tensor<2x6x6x3xf32> -> tensor<2x4x2x3x2x3xf32>
  %5 = stensor.window %x {first = 1 : i64, sizes = array<i64: 3, 2>, strides = array<i64: 1, 2>, dilations = array<i64: 1, 2>} : tensor<2x6x6x3xf32> -> tensor<2x4x2x3x2x3xf32>
  // CHECK: stensor.concat %{{.*}}, %{{.*}} {dim = 0 : i64} : (tensor<1x4x5xf32>, tensor<7x4x5xf32>) -> tensor<8x4x5xf32>
  %6 = stensor.concat %3, %4 {dim = 0 : i64} : (tensor<1x4x5xf32>, tensor<7x4x5xf32>) -> tensor<8x4x5xf32>
  return
}

// CHECK-LABEL: func.func @gather
func.func @gather(%table: tensor<512x64xf32>, %ids: tensor<1xi32>) -> tensor<1x64xf32> {
  // CHECK: stensor.gather %{{.*}}, %{{.*}} : (tensor<512x64xf32>, tensor<1xi32>) -> tensor<1x64xf32>
  %0 = stensor.gather %table, %ids : (tensor<512x64xf32>, tensor<1xi32>) -> tensor<1x64xf32>
  return %0 : tensor<1x64xf32>
}
