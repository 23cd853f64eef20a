// What depends on shapes and constants alone is gone after the conversion, 64-bit values included.
// RUN: sluice-opt --convert-onnx-to-stensor %s | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x6x4xf32> {stensor.name = "x"}
// CHECK-SAME: -> (tensor<2x3x8xf32> {stensor.name = "y"}, tensor<3xi32> {stensor.name = "dims", stensor.type = i64}, tensor<2x6x1xf32> {stensor.name = "last"})
func.func @main(%x: tensor<2x6x4xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}, !onnx.any {onnx.name = "dims"}, !onnx.any {onnx.name = "last"}) {
  // CHECK-DAG: %[[DIMS:.*]] = stensor.constant dense<[2, 6, 4]> : tensor<3xi32>
  // CHECK-DAG: %[[Y:.*]] = stensor.reshape %[[X]] : tensor<2x6x4xf32> -> tensor<2x3x8xf32>
  // CHECK-DAG: %[[LAST:.*]] = stensor.slice %[[X]] {offsets = array<i64: 0, 0, 3>, strides = array<i64: 1, 1, 1>} : tensor<2x6x4xf32> -> tensor<2x6x1xf32>
  // CHECK-NOT: stensor.
  // CHECK: return %[[Y]], %[[DIMS]], %[[LAST]]
  %two = onnx.constant dense<2> : tensor<i64>
  %one = onnx.constant dense<1> : tensor<i64>
  %axis = onnx.constant dense<0> : tensor<1xi64>
  %minus = onnx.constant dense<-1> : tensor<1xi64>
  %dims = onnx.node "Shape" of "ai.onnx" 13(%x) : (tensor<2x6x4xf32>) -> !onnx.any
  %six = onnx.node "Gather" of "ai.onnx" 13(%dims, %one) : (!onnx.any, tensor<i64>) -> !onnx.any
  %three = onnx.node "Div" of "ai.onnx" 13(%six, %two) : (!onnx.any, tensor<i64>) -> !onnx.any
  %a = onnx.node "Unsqueeze" of "ai.onnx" 13(%two, %axis) : (tensor<i64>, tensor<1xi64>) -> !onnx.any
  %b = onnx.node "Unsqueeze" of "ai.onnx" 13(%three, %axis) : (!onnx.any, tensor<1xi64>) -> !onnx.any
  %shape = onnx.node "Concat" of "ai.onnx" 13(%a, %b, %minus) attributes {axis = 0 : i64} : (!onnx.any, !onnx.any, tensor<1xi64>) -> !onnx.any
  %y = onnx.node "Reshape" of "ai.onnx" 13(%x, %shape) : (tensor<2x6x4xf32>, !onnx.any) -> !onnx.any
  // The end of a slice to the end is the greatest int64; here it passes through layout operations.
  %greatest = onnx.constant dense<9223372036854775807> : tensor<i64>
  %end = onnx.node "Unsqueeze" of "ai.onnx" 13(%greatest, %axis) : (tensor<i64>, tensor<1xi64>) -> !onnx.any
  %axes = onnx.constant dense<2> : tensor<1xi64>
  %last = onnx.node "Slice" of "ai.onnx" 13(%x, %minus, %end, %axes) : (tensor<2x6x4xf32>, tensor<1xi64>, !onnx.any, tensor<1xi64>) -> !onnx.any
  return %y, %dims, %last : !onnx.any, !onnx.any, !onnx.any
}
