//===- ExpandConvolutions.h - Convolutions as contractions -----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_EXPANDCONVOLUTIONS_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_EXPANDCONVOLUTIONS_H

#include "sluice/Target/Target.h"

#include "dialects/stensor/StensorDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sluice::tiling {

/// Replaces a convolution by the contraction of its windows, which sums in the same order.
void expandConvolution(stensor::ConvolveOp op);
/// The same of fp16 convolutions that no way of packing pixels can sum in their order, or whose filters only
/// the run knows.
void expandConvolutions(mlir::func::FuncOp function, const target::Target &target);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_EXPANDCONVOLUTIONS_H
