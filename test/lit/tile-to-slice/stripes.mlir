// A map that writes a striped buffer becomes one a stripe: each holds the slice of its stripe only.
// RUN: sluice-opt --convert-tile-to-slice %s | FileCheck %s

// CHECK-COUNT-8: slice.map ins({{.*}}) [{{[0-7]}}, 16] outs({{.*}}) [{{[0-7]}}, 16] count 2
// CHECK-COUNT-8: slice.map ins({{.*}}) [{{8|9|1[0-5]}}, 16] outs({{.*}}) [{{8|9|1[0-5]}}, 16] count 1
// CHECK-NOT: slice.map
func.func @main() {
  %x = tile.input "x" {machine_type = tensor<24x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <24, 1>
  %y = tile.buffer {stripes = 16 : i64} : <24, 1>
  tile.map ins(%x : !tile.buffer<24, 1>) [0, 1] outs(%y : !tile.buffer<24, 1>) [0, 1] count 24 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  return
}
