// Twelve results that each have 240 vectors of 4 bytes a lane on the way. A schedule by longest paths alone would have
// all of them alive at once, and target tiny has room for 8; one result after the other fits.
// RUN: sluice-compile %s --target=tiny -o %t.slu --stats=%t.json
// RUN: FileCheck %s < %t.json
// CHECK: "temporaries": 368640
func.func @main() {
  %x = tile.input "x" {machine_type = tensor<240x32xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <240, 4>
  %a0 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a0 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 1.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b0 = tile.buffer : <1, 4>
  tile.map ins(%a0 : !tile.buffer<240, 4>) [239, 0] outs(%b0 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b0 [0, 1] count 1 "y0" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a1 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a1 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 2.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b1 = tile.buffer : <1, 4>
  tile.map ins(%a1 : !tile.buffer<240, 4>) [239, 0] outs(%b1 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b1 [0, 1] count 1 "y1" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a2 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a2 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 3.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b2 = tile.buffer : <1, 4>
  tile.map ins(%a2 : !tile.buffer<240, 4>) [239, 0] outs(%b2 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b2 [0, 1] count 1 "y2" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a3 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a3 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 4.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b3 = tile.buffer : <1, 4>
  tile.map ins(%a3 : !tile.buffer<240, 4>) [239, 0] outs(%b3 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b3 [0, 1] count 1 "y3" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a4 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a4 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 5.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b4 = tile.buffer : <1, 4>
  tile.map ins(%a4 : !tile.buffer<240, 4>) [239, 0] outs(%b4 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b4 [0, 1] count 1 "y4" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a5 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a5 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 6.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b5 = tile.buffer : <1, 4>
  tile.map ins(%a5 : !tile.buffer<240, 4>) [239, 0] outs(%b5 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b5 [0, 1] count 1 "y5" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a6 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a6 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 7.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b6 = tile.buffer : <1, 4>
  tile.map ins(%a6 : !tile.buffer<240, 4>) [239, 0] outs(%b6 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b6 [0, 1] count 1 "y6" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a7 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a7 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 8.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b7 = tile.buffer : <1, 4>
  tile.map ins(%a7 : !tile.buffer<240, 4>) [239, 0] outs(%b7 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b7 [0, 1] count 1 "y7" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a8 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a8 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 9.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b8 = tile.buffer : <1, 4>
  tile.map ins(%a8 : !tile.buffer<240, 4>) [239, 0] outs(%b8 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b8 [0, 1] count 1 "y8" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a9 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a9 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 10.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b9 = tile.buffer : <1, 4>
  tile.map ins(%a9 : !tile.buffer<240, 4>) [239, 0] outs(%b9 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b9 [0, 1] count 1 "y9" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a10 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a10 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 11.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b10 = tile.buffer : <1, 4>
  tile.map ins(%a10 : !tile.buffer<240, 4>) [239, 0] outs(%b10 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b10 [0, 1] count 1 "y10" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  %a11 = tile.buffer : <240, 4>
  tile.map ins(%x : !tile.buffer<240, 4>) [0, 1] outs(%a11 : !tile.buffer<240, 4>) [0, 1] count 240 {
  ^bb0(%v: f32):
    %c = arith.constant 12.0 : f32
    %r = arith.addf %v, %c : f32
    tile.yield %r : f32
  }
  %b11 = tile.buffer : <1, 4>
  tile.map ins(%a11 : !tile.buffer<240, 4>) [239, 0] outs(%b11 : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.output %b11 [0, 1] count 1 "y11" {card = -1 : i64, first = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x32xf32>, permutation = array<i64: 0, 1>, user_type = f32} : <1, 4>
  return
}
