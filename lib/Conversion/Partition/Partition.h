//===- Partition.h - One program for several cards --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_PARTITION_PARTITION_H
#define SLUICE_LIB_CONVERSION_PARTITION_PARTITION_H

#include "sluice/Conversion/Lowering.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sluice {

/// Makes of @main at the stensor level the program that each card runs, on bands of the tensors where that
/// takes fewer cycles: every value is cut where it costs least in computation and in what then must travel.
void partitionOverCards(mlir::func::FuncOp function, const LoweringOptions &options);

} // namespace sluice

#endif // SLUICE_LIB_CONVERSION_PARTITION_PARTITION_H
