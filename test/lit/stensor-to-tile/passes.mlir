// RUN: sluice-compile %s --compile-to=tile | FileCheck %s

// A contraction of 400 products in chunks of 320 and 80; the map runs in its body; the transposed
// result leaves in a layout that moves nothing.

// CHECK: %[[HIGH:.*]] = tile.input "x" {first = 0
// CHECK: %[[LOW:.*]] = tile.input "x" {first = 4
// CHECK: tile.contract weights({{.*}}) rows(%[[HIGH]], %[[LOW]] : {{[^)]*}}) [0, 0, 1, 4, 1, 0, 1, 4]
// CHECK-SAME: planes 1 lanes [320, 80] columns [8] count 4
// CHECK: arith.mulf
// CHECK: tile.yield {{.*}} : f16
// CHECK-NOT: tile.permute
// CHECK: tile.output {{.*}} count 4 "y" {{.*}} lane_dims = 1 {{.*}} permutation = array<i64: 0, 2, 1>

func.func @main(%x: tensor<1x4x1x400xf16> {stensor.name = "x"}) -> (tensor<1x8x4xf16> {stensor.name = "y"}) {
  %w = stensor.constant dense<0.5> : tensor<1x8x1x400xf16>
  %y = stensor.contract %x, %w : (tensor<1x4x1x400xf16>, tensor<1x8x1x400xf16>) -> tensor<1x4x8xf32>
  %z = stensor.map ins(%y : tensor<1x4x8xf32>) outs(tensor<1x4x8xf16>) {
  ^bb0(%a: f32):
    %0 = arith.mulf %a, %a : f32
    %1 = arith.truncf %0 : f32 to f16
    stensor.yield %1 : f16
  }
  %t = stensor.transpose %z {permutation = array<i64: 0, 2, 1>} : tensor<1x4x8xf16> -> tensor<1x8x4xf16>
  return %t : tensor<1x8x4xf16>
}
