//===- SplitGathers.h - Tables that fit a bank ------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_SPLITGATHERS_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_SPLITGATHERS_H

#include "sluice/Target/Target.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sluice::tiling {

/// Rewrites every stensor.gather from more rows than a bank has words. Of short rows several lie in a vector,
/// from which the wanted one is selected; a table of long rows is cut into tables of a bank each, and the
/// row of the right one is selected. An index outside the whole table stays a fault.
void splitGathers(mlir::func::FuncOp function, const target::Target &target);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_SPLITGATHERS_H
