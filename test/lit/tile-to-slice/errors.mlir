// RUN: sluice-opt --convert-tile-to-slice="target=tiny" --split-input-file --verify-diagnostics %s

// What is no program of the level.
// expected-error @below {{a program is one func.func @main of one block}}
module {
  func.func private @main()
}

// -----

// expected-error @below {{is beside @main; a program is one func.func @main}}
func.func @helper() {
  return
}

func.func @main() {
  return
}

// -----

// expected-error @below {{argument 0 is of type '!tile.buffer<1, 4>', which enters or leaves no program at the tile level}}
func.func @main(%x: !tile.buffer<1, 4>) {
  return
}

// -----

func.func @main() {
  // expected-error @below {{is not an operation of the tile level}}
  %x = arith.constant 1.0 : f32
  // expected-error @below {{is not an operation of the tile level}}
  %y = arith.constant 1.0 : f32
  return
}

// -----

// What the target does not have; all of it is named.
func.func @main() {
  // expected-error @below {{needs slices of a hemisphere: 16 stripes of 2, target 'tiny' has 8}}
  %w = tile.buffer {stripes = 16 : i64} : <16, 2>
  // expected-error @below {{needs words of a bank in each slice: 257, target 'tiny' has 256}}
  %x = tile.buffer : <257, 1>
  // expected-error @below {{needs words of a bank in each slice: 4611686018427387904, target 'tiny' has 256}}
  %h = tile.buffer {stripes = 2 : i64} : <9223372036854775807, 1>
  // expected-error @below {{needs vectors of lanes: 320, target 'tiny' has 32}}
  %c = tile.constant dense<0> : tensor<1x1x320xi8> : <1, 1>
  // expected-error @below {{has data of 2 cards, the program has 1}}
  %d = tile.constant dense<0> : tensor<2x1x1x32xi8> : <1, 1>
  // expected-error @below {{is read from card 1, the program has 1}}
  tile.output %c [0, 0] count 1 "y" {machine_type = tensor<8xi8>, user_type = i8, permutation = array<i64: 0>, lane_dims = 1 : i64, first = 0 : i64, card = 1 : i64} : <1, 1>
  return
}

// -----

func.func @main() {
  %c = tile.constant dense<0> : tensor<1x1x32xi8> : <1, 1>
  // expected-error @below {{needs vectors of one instruction: 65536, target 'tiny' has 65535}}
  // expected-error @below {{writes what is there from the start, a tile.constant}}
  tile.map ins(%c : !tile.buffer<1, 1>) [0, 0] outs(%c : !tile.buffer<1, 1>) [0, 0] count 65536 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  return
}

// -----

func.func @main() {
  %t = tile.buffer {stripes = 2 : i64} : <4, 1>
  %x = tile.buffer : <4, 1>
  %y = tile.buffer : <8, 1>
  // expected-error @below {{table must have 1 stripes, has 2}}
  tile.gather %t, %x into %x [0, 1, 0, 1] count 4 : <4, 1>, <4, 1>, <4, 1>
  // expected-error @below {{input must have 1 stripes, has 2}}
  // expected-error @below {{has an output of 8 vectors, need 4 of each of 1 cards}}
  tile.exchange %t into %y count 4 : <4, 1>, <8, 1>
  return
}

// -----

func.func @main() {
  %w = tile.buffer : <64, 1>
  %x = tile.buffer : <128, 1>
  %y = tile.buffer : <128, 4>
  // expected-error @below {{needs slices of a hemisphere for the byte planes of as many columns of weights as are installed at once: 16, target 'tiny' has 8}}
  // expected-error @below {{needs planes of a hemisphere: 3, target 'tiny' has 2}}
  // expected-error @below {{needs rows of accumulators: 128, target 'tiny' has 64}}
  // expected-error @below {{needs columns of a plane: 33, target 'tiny' has 32}}
  // expected-error @below {{needs lanes: 33, target 'tiny' has 32}}
  // expected-error @below {{weight tile 0 must have 16 stripes, has 1}}
  // expected-error @below {{weight tile 1 must have 16 stripes, has 1}}
  // expected-error @below {{weight tile 2 must have 16 stripes, has 1}}
  tile.contract weights(%w, %w, %w : !tile.buffer<64, 1>, !tile.buffer<64, 1>, !tile.buffer<64, 1>) rows(%x : !tile.buffer<128, 1>) [0, 0, 1, 128] [] outs(%y, %y, %y : !tile.buffer<128, 4>, !tile.buffer<128, 4>, !tile.buffer<128, 4>) [0, 1, 0, 1, 0, 1] planes 3 lanes [33] columns [1, 33, 1] count 128 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}
