//===- CardShares.h - Which part of a value each card has -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where cards share the columns of weights, a dimension of some values is cut: each card computes, and has,
// its share alone. Afterwards the program says what one card does; attributes of the part dialect say where
// cards differ.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_PARTITION_CARDSHARES_H
#define SLUICE_LIB_CONVERSION_PARTITION_CARDSHARES_H

#include "sluice/Conversion/Lowering.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sluice::partition {

/// Cuts the columns of contractions with constant weights over the cards, and what follows from these as far
/// as each card's share follows from its own; there the shares are united.
void shareAmongCards(mlir::func::FuncOp function, const LoweringOptions &options);

} // namespace sluice::partition

#endif // SLUICE_LIB_CONVERSION_PARTITION_CARDSHARES_H
