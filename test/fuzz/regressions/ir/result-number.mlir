func.func @main(%x: tensor<0x8xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %k = onnx.constant dense<2> : tensor<1xi64>
  return %y#134217727 : !onnx.any
}
func.func @main(%x: tensor<0x8xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
