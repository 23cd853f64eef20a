// Every operation of the dialect prints as it parses.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// CHECK-LABEL: func.func @main
func.func @main() {
  // CHECK: %[[X:.*]] = tile.input "x"
  %x = tile.input "x" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <4, 4>
  // CHECK: tile.input "p" {first = 0 : i64, lane_dims = 0 : i64, lane_loops = array<i64: 1, 3, 1>, machine_type = tensor<4x8xf32>, offsets = array<i64: 0, -1>, permutation = array<i64>, row_loops = array<i64: 0, 4, 1, 1, 4, 2>, user_type = f32} : <16, 4>
  %patches = tile.input "p" {machine_type = tensor<4x8xf32>, user_type = f32, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 0, 4, 1, 1, 4, 2>, lane_loops = array<i64: 1, 3, 1>, offsets = array<i64: 0, -1>, first = 0 : i64} : <16, 4>
  // CHECK: tile.constant dense<1> : tensor<16x2x320xi8> {stripes = 16 : i64} : <16, 2>
  %w = tile.constant dense<1> : tensor<16x2x320xi8> {stripes = 16 : i64} : <16, 2>
  // CHECK: tile.constant #tile.image<[0, 0, 1] cards [1, 2, 1] vectors [2, 4, -1, 0, 2, 1] lanes [2, 4, 1] from 0 of [#tile.piece<dense<1> : tensor<12xi8> from 0 in [0, 0, 0] [2, 2, 3] by [6, 3, 1]>]> : tensor<2x8x1x320xi8> : <8, 1>
  %image = tile.constant #tile.image<[0, 0, 1] cards [1, 2, 1] vectors [2, 4, -1, 0, 2, 1] lanes [2, 4, 1] from 0 of [#tile.piece<dense<1> : tensor<12xi8> from 0 in [0, 0, 0] [2, 2, 3] by [6, 3, 1]>]> : tensor<2x8x1x320xi8> : <8, 1>
  %lanes = tile.constant dense<0> : tensor<1x2x320xi8> : <1, 2>
  // CHECK: tile.buffer : <4, 2>
  %h = tile.buffer : <4, 2>
  %y = tile.buffer : <4, 4>
  %p = tile.buffer : <4, 4>
  // CHECK: tile.map ins(%[[X]] : !tile.buffer<4, 4>) [0, 1] outs(%{{.*}}) [0, 1] count 4
  tile.map ins(%x : !tile.buffer<4, 4>) [0, 1] outs(%h : !tile.buffer<4, 2>) [0, 1] count 4 {
  ^bb0(%a: f32):
    %0 = arith.truncf %a : f32 to f16
    tile.yield %0 : f16
  }
  // CHECK: tile.contract weights(%{{.*}}) rows(%{{.*}}) [0, 0, 1, 4] [] outs(%{{.*}}) [0, 1] planes 1 lanes [8] columns [16] count 4
  tile.contract weights(%w : !tile.buffer<16, 2>) rows(%h : !tile.buffer<4, 2>) [0, 0, 1, 4] [] outs(%y : !tile.buffer<4, 4>) [0, 1] planes 1 lanes [8] columns [16] count 4 {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  // CHECK: tile.permute %{{.*}}, %{{.*}} into %{{.*}} [0, 1, 0, 0, 0, 1] count 4
  tile.permute %y, %lanes into %p [0, 1, 0, 0, 0, 1] count 4 : <4, 4>, <1, 2>, <4, 4>
  %offsets = tile.buffer : <1, 1>
  %row = tile.buffer : <1, 4>
  // CHECK: tile.gather %{{.*}}, %{{.*}} into %{{.*}} [0, 1, 0, 1] count 1
  tile.gather %p, %offsets into %row [0, 1, 0, 1] count 1 : <4, 4>, <1, 1>, <1, 4>
  %all = tile.buffer : <8, 4>
  // CHECK: tile.exchange %{{.*}} into %{{.*}} count 4
  tile.exchange %p into %all count 4 : <4, 4>, <8, 4>
  // CHECK: tile.output %{{.*}} [0, 1] count 4 "y"
  tile.output %p [0, 1] count 4 "y" {machine_type = tensor<4x16xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, card = -1 : i64} : <4, 4>
  return
}
