// RUN: sluice-opt --convert-stensor-to-tile="target=tiny" --split-input-file --verify-diagnostics %s

// What is no program, and what the target cannot hold or compute.

// expected-error @below {{argument 0 is of type 'i32', which enters or leaves no program at the stensor level}}
// expected-error @below {{argument 1 is of type 'tensor<?xf32>', which enters or leaves no program at the stensor level}}
func.func @main(%x: i32, %y: tensor<?xf32>) {
  return
}

// -----

func.func @main() {
  // expected-error @below {{is not an operation of the stensor level}}
  %x = arith.constant dense<1.0> : tensor<4xf32>
  return
}

// -----

// A tensor of no elements has dimensions all the same.
// expected-error @below {{needs more bytes than there are numbers for; 1 card has 262144}}
func.func @main(%x: tensor<0x4294967296x4294967296xf32>) {
  return
}

// -----

// Two views that may be walked, but not both.
// expected-error @below {{has views of 2097153 elements in all, at most 2097152 are walked}}
func.func @main(%x: tensor<1xi8>) {
  %a = stensor.broadcast %x : tensor<1xi8> -> tensor<2097152xi8>
  %b = stensor.slice %a {offsets = array<i64: 0>, strides = array<i64: 1>} : tensor<2097152xi8> -> tensor<1xi8>
  return
}

// -----

// Each fault by itself is one, also where nothing else is wrong.
// expected-error @below {{has 65 dimensions, need at most 64}}
func.func @main(%x: tensor<1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1xi8>) {
  return
}

// -----

func.func @main(%n: tensor<1x2x0x4xi8>, %m: tensor<1x3x0x4xi8>) {
  // expected-error @below {{sums no products}}
  %z = stensor.contract %n, %m : (tensor<1x2x0x4xi8>, tensor<1x3x0x4xi8>) -> tensor<1x2x3xi32>
  return
}

// -----

func.func @main(%i: tensor<2xi32>, %t: tensor<5000x33xi8>, %n: tensor<0x4xf32>) {
  // expected-error @below {{needs 320000 bytes for its table of 10000 vectors, a card has 262144}}
  %y = stensor.gather %t, %i : (tensor<5000x33xi8>, tensor<2xi32>) -> tensor<2x33xi8>
  // expected-error @below {{takes rows of a table that has none}}
  %z = stensor.gather %n, %i : (tensor<0x4xf32>, tensor<2xi32>) -> tensor<2x4xf32>
  return
}
