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
  // expected-note @below {{operator Concat, domain 'ai.onnx', version 17: input 1 (inputs) has shape 2x4, need ?x3}}
  %a = onnx.node "Concat" of "ai.onnx" 17(%x, %y) attributes {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> !onnx.any
  // expected-note @below {{operator Concat, domain 'ai.onnx', version 17: tensors of types float32 and int32 do not fit beside one another}}
  %b = onnx.node "Concat" of "ai.onnx" 17(%x, %n) attributes {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2x3xi32>) -> !onnx.any
  // expected-note @below {{operator Mul, domain 'ai.onnx', version 17: operands of types float32, int32 do not fit together}}
  %c = onnx.node "Mul" of "ai.onnx" 17(%x, %n) : (tensor<2x3xf32>, tensor<2x3xi32>) -> !onnx.any
  %d = onnx.node "Sum" of "ai.onnx" 17(%a, %b, %c) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %d : !onnx.any
}

// -----

// Shapes that the table states: each operand that does not have its own is named with it and with what is needed.
// expected-error @below {{the model has 4 unsupported parts}}
func.func @main(%x: tensor<2x3x5xf32> {onnx.name = "x"}, %c: tensor<4xf32> {onnx.name = "c"}, %i: tensor<2x3xi64> {onnx.name = "i"}, %t: tensor<7x3xf32> {onnx.name = "t"}) -> (!onnx.any {onnx.name = "r"}) {
  // expected-note @below {{operator InstanceNormalization, domain 'ai.onnx', version 17: input 1 (scale) has shape 4, need 3}}
  %a = onnx.node "InstanceNormalization" of "ai.onnx" 17(%x, %c, %c) : (tensor<2x3x5xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.any
  // expected-note @below {{operator SkipSimplifiedLayerNormalization, domain 'com.microsoft', version 1: input 2 (gamma) has shape 4, need 5}}
  %b = onnx.node "SkipSimplifiedLayerNormalization" of "com.microsoft" 1(%x, %x, %c) : (tensor<2x3x5xf32>, tensor<2x3x5xf32>, tensor<4xf32>) -> !onnx.any
  %none = onnx.absent : none
  // expected-note @below {{operator EmbedLayerNormalization, domain 'com.microsoft', version 1: input 5 (gamma) has shape 4, need 3}}
  %d = onnx.node "EmbedLayerNormalization" of "com.microsoft" 1(%i, %none, %t, %t, %none, %c, %c) : (tensor<2x3xi64>, none, tensor<7x3xf32>, tensor<7x3xf32>, none, tensor<4xf32>, tensor<4xf32>) -> !onnx.any
  %w = onnx.node "Greater" of "ai.onnx" 17(%x, %x) : (tensor<2x3x5xf32>, tensor<2x3x5xf32>) -> !onnx.any
  // expected-note @below {{operator Where, domain 'ai.onnx', version 17: input 2 (Y) has shape 4: the shapes 2x3x5, 2x3x5, 4 do not broadcast}}
  %e = onnx.node "Where" of "ai.onnx" 17(%w, %x, %c) : (!onnx.any, tensor<2x3x5xf32>, tensor<4xf32>) -> !onnx.any
  %r = onnx.node "Sum" of "ai.onnx" 17(%a, %b, %d, %e) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %r : !onnx.any
}

// -----

// Shapes that follow from others and from attributes.
// expected-error @below {{the model has 7 unsupported parts}}
func.func @main(%x: tensor<1x4x8x8xf32> {onnx.name = "x"}, %w: tensor<4x3x2x2xf32> {onnx.name = "w"}, %c: tensor<4xf32> {onnx.name = "c"}, %a: tensor<2x3xf32> {onnx.name = "a"}, %b: tensor<3x5xf32> {onnx.name = "b"}, %s: tensor<6x2x7xf32> {onnx.name = "s"}, %q: tensor<1x20x7xf32> {onnx.name = "q"}, %h: tensor<1x20x6xf32> {onnx.name = "h"}) -> (!onnx.any {onnx.name = "r"}) {
  // expected-note @below {{operator ConvTranspose, domain 'ai.onnx', version 17: input 2 (B) has shape 4, need 6}}
  %0 = onnx.node "ConvTranspose" of "ai.onnx" 17(%x, %w, %c) attributes {group = 2 : i64} : (tensor<1x4x8x8xf32>, tensor<4x3x2x2xf32>, tensor<4xf32>) -> !onnx.any
  // expected-note @below {{operator Conv, domain 'ai.onnx', version 17: input 1 (W) has shape 4x3x2x2, need ?x4x?x?}}
  %1 = onnx.node "Conv" of "ai.onnx" 17(%x, %w) : (tensor<1x4x8x8xf32>, tensor<4x3x2x2xf32>) -> !onnx.any
  // expected-note @below {{operator Conv, domain 'ai.onnx', version 17: input 0 (X) has shape 1x4x8x8, need a second axis that group = 3 divides}}
  %2 = onnx.node "Conv" of "ai.onnx" 17(%x, %w) attributes {group = 3 : i64} : (tensor<1x4x8x8xf32>, tensor<4x3x2x2xf32>) -> !onnx.any
  // expected-note @below {{operator Gemm, domain 'ai.onnx', version 17: input 2 (C) has shape 4, need one that broadcasts to 2x5}}
  %3 = onnx.node "Gemm" of "ai.onnx" 17(%a, %b, %c) : (tensor<2x3xf32>, tensor<3x5xf32>, tensor<4xf32>) -> !onnx.any
  // expected-note @below {{operator MatMul, domain 'ai.onnx', version 17: input 1 (B) has shape 2x3, need 3x?}}
  %4 = onnx.node "MatMul" of "ai.onnx" 17(%a, %a) : (tensor<2x3xf32>, tensor<2x3xf32>) -> !onnx.any
  // expected-note @below {{operator LSTM, domain 'ai.onnx', version 17: input 1 (W) has shape 1x20x7, need 1x24x7}}
  %5 = onnx.node "LSTM" of "ai.onnx" 17(%s, %q, %h) : (tensor<6x2x7xf32>, tensor<1x20x7xf32>, tensor<1x20x6xf32>) -> !onnx.any
  // expected-note @below {{operator BatchNormalization, domain 'ai.onnx', version 17: input 2 (B) has shape 2x3, need 4}}
  %6 = onnx.node "BatchNormalization" of "ai.onnx" 17(%x, %c, %a, %c, %c) : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<2x3xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.any
  %r = onnx.node "Sum" of "ai.onnx" 17(%0, %1, %2, %3, %4, %5, %6) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %r : !onnx.any
}

// -----

// Operands of the first versions, which stand where an attribute says.
// expected-error @below {{the model has 2 unsupported parts}}
func.func @main(%x: tensor<2x3x4xf32> {onnx.name = "x"}, %c: tensor<3xf32> {onnx.name = "c"}) -> (!onnx.any {onnx.name = "r"}) {
  %0 = onnx.node "Add" of "ai.onnx" 6(%x, %c) attributes {broadcast = 1 : i64, axis = 1 : i64} : (tensor<2x3x4xf32>, tensor<3xf32>) -> !onnx.any
  // expected-note @below {{operator Add, domain 'ai.onnx', version 6: input 1 (B) has shape 3, need 4}}
  %1 = onnx.node "Add" of "ai.onnx" 6(%x, %c) attributes {broadcast = 1 : i64, axis = 2 : i64} : (tensor<2x3x4xf32>, tensor<3xf32>) -> !onnx.any
  // expected-note @below {{operator Mul, domain 'ai.onnx', version 6: input 1 (B) has shape 3, need one that broadcasts to 2x3x4}}
  %2 = onnx.node "Mul" of "ai.onnx" 6(%x, %c) attributes {broadcast = 1 : i64} : (tensor<2x3x4xf32>, tensor<3xf32>) -> !onnx.any
  %r = onnx.node "Sum" of "ai.onnx" 17(%0, %1, %2) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %r : !onnx.any
}
