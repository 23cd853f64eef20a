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

// -----

func.func @view_beyond_numbers() {
  %a = tile.buffer : <4, 4>
  // expected-error @below {{input operand 0 uses vectors 1 to 1 + 3 x 9223372036854775807 of a buffer of 4}}
  tile.map ins(%a : !tile.buffer<4, 4>) [1, 9223372036854775807] outs(%a : !tile.buffer<4, 4>) [0, 1] count 4 {
  ^bb0(%x: f32):
    tile.yield %x : f32
  }
  return
}

// -----

func.func @constant_of_vectors() {
  // expected-error @below {{data must be int8 of shape [(cards,) vectors, bytes, lanes], is 'vector<2x4x320xi8>'}}
  %0 = tile.constant dense<0> : vector<2x4x320xi8> : <2, 4>
  return
}

// -----

func.func @image_short() {
  // expected-error @below {{the loops of an image count 1 cards and 3 vectors of 1 and 4}}
  %0 = tile.constant #tile.image<[0] cards [] vectors [0, 3, 1] lanes [] from 0 of []> : tensor<4x1x320xi8> : <4, 1>
  return
}

// -----

func.func @image_of_no_dimension() {
  // expected-error @below {{a loop counts 3 along dimension 1 of 1}}
  %0 = tile.constant #tile.image<[0] cards [] vectors [1, 3, 1] lanes [] from 0 of []> : tensor<3x1x320xi8> : <3, 1>
  return
}

// -----

func.func @image_loop() {
  // expected-error @below {{a loop has a dimension, a count and a step}}
  %0 = tile.constant #tile.image<[0] cards [] vectors [0, 3] lanes [] from 0 of []> : tensor<3x1x320xi8> : <3, 1>
  return
}

// -----

func.func @image_beyond() {
  // expected-error @below {{failed to parse Tile_Image parameter 'pieces'}}
  // expected-error @below {{a piece goes beyond its source: elements 1 to 4 of 4}}
  %0 = tile.constant #tile.image<[0] cards [] vectors [0, 4, 1] lanes [] from 0 of [#tile.piece<dense<1> : tensor<4xi8> from 1 in [0] [4] by [1]>]> : tensor<4x1x320xi8> : <4, 1>
  return
}

// -----

func.func @image_width() {
  // expected-error @below {{an image of 2 bytes has a piece of 'tensor<4xi8>'}}
  %0 = tile.constant #tile.image<[0] cards [] vectors [0, 4, 1] lanes [] from 0 of [#tile.piece<dense<1> : tensor<4xi8> from 0 in [0] [4] by [1]>]> : tensor<4x2x320xi8> : <4, 2>
  return
}

// -----

func.func @constant_sparse() {
  // expected-error @below {{data must be dense, a resource or an image}}
  %0 = tile.constant sparse<[[0, 0, 0]], 1> : tensor<1x1x320xi8> : <1, 1>
  return
}

// -----

func.func @constant_short() {
  // expected-error @below {{resource has 1 bytes, need 320}}
  %0 = tile.constant dense_resource<short> : tensor<1x1x320xi8> : <1, 1>
  return
}

{-# dialect_resources: { builtin: { short: "0x0100000001" } } #-}

// -----

func.func @input_elements() {
  // expected-error @below {{machine_type has elements 'f64', which no vector holds}}
  %x = tile.input "x" {machine_type = tensor<8xf64>, user_type = f64, permutation = array<i64: 0>, lane_dims = 1 : i64, first = 0 : i64} : <1, 4>
  return
}

// -----

func.func @input_width() {
  // expected-error @below {{machine_type has elements of 4 bytes, the buffer of 2}}
  %x = tile.input "x" {machine_type = tensor<8xf32>, user_type = f32, permutation = array<i64: 0>, lane_dims = 1 : i64, first = 0 : i64} : <1, 2>
  return
}

// -----

func.func @input_lanes() {
  // expected-error @below {{layout does not fit rank 1}}
  %x = tile.input "x" {machine_type = tensor<8xf32>, user_type = f32, permutation = array<i64: 0>, lane_dims = -1 : i64, first = 0 : i64} : <1, 4>
  return
}

// -----

func.func @input_first() {
  // expected-error @below {{has no vectors 9223372036854775807 and 1 on}}
  %x = tile.input "x" {machine_type = tensor<8xf32>, user_type = f32, permutation = array<i64: 0>, lane_dims = 1 : i64, first = 9223372036854775807 : i64} : <1, 4>
  return
}

// -----

func.func @output_of_nothing() {
  %0 = tile.buffer : <0, 4>
  // expected-error @below {{of no vectors must have the view [0, 0]}}
  tile.output %0 [5, 0] count 0 "y" {machine_type = tensor<0xf32>, user_type = f32, permutation = array<i64: 0>, lane_dims = 1 : i64, first = 0 : i64, card = -1 : i64} : <0, 4>
  return
}

// -----

func.func @map_for_nothing() {
  %a = tile.buffer : <4, 4>
  // expected-error @below {{has no outputs}}
  "tile.map"(%a) <{input_views = array<i64: 0, 1>, output_views = array<i64>, count = 4 : i64, operandSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%x: f32):
    tile.yield
  }) : (!tile.buffer<4, 4>) -> ()
  return
}

