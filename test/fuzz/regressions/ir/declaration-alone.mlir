module { func.func private @main() }
