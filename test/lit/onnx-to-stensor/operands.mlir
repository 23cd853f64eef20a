// A node that does not have the operands of its operator is refused for that, before anything looks at them.
// RUN: sluice-opt --convert-onnx-to-stensor --verify-diagnostics --split-input-file %s

// expected-error @below {{the model has 6 unsupported parts}}
func.func @main(%x: tensor<1x4x8x8xf32> {onnx.name = "x"}, %n: tensor<4xi64> {onnx.name = "n"}) -> (!onnx.any {onnx.name = "y"}) {
  %none = onnx.absent : none
  // expected-note @below {{operator Conv, domain 'ai.onnx', version 17: input 1 (W) is missing}}
  %a = onnx.node "Conv" of "ai.onnx" 17(%x) : (tensor<1x4x8x8xf32>) -> !onnx.any
  // expected-note @below {{operator Where, domain 'ai.onnx', version 17: input 0 (condition) is missing}}
  %b = onnx.node "Where" of "ai.onnx" 17(%none, %x, %x) : (none, tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> !onnx.any
  // expected-note @below {{operator Relu, domain 'ai.onnx', version 17: it has 2 inputs, at most 1 have a meaning}}
  %c = onnx.node "Relu" of "ai.onnx" 17(%x, %n) : (tensor<1x4x8x8xf32>, tensor<4xi64>) -> !onnx.any
  // expected-note @below {{operator Gather, domain 'ai.onnx', version 17: input 1 (indices) is of type float32, not integer}}
  %d = onnx.node "Gather" of "ai.onnx" 17(%n, %x) : (tensor<4xi64>, tensor<1x4x8x8xf32>) -> !onnx.any
  // expected-note @below {{operator Conv, domain 'ai.onnx', version 17: input 2 (B) has rank 4, need 1}}
  %e = onnx.node "Conv" of "ai.onnx" 17(%x, %x, %x) : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> !onnx.any
  // expected-note @below {{operator CumSum, domain 'ai.onnx', version 17: input 1 (axis) has 4 elements, need one}}
  %f = onnx.node "CumSum" of "ai.onnx" 17(%x, %n) : (tensor<1x4x8x8xf32>, tensor<4xi64>) -> !onnx.any
  %y = onnx.node "Sum" of "ai.onnx" 17(%a, %b, %c, %d, %e, %f) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

// What lies in a list's elements is found by the operation that they are put into.
// expected-error @below {{the model has 3 unsupported parts}}
func.func @main(%x: tensor<2x3xf32> {onnx.name = "x"}, %y: tensor<2x4xf32> {onnx.name = "y"}, %n: tensor<2x3xi32> {onnx.name = "n"}) -> (!onnx.any {onnx.name = "r"}) {
  // expected-note @below {{operator Concat, domain 'ai.onnx', version 17: tensors of shapes 2x3 and 2x4 do not fit beside one another along axis 0}}
  %a = onnx.node "Concat" of "ai.onnx" 17(%x, %y) attributes {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> !onnx.any
  // expected-note @below {{operator Concat, domain 'ai.onnx', version 17: tensors of types float32 and int32 do not fit beside one another}}
  %b = onnx.node "Concat" of "ai.onnx" 17(%x, %n) attributes {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2x3xi32>) -> !onnx.any
  // expected-note @below {{operator Mul, domain 'ai.onnx', version 17: operands of types float32, int32 do not fit together}}
  %c = onnx.node "Mul" of "ai.onnx" 17(%x, %n) : (tensor<2x3xf32>, tensor<2x3xi32>) -> !onnx.any
  %d = onnx.node "Sum" of "ai.onnx" 17(%a, %b, %c) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %d : !onnx.any
}
