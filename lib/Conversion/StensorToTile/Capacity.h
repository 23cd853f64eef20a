//===- Capacity.h - What the target cannot hold or compute ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_CAPACITY_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_CAPACITY_H

#include "dialects/stensor/StensorDialect.h"
#include "sluice/Conversion/Lowering.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sluice::tiling {

/// Reports every tensor of the program that is larger, by itself, than the memory of the cards, and every
/// contraction and gather that the target has too little of something for.
mlir::LogicalResult checkCapacity(mlir::func::FuncOp function, const LoweringOptions &options);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_CAPACITY_H
