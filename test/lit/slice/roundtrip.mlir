// Placed passes print as they parse.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// CHECK-LABEL: func.func @main
func.func @main() {
  // CHECK: slice.constant dense<1> : tensor<2x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0, 1>, slices = array<i64: 0, 1, 2, 3>} : <2, 4>
  %c = slice.constant dense<1> : tensor<2x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0, 1>, slices = array<i64: 0, 1, 2, 3>} : <2, 4>
  // CHECK: slice.buffer {bank = 1 : i64, hemispheres = array<i64: 1>, slices = array<i64: 4, 5, 6, 7>} : <2, 4>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 1>, slices = array<i64: 4, 5, 6, 7>} : <2, 4>
  // CHECK: read_hemispheres = array<i64: 1>
  slice.map ins(%c : !tile.buffer<2, 4>) [0, 1] outs(%y : !tile.buffer<2, 4>) [0, 1] count 2 {
  ^bb0(%a: f32):
    %0 = math.sqrt %a : f32
    slice.yield %0 : f32
  } {read_hemispheres = array<i64: 1>}
  return
}
