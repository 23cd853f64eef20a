//===- Orient.h - Which operand of a contraction is installed ---*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_ORIENT_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_ORIENT_H

#include "sluice/Conversion/Lowering.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sluice::tiling {

/// Swaps the operands of contractions with constant weights where several cards get through sooner when
/// each streams its part of the weights as rows than when each installs its part as columns: few columns
/// leave cards idle, rows divide evenly. Products are the same either way. A swapped result has its
/// rows on lanes, so only what leaves the program without another contraction or reduction is swapped.
/// Contractions of which the columns are reduced, on one card or several, are swapped where lanes would have
/// to be moved for that and vectors need not.
void orientContractions(mlir::func::FuncOp function, const LoweringOptions &options);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_ORIENT_H