// -----

func.func @body_types() {
  %a = tile.buffer : <4, 4>
  // expected-error @below {{body argument 0 is of type 'tensor<4xf32>', need f32, f16, i32, i16, i8 or i1}}
  tile.map ins(%a : !tile.buffer<4, 4>) [0, 1] outs(%a : !tile.buffer<4, 4>) [0, 1] count 4 {
  ^bb0(%x: tensor<4xf32>):
    tile.yield %x : tensor<4xf32>
  }
  return
}

// -----

func.func @body_operations() {
  %a = tile.buffer : <4, 4>
  // expected-error @below {{body holds an operation that is not one machine operation}}
  tile.map ins(%a : !tile.buffer<4, 4>) [0, 1] outs(%a : !tile.buffer<4, 4>) [0, 1] count 4 {
  ^bb0(%x: f32):
    // expected-note @below {{tile.buffer}}
    %b = tile.buffer : <4, 4>
    tile.yield %x : f32
  }
  return
}

// -----

func.func @body_end() {
  %a = tile.buffer : <4, 4>
  // expected-error @below {{body ends with arith.negf, need a yield of the dialect}}
  tile.map ins(%a : !tile.buffer<4, 4>) [0, 1] outs(%a : !tile.buffer<4, 4>) [0, 1] count 4 {
  ^bb0(%x: f32):
    %y = arith.negf %x : f32
  }
  return
}

// -----

func.func @body_from_outside() {
  %a = tile.buffer : <4, 4>
  // expected-note @below {{required by region isolation constraints}}
  tile.map ins(%a : !tile.buffer<4, 4>) [0, 1] outs(%a : !tile.buffer<4, 4>) [0, 1] count 4 {
  ^bb0(%x: f32):
    // expected-error @below {{using value defined outside the region}}
    tile.yield %one : f32
  }
  %one = arith.constant 1.0 : f32
  return
}

// -----

func.func @yield_outside() {
  // expected-error @below {{expects parent op to be one of 'tile.map, tile.contract'}}
  tile.yield
}

// -----

// The rules of a unit of contraction work.
func.func @weights_width() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 4>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{weights must have 1 byte (int8) or 2 (fp16), have 4}}
  tile.contract weights(%w : !tile.buffer<16, 4>) rows(%y : !tile.buffer<4, 4>) [0, 0, 1, 4] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [8] columns [16] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

func.func @weights_mixed() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 1>
  %v = tile.buffer {stripes = 16 : i64} : <16, 2>
  %x = tile.buffer : <4, 1>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{weight tile 1 has 2 bytes an element, the first 1}}
  tile.contract weights(%w, %v : !tile.buffer<16, 1>, !tile.buffer<16, 2>) rows(%x, %x : !tile.buffer<4, 1>, !tile.buffer<4, 1>) [0, 0, 1, 4, 1, 0, 1, 4] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [8, 8] columns [16] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

func.func @tandems() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 2>
  %x = tile.buffer : <4, 2>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{fp16 takes the planes of a hemisphere as one, has 2}}
  tile.contract weights(%w, %w : !tile.buffer<16, 2>, !tile.buffer<16, 2>) rows(%x : !tile.buffer<4, 2>) [0, 0, 1, 4] [] outs(%y, %y : !tile.buffer<4, 4>, !tile.buffer<4, 4>) [0, 1, 0, 1] planes 2 lanes [8] columns [16, 16] count 4 {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  return
}

// -----

func.func @planes_beyond_numbers() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 1>
  %x = tile.buffer : <4, 1>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{needs a weight tile for each of 9223372036854775807 planes and 2 chunks, has 1}}
  tile.contract weights(%w : !tile.buffer<16, 1>) rows(%x : !tile.buffer<4, 1>) [0, 0, 1, 4] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 9223372036854775807 lanes [8, 8] columns [16] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

func.func @columns() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 1>
  %x = tile.buffer : <4, 1>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{has 17 columns of weight tile 0, which has 16}}
  tile.contract weights(%w : !tile.buffer<16, 1>) rows(%x : !tile.buffer<4, 1>) [0, 0, 1, 4] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [8] columns [17] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

func.func @no_lanes() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 1>
  %x = tile.buffer : <4, 1>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{needs a lane of each chunk, has 0}}
  tile.contract weights(%w : !tile.buffer<16, 1>) rows(%x : !tile.buffer<4, 1>) [0, 0, 1, 4] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [0] columns [16] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

