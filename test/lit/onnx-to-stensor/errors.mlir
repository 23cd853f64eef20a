// One error lists everything that is not supported, each with its node's name as
// location; what depends on it is not mentioned.
// RUN: sluice-opt --convert-onnx-to-stensor --verify-diagnostics --split-input-file %s

// expected-error @below {{the model has 4 unsupported parts}}
func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}, %n: tensor<2xi64> {onnx.name = "n"}) -> (!onnx.any {onnx.name = "y"}) {
  // expected-note @below {{operator Conv3000, domain 'ai.onnx', version 17: the operator is not supported}}
  %a = onnx.node "Conv3000" of "ai.onnx" 17(%x) : (tensor<2x4xf32>) -> !onnx.any
  %b = onnx.node "Relu" of "ai.onnx" 17(%a) : (!onnx.any) -> !onnx.any
  // expected-note @below {{operator Reshape, domain 'ai.onnx', version 17: beyond the machine: output shape depends on run-time data: input 1 (shape) is not known at compile time}}
  %c = onnx.node "Reshape" of "ai.onnx" 17(%x, %n) : (tensor<2x4xf32>, tensor<2xi64>) -> !onnx.any
  // expected-note @below {{operator Softmax, domain 'ai.onnx', version 17: attribute 'temperature' is not supported}}
  %d = onnx.node "Softmax" of "ai.onnx" 17(%x) attributes {temperature = 2.0 : f32} : (tensor<2x4xf32>) -> !onnx.any
  // expected-note @below {{operator Gelu, domain 'ai.onnx', version 17: this version of the operator is not supported}}
  %e = onnx.node "Gelu" of "ai.onnx" 17(%x) : (tensor<2x4xf32>) -> !onnx.any
  %f = onnx.node "Sum" of "ai.onnx" 17(%b, %c, %d, %e) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %f : !onnx.any
}

// -----

// expected-error @below {{the model has 2 unsupported parts}}
func.func @main(
    // expected-note @below {{input 'x': beyond the machine: element type float64; --demote=f64 computes it as float32}}
    %x: tensor<2xf64> {onnx.name = "x"},
    %y: tensor<2x3xf32> {onnx.name = "y"}, %z: tensor<4xf32> {onnx.name = "z"}) -> (!onnx.any {onnx.name = "r"}) {
  // expected-note @below {{operator Add, domain 'ai.onnx', version 17: input 1 (B) has shape 4: the shapes 2x3, 4 do not broadcast}}
  %a = onnx.node "Add" of "ai.onnx" 17(%y, %z) : (tensor<2x3xf32>, tensor<4xf32>) -> !onnx.any
  return %a : !onnx.any
}

// -----

// expected-error @below {{the model has 1 unsupported part}}
func.func @main(%x: tensor<2xi64> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "r"}) {
  %big = onnx.constant dense<[1, 3000000000]> : tensor<2xi64>
  // expected-note @below {{operator Add, domain 'ai.onnx', version 17: the int64 constant 3000000000 is outside the range of int32, as which it is computed}}
  %a = onnx.node "Add" of "ai.onnx" 17(%x, %big) : (tensor<2xi64>, tensor<2xi64>) -> !onnx.any
  return %a : !onnx.any
}

// -----

// Constants alone may be of float64, and only where it is computed exactly.
// expected-error @below {{the model has 3 unsupported parts}}
func.func @main(%x: tensor<2xf32> {onnx.name = "x"}, %c: tensor<2xi1> {onnx.name = "c"})
    -> (!onnx.any {onnx.name = "r"}, !onnx.any {onnx.name = "s"}, !onnx.any {onnx.name = "t"}) {
  %d = onnx.constant dense<[1.0, 2.0]> : tensor<2xf64>
  // expected-note @below {{operator Cast, domain 'ai.onnx', version 17: beyond the machine: element type float64; --demote=f64 computes it as float32}}
  %a = onnx.node "Cast" of "ai.onnx" 17(%x) attributes {to = 11 : i64} : (tensor<2xf32>) -> !onnx.any
  // expected-note @below {{operator Where, domain 'ai.onnx', version 17: beyond the machine: element type float64; --demote=f64 computes it as float32}}
  %b = onnx.node "Where" of "ai.onnx" 17(%c, %d, %d) : (tensor<2xi1>, tensor<2xf64>, tensor<2xf64>) -> !onnx.any
  // expected-note @below {{operator Softmax, domain 'ai.onnx', version 17: input 0: beyond the machine: element type float64; --demote=f64 computes it as float32}}
  %e = onnx.node "Softmax" of "ai.onnx" 17(%d) : (tensor<2xf64>) -> !onnx.any
  return %a, %b, %e : !onnx.any, !onnx.any, !onnx.any
}

// -----

// expected-error @below {{the model has 1 unsupported part}}
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "r"}) {
  %w = onnx.constant dense<1.0e+06> : tensor<4x2xf32>
  // expected-note @below {{operator MatMul, domain 'ai.onnx', version 17: the constant operand holds 1000000.000000, beyond the range of float16 in which products are computed}}
  %a = onnx.node "MatMul" of "ai.onnx" 17(%x, %w) : (tensor<1x4xf32>, tensor<4x2xf32>) -> !onnx.any
  return %a : !onnx.any
}

// -----

// What the machine can never hold is told apart from what is not supported yet.
// expected-error @below {{the model has 3 unsupported parts}}
func.func @main(
    // expected-note @below {{input 'list': beyond the machine: sequences}}
    %list: !onnx.other<"sequence"> {onnx.name = "list"},
    // expected-note @below {{input 'text': beyond the machine: element type string}}
    %text: tensor<2x!onnx.string> {onnx.name = "text"},
    %x: tensor<2xf32> {onnx.name = "x"}) -> (tensor<2xf32> {onnx.name = "y"}) {
  // expected-note @below {{operator RandomNormalLike, domain 'ai.onnx', version 17: beyond the machine: random numbers}}
  %y = onnx.node "RandomNormalLike" of "ai.onnx" 17(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// expected-error @below {{the model has 3 unsupported parts}}
func.func @main(%x: tensor<9000xf32> {onnx.name = "x"}, %i: tensor<4000xi64> {onnx.name = "i"},
                %u: tensor<4000xf32> {onnx.name = "u"}) -> (!onnx.any {onnx.name = "r"}) {
  // expected-note @below {{operator ScatterElements, domain 'ai.onnx', version 18: indices of a run take 36000000 comparisons with places, more than 33554432}}
  %a = onnx.node "ScatterElements" of "ai.onnx" 18(%x, %i, %u) : (tensor<9000xf32>, tensor<4000xi64>, tensor<4000xf32>) -> !onnx.any
  // expected-note @below {{operator ScatterElements, domain 'ai.onnx', version 18: reduction = 'mean' is not supported}}
  %b = onnx.node "ScatterElements" of "ai.onnx" 18(%x, %i, %u) attributes {reduction = "mean"} : (tensor<9000xf32>, tensor<4000xi64>, tensor<4000xf32>) -> !onnx.any
  // expected-note @below {{operator ScatterND, domain 'ai.onnx', version 18: input 1 (indices) has shape 4000, need a last axis of at most 1, the rank of input 0 (data)}}
  %c = onnx.node "ScatterND" of "ai.onnx" 18(%x, %i, %x) : (tensor<9000xf32>, tensor<4000xi64>, tensor<9000xf32>) -> !onnx.any
  %d = onnx.node "Sum" of "ai.onnx" 18(%a, %b, %c) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %d : !onnx.any
}
