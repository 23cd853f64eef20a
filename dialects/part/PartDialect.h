//===- PartDialect.h - Parts of tensors on several cards --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_PART_PARTDIALECT_H
#define SLUICE_DIALECTS_PART_PARTDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/part/PartDialect.h.inc"

#define GET_OP_CLASSES
#include "dialects/part/PartOps.h.inc"

namespace sluice::part {

/// Of an argument or result of a program that is cut over cards: dimension, elements a card, and the first
/// element of card 0.
inline constexpr llvm::StringLiteral kBandAttr = "part.band";
/// Of the same: the type of the whole tensor.
inline constexpr llvm::StringLiteral kWholeAttr = "part.whole";
/// Of a program of which something is cut in bands.
inline constexpr llvm::StringLiteral kCutAttr = "part.cut";
/// Of a contraction or convolution: every card does all of it, of the operands that it has.
inline constexpr llvm::StringLiteral kLocalAttr = "part.local";

// Where columns are shared (see lib/Conversion/Partition/CardShares.h), `stensor` operations say where cards
// differ:

/// Of a `stensor.slice` of a constant: the dimension of which it says the first card's part; other cards have
/// those behind it.
inline constexpr llvm::StringLiteral kShareAttr = "part.share";
/// Of a `stensor.concat`: its operands, all one value, stand for that value on each card in turn. It is an
/// exchange.
inline constexpr llvm::StringLiteral kUniteAttr = "part.unite";
/// Of an argument or result: the dimension of which each card has its part.
inline constexpr llvm::StringLiteral kDealtAttr = "part.dealt";

inline bool isUnite(mlir::Operation *op) { return op->hasAttr(kUniteAttr); }

} // namespace sluice::part

#endif // SLUICE_DIALECTS_PART_PARTDIALECT_H
