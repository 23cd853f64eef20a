// RUN: sluice-opt --convert-tile-to-slice --split-input-file %s | FileCheck %s

// Maps write blocks of four vectors: each block has a slice, so that they run at once.
// CHECK-LABEL: func.func @main
// CHECK: slice.buffer {bank = {{.}} : i64, block = 4 : i64, hemispheres = array<i64: {{.}}>, slices = array<i64: {{[0-9]+}}, {{[0-9]+}}, {{[0-9]+}}>, stripes = 3 : i64} : <10, 1>
func.func @main() {
  %x = tile.input "x" {machine_type = tensor<10x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <10, 1>
  %y = tile.buffer : <10, 1>
  tile.map ins(%x : !tile.buffer<10, 1>) [0, 1] outs(%y : !tile.buffer<10, 1>) [0, 1] count 4 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  tile.map ins(%x : !tile.buffer<10, 1>) [4, 1] outs(%y : !tile.buffer<10, 1>) [4, 1] count 4 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  tile.map ins(%x : !tile.buffer<10, 1>) [8, 1] outs(%y : !tile.buffer<10, 1>) [8, 1] count 2 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  return
}

// -----

// Vectors that maps write out of line stay in one slice.
// CHECK-LABEL: func.func @main
// CHECK: slice.buffer {bank = {{.}} : i64, hemispheres = array<i64: {{.}}>, slices = array<i64: {{[0-9]+}}>} : <8, 1>
func.func @main() {
  %x = tile.input "x" {machine_type = tensor<8x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <8, 1>
  %y = tile.buffer : <8, 1>
  tile.map ins(%x : !tile.buffer<8, 1>) [0, 1] outs(%y : !tile.buffer<8, 1>) [0, 2] count 4 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  tile.map ins(%x : !tile.buffer<8, 1>) [4, 1] outs(%y : !tile.buffer<8, 1>) [1, 2] count 4 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  return
}

// -----

// A constant that two maps read again and again is there twice.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = slice.constant dense<7>
// CHECK: %[[B:.*]] = slice.constant dense<7>
// CHECK: slice.map ins(%{{.*}}, %[[A]] :
// CHECK: slice.map ins(%{{.*}}, %[[B]] :
func.func @main() {
  %x = tile.input "x" {machine_type = tensor<8x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <8, 1>
  %c = tile.constant dense<7> : tensor<1x1x320xi8> : <1, 1>
  %y = tile.buffer : <8, 1>
  tile.map ins(%x, %c : !tile.buffer<8, 1>, !tile.buffer<1, 1>) [0, 1, 0, 0] outs(%y : !tile.buffer<8, 1>) [0, 1] count 4 {
  ^bb0(%a: i8, %b: i8):
    tile.yield %b : i8
  }
  tile.map ins(%x, %c : !tile.buffer<8, 1>, !tile.buffer<1, 1>) [4, 1, 0, 0] outs(%y : !tile.buffer<8, 1>) [4, 1] count 4 {
  ^bb0(%a: i8, %b: i8):
    tile.yield %b : i8
  }
  return
}

// -----

// A map combines four blocks of a buffer: two slices, each in both hemispheres, give them at once, without a copy.
// CHECK-LABEL: func.func @main
// CHECK: %[[Y:.*]] = slice.buffer {bank = {{.}} : i64, block = 2 : i64, hemispheres = array<i64: 0, 1>, slices = array<i64: {{[0-9]+}}, {{[0-9]+}}>, stripes = 2 : i64} : <8, 1>
// CHECK: slice.map ins(%{{.*}} : !tile.buffer<8, 1>) [0, 1] outs(%[[Y]] : !tile.buffer<8, 1>) [0, 1] count 8
// CHECK: slice.map ins(%[[Y]], %[[Y]], %[[Y]], %[[Y]] :
// CHECK-NOT: slice.map
func.func @main() {
  %x = tile.input "x" {machine_type = tensor<8x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <8, 1>
  %y = tile.buffer : <8, 1>
  %z = tile.buffer : <2, 1>
  tile.map ins(%x : !tile.buffer<8, 1>) [0, 1] outs(%y : !tile.buffer<8, 1>) [0, 1] count 8 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  tile.map ins(%y, %y, %y, %y : !tile.buffer<8, 1>, !tile.buffer<8, 1>, !tile.buffer<8, 1>, !tile.buffer<8, 1>) [0, 1, 2, 1, 4, 1, 6, 1] outs(%z : !tile.buffer<2, 1>) [0, 1] count 2 {
  ^bb0(%a: i8, %b: i8, %c: i8, %d: i8):
    tile.yield %a : i8
  }
  return
}

// -----

// Two maps each read one vector of a buffer again and again: each vector has a slice.
// CHECK-LABEL: func.func @main
// CHECK: slice.buffer {bank = {{.}} : i64, hemispheres = array<i64: {{.}}>, slices = array<i64: {{[0-9]+}}, {{[0-9]+}}>, stripes = 2 : i64} : <2, 1>
func.func @main() {
  %x = tile.input "x" {machine_type = tensor<8x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <8, 1>
  %y = tile.buffer : <2, 1>
  %z = tile.buffer : <8, 1>
  tile.map ins(%x : !tile.buffer<8, 1>) [0, 1] outs(%y : !tile.buffer<2, 1>) [0, 1] count 2 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  tile.map ins(%x, %y : !tile.buffer<8, 1>, !tile.buffer<2, 1>) [0, 1, 0, 0] outs(%z : !tile.buffer<8, 1>) [0, 1] count 4 {
  ^bb0(%a: i8, %b: i8):
    tile.yield %b : i8
  }
  tile.map ins(%x, %y : !tile.buffer<8, 1>, !tile.buffer<2, 1>) [4, 1, 1, 0] outs(%z : !tile.buffer<8, 1>) [4, 1] count 4 {
  ^bb0(%a: i8, %b: i8):
    tile.yield %b : i8
  }
  return
}

// -----

// Planes apart read vectors 0 ... 39 and 40 ... 79 of what one map writes, at once: each half has a slice.
// CHECK-LABEL: func.func @main
// CHECK: slice.buffer {bank = {{.}} : i64, block = 40 : i64, hemispheres = array<i64: {{.}}>, slices = array<i64: {{[0-9]+}}, {{[0-9]+}}>, stripes = 2 : i64} : <80, 1>
func.func @main() {
  %x = tile.input "x" {machine_type = tensor<80x8xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64} : <80, 1>
  %w = tile.constant dense<1> : tensor<16x1x320xi8> {stripes = 16 : i64} : <16, 1>
  %y = tile.buffer : <80, 1>
  tile.map ins(%x : !tile.buffer<80, 1>) [0, 1] outs(%y : !tile.buffer<80, 1>) [0, 1] count 80 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  %p = tile.buffer : <40, 4>
  %q = tile.buffer : <40, 4>
  tile.contract weights(%w, %w : !tile.buffer<16, 1>, !tile.buffer<16, 1>) rows(%y, %y : !tile.buffer<80, 1>, !tile.buffer<80, 1>) [0, 0, 1, 40, 0, 40, 1, 40] [] outs(%p, %q : !tile.buffer<40, 4>, !tile.buffer<40, 4>) [0, 1, 0, 1] planes 2 lanes [8] columns [16, 16] count 40 {
  ^bb0(%a: i32):
    tile.yield %a : i32
  } {apart}
  return
}
