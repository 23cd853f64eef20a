//===- CardShares.h - Which part of a value each card has -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where several cards share a program, a dimension of some values is cut: each card computes, and has, its
// share alone. Afterwards the program says what one card does. Three attributes say where cards differ:
//
// - A `stensor.slice` of a constant with `kShareAttr` = d: what it says is the first card's part of
//   dimension d, other cards have those behind it.
// - A `stensor.concat` with `kUniteAttr`: its operands, all one value, stand for that value on each card in
//   turn. It is an exchange.
// - An argument or result with `kCutAttr` = d: each card has its part of dimension d.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_CARDSHARES_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_CARDSHARES_H

#include "sluice/Conversion/Lowering.h"

#include "dialects/part/PartDialect.h"
#include "dialects/stensor/StensorDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sluice::tiling {

inline constexpr llvm::StringLiteral kShareAttr = "sluice.share", kUniteAttr = "sluice.unite",
                                     kCutAttr = "sluice.cut";
using part::kLocalAttr;

inline bool isUnite(mlir::Operation *op) { return op->hasAttr(kUniteAttr); }

/// Cuts the columns of contractions with constant weights over the cards, and what follows from these as far
/// as each card's share follows from its own; there the shares are united.
void shareAmongCards(mlir::func::FuncOp function, const LoweringOptions &options);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_CARDSHARES_H
