// A schedule that was read from a text may name what its target does not have.
// RUN: not sluice-compile %s -o %t.slu 2>&1 | FileCheck %s

// CHECK: 'sched.issue' op is on a queue that the target does not have
// CHECK: 'sched.issue' op has no known opcode: 200
// CHECK: 'sched.issue' op flow edge 0 names what does not exist
// CHECK: 'sched.memory' op lies in no slice
// CHECK: 'sched.memory' op is one of 45 stripes, a hemisphere has 44 slices
// CHECK: 'sched.binding' op has another layout than the bindings of 'x' before it
sched.program cards 1 cycles 9 stats {} {
  sched.issue mem.read east 99 at 3 read {stream = 4} count 1 every 1 flow []
  sched.issue mem.read east 0 at 3 200 [] count 1 every 1 flow []
  sched.issue mem.read east 0 at 5 read {stream = 4} count 1 every 1 flow [-1, 64, 0, 1, 7, 0, 0, 0]
  sched.memory dense<0> : tensor<1x2x1x320xi8> {stripes = 1 : i64, stripe = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 44 : i64, address = 0 : i64}
  sched.memory dense<0> : tensor<1x2x1x320xi8> {stripes = 45 : i64, stripe = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 0 : i64, address = 0 : i64}
  sched.binding "x" {output = true, machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, card = -1 : i64, hemisphere = 1 : i64, slices = array<i64: 0, 1, 2, 3>, address = 0 : i64, step = 1 : i64, first = 0 : i64, count = 2 : i64}
  sched.binding "x" {output = true, machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64: 1, 0>, lane_dims = 1 : i64, card = -1 : i64, hemisphere = 1 : i64, slices = array<i64: 0, 1, 2, 3>, address = 0 : i64, step = 1 : i64, first = 0 : i64, count = 2 : i64}
}
