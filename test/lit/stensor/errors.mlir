// Each case breaks one rule of the dialect.
// RUN: sluice-opt --split-input-file --verify-diagnostics %s

func.func @element_type(%x: tensor<2xf64>) {
  // expected-error @below {{operand #0 must be statically shaped tensor of 32-bit float or 16-bit float or 32-bit signless integer or 16-bit signless integer or 8-bit signless integer or 1-bit signless integer values}}
  stensor.reshape %x : tensor<2xf64> -> tensor<2x1xf64>
  return
}

// -----

func.func @map_no_results(%x: tensor<2xf32>) {
  // expected-error @below {{has no results}}
  "stensor.map"(%x) ({
  ^bb0(%a: f32):
    stensor.yield
  }) : (tensor<2xf32>) -> ()
  return
}

// -----

func.func @map_result_shapes(%x: tensor<2xf32>) {
  // expected-error @below {{result 1 is 'tensor<3xf32>', but result 0 has shape [2]}}
  %0:2 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<2xf32>, tensor<3xf32>) {
  ^bb0(%a: f32):
    stensor.yield %a, %a : f32, f32
  }
  return
}

// -----

func.func @map_rank(%x: tensor<2xf32>) {
  // expected-error @below {{input 0 has rank 1, the results 2}}
  %0 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<1x2xf32>) {
  ^bb0(%a: f32):
    stensor.yield %a : f32
  }
  return
}

// -----

func.func @map_broadcast(%x: tensor<2xf32>) {
  // expected-error @below {{input 0 has size 2 in dimension 0, need 1 or 4}}
  %0 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<4xf32>) {
  ^bb0(%a: f32):
    stensor.yield %a : f32
  }
  return
}

// -----

func.func @map_argument_count(%x: tensor<2xf32>) {
  // expected-error @below {{has 1 inputs, but its body has 2 arguments}}
  %0 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<2xf32>) {
  ^bb0(%a: f32, %b: f32):
    stensor.yield %a : f32
  }
  return
}

// -----

func.func @map_argument_type(%x: tensor<2xf32>) {
  // expected-error @below {{body argument 0 is 'f16', need 'f32'}}
  %0 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<2xf16>) {
  ^bb0(%a: f16):
    stensor.yield %a : f16
  }
  return
}

// -----

func.func @map_yield_count(%x: tensor<2xf32>) {
  // expected-error @below {{has 1 results, but its body yields 2 values}}
  %0 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<2xf32>) {
  ^bb0(%a: f32):
    stensor.yield %a, %a : f32, f32
  }
  return
}

// -----

func.func @map_yield_type(%x: tensor<2xf32>) {
  // expected-error @below {{yields 'f32' as result 0, need 'f16'}}
  %0 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<2xf16>) {
  ^bb0(%a: f32):
    stensor.yield %a : f32
  }
  return
}

// -----

func.func @contract_rank(%x: tensor<4x8xf16>, %y: tensor<1x4x1x8xf16>) {
  // expected-error @below {{operands and result have ranks 2, 4 and 3, need 4, 4 and 3}}
  %0 = stensor.contract %x, %y : (tensor<4x8xf16>, tensor<1x4x1x8xf16>) -> tensor<1x4x4xf32>
  return
}

// -----

func.func @contract_depth(%x: tensor<1x4x1x8xf16>, %y: tensor<1x4x1x9xf16>) {
  // expected-error @below {{operands differ in dimension 3 (k): 8 and 9}}
  %0 = stensor.contract %x, %y : (tensor<1x4x1x8xf16>, tensor<1x4x1x9xf16>) -> tensor<1x4x4xf32>
  return
}

// -----

func.func @contract_result(%x: tensor<1x4x1x8xf16>, %y: tensor<1x5x1x8xf16>) {
  // expected-error @below {{result has size 6 in dimension 2, need 5}}
  %0 = stensor.contract %x, %y : (tensor<1x4x1x8xf16>, tensor<1x5x1x8xf16>) -> tensor<1x4x6xf32>
  return
}

