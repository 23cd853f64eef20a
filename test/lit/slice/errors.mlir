// Each case breaks one rule of the dialect.
// RUN: sluice-opt --split-input-file --verify-diagnostics %s

func.func @slices_missing() {
  // expected-error @below {{needs 1 x 4 slices (stripes x bytes), has 3}}
  %0 = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1, 2>} : <2, 4>
  return
}

// -----

func.func @slice_twice() {
  // expected-error @below {{uses slice 5 twice}}
  %0 = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 5, 5>} : <2, 2>
  return
}

// -----

func.func @no_hemisphere() {
  // expected-error @below {{needs a hemisphere}}
  %0 = slice.buffer {bank = 0 : i64, hemispheres = array<i64>, slices = array<i64: 0>} : <2, 1>
  return
}

// -----

func.func @third_hemisphere() {
  // expected-error @below {{hemisphere 2 is neither 0 (east) nor 1 (west)}}
  %0 = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 2>, slices = array<i64: 0>} : <2, 1>
  return
}

// -----

func.func @reads() {
  %x = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <2, 1>
  // expected-error @below {{needs a read hemisphere for each of 1 inputs, has 0}}
  slice.map ins(%x : !tile.buffer<2, 1>) [0, 1] outs(%x : !tile.buffer<2, 1>) [0, 1] count 2 {
  ^bb0(%a: i8):
    slice.yield %a : i8
  } {read_hemispheres = array<i64>}
  return
}

// -----

func.func @empty_block() {
  // expected-error @below {{block must be of 1 ... 2 vectors, is 0}}
  %0 = slice.buffer {stripes = 2 : i64, block = 0 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1>} : <2, 1>
  return
}

// -----

func.func @block_beyond_buffer() {
  // expected-error @below {{block must be of 1 ... 2 vectors, is 9223372036854775807}}
  %0 = slice.buffer {stripes = 2 : i64, block = 9223372036854775807 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1>} : <2, 1>
  return
}

// -----

func.func @stripes_beyond_numbers() {
  // expected-error @below {{needs 4611686018427387904 x 4 slices (stripes x bytes), has 0}}
  %0 = slice.buffer {stripes = 4611686018427387904 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64>} : <2, 4>
  return
}

// -----

func.func @hemisphere_twice() {
  // expected-error @below {{names a hemisphere twice}}
  %0 = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 1, 1>, slices = array<i64: 0>} : <2, 1>
  return
}

// -----

func.func @reads_nowhere() {
  %x = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <2, 1>
  // expected-error @below {{hemisphere -1 is neither 0 (east) nor 1 (west)}}
  slice.map ins(%x : !tile.buffer<2, 1>) [0, 1] outs(%x : !tile.buffer<2, 1>) [0, 1] count 2 {
  ^bb0(%a: i8):
    slice.yield %a : i8
  } {read_hemispheres = array<i64: -1>}
  return
}

// -----

func.func @unit_nowhere() {
  %x = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <2, 1>
  // expected-error @below {{hemisphere 2 is neither 0 (east) nor 1 (west)}}
  slice.gather %x, %x into %x [0, 1, 0, 1] count 2 {hemisphere = 2 : i64} : <2, 1>, <2, 1>, <2, 1>
  return
}
