
func.func @main() {
  %x = tile.input "x" {machine_type = tensor<2x8x6xi8>, user_type = i8, permutation = array<i64>, lane_dims = 0 : i64, row_loops = array<i64: 1, 1099511627776, 2, 2, 3, -2>, lane_loops = array<i64: 0, 2, 1, 1, 3, 1, 2, 3, 1>, offsets = array<i64: 0, -1, -1>, first = 0 : i64} : <12, 1>
  %y = tile.buffer : <12, 1>
  tile.map ins(%x : !tile.buffer<12, 1>) [0, 1] outs(%y : !tile.buffer<12, 1>) [0, 1] count 12 {
  ^bb0(%a: i8):
    tile.yield %a : i8
  }
  tile.output %y [0, 1] count 12 "y" {machine_type = tensor<12x18xi8>, user_type = i8, permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64, card = -1 : i64} : <12, 1>
  return
}
