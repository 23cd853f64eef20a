// Cycles follow from the target description alone.
// RUN: sluice-opt --convert-slice-to-sched --split-input-file %s | FileCheck %s

// Both operands lie at stop 1. They are read in cycle 0, are on their streams in 1, at the VXM in 2, and enter its ALU 5
// cycles later: 7. The sum is at the VXM's stop in 10, at stop 1 in 11; the second one is written in 12 and there in 13.
// CHECK: sched.program cards 1 cycles 13
// CHECK: sched.issue mem.read east 0 at 0 read
// CHECK: sched.issue mem.read west 0 at 0 read
// CHECK: sched.issue mem.write east 0 at 11 write
// CHECK: sched.issue vxm east 0 at 7 add.f
func.func @main() {
  %a = slice.input "a" {machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1, 2, 3>} : <2, 4>
  %b = slice.input "b" {machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, bank = 0 : i64, hemispheres = array<i64: 1>, slices = array<i64: 0, 1, 2, 3>} : <2, 4>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1, 2, 3>} : <2, 4>
  slice.map ins(%a, %b : !tile.buffer<2, 4>, !tile.buffer<2, 4>) [0, 1, 0, 1] outs(%y : !tile.buffer<2, 4>) [0, 1] count 2 {
  ^bb0(%x: f32, %z: f32):
    %0 = arith.addf %x, %z : f32
    slice.yield %0 : f32
  } {read_hemispheres = array<i64: 0, 1>}
  slice.output %y [0, 1] count 2 "y" {machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, card = -1 : i64} : <2, 4>
  return
}

// -----

// A permute at the SXM (stop 15) of data at stop 11: read in 0, on its stream in 1, at the SXM in 5; back from there in 9, at
// stop 11 in 13. The lane map, at stop 1, must start 10 cycles earlier: everything moves by 10.
// CHECK: sched.program cards 1 cycles 24
// CHECK: sched.issue mem.read east 0 at 0 read
// CHECK: sched.issue mem.read east 1 at 0 read
// CHECK: sched.issue mem.read east 40 at 10 read
// CHECK: sched.issue mem.write east 40 at 23 write
// CHECK: sched.issue sxm.permute east 0 at 15 permute
func.func @main() {
  %x = slice.input "x" {machine_type = tensor<1x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 40>} : <1, 1>
  %lanes = slice.constant dense<-1> : tensor<1x2x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1>} : <1, 2>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 40>} : <1, 1>
  slice.permute %x, %lanes into %y [0, 1, 0, 0, 0, 1] count 1 {hemisphere = 0 : i64} : <1, 1>, <1, 2>, <1, 1>
  slice.output %y [0, 1] count 1 "y" {machine_type = tensor<1x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, card = -1 : i64} : <1, 1>
  return
}

// -----

// x is negated first, so y is wanted 3 cycles after it. They share a slice: all four vectors in one train would need its port
// twice in cycle 3. Two at a time do not: x in 0 and 1, y in 3 and 4. The port is free for the second pair from 5 on.
// CHECK: sched.issue mem.read east 0 at 0 read {{.*}} count 2 every 1
// CHECK: sched.issue mem.read east 0 at 3 read {{.*}} count 2 every 1
// CHECK: sched.issue mem.read east 0 at 5 read {{.*}} count 2 every 1
// CHECK: sched.issue mem.read east 0 at 8 read {{.*}} count 2 every 1
func.func @main() {
  %x = slice.input "x" {machine_type = tensor<4x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <4, 1>
  %y = slice.input "y" {machine_type = tensor<4x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <4, 1>
  %z = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 4>} : <4, 1>
  slice.map ins(%x, %y : !tile.buffer<4, 1>, !tile.buffer<4, 1>) [0, 1, 0, 1] outs(%z : !tile.buffer<4, 1>) [0, 1] count 4 {
  ^bb0(%a: i8, %b: i8):
    %c = arith.constant -1 : i32
    %v = arith.extsi %a : i8 to i32
    %w = arith.extsi %b : i8 to i32
    %0 = arith.xori %v, %c : i32
    %1 = arith.xori %0, %w : i32
    %2 = arith.trunci %1 : i32 to i8
    slice.yield %2 : i8
  } {read_hemispheres = array<i64: 0, 0>}
  slice.output %z [0, 1] count 4 "z" {machine_type = tensor<4x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, card = -1 : i64} : <4, 1>
  return
}
