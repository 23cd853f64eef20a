func.func @main() {
  %w = slice.constant dense<0> : tensor<1x1x32xi8> {stripes = 1 : i64, bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 0>} : <1, 1>
  %x = slice.constant dense<0> : tensor<100x1x32xi8> {bank = 0 : i64, hemispheres = array<i64: 0>, slices = array<i64: 1>} : <100, 1>
  %y = slice.buffer {bank = 1 : i64, hemispheres = array<i64: 0>, slices = array<i64: 4, 5, 6, 7>} : <100, 4>
  slice.contract weights(%w : !tile.buffer<1, 1>) rows(%x : !tile.buffer<100, 1>) [0, 0, 1, 100] [] outs(%y : !tile.buffer<100, 4>) [0, 1] planes 1 lanes [-1] columns [1] count 100 {
  ^bb0(%a: i32):
    slice.yield %a : i32
  } {hemisphere = 0 : i64, first_plane = 9 : i64, extra_hemispheres = array<i64>}
  return
}
