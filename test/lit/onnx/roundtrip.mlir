// What the dialect prints it parses again, in the pretty and in the generic form.
// RUN: sluice-opt %s | FileCheck %s
// RUN: sluice-opt %s | sluice-opt | FileCheck %s
// RUN: sluice-opt --mlir-print-op-generic %s | sluice-opt | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x?xf32> {onnx.name = "x"}
func.func @main(%x: tensor<2x?xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  // CHECK: %[[B:.*]] = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %b = onnx.constant dense<[1, 2]> : tensor<2xi64>
  // CHECK: %[[W:.*]] = onnx.constant dense_resource<w> : tensor<2xui8>
  %w = onnx.constant dense_resource<w> : tensor<2xui8>
  // CHECK: %[[NONE:.*]] = onnx.absent : none
  %none = onnx.absent : none
  // CHECK: %[[N:.*]]:2 = onnx.node "Some" of "com.example" 1(%[[X]], %[[NONE]], %[[B]])
  // CHECK-SAME: : (tensor<2x?xf32>, none, tensor<2xi64>) -> (tensor<*xf16>, none)
  %n:2 = onnx.node "Some" of "com.example" 1(%x, %none, %b) : (tensor<2x?xf32>, none, tensor<2xi64>) -> (tensor<*xf16>, none)
  // CHECK: %[[Y:.*]] = onnx.node "All" of "ai.onnx" 13(%[[N]]#0, %[[W]])
  // CHECK-SAME: attributes {axes = array<i64: 0, 1>, axis = 1 : i64, keys = ["a", "b"], mode = "linear",
  // CHECK-SAME: scales = array<f32: 1.000000e+00, 2.000000e+00>, slope = 5.000000e-01 : f32, type = [tensor<2xf32>],
  // CHECK-SAME: value = dense<3.000000e+00> : tensor<1xf32>}
  %y = onnx.node "All" of "ai.onnx" 13(%n#0, %w) attributes {
    axes = array<i64: 0, 1>, axis = 1 : i64, keys = ["a", "b"], mode = "linear",
    scales = array<f32: 1.0, 2.0>, slope = 0.5 : f32, type = [tensor<2xf32>],
    value = dense<3.0> : tensor<1xf32>} : (tensor<*xf16>, tensor<2xui8>) -> !onnx.any
  // CHECK: return %[[Y]] : !onnx.any
  return %y : !onnx.any
}

// Graphs are regions that read what is around them.
// CHECK-LABEL: func.func @graphs
// CHECK-SAME: %[[C:.*]]: tensor<i1>, %[[X:.*]]: tensor<2xf32>
func.func @graphs(%c: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %[[Y:.*]] = onnx.node "Loop" of "ai.onnx" 16(%[[C]], %[[X]]) graphs {
  // CHECK-NEXT: "body"(%[[I:.*]]: tensor<i64>, %[[V:.*]]: !onnx.any) {
  // CHECK-NEXT: %[[W:.*]] = onnx.node "Add" of "ai.onnx" 16(%[[V]], %[[X]]) : (!onnx.any, tensor<2xf32>) -> !onnx.any
  // CHECK-NEXT: onnx.yield %[[W]], %[[I]] : !onnx.any, tensor<i64>
  // CHECK-NEXT: }
  // CHECK-NEXT: "empty"() {
  // CHECK-NEXT: onnx.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: } : (tensor<i1>, tensor<2xf32>) -> tensor<2xf32>
  %y = onnx.node "Loop" of "ai.onnx" 16(%c, %x) graphs {
    "body"(%i: tensor<i64>, %v: !onnx.any) {
      %w = onnx.node "Add" of "ai.onnx" 16(%v, %x) : (!onnx.any, tensor<2xf32>) -> !onnx.any
      onnx.yield %w, %i : !onnx.any, tensor<i64>
    }
    "empty"() {
      onnx.yield
    }
  } : (tensor<i1>, tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: func.func @strings
func.func @strings() -> tensor<2x!onnx.string> {
  // CHECK: onnx.constant dense<["a", "b"]> : tensor<2x!onnx.string>
  %s = onnx.constant dense<["a", "b"]> : tensor<2x!onnx.string>
  return %s : tensor<2x!onnx.string>
}

{-#
  dialect_resources: { builtin: { w: "0x010000000102" } }
#-}
