//===- FullMemory.h - What stands in the way of a program -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_FULLMEMORY_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_FULLMEMORY_H

#include "Storage.h"

#include "sluice/Conversion/Lowering.h"

#include "mlir/Support/LogicalResult.h"

namespace sluice::sched {

/// One error for all buffers that found no room: whether the card is too small or one of its banks, what is
/// needed there and what there is, which option helps if one does, and in notes the three nodes that hold
/// most. `buffers` are all that need words, `homeless` those of them that have none, the largest first.
/// `instructions` is how many the program has. Failure.
mlir::LogicalResult reportFull(llvm::ArrayRef<Buffer *> buffers, llvm::ArrayRef<const Buffer *> homeless,
                               int64_t instructions, const LoweringOptions &options);

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_FULLMEMORY_H
