//===- Statistics.h - Figures of a schedule ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_STATISTICS_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_STATISTICS_H

#include "Issues.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>

namespace sluice::sched {

/// Cycles from cycle 0 to the last effect.
int64_t scheduleCycles(const std::vector<Issue> &issues, const target::Target &target);

/// The statistics that --stats writes: cycles, microseconds; instructions, busy cycles by unit and
/// utilisation of MXM and VXM of the card with the most; lanes that rows use; memory by kind, link vectors of
/// all cards, what held the critical chain, and the two lower bounds that the module's attributes carry from
/// the tile level.
mlir::DictionaryAttr scheduleStatistics(mlir::ModuleOp module, const std::vector<Issue> &issues,
                                        llvm::ArrayRef<Buffer *> buffers,
                                        const std::map<std::string, int64_t> &held, unsigned cards,
                                        const target::Target &target);

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_STATISTICS_H
