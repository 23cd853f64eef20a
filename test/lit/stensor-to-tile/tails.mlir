// RUN: sluice-compile %s --compile-to=tile | grep -E "tile[.](contract|permute)" | FileCheck %s

// Weights of 91,000 columns of 448 products take more than half of the memory: the last 128 products of two columns
// of tiles lie side by side on 256 lanes, and each reads its rows there, with zeros beside them.

// CHECK: tile.permute
// CHECK: tile.contract weights(%{{[0-9]+}}, [[TAILS:%[0-9]+]] : {{.*}} rows([[X:%[0-9]+]], [[FIRST:%[0-9]+]] : {{.*}} lanes [320, 256]
// CHECK: tile.permute
// CHECK: tile.contract weights(%{{[0-9]+}}, [[TAILS]] : {{.*}} rows([[X]], [[SECOND:%[0-9]+]] : {{.*}} lanes [320, 256]
// CHECK-NOT: tile.permute
// CHECK: tile.contract weights(%{{[0-9]+}}, [[MORE:%[0-9]+]] : {{.*}} rows([[X]], [[FIRST]] :
// CHECK: tile.contract weights(%{{[0-9]+}}, [[MORE]] : {{.*}} rows([[X]], [[SECOND]] :

func.func @main(%x: tensor<1x4x1x448xf16> {stensor.name = "x"}) -> (tensor<1x4x91000xf32> {stensor.name = "y"}) {
  %w = stensor.constant dense<0.5> : tensor<1x91000x1x448xf16>
  %y = stensor.contract %x, %w : (tensor<1x4x1x448xf16>, tensor<1x91000x1x448xf16>) -> tensor<1x4x91000xf32>
  return %y : tensor<1x4x91000xf32>
}
