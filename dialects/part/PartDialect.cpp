//===- PartDialect.cpp - Parts of tensors on several cards ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/part/PartDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

#include "dialects/part/PartDialect.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/part/PartOps.cpp.inc"

namespace sluice::part {

void PartDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/part/PartOps.cpp.inc"
      >();
}

} // namespace sluice::part
