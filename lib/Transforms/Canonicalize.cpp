//===- Canonicalize.cpp - Simplify whole-tensor operations ------ -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewriting.h"
#include "sluice/Transforms/Passes.h"

using namespace mlir;

namespace sluice {

#define GEN_PASS_DEF_STENSORCANONICALIZE
#include "lib/Transforms/Passes.h.inc"

namespace {

struct StensorCanonicalize : impl::StensorCanonicalizeBase<StensorCanonicalize> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    stensor::MapOp::getCanonicalizationPatterns(patterns, context);
    stensor::TransposeOp::getCanonicalizationPatterns(patterns, context);
    if (failed(rewriteTensorOps(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace sluice
