// RUN: not sluice-compile %s --compile-to=tile 2>&1 | FileCheck %s

// All that does not fit is named at once, with what is needed and what there is.
// CHECK: table has 5000 rows, a bank of memory holds 4096 vectors
// CHECK: table has 4097 rows, a bank of memory holds 4096 vectors

func.func @main(%t: tensor<5000x4xf32> {stensor.name = "t"}, %s: tensor<4097x4xf32> {stensor.name = "s"},
                %i: tensor<1xi32> {stensor.name = "i"}) -> (tensor<1x4xf32> {stensor.name = "y"}, tensor<1x4xf32> {stensor.name = "z"}) {
  %y = stensor.gather %t, %i : (tensor<5000x4xf32>, tensor<1xi32>) -> tensor<1x4xf32>
  %z = stensor.gather %s, %i : (tensor<4097x4xf32>, tensor<1xi32>) -> tensor<1x4xf32>
  return %y, %z : tensor<1x4xf32>, tensor<1x4xf32>
}
