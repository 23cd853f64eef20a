// A schedule prints as it parses.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// CHECK: sched.program cards 2 cycles 9 stats {}
sched.program cards 2 cycles 9 stats {} {
  // CHECK: sched.memory dense<1> : tensor<1x2x4x320xi8>
  sched.memory dense<1> : tensor<1x2x4x320xi8> {stripes = 1 : i64, stripe = 0 : i64, byte = 3 : i64, hemisphere = 0 : i64, slice = 7 : i64, address = 12 : i64}
  // CHECK: sched.binding "y"
  sched.binding "y" {output = true, machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, card = -1 : i64, hemisphere = 1 : i64, slices = array<i64: 0, 1, 2, 3>, address = 0 : i64, step = 1 : i64, first = 0 : i64, count = 2 : i64}
  // CHECK: sched.binding "x" {{.*}}lane_loops = array<i64: 1, 8, 1>, machine_type = tensor<2x8xf32>, offsets = array<i64: 0, 0>, output = false, permutation = array<i64>, row_loops = array<i64: 0, 2, 1>
  sched.binding "x" {output = false, machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 0, 2, 1>, lane_loops = array<i64: 1, 8, 1>, offsets = array<i64: 0, 0>, card = -1 : i64, hemisphere = 1 : i64, slices = array<i64: 0, 1, 2, 3>, address = 0 : i64, step = 1 : i64, first = 0 : i64, count = 2 : i64}
  // CHECK: sched.issue mem.read east 7 at 3 read {address = 12, step = 1, stream = 4, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 0, 0, 0]
  sched.issue mem.read east 7 at 3 read {address = 12, step = 1, stream = 4, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 0, 0, 0]
  // CHECK: sched.issue mem.write east 8 at 5 write {step = 1, stream = 4, direction = 1} count 2 every 1 on [1] addresses [0, 2] flow [-1, 0, 0, 2, 0, 0, 0, 1]
  sched.issue mem.write east 8 at 5 write {step = 1, stream = 4, direction = 1} count 2 every 1 on [1] addresses [0, 2] flow [-1, 0, 0, 2, 0, 0, 0, 1]
  // CHECK: sched.issue mxm.multiply west 1 at 7 multiply.f16 {swap = 1, lanes = 320} count 2 every 2 flow []
  sched.issue mxm.multiply west 1 at 7 multiply.f16 {lanes = 320, swap = 1, emit = 0} count 2 every 2 flow []
  // What has no name stays a number.
  // CHECK: sched.issue [9, 0, 1] at 7 255 [1, 2] count 2 every 2 flow []
  sched.issue [9, 0, 1] at 7 255 [1, 2] count 2 every 2 flow []
  // CHECK: sched.issue vxm east 1 at 7 1 [12] count 2 every 2 flow []
  sched.issue [2, 0, 1] at 7 1 [12] count 2 every 2 flow []
}
