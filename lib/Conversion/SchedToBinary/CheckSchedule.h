//===- CheckSchedule.h - Whether a schedule names what exists ---*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SCHEDTOBINARY_CHECKSCHEDULE_H
#define SLUICE_LIB_CONVERSION_SCHEDTOBINARY_CHECKSCHEDULE_H

#include "sluice/Target/Target.h"

#include "dialects/sched/SchedDialect.h"

namespace sluice::sched {

/// Fails, with an error on each guilty operation, where `program` names cards, queues, opcodes, words, lanes
/// or producers that `target` or the program does not have: a schedule may come from a text. What
/// instructions do to one another is the verifier's to judge.
mlir::LogicalResult checkSchedule(ProgramOp program, const target::Target &target);

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SCHEDTOBINARY_CHECKSCHEDULE_H
