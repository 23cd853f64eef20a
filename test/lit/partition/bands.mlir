// RUN: sluice-opt --stensor-partition="target=tsp1 cards=4" --split-input-file %s | FileCheck %s

// Rows are cut, through both layers; the weights are on every card and nothing travels.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: tensor<1x16x1x320xf16> {part.band = array<i64: 1, 16, 0>, part.whole = tensor<1x64x1x320xf16>
// CHECK-SAME: -> (tensor<1x16x320xf32> {part.band = array<i64: 1, 16, 0>, part.whole = tensor<1x64x320xf32>
// CHECK-NOT: part.{{gather|halo}}
// CHECK: stensor.contract {{.*}}part.local{{.*}} -> tensor<1x16x640xf32>
// CHECK: stensor.map {{.*}}outs(tensor<1x16x640xf16>)
// CHECK: stensor.contract {{.*}}part.local{{.*}} -> tensor<1x16x320xf32>
func.func @main(%x: tensor<1x64x1x320xf16> {stensor.name = "x"}) -> (tensor<1x64x320xf32> {stensor.name = "y"}) {
  %a = stensor.constant dense<1.0> : tensor<1x640x1x320xf16>
  %b = stensor.constant dense<1.0> : tensor<1x320x1x640xf16>
  %up = stensor.contract %x, %a : (tensor<1x64x1x320xf16>, tensor<1x640x1x320xf16>) -> tensor<1x64x640xf32>
  %half = stensor.map ins(%up : tensor<1x64x640xf32>) outs(tensor<1x64x640xf16>) {
  ^bb0(%v: f32):
    %t = arith.truncf %v : f32 to f16
    stensor.yield %t : f16
  }
  %rows = stensor.reshape %half : tensor<1x64x640xf16> -> tensor<1x64x1x640xf16>
  %down = stensor.contract %rows, %b : (tensor<1x64x1x640xf16>, tensor<1x320x1x640xf16>) -> tensor<1x64x320xf32>
  return %down : tensor<1x64x320xf32>
}

// -----

// One row can't be cut: as before, columns are spread.
// CHECK-LABEL: func.func @main(
// CHECK-NOT: {{ part\.}}
// CHECK: stensor.contract {{.*}} -> tensor<1x1x1280xi32>
func.func @main(%x: tensor<1x1x1x320xi8> {stensor.name = "x"}) -> (tensor<1x1x1280xi32> {stensor.name = "y"}) {
  %a = stensor.constant dense<1> : tensor<1x1280x1x320xi8>
  %up = stensor.contract %x, %a : (tensor<1x1x1x320xi8>, tensor<1x1280x1x320xi8>) -> tensor<1x1x1280xi32>
  return %up : tensor<1x1x1280xi32>
}

// -----

// Bands of an image: the input comes with the lines beside each card's, and a halo brings those of the second layer.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: tensor<1x34x64x64xi8> {part.band = array<i64: 1, 32, -1>, part.whole = tensor<1x128x64x64xi8>
// CHECK: stensor.convolve {{.*}}low = array<i64: 0, 1>{{.*}}part.local{{.*}} -> tensor<1x32x64x64xi32>
// CHECK: %[[BAND:.*]] = stensor.map
// CHECK: part.halo %[[BAND]] {after = 1 : i64, before = 1 : i64, dim = 1 : i64, extent = 128 : i64, fill = 0 : i8} : tensor<1x32x64x64xi8> -> tensor<1x34x64x64xi8>
// CHECK: stensor.convolve {{.*}}low = array<i64: 0, 1>{{.*}} -> tensor<1x32x64x64xi32>
func.func @main(%x: tensor<1x128x64x64xi8> {stensor.name = "x"}) -> (tensor<1x128x64x64xi32> {stensor.name = "y"}) {
  %w = stensor.constant dense<1> : tensor<64x3x3x64xi8>
  %c = stensor.convolve %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, padding = 0 : i8} : (tensor<1x128x64x64xi8>, tensor<64x3x3x64xi8>) -> tensor<1x128x64x64xi32>
  %m = stensor.map ins(%c : tensor<1x128x64x64xi32>) outs(tensor<1x128x64x64xi8>) {
  ^bb0(%v: i32):
    %t = arith.trunci %v : i32 to i8
    stensor.yield %t : i8
  }
  %d = stensor.convolve %m, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, padding = 0 : i8} : (tensor<1x128x64x64xi8>, tensor<64x3x3x64xi8>) -> tensor<1x128x64x64xi32>
  return %d : tensor<1x128x64x64xi32>
}

// -----

// An exchange takes longer than all of this on one card: every card does all.
// CHECK-LABEL: func.func @main(
// CHECK: stensor.contract {{.*}}part.local{{.*}} -> tensor<1x1x640xf32>
// CHECK: stensor.contract {{.*}}part.local{{.*}} -> tensor<1x1x320xf32>
func.func @main(%x: tensor<1x1x1x320xf16> {stensor.name = "x"}) -> (tensor<1x1x320xf32> {stensor.name = "y"}) {
  %a = stensor.constant dense<1.0> : tensor<1x640x1x320xf16>
  %b = stensor.constant dense<1.0> : tensor<1x320x1x640xf16>
  %up = stensor.contract %x, %a : (tensor<1x1x1x320xf16>, tensor<1x640x1x320xf16>) -> tensor<1x1x640xf32>
  %half = stensor.map ins(%up : tensor<1x1x640xf32>) outs(tensor<1x1x640xf16>) {
  ^bb0(%v: f32):
    %t = arith.truncf %v : f32 to f16
    stensor.yield %t : f16
  }
  %rows = stensor.reshape %half : tensor<1x1x640xf16> -> tensor<1x1x1x640xf16>
  %down = stensor.contract %rows, %b : (tensor<1x1x1x640xf16>, tensor<1x320x1x640xf16>) -> tensor<1x1x320xf32>
  return %down : tensor<1x1x320xf32>
}

// -----

// Of larger weights the columns are shared.
// CHECK-LABEL: func.func @main(
// CHECK: stensor.contract
// CHECK-NOT: part.local
// CHECK-SAME: -> tensor<1x1x12800xf32>
func.func @main(%x: tensor<1x1x1x3200xf16> {stensor.name = "x"}) -> (tensor<1x1x3200xf32> {stensor.name = "y"}) {
  %a = stensor.constant dense<1.0> : tensor<1x12800x1x3200xf16>
  %b = stensor.constant dense<1.0> : tensor<1x3200x1x12800xf16>
  %up = stensor.contract %x, %a : (tensor<1x1x1x3200xf16>, tensor<1x12800x1x3200xf16>) -> tensor<1x1x12800xf32>
  %half = stensor.map ins(%up : tensor<1x1x12800xf32>) outs(tensor<1x1x12800xf16>) {
  ^bb0(%v: f32):
    %t = arith.truncf %v : f32 to f16
    stensor.yield %t : f16
  }
  %rows = stensor.reshape %half : tensor<1x1x12800xf16> -> tensor<1x1x1x12800xf16>
  %down = stensor.contract %rows, %b : (tensor<1x1x1x12800xf16>, tensor<1x3200x1x12800xf16>) -> tensor<1x1x3200xf32>
  return %down : tensor<1x1x3200xf32>
}
