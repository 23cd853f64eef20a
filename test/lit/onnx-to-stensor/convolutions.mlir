// What a Concat of channels joins is convolved part by part; a transposed convolution is one of each line of a stride, whose filters
// make the pixels of the last dimension side by side.
// RUN: sluice-opt --convert-onnx-to-stensor --canonicalize --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NOT: stensor.concat
// CHECK: %[[A:.*]] = stensor.convolve {{.*}} : (tensor<1x8x8x2xf16>, tensor<4x1x1x2xf16>) -> tensor<1x8x8x4xf32>
// CHECK: %[[B:.*]] = stensor.convolve {{.*}} : (tensor<1x8x8x2xf16>, tensor<4x1x1x2xf16>) -> tensor<1x8x8x4xf32>
// CHECK: stensor.map ins(%[[A]], %[[B]] :
// CHECK: arith.addf
func.func @main(%x: tensor<1x2x8x8xf32> {onnx.name = "x"}, %y: tensor<1x2x8x8xf32> {onnx.name = "y"}) -> (!onnx.any {onnx.name = "z"}) {
  %w = onnx.constant dense<1.0> : tensor<4x4x1x1xf32>
  %joined = onnx.node "Concat" of "ai.onnx" 13(%x, %y) attributes {axis = 1 : i64} : (tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>) -> !onnx.any
  %z = onnx.node "Conv" of "ai.onnx" 11(%joined, %w) : (!onnx.any, tensor<4x4x1x1xf32>) -> !onnx.any
  return %z : !onnx.any
}

// -----

// Of 3 x 3 filters one line has the middle taps, the other the first and the last; pixels side by side have 2 taps together.
// CHECK-LABEL: func.func @main
// CHECK: stensor.convolve {{.*}} : (tensor<1x5x5x2xf16>, tensor<6x1x2x2xf16>) -> tensor<1x5x5x6xf32>
// CHECK: stensor.convolve {{.*}} : (tensor<1x5x5x2xf16>, tensor<6x2x2x2xf16>) -> tensor<1x5x5x6xf32>
// CHECK-NOT: stensor.contract
// CHECK: stensor.concat
// CHECK: return %{{.*}} : tensor<1x3x9x9xf32>
func.func @main(%x: tensor<1x2x5x5xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %w = onnx.constant dense<1.0> : tensor<2x3x3x3xf32>
  %y = onnx.node "ConvTranspose" of "ai.onnx" 11(%x, %w) attributes {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x2x5x5xf32>, tensor<2x3x3x3xf32>) -> !onnx.any
  return %y : !onnx.any
}
