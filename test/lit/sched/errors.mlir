// Each case breaks one rule of the dialect.
// RUN: sluice-opt --split-input-file --verify-diagnostics %s

// expected-error @below {{needs at least one card, has 0}}
sched.program cards 0 cycles 9 stats {} {
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{queue needs unit, hemisphere and index, has 2 numbers}}
  sched.issue [0, 7] at 3 1 [12, 1, 4, 1] count 2 every 1 flow []
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{count and interval must be at least 1}}
  sched.issue mem.read east 7 at 3 read {address = 12, step = 1, stream = 4, direction = 1} count 0 every 1 flow []
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{flow needs eight numbers an edge, has 3 in all}}
  sched.issue mem.read east 7 at 3 read {address = 12, step = 1, stream = 4, direction = 1} count 1 every 1 flow [1, 2, 3]
}

// -----

sched.program cards 2 cycles 9 stats {} {
  // expected-error @below {{needs an address for each of 2 cards, has 1}}
  sched.issue mem.read east 7 at 3 read {address = 12, step = 1, stream = 4, direction = 1} count 1 every 1 addresses [4] flow []
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{stripe 4 is not one of 4}}
  sched.memory dense<1> : tensor<1x2x4x320xi8> {stripes = 4 : i64, stripe = 4 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 7 : i64, address = 12 : i64}
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{stripe 0 is not one of -1}}
  sched.memory dense<1> : tensor<1x2x4x320xi8> {stripes = -1 : i64, stripe = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 7 : i64, address = 12 : i64}
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{data must be int8 of shape [cards or 1, vectors, bytes, lanes], is 'vector<1x2x4x320xi8>'}}
  sched.memory dense<1> : vector<1x2x4x320xi8> {stripes = 4 : i64, stripe = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 7 : i64, address = 12 : i64}
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{machine_type must be a tensor of static shape, is 'f32'}}
  sched.binding "x" {output = false, machine_type = f32, user_type = f32, permutation = array<i64: 0>, lane_dims = 1 : i64, card = 0 : i64, hemisphere = 0 : i64, slices = array<i64: 0>, address = 0 : i64, step = 1 : i64, first = 0 : i64, count = 0 : i64}
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{byte plane -1 is not one of 4}}
  sched.memory dense<1> : tensor<1x2x4x320xi8> {stripes = 4 : i64, stripe = 0 : i64, byte = -1 : i64, hemisphere = 0 : i64, slice = 7 : i64, address = 12 : i64}
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{is an output, which loops do not lay out}}
  sched.binding "y" {output = true, machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 0, 2, 1>, lane_loops = array<i64: 1, 8, 1>, offsets = array<i64: 0, 0>, card = -1 : i64, hemisphere = 1 : i64, slices = array<i64: 0, 1, 2, 3>, address = 0 : i64, step = 1 : i64, first = 0 : i64, count = 2 : i64}
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{row_loops has a loop of dimension 2 of 2}}
  sched.binding "x" {output = false, machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 2, 2, 1>, lane_loops = array<i64: 1, 8, 1>, offsets = array<i64: 0, 0>, card = -1 : i64, hemisphere = 1 : i64, slices = array<i64: 0, 1, 2, 3>, address = 0 : i64, step = 1 : i64, first = 0 : i64, count = 2 : i64}
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{no unit is called mem.erase}}
  sched.issue mem.erase east 7 at 3 read {stream = 4} count 1 every 1 flow []
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{a hemisphere is east or west, not north}}
  sched.issue mem.read north 7 at 3 read {stream = 4} count 1 every 1 flow []
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{no instruction is called erase}}
  sched.issue mem.read east 7 at 3 erase {stream = 4} count 1 every 1 flow []
}

// -----

sched.program cards 1 cycles 9 stats {} {
  // expected-error @below {{read has no field width}}
  sched.issue mem.read east 7 at 3 read {width = 4} count 1 every 1 flow []
}
