// RUN: sluice-opt --convert-stensor-to-tile="target=tsp1" --split-input-file %s | FileCheck %s

// A cache of which a contraction wants positions on lanes and a map as much as there is enters in both layouts; no lane is moved.
// CHECK-LABEL: func.func @main()
// CHECK-DAG: tile.input "cache" {{.*}}permutation = array<i64: 0, 1, 3, 2>{{.*}} : <4, 2>
// CHECK-DAG: tile.input "cache" {{.*}}lane_dims = 2 : i64{{.*}}permutation = array<i64: 0, 1, 2, 3>{{.*}} : <2, 2>
// CHECK-NOT: tile.permute
// CHECK: tile.output
func.func @main(%weights: tensor<2x1x1x8xf16> {stensor.name = "weights"}, %cache: tensor<1x2x8x4xf16> {stensor.name = "cache"})
    -> (tensor<2x1x4xf32> {stensor.name = "sums"}, tensor<1x2x8x4xf16> {stensor.name = "negated"}) {
  %heads = stensor.reshape %cache : tensor<1x2x8x4xf16> -> tensor<2x8x4xf16>
  %turned = stensor.transpose %heads {permutation = array<i64: 0, 2, 1>} : tensor<2x8x4xf16> -> tensor<2x4x8xf16>
  %values = stensor.reshape %turned : tensor<2x4x8xf16> -> tensor<2x4x1x8xf16>
  %sums = stensor.contract %weights, %values : (tensor<2x1x1x8xf16>, tensor<2x4x1x8xf16>) -> tensor<2x1x4xf32>
  %negated = stensor.map ins(%cache : tensor<1x2x8x4xf16>) outs(tensor<1x2x8x4xf16>) {
  ^bb0(%x: f16):
    %wide = arith.extf %x : f16 to f32
    %minus = arith.negf %wide : f32
    %y = arith.truncf %minus : f32 to f16
    stensor.yield %y : f16
  }
  return %sums, %negated : tensor<2x1x4xf32>, tensor<1x2x8x4xf16>
}

// -----

// A column of ones is installed in as many columns as the sum is wanted lanes: nothing spreads it.
// CHECK-LABEL: func.func @main()
// CHECK: tile.contract {{.*}} lanes [8] columns [8] count 1
// CHECK-NOT: tile.permute
// CHECK: tile.map
// CHECK-NOT: tile.permute
// CHECK: tile.output
func.func @main(%x: tensor<1x1x1x8xf16> {stensor.name = "x"}) -> (tensor<1x1x8xf32> {stensor.name = "y"}) {
  %ones = stensor.constant dense<1.0> : tensor<1x1x1x8xf16>
  %sum = stensor.contract %x, %ones : (tensor<1x1x1x8xf16>, tensor<1x1x1x8xf16>) -> tensor<1x1x1xf32>
  %row = stensor.reshape %x : tensor<1x1x1x8xf16> -> tensor<1x1x8xf16>
  %y = stensor.map ins(%row, %sum : tensor<1x1x8xf16>, tensor<1x1x1xf32>) outs(tensor<1x1x8xf32>) {
  ^bb0(%a: f16, %b: f32):
    %wide = arith.extf %a : f16 to f32
    %z = arith.divf %wide, %b : f32
    stensor.yield %z : f32
  }
  return %y : tensor<1x1x8xf32>
}
