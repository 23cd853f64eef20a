// What depends on constants alone is computed by the interpreter.
// RUN: sluice-opt --stensor-fold-constants %s | FileCheck %s

// Rows of [[0, 1, 2], [3, 4, 5]] transposed, the middle one doubled.
// CHECK-LABEL: func.func @chain
// CHECK-NEXT: %[[C:.*]] = stensor.constant dense<{{\[}}[2.000000e+00, 8.000000e+00]]> : tensor<1x2xf32>
// CHECK-NEXT: return %[[C]]
func.func @chain() -> tensor<1x2xf32> {
  %0 = stensor.constant dense<[0, 1, 2, 3, 4, 5]> : tensor<6xi32>
  %1 = stensor.map ins(%0 : tensor<6xi32>) outs(tensor<6xf32>) {
  ^bb0(%a: i32):
    %f = arith.sitofp %a : i32 to f32
    %d = arith.addf %f, %f : f32
    stensor.yield %d : f32
  }
  %2 = stensor.reshape %1 : tensor<6xf32> -> tensor<2x3xf32>
  %3 = stensor.transpose %2 {permutation = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %4 = stensor.slice %3 {offsets = array<i64: 1, 0>, strides = array<i64: 1, 1>} : tensor<3x2xf32> -> tensor<1x2xf32>
  return %4 : tensor<1x2xf32>
}

// CHECK-LABEL: func.func @booleans
// CHECK-NEXT: stensor.constant dense<[true, false, true]> : tensor<3xi1>
func.func @booleans() -> tensor<3xi1> {
  %0 = stensor.constant dense<[1, 5, 3]> : tensor<3xi32>
  %1 = stensor.constant dense<4> : tensor<1xi32>
  %2 = stensor.map ins(%0, %1 : tensor<3xi32>, tensor<1xi32>) outs(tensor<3xi1>) {
  ^bb0(%a: i32, %b: i32):
    %c = arith.cmpi slt, %a, %b : i32
    stensor.yield %c : i1
  }
  return %2 : tensor<3xi1>
}

// A splat stays one, whatever the size.
// CHECK-LABEL: func.func @splat
// CHECK-NEXT: stensor.constant dense<3> : tensor<65536x65536xi8>
func.func @splat() -> tensor<65536x65536xi8> {
  %0 = stensor.constant dense<3> : tensor<1x1xi8>
  %1 = stensor.broadcast %0 : tensor<1x1xi8> -> tensor<65536x65536xi8>
  return %1 : tensor<65536x65536xi8>
}

// 128 MiB out of two numbers is not worth storing.
// CHECK-LABEL: func.func @large
// CHECK: stensor.broadcast
func.func @large() -> tensor<2x67108864xi8> {
  %0 = stensor.constant dense<[[1], [2]]> : tensor<2x1xi8>
  %1 = stensor.broadcast %0 : tensor<2x1xi8> -> tensor<2x67108864xi8>
  return %1 : tensor<2x67108864xi8>
}

// An index outside the table is reported when the program runs, if it does.
// CHECK-LABEL: func.func @fault
// CHECK: stensor.gather
func.func @fault() -> tensor<1x1xi32> {
  %0 = stensor.constant dense<[[1], [2]]> : tensor<2x1xi32>
  %1 = stensor.constant dense<2> : tensor<1xi32>
  %2 = stensor.gather %0, %1 : (tensor<2x1xi32>, tensor<1xi32>) -> tensor<1x1xi32>
  return %2 : tensor<1x1xi32>
}