func.func @rows_out_of_order() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 1>
  %x = tile.buffer : <4, 1>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{row operand 1 belongs to chunk 0 after chunk 1}}
  tile.contract weights(%w, %w : !tile.buffer<16, 1>, !tile.buffer<16, 1>) rows(%x, %x : !tile.buffer<4, 1>, !tile.buffer<4, 1>) [1, 0, 1, 4, 0, 0, 1, 4] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [8, 8] columns [16] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

func.func @rows_width() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 1>
  %x = tile.buffer : <4, 2>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{row operand 0 has 2 bytes an element, the weights 1}}
  tile.contract weights(%w : !tile.buffer<16, 1>) rows(%x : !tile.buffer<4, 2>) [0, 0, 1, 4] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [8] columns [16] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

func.func @rows_none() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 1>
  %x = tile.buffer : <4, 1>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{count of row operand 0 must be at least 1, is 0}}
  tile.contract weights(%w : !tile.buffer<16, 1>) rows(%x : !tile.buffer<4, 1>) [0, 0, 1, 0] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [8] columns [16] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

func.func @accumulators() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 1>
  %x = tile.buffer : <4, 1>
  %y = tile.buffer : <4, 4>
  // expected-error @below {{accumulates i32, its body takes 'f32'}}
  tile.contract weights(%w : !tile.buffer<16, 1>) rows(%x : !tile.buffer<4, 1>) [0, 0, 1, 4] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [8] columns [16] count 4 {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  return
}

// -----

func.func @second_plane() {
  %w = tile.buffer {stripes = 16 : i64} : <16, 1>
  %x = tile.buffer : <4, 1>
  %y = tile.buffer : <4, 4>
  %z = tile.buffer : <4, 1>
  // expected-error @below {{results 0 of 4 bytes has a buffer of 1}}
  tile.contract weights(%w, %w : !tile.buffer<16, 1>, !tile.buffer<16, 1>) rows(%x : !tile.buffer<4, 1>) [0, 0, 1, 4] [] outs(%y, %z : !tile.buffer<4, 4>, !tile.buffer<4, 1>) [0, 1, 0, 1] planes 2 lanes [8] columns [16, 16] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

func.func @loops_in_part() {
  // expected-error @below {{needs row_loops, lane_loops and offsets, or none of them}}
  %x = tile.input "x" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 0, 4, 1>, first = 0 : i64} : <1, 4>
  return
}

// -----

func.func @loops_and_permutation() {
  // expected-error @below {{has both loops and a permutation or lane dimensions}}
  %x = tile.input "x" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, row_loops = array<i64: 0, 4, 1>, lane_loops = array<i64>, offsets = array<i64: 0, 0>, first = 0 : i64} : <1, 4>
  return
}

// -----

func.func @loop_offsets() {
  // expected-error @below {{has 1 offsets for rank 2}}
  %x = tile.input "x" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 0, 4, 1>, lane_loops = array<i64>, offsets = array<i64: 0>, first = 0 : i64} : <1, 4>
  return
}

// -----

func.func @loop_numbers() {
  // expected-error @below {{lane_loops needs a dimension, a count and a step of each loop, has 2 numbers}}
  %x = tile.input "x" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 0, 4, 1>, lane_loops = array<i64: 0, 1>, offsets = array<i64: 0, 0>, first = 0 : i64} : <1, 4>
  return
}

// -----

func.func @loop_dimension() {
  // expected-error @below {{row_loops has a loop of dimension 2 of 2}}
  %x = tile.input "x" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 2, 4, 1>, lane_loops = array<i64>, offsets = array<i64: 0, 0>, first = 0 : i64} : <1, 4>
  return
}

// -----

func.func @loop_count() {
  // expected-error @below {{lane_loops has a loop that counts to 0}}
  %x = tile.input "x" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 0, 4, 1>, lane_loops = array<i64: 1, 0, 1>, offsets = array<i64: 0, 0>, first = 0 : i64} : <1, 4>
  return
}

// -----

func.func @loop_places() {
  // expected-error @below {{lane_loops has a loop of dimension 1 with count 4294967296 and step 0, more than there are numbers}}
  %x = tile.input "x" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 0, 4294967296, 0>, lane_loops = array<i64: 1, 4294967296, 0>, offsets = array<i64: 0, 0>, first = 0 : i64} : <1, 4>
  return
}

// -----

func.func @loop_indices() {
  // expected-error @below {{row_loops has a loop of dimension 0 with count 4 and step -9223372036854775808, more than there are numbers}}
  %x = tile.input "x" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 0, 4, -9223372036854775808>, lane_loops = array<i64>, offsets = array<i64: 0, 0>, first = 0 : i64} : <1, 4>
  return
}

// -----

func.func @output_loops() {
  %0 = tile.buffer : <4, 4>
  // expected-error @below {{has row_loops, which lay out inputs only}}
  tile.output %0 [0, 1] count 4 "y" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, row_loops = array<i64: 0, 4, 1>, first = 0 : i64, card = -1 : i64} : <4, 4>
  return
}
