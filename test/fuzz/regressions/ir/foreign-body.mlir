func.func @main() {
  %c = tile.constant dense<0> : tensor<1x1x32xi8> : <1, 1>
  %b = tile.buffer : <1, 1>
  tile.map ins(%c : !tile.buffer<1, 1>) [0, 0] outs(%b : !tile.buffer<1, 1>) [0, 0] count 1 {
  ^bb0(%a: tensor<i8>):
    %n = tile.buffer : <1, 1>
    tile.yield %n : !tile.buffer<1, 1>
  }
  return
}
