func.func @main() {
  %a = tile.buffer : <4, 4>
  tile.map ins(%a : !tile.buffer<4, 4>) [1, 9223372036854775807] outs(%a : !tile.buffer<4, 4>) [0, 0] count 9223372036854775807 {
  ^bb0(%x: f32):
    tile.yield %x : f32
  }
  return
}
