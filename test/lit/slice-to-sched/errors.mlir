// RUN: sluice-opt --convert-slice-to-sched --split-input-file --verify-diagnostics %s

// One slice cannot give two vectors in one cycle.
func.func @main() {
  %x = slice.input "x" {machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1, 2, 3>} : <2, 4>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 4, 5, 6, 7>} : <1, 4>
  // expected-error @below {{pass uses one memory port twice in one cycle: mem.e0.r}}
  slice.map ins(%x, %x : !tile.buffer<2, 4>, !tile.buffer<2, 4>) [0, 1, 1, 1] outs(%y : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    slice.yield %0 : f32
  } {read_hemispheres = array<i64: 0, 0>}
  return
}

// -----

// Two constants of 3,000 words do not fit one bank of 4,096.
func.func @main() {
  // expected-note @below {{a buffer of 3000 vectors takes 960000 bytes}}
  %a = slice.constant dense<0> : tensor<3000x1x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <3000, 1>
  // expected-error @below {{memory is full: the program needs 1920000 bytes in buffers, a card has 230686720 bytes in banks of 4096 words; 1 buffers of 960000 bytes find no room}}
  // expected-note @below {{a buffer of 3000 vectors takes 960000 bytes}}
  %b = slice.constant dense<0> : tensor<3000x1x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <3000, 1>
  return
}
