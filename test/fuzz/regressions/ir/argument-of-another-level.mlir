func.func @main(%x: !tile.buffer<1, 4>) {
  return
}
