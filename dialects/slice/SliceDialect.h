//===- SliceDialect.h - Passes with their place -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_SLICE_SLICEDIALECT_H
#define SLUICE_DIALECTS_SLICE_SLICEDIALECT_H

#include "dialects/tile/TileDialect.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/slice/SliceDialect.h.inc"

#define GET_OP_CLASSES
#include "dialects/slice/SliceOps.h.inc"

#endif // SLUICE_DIALECTS_SLICE_SLICEDIALECT_H
