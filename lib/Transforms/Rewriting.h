//===- Rewriting.h - Patterns over operations, not their bodies - -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_TRANSFORMS_REWRITING_H
#define SLUICE_LIB_TRANSFORMS_REWRITING_H

#include "dialects/stensor/StensorDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace sluice {

/// Applies `patterns`, and folds, to the `stensor` operations of a function until
/// nothing changes. Operations inside the bodies of maps are not visited.
inline mlir::LogicalResult rewriteTensorOps(mlir::func::FuncOp function, mlir::RewritePatternSet patterns) {
  mlir::SmallVector<mlir::Operation *> ops;
  for (mlir::Block &block : function.getBody())
    for (mlir::Operation &op : block)
      if (mlir::isa<stensor::StensorDialect>(op.getDialect()))
        ops.push_back(&op);
  mlir::GreedyRewriteConfig config;
  config.setStrictness(mlir::GreedyRewriteStrictness::ExistingAndNewOps);
  return mlir::applyOpPatternsGreedily(ops, std::move(patterns), config);
}

} // namespace sluice

#endif // SLUICE_LIB_TRANSFORMS_REWRITING_H
