// RUN: not sluice-compile %s --target=tiny --compile-to=tile 2>&1 | FileCheck %s --implicit-check-not=error:

// All that does not fit is named at once, with what is needed and what there is; what depends on it is not.
// CHECK: error: {{.*}} sums chunks of 320 products, target 'tiny' has 32 lanes and cannot sum 400 in that order
// CHECK: error: {{.*}} sums chunks of 320

func.func @main(%x: tensor<1x2x1x400xf16> {stensor.name = "x"}, %w: tensor<1x3x1x400xf16> {stensor.name = "w"},
                %v: tensor<1x4x1x400xf16> {stensor.name = "v"}) -> (tensor<1x2x1xf32> {stensor.name = "y"}, tensor<1x2x4xf32> {stensor.name = "z"}) {
  %y = stensor.contract %x, %w : (tensor<1x2x1x400xf16>, tensor<1x3x1x400xf16>) -> tensor<1x2x3xf32>
  %z = stensor.contract %x, %v : (tensor<1x2x1x400xf16>, tensor<1x4x1x400xf16>) -> tensor<1x2x4xf32>
  %sum = stensor.reduce add %y {dim = 2 : i64} : tensor<1x2x3xf32> -> tensor<1x2x1xf32>
  return %sum, %z : tensor<1x2x1xf32>, tensor<1x2x4xf32>
}
