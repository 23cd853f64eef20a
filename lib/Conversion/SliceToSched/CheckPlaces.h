//===- CheckPlaces.h - Whether places exist ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_CHECKPLACES_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_CHECKPLACES_H

#include "sluice/Target/Target.h"

#include "mlir/IR/Block.h"
#include "mlir/Support/LogicalResult.h"

namespace sluice::sched {

/// Reports, each on its operation, the places of buffers and passes in `body`, which holds slice operations,
/// that the target does not have, and the operands of passes that have no copy where the pass wants it.
mlir::LogicalResult checkPlaces(mlir::Block &body, const target::Target &target);

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_CHECKPLACES_H
