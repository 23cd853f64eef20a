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

// -----

func.func @graph_names() {
  // expected-error @below {{'onnx.node' op has 2 names for 1 graphs}}
  "onnx.node"() <{domain = "ai.onnx", op_type = "If", version = 16 : i64, graph_names = ["a", "b"], onnx_attributes = {}}> ({
    onnx.yield
  }) : () -> ()
  return
}

// -----

func.func @graph_without_a_name() {
  // expected-error @below {{'onnx.node' op has a graph without a name}}
  onnx.node "If" of "ai.onnx" 16() graphs { ""() { onnx.yield } } : () -> ()
  return
}

// -----

func.func @graph_given_twice() {
  // expected-error @below {{'onnx.node' op attribute 'a' is given twice}}
  onnx.node "If" of "ai.onnx" 16() attributes {a = 1 : i64} graphs { "a"() { onnx.yield } } : () -> ()
  return
}

// -----

func.func @graph_input() {
  // expected-error @below {{'onnx.node' op graph 'body' input #0 has element type 'index', which no ONNX tensor has}}
  onnx.node "Loop" of "ai.onnx" 16() graphs { "body"(%x: tensor<index>) { onnx.yield } } : () -> ()
  return
}

// -----

func.func @yield_elsewhere() {
  // expected-error @below {{'onnx.yield' op expects parent op 'onnx.node'}}
  onnx.yield
}

// -----

func.func @own_results() {
  // expected-error @below {{operand #0 does not dominate this use}}
  // expected-note @below {{operand defined here (op in a parent region)}}
  %y = onnx.node "If" of "ai.onnx" 16() graphs { "a"() { onnx.yield %y : tensor<1xf32> } } : () -> tensor<1xf32>
  return
}
