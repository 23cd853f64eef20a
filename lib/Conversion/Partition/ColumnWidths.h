//===- ColumnWidths.h - How many columns each card takes --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_PARTITION_COLUMNWIDTHS_H
#define SLUICE_LIB_CONVERSION_PARTITION_COLUMNWIDTHS_H

#include "dialects/stensor/StensorDialect.h"
#include "sluice/Target/Target.h"

namespace sluice::partition {

/// Heads that the columns of `value`, a contraction's result or a function of it, become where `cards` may
/// share these evenly, else 0.
int64_t headsOf(mlir::Value value, int64_t cards, const target::Target &target);

/// The widths of what a card has of a contraction's columns: whole vectors, and what is left, or even parts,
/// where planes then have equal work.
llvm::SmallVector<int64_t, 4> widthsOf(stensor::ContractOp contract, int64_t cards,
                                       const target::Target &target);

} // namespace sluice::partition

#endif // SLUICE_LIB_CONVERSION_PARTITION_COLUMNWIDTHS_H
