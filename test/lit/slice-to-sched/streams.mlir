// Results stream on to the next pass without touching memory.
// RUN: sluice-opt --convert-slice-to-sched --split-input-file %s | FileCheck %s

// As in cycles.mlir, the negated element is at the VXM's stop in 10. It goes on to the SXM (stop 15), which takes it in 25 and
// gives it back in 29, and lies at stop 11 in 33. The lane map, at stop 1, is read in 10. No slice is written but that of the result.
// CHECK: sched.program cards 1 cycles 34
// CHECK-NOT: sched.issue mem.write east 8
// CHECK: sched.issue mem.write east 40 at 33 write
// CHECK: sched.issue sxm.permute east 0 at 25 permute
func.func @main() {
  %x = slice.input "x" {machine_type = tensor<1x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 2>} : <1, 1>
  %lanes = slice.constant dense<-1> : tensor<1x2x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1>} : <1, 2>
  %t = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 8>} : <1, 1>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 40>} : <1, 1>
  slice.map ins(%x : !tile.buffer<1, 1>) [0, 1] outs(%t : !tile.buffer<1, 1>) [0, 1] count 1 {
  ^bb0(%a: i8):
    %c = arith.constant -1 : i32
    %w = arith.extsi %a : i8 to i32
    %0 = arith.xori %w, %c : i32
    %1 = arith.trunci %0 : i32 to i8
    slice.yield %1 : i8
  } {read_hemispheres = array<i64: 0>}
  slice.permute %t, %lanes into %y [0, 1, 0, 0, 0, 1] count 1 {hemisphere = 0 : i64} : <1, 1>, <1, 2>, <1, 1>
  slice.output %y [0, 1] count 1 "y" {machine_type = tensor<1x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, card = -1 : i64} : <1, 1>
  return
}

// -----

// The other way: what leaves the SXM enters an ALU when it reaches the VXM. Data at stop 11, lane map at stop 1: the permute takes them
// in 15 (see cycles.mlir), its result is at the VXM in 34 and dispatched in 39, back in 42, at stop 3 in 45.
// CHECK: sched.program cards 1 cycles 46
// CHECK-NOT: sched.issue mem.write east 40
// CHECK: sched.issue mem.write east 8 at 45 write
// CHECK: sched.issue vxm east 0 at 39
// CHECK: sched.issue sxm.permute east 0 at 15 permute
func.func @main() {
  %x = slice.input "x" {machine_type = tensor<1x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 40>} : <1, 1>
  %lanes = slice.constant dense<-1> : tensor<1x2x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1>} : <1, 2>
  %t = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 40>} : <1, 1>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 8>} : <1, 1>
  slice.permute %x, %lanes into %t [0, 1, 0, 0, 0, 1] count 1 {hemisphere = 0 : i64} : <1, 1>, <1, 2>, <1, 1>
  slice.map ins(%t : !tile.buffer<1, 1>) [0, 1] outs(%y : !tile.buffer<1, 1>) [0, 1] count 1 {
  ^bb0(%a: i8):
    %c = arith.constant -1 : i32
    %w = arith.extsi %a : i8 to i32
    %0 = arith.xori %w, %c : i32
    %1 = arith.trunci %0 : i32 to i8
    slice.yield %1 : i8
  } {read_hemispheres = array<i64: 0>}
  slice.output %y [0, 1] count 1 "y" {machine_type = tensor<1x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, card = -1 : i64} : <1, 1>
  return
}
