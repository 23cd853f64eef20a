// What graphs within nodes cannot be; one error tells all, inside and around.
// RUN: sluice-opt --convert-onnx-to-stensor --verify-diagnostics --split-input-file %s

// Inside a graph that is converted, inside one that is not, and around.
// expected-error @below {{the model has 4 unsupported parts}}
func.func @main(%c: tensor<i1> {onnx.name = "c"}, %m: tensor<i64> {onnx.name = "m"}, %x: tensor<2xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}, !onnx.any {onnx.name = "z"}) {
  %none = onnx.absent : none
  %y = onnx.node "If" of "ai.onnx" 16(%c) graphs {
    "then_branch"() {
      // expected-note @below {{operator Unheard, domain 'ai.onnx', version 16: the operator is not supported}}
      %n = onnx.node "Unheard" of "ai.onnx" 16(%x) : (tensor<2xf32>) -> !onnx.any
      onnx.yield %n : !onnx.any
    }
    "else_branch"() {
      // expected-note @below {{operator Gelu, domain 'ai.onnx', version 16: this version of the operator is not supported}}
      %a = onnx.node "Gelu" of "ai.onnx" 16(%x) : (tensor<2xf32>) -> !onnx.any
      onnx.yield %a : !onnx.any
    }
  } : (tensor<i1>) -> !onnx.any
  // expected-note @below {{operator Loop, domain 'ai.onnx', version 16: beyond the machine: the number of iterations depends on run-time data: input 0 (M) is not known at compile time; to know it, compile with --constant-input=m=...}}
  %z = onnx.node "Loop" of "ai.onnx" 16(%m, %none, %x) graphs {
    "body"(%i: tensor<i64>, %k: tensor<i1>, %v: tensor<2xf32>) {
      // expected-note @below {{operator Unheard, domain 'ai.onnx', version 16: the operator is not supported}}
      %w = onnx.node "Unheard" of "ai.onnx" 16(%v) : (tensor<2xf32>) -> tensor<2xf32>
      onnx.yield %k, %w : tensor<i1>, tensor<2xf32>
    }
  } : (tensor<i64>, none, tensor<2xf32>) -> !onnx.any
  return %y, %z : !onnx.any, !onnx.any
}

// -----

// expected-error @below {{the model has 1 unsupported part}}
func.func @main(%c: tensor<i1> {onnx.name = "c"}, %x: tensor<2x3xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  // expected-note @below {{operator If, domain 'ai.onnx', version 16: beyond the machine: output 0 is float32 3x2 or float32 2x3, which depends on run-time data; to know it, compile with --constant-input=c=...}}
  %y = onnx.node "If" of "ai.onnx" 16(%c) graphs {
    "then_branch"() {
      %n = onnx.node "Transpose" of "ai.onnx" 16(%x) : (tensor<2x3xf32>) -> !onnx.any
      onnx.yield %n : !onnx.any
    }
    "else_branch"() {
      onnx.yield %x : tensor<2x3xf32>
    }
  } : (tensor<i1>) -> !onnx.any
  return %y : !onnx.any
}

// -----

// A condition of a run leaves the length of a scan output open, and without M that of the loop.
// expected-error @below {{the model has 2 unsupported parts}}
func.func @main(%c: tensor<i1> {onnx.name = "c"}, %x: tensor<2xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "s"}, !onnx.any {onnx.name = "y"}) {
  %none = onnx.absent : none
  %three = onnx.constant dense<3> : tensor<i64>
  // expected-note @below {{operator Loop, domain 'ai.onnx', version 16: beyond the machine: output shape depends on run-time data: input 1 (cond) is not known at compile time; to know it, compile with --constant-input=c=...}}
  %s = onnx.node "Loop" of "ai.onnx" 16(%three, %c) graphs {
    "body"(%i: tensor<i64>, %k: tensor<i1>) {
      onnx.yield %k, %x : tensor<i1>, tensor<2xf32>
    }
  } : (tensor<i64>, tensor<i1>) -> !onnx.any
  // expected-note @below {{operator Loop, domain 'ai.onnx', version 16: beyond the machine: the number of iterations depends on run-time data, without a bound: the condition that the body computes; to know it, compile with --constant-input=c=...}}
  %y = onnx.node "Loop" of "ai.onnx" 16(%none, %none, %x) graphs {
    "body"(%i: tensor<i64>, %k: tensor<i1>, %v: tensor<2xf32>) {
      onnx.yield %c, %v : tensor<i1>, tensor<2xf32>
    }
  } : (none, none, tensor<2xf32>) -> !onnx.any
  return %s, %y : !onnx.any, !onnx.any
}

