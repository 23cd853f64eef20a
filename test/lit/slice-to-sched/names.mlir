// Every instruction bears the name of the node that wants it, also where several nodes share a pass.
// RUN: sluice-opt --convert-stensor-to-tile --convert-tile-to-slice --convert-slice-to-sched --mlir-print-debuginfo %s | FileCheck %s

// The contraction's: weights and rows are read (queues of unit 0), installed (7) and multiplied (8). The map's: its ALUs (2), and the writes (1).
// CHECK: sched.issue mem.read {{.*}} loc([[MATMUL:#loc[0-9]*]])
// CHECK: sched.issue mem.write {{.*}} loc([[ADD:#loc[0-9]*]])
// CHECK: sched.issue vxm {{.*}} loc([[MUL:#loc[0-9]*]])
// CHECK: sched.issue vxm {{.*}} loc([[ADD]])
// CHECK: sched.issue mxm.install {{.*}} loc([[MATMUL]])
// CHECK: sched.issue mxm.multiply {{.*}} loc([[MATMUL]])
// CHECK-DAG: [[MATMUL]] = loc("matmul")
// CHECK-DAG: [[MUL]] = loc("mul")
// CHECK-DAG: [[ADD]] = loc("add")
func.func @main(%x: tensor<1x1x1x320xf16> {stensor.name = "x"}) -> (tensor<1x1x8xf32> {stensor.name = "y"}) {
  %w = stensor.constant dense<0.5> : tensor<1x8x1x320xf16>
  %y = stensor.contract %x, %w : (tensor<1x1x1x320xf16>, tensor<1x8x1x320xf16>) -> tensor<1x1x8xf32> loc("matmul")
  %z = stensor.map ins(%y : tensor<1x1x8xf32>) outs(tensor<1x1x8xf32>) {
  ^bb0(%a: f32):
    %0 = arith.mulf %a, %a : f32 loc("mul")
    %1 = arith.addf %0, %a : f32 loc("add")
    stensor.yield %1 : f32
  } loc(fused["mul", "add"])
  return %z : tensor<1x1x8xf32>
}
