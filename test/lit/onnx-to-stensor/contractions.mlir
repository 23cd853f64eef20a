// Weights are transposed and rounded at compile time; batches over one matrix are more rows; fp32 accuracy takes
// six products of fp16 pieces.
// RUN: sluice-opt --convert-onnx-to-stensor --canonicalize %s | FileCheck %s
// RUN: sluice-opt --convert-onnx-to-stensor=f32-matmul=f32 %s | FileCheck --check-prefix=F32 %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x3x4xf32>
// F32-COUNT-6: stensor.contract
// F32-NOT: stensor.contract
func.func @main(%x: tensor<2x3x4xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  // CHECK: %[[W:.*]] = stensor.constant dense<{{\[\[\[\[}}1.000000e+00, 3.000000e+00, 5.000000e+00, 7.000000e+00]],
  // CHECK-SAME: {{\[\[}}2.000000e+00, 4.000000e+00, 6.000000e+00, 8.000000e+00]]]]> : tensor<1x2x1x4xf16>
  // CHECK: %[[ROWS:.*]] = stensor.reshape %[[X]] : tensor<2x3x4xf32> -> tensor<1x6x1x4xf32>
  // CHECK: %[[HALF:.*]] = stensor.map ins(%[[ROWS]] : tensor<1x6x1x4xf32>) outs(tensor<1x6x1x4xf16>) {
  // CHECK: arith.truncf
  // CHECK: %[[P:.*]] = stensor.contract %[[HALF]], %[[W]] : (tensor<1x6x1x4xf16>, tensor<1x2x1x4xf16>) -> tensor<1x6x2xf32>
  // CHECK: stensor.reshape %[[P]] : tensor<1x6x2xf32> -> tensor<2x3x2xf32>
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %y = onnx.node "MatMul" of "ai.onnx" 13(%x, %w) : (tensor<2x3x4xf32>, tensor<4x2xf32>) -> !onnx.any
  return %y : !onnx.any
}
