tile.buffer : <1, 1>
func.func private @main()
