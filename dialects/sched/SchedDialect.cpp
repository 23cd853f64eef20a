//===- SchedDialect.cpp - Burst instructions in their cycles -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/sched/SchedDialect.h"
#include "dialects/sched/InstructionText.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include "dialects/sched/SchedDialect.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/sched/SchedOps.cpp.inc"

namespace sluice::sched {

void SchedDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/sched/SchedOps.cpp.inc"
      >();
}

} // namespace sluice::sched
