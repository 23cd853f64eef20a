//===- SliceDialect.cpp - Passes with their place -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/slice/SliceDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include "dialects/slice/SliceDialect.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/slice/SliceOps.cpp.inc"

namespace sluice::slice {

void SliceDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/slice/SliceOps.cpp.inc"
      >();
}

} // namespace sluice::slice
