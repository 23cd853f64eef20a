// Tensors come in and go out in the user's types: int64 and bool narrow on the way in and are restored on
// the way out, uint8 keeps its bits; names become file names.
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/tensors.py write %t
// RUN: sluice-golden %s --input ids=%t/ids.npy --input mask=%t/mask.npy --input /bytes=%t/bytes.npy --output-dir %t/out
// RUN: %python %S/Inputs/tensors.py check %t/out
// RUN: FileCheck %s --check-prefix=INDEX --match-full-lines --strict-whitespace --input-file=%t/out/outputs.json
//      INDEX:{"outputs": [
// INDEX-NEXT:    {"name": "twice", "file": "twice.npy", "type": "int64", "shape": [2, 2]},
// INDEX-NEXT:    {"name": "flipped", "file": "flipped.npy", "type": "bool", "shape": [3]},
// INDEX-NEXT:    {"name": "/bytes/out", "file": "_bytes_out.npy", "type": "uint8", "shape": [3]}
// INDEX-NEXT:]}
// RUN: sluice-golden %s --input ids=%t/ids.npy --input mask=%t/mask.npy --input /bytes=%t/bytes.npy --output-dir %t/pb --format=pb
// RUN: ls %t/pb | FileCheck %s
// CHECK: _bytes_out.pb
// CHECK: flipped.pb
// CHECK: outputs.json
// CHECK: twice.pb

func.func @main(%ids: tensor<2x2xi32> {stensor.name = "ids", stensor.type = i64},
                %mask: tensor<3xi1> {stensor.name = "mask"},
                %bytes: tensor<3xi8> {stensor.name = "/bytes", stensor.type = ui8})
    -> (tensor<2x2xi32> {stensor.name = "twice", stensor.type = i64}, tensor<3xi1> {stensor.name = "flipped"},
        tensor<3xi8> {stensor.name = "/bytes/out", stensor.type = ui8}) {
  %0 = stensor.map ins(%ids : tensor<2x2xi32>) outs(tensor<2x2xi32>) {
  ^bb0(%a: i32):
    %s = arith.addi %a, %a : i32
    stensor.yield %s : i32
  }
  %1 = stensor.map ins(%mask : tensor<3xi1>) outs(tensor<3xi1>) {
  ^bb0(%a: i1):
    %true = arith.constant true
    %n = arith.xori %a, %true : i1
    stensor.yield %n : i1
  }
  %2 = stensor.map ins(%bytes : tensor<3xi8>) outs(tensor<3xi8>) {
  ^bb0(%a: i8):
    %one = arith.constant 1 : i32
    %w = arith.extui %a : i8 to i32
    %h = arith.shrui %w, %one : i32
    %n = arith.trunci %h : i32 to i8
    stensor.yield %n : i8
  }
  return %0, %1, %2 : tensor<2x2xi32>, tensor<3xi1>, tensor<3xi8>
}
