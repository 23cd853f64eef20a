//===- Footprint.h - Memory that interpreting a program takes ---*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_GOLDEN_FOOTPRINT_H
#define SLUICE_GOLDEN_FOOTPRINT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Support/LLVM.h"

#include <cstdint>

namespace sluice::golden {

/// The largest group of cards that a program can be compiled for.
struct CardMemory {
  unsigned cards;
  uint64_t bytes; ///< of all of them
};

/// Bytes that the interpreter may take for each byte of the program's inputs and listed constants, beside the
/// cards' memory: windows and the like are copies here, and views on a card.
inline constexpr uint64_t kBytesForOwnByte = 8;

/// Whether interpret holds no more at once than the cards and kBytesForOwnByte allow, results in the user's
/// types included. If not, an error names the operation at which it is too much, what is needed and what
/// there is, and in notes the three largest tensors that are alive there. Takes no memory for them.
mlir::LogicalResult checkFootprint(mlir::func::FuncOp function, const CardMemory &memory);

} // namespace sluice::golden

#endif // SLUICE_GOLDEN_FOOTPRINT_H
