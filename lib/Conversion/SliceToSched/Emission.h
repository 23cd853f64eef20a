//===- Emission.h - The finished schedule as operations ---------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_EMISSION_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_EMISSION_H

#include "Passes.h"

#include "mlir/IR/Builders.h"

namespace sluice::sched {

/// Writes the finished `schedule` of the passes in `body` as `sched` operations: what `buffers`, which have
/// their addresses, hold at the start, where inputs and outputs lie, and the instructions in the order of
/// queues and cycles. Flow edges then name issues, and words that lie in memory at the start, by their places
/// there.
void emitSchedule(mlir::OpBuilder &builder, Schedule &schedule, llvm::ArrayRef<Buffer *> buffers,
                  mlir::Block &body);

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_EMISSION_H