// -----

// Loops are unrolled to a limit, however many trips they ask for.
// expected-error @below {{the model has 1 unsupported part}}
func.func @main(%x: tensor<2xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) {
  %most = onnx.constant dense<9223372036854775807> : tensor<i64>
  %none = onnx.absent : none
  // expected-note @below {{operator Loop, domain 'ai.onnx', version 16: its graph runs too often: loops are unrolled to at most 65536 nodes in a model}}
  %y = onnx.node "Loop" of "ai.onnx" 16(%most, %none, %x) graphs {
    "body"(%i: tensor<i64>, %k: tensor<i1>, %v: tensor<2xf32>) {
      onnx.yield %k, %v : tensor<i1>, tensor<2xf32>
    }
  } : (tensor<i64>, none, tensor<2xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

// Nor may a loop double a constant, or a tensor of the run, without end.
// expected-error @below {{the model has 2 unsupported parts}}
func.func @main(%x: tensor<2xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}, !onnx.any {onnx.name = "z"}) {
  %many = onnx.constant dense<100> : tensor<i64>
  %none = onnx.absent : none
  %one = onnx.constant dense<1.0> : tensor<1xf32>
  %y = onnx.node "Loop" of "ai.onnx" 16(%many, %none, %one) graphs {
    "body"(%i: tensor<i64>, %k: tensor<i1>, %v: !onnx.any) {
      // expected-note @below {{operator Concat, domain 'ai.onnx', version 16: output 0 takes the constants computed within graphs beyond 67108864 elements}}
      %w = onnx.node "Concat" of "ai.onnx" 16(%v, %v) attributes {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
      onnx.yield %k, %w : tensor<i1>, !onnx.any
    }
  } : (tensor<i64>, none, tensor<1xf32>) -> !onnx.any
  %z = onnx.node "Loop" of "ai.onnx" 16(%many, %none, %x) graphs {
    "body"(%i: tensor<i64>, %k: tensor<i1>, %v: !onnx.any) {
      // expected-note @below {{operator Concat, domain 'ai.onnx', version 16: a tensor of shape 8589934592 has more than the 4294967296 elements that a tensor may have}}
      %w = onnx.node "Concat" of "ai.onnx" 16(%v, %v) attributes {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
      onnx.yield %k, %w : tensor<i1>, !onnx.any
    }
  } : (tensor<i64>, none, tensor<2xf32>) -> !onnx.any
  return %y, %z : !onnx.any, !onnx.any
}

// -----

// Sequences live in the compiler alone; only the edges of the model are refused.
// expected-error @below {{the model has 2 unsupported parts}}
func.func @main(%p: tensor<i64> {onnx.name = "p"}, %x: tensor<2xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}, !onnx.other<"sequence"> {onnx.name = "s"}) {
  %s = onnx.node "SequenceConstruct" of "ai.onnx" 16(%x, %x) : (tensor<2xf32>, tensor<2xf32>) -> !onnx.other<"sequence">
  // expected-note @below {{operator SequenceAt, domain 'ai.onnx', version 16: beyond the machine: a position in a sequence depends on run-time data: input 1 (position) is not known at compile time; to know it, compile with --constant-input=p=...}}
  %y = onnx.node "SequenceAt" of "ai.onnx" 16(%s, %p) : (!onnx.other<"sequence">, tensor<i64>) -> !onnx.any
  // expected-note @below {{output 's': beyond the machine: sequences}}
  return %y, %s : !onnx.any, !onnx.other<"sequence">
}
