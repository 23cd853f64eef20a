// Each case breaks one rule of the dialect.
// RUN: sluice-opt --split-input-file --verify-diagnostics %s

func.func @no_operator(%x: tensor<2xf32>) {
  // expected-error @below {{'onnx.node' op has no operator type}}
  onnx.node "" of "ai.onnx" 13(%x) : (tensor<2xf32>) -> ()
  return
}

// -----

func.func @no_domain(%x: tensor<2xf32>) {
  // expected-error @below {{'onnx.node' op has no domain; the default one is written 'ai.onnx'}}
  onnx.node "Add" of "" 13(%x) : (tensor<2xf32>) -> ()
  return
}

// -----

func.func @version(%x: tensor<2xf32>) {
  // expected-error @below {{'onnx.node' op has operator set version 0, below 1}}
  onnx.node "Add" of "ai.onnx" 0(%x) : (tensor<2xf32>) -> ()
  return
}

// -----

func.func @attribute(%x: tensor<2xf32>) {
  // expected-error @below {{'onnx.node' op attribute 'axis' has the value 1 : i32, which no ONNX attribute has}}
  onnx.node "Softmax" of "ai.onnx" 13(%x) attributes {axis = 1 : i32} : (tensor<2xf32>) -> ()
  return
}

// -----

func.func @input(%x: tensor<2xf32>, %y: tensor<2xindex>) {
  // expected-error @below {{'onnx.node' op input #1 has element type 'index', which no ONNX tensor has}}
  onnx.node "Add" of "ai.onnx" 13(%x, %y) : (tensor<2xf32>, tensor<2xindex>) -> ()
  return
}

// -----

func.func @output(%x: tensor<2xf32>) {
  // expected-error @below {{'onnx.node' op output #0 has element type 'si64', which no ONNX tensor has}}
  %y = onnx.node "Shape" of "ai.onnx" 13(%x) : (tensor<2xf32>) -> tensor<1xsi64>
  return
}

// -----

func.func @operand_type(%x: f32) {
  // expected-error @below {{'onnx.node' op operand #0 must be variadic of}}
  onnx.node "Add" of "ai.onnx" 13(%x) : (f32) -> ()
  return
}

// -----

func.func @constant() {
  // expected-error @below {{'onnx.constant' op result #0 has element type 'i7', which no ONNX tensor has}}
  %c = onnx.constant dense<1> : tensor<2xi7>
  return
}
