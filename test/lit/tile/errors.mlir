// Each case breaks one rule of the dialect.
// RUN: sluice-opt --split-input-file --verify-diagnostics %s

func.func @widths() {
  // expected-error @below {{expected elements of 1, 2 or 4 bytes, got 3}}
  %0 = tile.buffer : <4, 3>
  return
}

// -----

func.func @constant_shape() {
  // expected-error @below {{data of 2 vectors of 4 bytes for a buffer of 3 of 4}}
  %0 = tile.constant dense<0> : tensor<2x4x320xi8> : <3, 4>
  return
}

// -----

func.func @view_outside() {
  %a = tile.buffer : <4, 4>
  %b = tile.buffer : <8, 4>
  // expected-error @below {{input operand 0 uses vectors 1 to 4 of a buffer of 4}}
  tile.map ins(%a : !tile.buffer<4, 4>) [1, 1] outs(%b : !tile.buffer<8, 4>) [0, 1] count 4 {
  ^bb0(%x: f32):
    tile.yield %x : f32
  }
  return
}

// -----

func.func @body_widths() {
  %a = tile.buffer : <4, 4>
  // expected-error @below {{arguments 0 of 2 bytes has a buffer of 4}}
  tile.map ins(%a : !tile.buffer<4, 4>) [0, 1] outs(%a : !tile.buffer<4, 4>) [0, 1] count 4 {
  ^bb0(%x: f16):
    tile.yield %x : f16
  }
  return
}

// -----

func.func @rows_missing() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 1>
  %x = tile.buffer : <4, 1>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{chunk 0 has 3 rows, the unit has 4}}
  tile.contract weights(%w : !tile.buffer<16, 1>) rows(%x : !tile.buffer<4, 1>) [0, 0, 1, 3] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [8] columns [16] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

func.func @lane_map_width() {
  %x = tile.buffer : <4, 4>
  // expected-error @below {{map must have elements of 2 bytes, has 4}}
  tile.permute %x, %x into %x [0, 1, 0, 0, 0, 1] count 4 : <4, 4>, <4, 4>, <4, 4>
  return
}

// -----

func.func @exchange_count() {
  %x = tile.buffer : <4, 4>
  %y = tile.buffer : <6, 4>
  // expected-error @below {{count 4 does not fit an input of 4 and an output of 6}}
  tile.exchange %x into %y count 4 : <4, 4>, <6, 4>
  return
}
