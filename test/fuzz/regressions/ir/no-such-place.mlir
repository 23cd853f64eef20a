func.func @main() {
  %x = slice.constant dense<0> : tensor<1x1x32xi8> {bank = 7 : i64, hemispheres = array<i64: 0>, slices = array<i64: -1>} : <1, 1>
  %y = slice.buffer {bank = 0 : i64, hemispheres = array<i64: 1>, slices = array<i64: 1000000>} : <1, 1>
  slice.map ins(%x : !tile.buffer<1, 1>) [0, 0] outs(%y : !tile.buffer<1, 1>) [0, 0] count 1 {
  ^bb0(%a: i8):
    slice.yield %a : i8
  } {read_hemispheres = array<i64: 1>}
  return
}
