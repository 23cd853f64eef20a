// RUN: sluice-opt --convert-tile-to-slice --split-input-file %s | FileCheck %s

// What a pass reads at once lies in different slices of a hemisphere; what it writes may share a slice with what
// it reads only in another bank.
// CHECK-LABEL: func.func @main
// CHECK: slice.input "a" {bank = 0 : i64, {{.*}}hemispheres = array<i64: 0>, {{.*}}slices = array<i64: 0, 1, 2, 3>
// CHECK: slice.input "b" {bank = 0 : i64, {{.*}}hemispheres = array<i64: 1>, {{.*}}slices = array<i64: 0, 1, 2, 3>
// CHECK: slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0, 1, 2, 3>}
// CHECK: slice.map
// CHECK: read_hemispheres = array<i64: 0, 1>
func.func @main() {
  %a = tile.input "a" {machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <2, 4>
  %b = tile.input "b" {machine_type = tensor<2x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <2, 4>
  %y = tile.buffer : <2, 4>
  tile.map ins(%a, %b : !tile.buffer<2, 4>, !tile.buffer<2, 4>) [0, 1, 0, 1] outs(%y : !tile.buffer<2, 4>) [0, 1] count 2 {
  ^bb0(%x: f32, %z: f32):
    %0 = arith.addf %x, %z : f32
    tile.yield %0 : f32
  }
  return
}

// -----

// Three vectors of one buffer at once: a copy on each side of the VXM serves two, the third gets a buffer of its own.
// CHECK-LABEL: func.func @main
// CHECK: slice.input "a" {{.*}}hemispheres = array<i64: 0, 1>
// CHECK: slice.map
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
// CHECK-NEXT: slice.yield %[[X]]
// CHECK: slice.map ins(%{{.*}}, %{{.*}}, %{{.*}} :
func.func @main() {
  %a = tile.input "a" {machine_type = tensor<3x8xf32>, user_type = f32, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <3, 4>
  %y = tile.buffer : <1, 4>
  tile.map ins(%a, %a, %a : !tile.buffer<3, 4>, !tile.buffer<3, 4>, !tile.buffer<3, 4>) [0, 1, 1, 1, 2, 1] outs(%y : !tile.buffer<1, 4>) [0, 1] count 1 {
  ^bb0(%x: f32, %z: f32, %w: f32):
    %0 = arith.maximumf %x, %z : f32
    %1 = arith.maximumf %0, %w : f32
    tile.yield %1 : f32
  }
  return
}

// -----

// The two planes of a unit install from slices of their own, so that both load at once.
// CHECK-LABEL: func.func @main
// CHECK: slice.constant {{.*}}slices = array<i64: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15>
// CHECK: slice.constant {{.*}}slices = array<i64: 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31>
// CHECK: slice.contract
// CHECK: first_plane = 0 : i64, hemisphere = 0 : i64
func.func @main() {
  %u = tile.constant dense<1> : tensor<320x1x320xi8> {stripes = 16 : i64} : <320, 1>
  %v = tile.constant dense<2> : tensor<320x1x320xi8> {stripes = 16 : i64} : <320, 1>
  %x = tile.input "x" {machine_type = tensor<4x320xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <4, 1>
  %y = tile.buffer : <4, 4>
  %z = tile.buffer : <4, 4>
  tile.contract weights(%u, %v : !tile.buffer<320, 1>, !tile.buffer<320, 1>) rows(%x : !tile.buffer<4, 1>) [0, 0, 1, 4] [] outs(%y, %z : !tile.buffer<4, 4>, !tile.buffer<4, 4>) [0, 1, 0, 1] planes 2 lanes [320] columns [320, 320] count 4 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  }
  return
}

// -----

// Offsets stream outward to their table, so they lie nearer to the VXM than it, however long they wait there for
// slices that others hold.
// CHECK-LABEL: func.func @main
// CHECK: slice.constant {{.*}}hemispheres = array<i64: 0>, slices = array<i64: 43>
// CHECK: slice.input "offsets" {{.*}}hemispheres = array<i64: 0>, {{.*}}slices = array<i64: {{[0-9]|1[0-9]|2[01]}}>
// CHECK: slice.gather
func.func @main() {
  %a = tile.constant dense<1> : tensor<4096x1x320xi8> {stripes = 16 : i64} : <4096, 1>
  %b = tile.constant dense<2> : tensor<4096x1x320xi8> {stripes = 16 : i64} : <4096, 1>
  %c = tile.constant dense<3> : tensor<4096x1x320xi8> {stripes = 8 : i64} : <4096, 1>
  %table = tile.constant dense<4> : tensor<8x1x320xi8> : <8, 1>
  %offsets = tile.input "offsets" {machine_type = tensor<2x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <2, 1>
  %y = tile.buffer : <2, 1>
  %z = tile.buffer : <4096, 1>
  tile.map ins(%a, %a, %b, %b, %c, %c : !tile.buffer<4096, 1>, !tile.buffer<4096, 1>, !tile.buffer<4096, 1>, !tile.buffer<4096, 1>, !tile.buffer<4096, 1>, !tile.buffer<4096, 1>) [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1] outs(%z : !tile.buffer<4096, 1>) [0, 1] count 4096 {
  ^bb0(%0: i8, %1: i8, %2: i8, %3: i8, %4: i8, %5: i8):
    tile.yield %0 : i8
  }
  tile.gather %table, %offsets into %y [0, 1, 0, 1] count 2 : <8, 1>, <2, 1>, <2, 1>
  return
}

// -----

// A buffer that fills a bank has its place before small ones, which would leave it none.
// CHECK-LABEL: func.func @main
// CHECK: slice.constant dense<1> {{.*}} {bank = 1 : i64, hemispheres = array<i64: 0, 1>, slices = array<i64: 0>}
// CHECK: slice.constant dense<2> {{.*}} {bank = 0 : i64, hemispheres = array<i64: 0, 1>, slices = array<i64: 0>}
func.func @main() {
  %small = tile.constant dense<1> : tensor<1x1x320xi8> : <1, 1>
  %large = tile.constant dense<2> : tensor<4096x1x320xi8> : <4096, 1>
  %y = tile.buffer : <2, 1>
  tile.map ins(%small, %small : !tile.buffer<1, 1>, !tile.buffer<1, 1>) [0, 1, 0, 1] outs(%y : !tile.buffer<2, 1>) [0, 1] count 1 {
  ^bb0(%0: i8, %1: i8):
    tile.yield %0 : i8
  }
  tile.map ins(%large, %large : !tile.buffer<4096, 1>, !tile.buffer<4096, 1>) [0, 1, 1, 1] outs(%y : !tile.buffer<2, 1>) [1, 1] count 1 {
  ^bb0(%0: i8, %1: i8):
    tile.yield %1 : i8
  }
  return
}
