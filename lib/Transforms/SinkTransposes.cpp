//===- SinkTransposes.cpp - Transpose what maps make, not what they read --===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewriting.h"
#include "sluice/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace sluice::stensor;

namespace sluice {

#define GEN_PASS_DEF_STENSORSINKTRANSPOSES
#include "lib/Transforms/Passes.h.inc"

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

namespace {

/// A map whose full inputs are all transposed alike runs on what was transposed; the inputs that it
/// broadcasts are transposed back.
struct SinkTransposes : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp map, PatternRewriter &rewriter) const override {
    TransposeOp first;
    for (Value input : map.getInputs()) {
      if (tensorType(input).getShape() != map.getShape())
        continue;
      auto transpose = input.getDefiningOp<TransposeOp>();
      if (!transpose || (first && transpose.getPermutation() != first.getPermutation()))
        return failure();
      first = transpose;
    }
    if (!first)
      return failure();
    ArrayRef<int64_t> permutation = first.getPermutation();
    SmallVector<int64_t> back(permutation.size());
    for (auto [i, dim] : llvm::enumerate(permutation))
      back[dim] = static_cast<int64_t>(i);
    auto before = [&](RankedTensorType type) {
      SmallVector<int64_t> shape;
      for (int64_t dim : back)
        shape.push_back(type.getDimSize(dim));
      return type.clone(shape);
    };
    SmallVector<Value> inputs, results;
    SmallVector<Type> types;
    for (Value input : map.getInputs()) {
      auto transpose = input.getDefiningOp<TransposeOp>();
      bool isSame = transpose && transpose.getPermutation() == permutation;
      inputs.push_back(
          isSame ? transpose.getInput()
                 : TransposeOp::create(rewriter, map.getLoc(), before(tensorType(input)), input, back)
                       .getResult());
    }
    for (Value result : map.getResults())
      types.push_back(before(tensorType(result)));
    auto body = [&](OpBuilder &inner, Location, ValueRange arguments) {
      IRMapping mapping;
      mapping.map(map.getBlock().getArguments(), arguments);
      for (Operation &op : map.getBlock().without_terminator())
        inner.clone(op, mapping);
      SmallVector<Value> values;
      for (Value value : map.getYielded())
        values.push_back(mapping.lookup(value));
      return values;
    };
    MapOp early = MapOp::create(rewriter, map.getLoc(), types, inputs, body);
    for (auto [made, result] : llvm::zip_equal(early.getResults(), map.getResults()))
      results.push_back(TransposeOp::create(rewriter, map.getLoc(), result.getType(), made, permutation));
    rewriter.replaceOp(map, results);
    return success();
  }
};

struct StensorSinkTransposes : impl::StensorSinkTransposesBase<StensorSinkTransposes> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkTransposes>(&getContext());
    TransposeOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(rewriteTensorOps(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace sluice