// -----

func.func @contract_types(%x: tensor<1x4x1x8xf16>, %y: tensor<1x5x1x8xi8>) {
  // expected-error @below {{has element types 'f16' x 'i8' -> 'f32', need f16 x f16 -> f32 or i8 x i8 -> i32}}
  %0 = stensor.contract %x, %y : (tensor<1x4x1x8xf16>, tensor<1x5x1x8xi8>) -> tensor<1x4x5xf32>
  return
}

// -----

func.func @reduce_dim(%x: tensor<4x8xf32>) {
  // expected-error @below {{dim is 2, but the input has rank 2}}
  %0 = stensor.reduce add %x {dim = 2 : i64} : tensor<4x8xf32> -> tensor<4x1xf32>
  return
}

// -----

func.func @reduce_type(%x: tensor<4x8xf16>) {
  // expected-error @below {{element type is 'f16', need f32 or i32}}
  %0 = stensor.reduce add %x {dim = 1 : i64} : tensor<4x8xf16> -> tensor<4x1xf16>
  return
}

// -----

func.func @reduce_empty(%x: tensor<4x0xf32>) {
  // expected-error @below {{dimension 1 has no elements}}
  %0 = stensor.reduce max %x {dim = 1 : i64} : tensor<4x0xf32> -> tensor<4x1xf32>
  return
}

// -----

