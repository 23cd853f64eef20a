// Everything that is wrong with the inputs is reported at once; nothing is written.
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/tensors.py write %t

// RUN: not sluice-golden %s --input mask=%t/float.npy --input other=%t/ids.npy --output-dir %t/out 2>&1 | FileCheck %s
// CHECK: sluice-golden: error: input 'ids': missing; needs int64 [2, 2]
// CHECK-NEXT: sluice-golden: error: input 'mask': needs type bool, has float32
// CHECK-NEXT: sluice-golden: error: input 'other': the program has no such input

// RUN: not sluice-golden %s --input ids=%t/row.npy --input mask=%t/mask.npy --output-dir %t/out 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: sluice-golden: error: input 'ids': needs shape [2, 2], has [4]

// RUN: not sluice-golden %s --input ids=%t/huge.npy --input mask=%t/mask.npy --output-dir %t/out 2>&1 | FileCheck %s --check-prefix=RANGE
// RANGE: sluice-golden: error: input 'ids': beyond int32: 2147483648 at element 1, -2147483649 at element 3

// RUN: not sluice-golden %s --input ids=%t/absent.npy --input mask=%t/mask.npy --input mask=%t/mask.npy --output-dir %t/out 2>&1 | FileCheck %s --check-prefix=FILES
// FILES: sluice-golden: error: input 'ids': cannot open {{.*}}absent.npy: No such file or directory
// FILES-NEXT: sluice-golden: error: input 'mask' is given twice

// RUN: not sluice-golden %s --input ids --input =x --output-dir %t/out 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: sluice-golden: error: --input=ids is not NAME=FILE
// OPTION-NEXT: sluice-golden: error: --input==x is not NAME=FILE

// RUN: not sluice-golden %t/absent.onnx --output-dir %t/out 2>&1 | FileCheck %s --check-prefix=MODEL
// MODEL: sluice-golden: error: {{.*}}absent.onnx

// An index outside the table is a fault of the run.
// RUN: not sluice-golden %s --input ids=%t/ids.npy --input mask=%t/mask.npy --output-dir %t/out 2>&1 | FileCheck %s --check-prefix=FAULT
// FAULT: sluice-golden: error: {{.*}}'stensor.gather' op index -2 at position 1 is outside the table's 2 rows

// RUN: not ls %t/out

func.func @main(%ids: tensor<2x2xi32> {stensor.name = "ids", stensor.type = i64},
                %mask: tensor<3xi1> {stensor.name = "mask"}) -> (tensor<4x1xi32> {stensor.name = "rows"}) {
  %0 = stensor.reshape %ids : tensor<2x2xi32> -> tensor<4xi32>
  %1 = stensor.constant dense<[[1], [2]]> : tensor<2x1xi32>
  %2 = stensor.gather %1, %0 : (tensor<2x1xi32>, tensor<4xi32>) -> tensor<4x1xi32>
  return %2 : tensor<4x1xi32>
}
