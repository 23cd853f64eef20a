// RUN: sluice-opt --convert-slice-to-sched --split-input-file --verify-diagnostics %s

// One slice cannot give two vectors in one cycle.
func.func @main() {
  %x = slice.input "x" {machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1, 2, 3>} : <2, 4>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 4, 5, 6, 7>} : <1, 4>
  // expected-error @below {{two of its operands need one memory port in one cycle: mem.e0.r}}
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
  // expected-note @below {{960000 bytes there}}
  %a = slice.constant dense<0> : tensor<3000x1x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <3000, 1>
  // expected-error @below {{memory is full where a tensor must lie: its 960000 bytes take 3000 words in a row in bank 0 of slice 0 of one hemisphere, where 1096 of 4096 are free in a row while it is alive; in all the program needs 1920000 bytes at once, a card has 230686720; more cards would not help}}
  %b = slice.constant dense<0> : tensor<3000x1x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <3000, 1>
  return
}

// -----

// Places that the target does not have.
func.func @main() {
  // expected-error @below {{lies in bank 2, a slice of target 'tsp1' has 2}}
  %a = slice.buffer {bank = 2 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <2, 1>
  // expected-error @below {{lies in slice 44, a hemisphere of target 'tsp1' has 44}}
  %b = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 44>} : <2, 1>
  // expected-error @below {{lies in slice -1, a hemisphere of target 'tsp1' has 44}}
  %c = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: -1>} : <2, 1>
  return
}

// -----

// Operands that have no copy where the pass is.
func.func @main() {
  %x = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <2, 1>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 4>} : <2, 1>
  %m = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 5, 6>} : <2, 2>
  // expected-error @below {{reads input 0 in hemisphere 1, where the buffer has no copy}}
  slice.map ins(%x : !tile.buffer<2, 1>) [0, 1] outs(%y : !tile.buffer<2, 1>) [0, 1] count 2 {
  ^bb0(%a: i8):
    slice.yield %a : i8
  } {read_hemispheres = array<i64: 1>}
  // expected-error @below {{reads input in hemisphere 1, where the buffer has no copy}}
  // expected-error @below {{reads map in hemisphere 1, where the buffer has no copy}}
  slice.permute %x, %m into %y [0, 1, 0, 1, 0, 1] count 2 {hemisphere = 1 : i64} : <2, 1>, <2, 2>, <2, 1>
  // expected-error @below {{reads input in hemisphere 1, where the buffer has no copy}}
  slice.exchange %x into %y count 2 : <2, 1>, <2, 1>
  return
}

// -----

func.func @main() {
  %t = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 40>} : <2, 2>
  %x = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 1>, slices = array<i64: 2>} : <2, 1>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 5, 6>} : <2, 2>
  // expected-error @below {{reads offsets in hemisphere 0, where the buffer has no copy}}
  // expected-error @below {{needs the table's byte planes at one stop}}
  // expected-error @below {{needs the offsets nearer to the VXM than the table}}
  slice.gather %t, %x into %y [0, 1, 0, 1] count 2 {hemisphere = 0 : i64} : <2, 2>, <2, 1>, <2, 2>
  return
}

// -----

func.func @main() {
  %w = slice.buffer {stripes = 16 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15>} : <16, 1>
  %x = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 1>, slices = array<i64: 20>} : <4, 1>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 24, 25, 26, 27>} : <4, 4>
  // expected-error @below {{uses 1 planes from plane 2 on, a hemisphere of target 'tsp1' has 2}}
  // expected-error @below {{reads row operand 0 in hemisphere 0, where the buffer has no copy}}
  // expected-error @below {{reads extra 0 in hemisphere 1, where the buffer has no copy}}
  slice.contract weights(%w : !tile.buffer<16, 1>) rows(%x : !tile.buffer<4, 1>) [0, 0, 1, 4] extras(%y : !tile.buffer<4, 4>) [0, 1] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [8] columns [16] count 4 {
  ^bb0(%a: i32, %e: i32):
    %s = arith.addi %a, %e : i32
    slice.yield %s : i32
  } {hemisphere = 0 : i64, first_plane = 2 : i64, extra_hemispheres = array<i64: 1>}
  return
}

// -----

// 36 bytes of operands on the 32 streams that flow from one hemisphere: no cycle, however late, has room for them.
func.func @main() {
  %x = slice.constant dense<0> : tensor<1x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1, 2, 3>} : <1, 4>
  %a = slice.constant dense<0> : tensor<1x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 4, 5, 6, 7>} : <1, 4>
  %b = slice.constant dense<0> : tensor<1x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 8, 9, 10, 11>} : <1, 4>
  %c = slice.constant dense<0> : tensor<1x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 12, 13, 14, 15>} : <1, 4>
  %d = slice.constant dense<0> : tensor<1x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 16, 17, 18, 19>} : <1, 4>
  %e = slice.constant dense<0> : tensor<1x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 20, 21, 22, 23>} : <1, 4>
  %f = slice.constant dense<0> : tensor<1x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 24, 25, 26, 27>} : <1, 4>
  %g = slice.constant dense<0> : tensor<1x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 28, 29, 30, 31>} : <1, 4>
  %h = slice.constant dense<0> : tensor<1x4x320xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 32, 33, 34, 35>} : <1, 4>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 1>, slices = array<i64: 4, 5, 6, 7, 8, 9, 10, 11, 12>, stripes = 9 : i64} : <9, 1>
  // expected-error @below {{it needs more at once than there is: its operands and results take}}
  slice.map ins(%x, %a, %b, %c, %d, %e, %f, %g, %h : !tile.buffer<1, 4>, !tile.buffer<1, 4>, !tile.buffer<1, 4>, !tile.buffer<1, 4>, !tile.buffer<1, 4>, !tile.buffer<1, 4>, !tile.buffer<1, 4>, !tile.buffer<1, 4>, !tile.buffer<1, 4>) [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    outs(%y, %y, %y, %y, %y, %y, %y, %y, %y : !tile.buffer<9, 1>, !tile.buffer<9, 1>, !tile.buffer<9, 1>, !tile.buffer<9, 1>, !tile.buffer<9, 1>, !tile.buffer<9, 1>, !tile.buffer<9, 1>, !tile.buffer<9, 1>, !tile.buffer<9, 1>) [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0] count 1 {
  ^bb0(%0: i32, %1: i32, %2: i32, %3: i32, %4: i32, %5: i32, %6: i32, %7: i32, %8: i32):
    %10 = arith.trunci %0 : i32 to i8
    %11 = arith.trunci %1 : i32 to i8
    %12 = arith.trunci %2 : i32 to i8
    %13 = arith.trunci %3 : i32 to i8
    %14 = arith.trunci %4 : i32 to i8
    %15 = arith.trunci %5 : i32 to i8
    %16 = arith.trunci %6 : i32 to i8
    %17 = arith.trunci %7 : i32 to i8
    %18 = arith.trunci %8 : i32 to i8
    slice.yield %10, %11, %12, %13, %14, %15, %16, %17, %18 : i8, i8, i8, i8, i8, i8, i8, i8, i8
  } {read_hemispheres = array<i64: 0, 0, 0, 0, 0, 0, 0, 0, 0>}
  return
}