func.func @reduce_result(%x: tensor<4x8xf32>) {
  // expected-error @below {{result is 'tensor<4xf32>', need 'tensor<4x1xf32>'}}
  %0 = stensor.reduce add %x {dim = 1 : i64} : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @reshape_elements(%x: tensor<4xf32>) {
  // expected-error @below {{result has 5 elements, the input 4}}
  %0 = stensor.reshape %x : tensor<4xf32> -> tensor<5xf32>
  return
}

// -----

func.func @reshape_type(%x: tensor<4xf32>) {
  // expected-error @below {{result has elements 'i32', need 'f32'}}
  %0 = stensor.reshape %x : tensor<4xf32> -> tensor<4xi32>
  return
}

// -----

func.func @transpose_count(%x: tensor<2x3xf32>) {
  // expected-error @below {{'permutation' has 1 values, need 2}}
  %0 = stensor.transpose %x {permutation = array<i64: 1>} : tensor<2x3xf32> -> tensor<3x2xf32>
  return
}

// -----

func.func @transpose_twice(%x: tensor<2x3xf32>) {
  // expected-error @below {{'permutation' is [1, 1], need each of 0 to 1 once}}
  %0 = stensor.transpose %x {permutation = array<i64: 1, 1>} : tensor<2x3xf32> -> tensor<3x3xf32>
  return
}

// -----

func.func @transpose_shape(%x: tensor<2x3xf32>) {
  // expected-error @below {{result has size 2 in dimension 0, need 3}}
  %0 = stensor.transpose %x {permutation = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @slice_range(%x: tensor<8xf32>) {
  // expected-error @below {{takes elements 2 to 8 of dimension 0, which has 8}}
  %0 = stensor.slice %x {offsets = array<i64: 2>, strides = array<i64: 3>} : tensor<8xf32> -> tensor<3xf32>
  return
}

// -----

func.func @slice_backwards(%x: tensor<8xf32>) {
  // expected-error @below {{takes elements 2 to -1 of dimension 0, which has 8}}
  %0 = stensor.slice %x {offsets = array<i64: 2>, strides = array<i64: -1>} : tensor<8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @pad_negative(%x: tensor<8xf32>) {
  // expected-error @below {{puts 2 elements before and -1 after dimension 0, need none negative}}
  %0 = stensor.pad %x {low = array<i64: 2>, value = 0.0 : f32} : tensor<8xf32> -> tensor<9xf32>
  return
}

// -----

func.func @pad_value(%x: tensor<8xf32>) {
  // expected-error @below {{'value' is 0 : i32, need a number of type 'f32'}}
  %0 = stensor.pad %x {low = array<i64: 0>, value = 0 : i32} : tensor<8xf32> -> tensor<9xf32>
  return
}

// -----

func.func @broadcast_size(%x: tensor<2x8xf32>) {
  // expected-error @below {{input has size 2 in dimension 0, need 1 or 4}}
  %0 = stensor.broadcast %x : tensor<2x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @window_reach(%x: tensor<1x8xf32>) {
  // expected-error @below {{windows reach to element 8 of dimension 1, which has 8}}
  %0 = stensor.window %x {first = 1 : i64, sizes = array<i64: 3>, strides = array<i64: 2>, dilations = array<i64: 1>} : tensor<1x8xf32> -> tensor<1x4x3xf32>
  return
}

// -----

func.func @window_dims(%x: tensor<1x8xf32>) {
  // expected-error @below {{slides over 2 dimensions from 1 on, but the input has rank 2}}
  %0 = stensor.window %x {first = 1 : i64, sizes = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x8xf32> -> tensor<1x6x3x3xf32>
  return
}

// -----

func.func @window_size(%x: tensor<1x8xf32>) {
  // expected-error @below {{result has size 4 in dimension 2, need 3}}
  %0 = stensor.window %x {first = 1 : i64, sizes = array<i64: 3>, strides = array<i64: 1>, dilations = array<i64: 1>} : tensor<1x8xf32> -> tensor<1x6x4xf32>
  return
}

// -----

func.func @window_stride(%x: tensor<1x8xf32>) {
  // expected-error @below {{window 0 has size 3, stride 0, dilation 1, need at least 1}}
  %0 = stensor.window %x {first = 1 : i64, sizes = array<i64: 3>, strides = array<i64: 0>, dilations = array<i64: 1>} : tensor<1x8xf32> -> tensor<1x6x3xf32>
  return
}

// -----

func.func @concat_none() {
  // expected-error @below {{has no inputs}}
  %0 = "stensor.concat"() {dim = 0 : i64} : () -> tensor<0xf32>
  return
}

// -----

func.func @concat_total(%x: tensor<2xf32>) {
  // expected-error @below {{inputs have 4 elements in dimension 0, the result 5}}
  %0 = stensor.concat %x, %x {dim = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @concat_shape(%x: tensor<2x3xf32>) {
  // expected-error @below {{input 0 is 'tensor<2x3xf32>', need 'tensor<2x4xf32>'}}
  %0 = stensor.concat %x {dim = 0 : i64} : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @gather_indices(%t: tensor<9x4xf32>, %i: tensor<2xi8>) {
  // expected-error @below {{indices are 'tensor<2xi8>', need a tensor of rank 1 of i32}}
  %0 = stensor.gather %t, %i : (tensor<9x4xf32>, tensor<2xi8>) -> tensor<2x4xf32>
  return
}

// -----

func.func @gather_result(%t: tensor<9x4xf32>, %i: tensor<2xi32>) {
  // expected-error @below {{result is 'tensor<3x4xf32>', need 'tensor<2x4xf32>'}}
  %0 = stensor.gather %t, %i : (tensor<9x4xf32>, tensor<2xi32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @body_not_equal(%x: tensor<2xf32>) {
  // expected-error @below {{body holds an operation that is not one machine operation}}
  %0 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<2xf32>) {
  ^bb0(%a: f32):
    // expected-note @below {{arith.cmpf of ('f32', 'f32') -> ('i1')}}
    %b = arith.cmpf une, %a, %a : f32
    stensor.yield %a : f32
  }
  return
}

// -----

func.func @body_half_arithmetic(%x: tensor<2xf16>) {
  // expected-error @below {{body holds an operation that is not one machine operation}}
  %0 = stensor.map ins(%x : tensor<2xf16>) outs(tensor<2xf16>) {
  ^bb0(%a: f16):
    // expected-note @below {{arith.addf of ('f16', 'f16') -> ('f16')}}
    %b = arith.addf %a, %a : f16
    stensor.yield %a : f16
  }
  return
}

// -----

func.func @body_integer_division(%x: tensor<2xi32>) {
  // expected-error @below {{body holds an operation that is not one machine operation}}
  %0 = stensor.map ins(%x : tensor<2xi32>) outs(tensor<2xi32>) {
  ^bb0(%a: i32):
    // expected-note @below {{arith.divsi of ('i32', 'i32') -> ('i32')}}
    %b = arith.divsi %a, %a : i32
    stensor.yield %a : i32
  }
  return
}

// -----

func.func @body_erf(%x: tensor<2xf32>) {
  // expected-error @below {{body holds an operation that is not one machine operation}}
  %0 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<2xf32>) {
  ^bb0(%a: f32):
    // expected-note @below {{math.erf of ('f32') -> ('f32')}}
    %b = math.erf %a : f32
    stensor.yield %a : f32
  }
  return
}

// -----

func.func @body_to_half_from_int(%x: tensor<2xi32>) {
  // expected-error @below {{body holds an operation that is not one machine operation}}
  %0 = stensor.map ins(%x : tensor<2xi32>) outs(tensor<2xi32>) {
  ^bb0(%a: i32):
    // expected-note @below {{arith.sitofp of ('i32') -> ('f16')}}
    %b = arith.sitofp %a : i32 to f16
    stensor.yield %a : i32
  }
  return
}

// -----

func.func @resource_size() {
  // expected-error @below {{resource has 4 bytes, need 8 for 'tensor<2xf32>'}}
  %0 = stensor.constant dense_resource<short> : tensor<2xf32>
  return
}

{-#
  dialect_resources: {
    builtin: {
      short: "0x040000000000803F"
    }
  }
#-}

// -----

func.func @slice_beyond_numbers(%x: tensor<8xf32>) {
  // expected-error @below {{takes elements 1 to -1 of dimension 0, which has 8}}
  %0 = stensor.slice %x {offsets = array<i64: 1>, strides = array<i64: 9223372036854775807>} : tensor<8xf32> -> tensor<3xf32>
  return
}

// -----

func.func @slice_of_nothing(%x: tensor<8xf32>) {
  // expected-error @below {{takes elements 9 to 9 of dimension 0, which has 8}}
  %0 = stensor.slice %x {offsets = array<i64: 9>, strides = array<i64: 1>} : tensor<8xf32> -> tensor<0xf32>
  return
}

// -----

func.func @pad_beyond_numbers(%x: tensor<9223372036854775807xi8>) {
  // expected-error @below {{need none negative}}
  %0 = stensor.pad %x {low = array<i64: 9223372036854775807>, value = 0 : i8} : tensor<9223372036854775807xi8> -> tensor<1xi8>
  return
}

// -----

func.func @window_beyond_numbers(%x: tensor<8xf32>) {
  // expected-error @below {{windows reach to element beyond all numbers of dimension 0, which has 8}}
  %0 = stensor.window %x {first = 0 : i64, sizes = array<i64: 2>, strides = array<i64: 9223372036854775807>, dilations = array<i64: 1>} : tensor<8xf32> -> tensor<3x2xf32>
  return
}

// -----

func.func @concat_beyond_numbers(%x: tensor<9223372036854775807xi8>) {
  // expected-error @below {{inputs have countless elements in dimension 0, the result 8}}
  %0 = stensor.concat %x, %x {dim = 0 : i64} : (tensor<9223372036854775807xi8>, tensor<9223372036854775807xi8>) -> tensor<8xi8>
  return
}

// -----

func.func @map_end(%x: tensor<2xf32>) {
  // expected-error @below {{body ends with arith.negf, need stensor.yield}}
  %0 = stensor.map ins(%x : tensor<2xf32>) outs(tensor<2xf32>) {
  ^bb0(%a: f32):
    %b = arith.negf %a : f32
  }
  return
}

// -----

func.func @convolve_rank(%x: tensor<8x16xi8>, %w: tensor<32x16xi8>) {
  // expected-error @below {{operands and result have ranks 2, 2 and 2, need the same, at least 3}}
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, padding = 0 : i8} : (tensor<8x16xi8>, tensor<32x16xi8>) -> tensor<8x32xi32>
  return
}

// -----

func.func @convolve_strides(%x: tensor<1x8x8x16xi8>, %w: tensor<32x3x3x16xi8>) {
  // expected-error @below {{strides has 1 numbers, need 2}}
  %0 = stensor.convolve %x, %w {strides = array<i64: 2>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, padding = 0 : i8} : (tensor<1x8x8x16xi8>, tensor<32x3x3x16xi8>) -> tensor<1x4x4x32xi32>
  return
}

// -----

func.func @convolve_step(%x: tensor<1x8x8x16xi8>, %w: tensor<32x3x3x16xi8>) {
  // expected-error @below {{strides has 0, need at least 1 and less than 2147483648}}
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 0>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, padding = 0 : i8} : (tensor<1x8x8x16xi8>, tensor<32x3x3x16xi8>) -> tensor<1x4x4x32xi32>
  return
}

// -----

func.func @convolve_low(%x: tensor<1x8x8x16xi8>, %w: tensor<32x3x3x16xi8>) {
  // expected-error @below {{low has -1, need at least 0 and less than 2147483648}}
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, low = array<i64: -1, 0>, groups = 1 : i64, padding = 0 : i8} : (tensor<1x8x8x16xi8>, tensor<32x3x3x16xi8>) -> tensor<1x4x4x32xi32>
  return
}

// -----

func.func @convolve_groups(%x: tensor<1x8x8x16xi8>, %w: tensor<32x3x3x16xi8>) {
  // expected-error @below {{has 16 channels and 32 filters, which 3 groups do not divide}}
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 3 : i64, padding = 0 : i8} : (tensor<1x8x8x16xi8>, tensor<32x3x3x16xi8>) -> tensor<1x4x4x32xi32>
  return
}

// -----

func.func @convolve_depth(%x: tensor<1x8x8x16xi8>, %w: tensor<32x3x3x16xi8>) {
  // expected-error @below {{filters have 16 channels, need 8}}
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 2 : i64, padding = 0 : i8} : (tensor<1x8x8x16xi8>, tensor<32x3x3x16xi8>) -> tensor<1x4x4x32xi32>
  return
}

// -----

func.func @convolve_result(%x: tensor<1x8x8x16xi8>, %w: tensor<32x3x3x16xi8>) {
  // expected-error @below {{result is 'tensor<1x4x4x31xi32>', need 1 images of 32 channels}}
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, padding = 0 : i8} : (tensor<1x8x8x16xi8>, tensor<32x3x3x16xi8>) -> tensor<1x4x4x31xi32>
  return
}

// -----

func.func @convolve_types(%x: tensor<1x8x8x16xi8>, %w: tensor<32x3x3x16xi8>) {
  // expected-error @below {{has element types 'i8' x 'i8' -> 'i16', need f16 x f16 -> f32 or i8 x i8 -> i32}}
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, padding = 0 : i8} : (tensor<1x8x8x16xi8>, tensor<32x3x3x16xi8>) -> tensor<1x4x4x32xi16>
  return
}

// -----

func.func @convolve_joined(%x: tensor<1x8x8x16xf16>, %w: tensor<32x3x3x16xf16>) {
  // expected-error @below {{joins the taps of 3 dimensions, there are 2}}
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, joined = 3 : i64, padding = 0.0 : f16} : (tensor<1x8x8x16xf16>, tensor<32x3x3x16xf16>) -> tensor<1x4x4x32xf32>
  return
}

// -----

func.func @convolve_padding(%x: tensor<1x8x8x16xi8>, %w: tensor<32x3x3x16xi8>) {
  // expected-error @below {{padding is 'i32', need 'i8'}}
  %0 = stensor.convolve %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, low = array<i64: 1, 1>, groups = 1 : i64, padding = 0 : i32} : (tensor<1x8x8x16xi8>, tensor<32x3x3x16xi8>) -> tensor<1x4x4x32xi32>
  return
}
