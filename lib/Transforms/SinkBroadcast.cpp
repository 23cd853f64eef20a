//===- SinkBroadcast.cpp - Maps before repeated elements -------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewriting.h"
#include "dialects/stensor/ScalarOps.h"
#include "sluice/Golden/Interpreter.h"
#include "sluice/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OwningOpRef.h"

using namespace mlir;
using namespace sluice::stensor;

namespace sluice {

#define GEN_PASS_DEF_STENSORSINKBROADCAST
#include "lib/Transforms/Passes.h.inc"

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

/// A map with the body of `map` over other inputs and result types.
static MapOp cloneOver(OpBuilder &builder, MapOp map, TypeRange types, ValueRange inputs) {
  auto body = [&](OpBuilder &inner, Location, ValueRange arguments) {
    IRMapping mapping;
    mapping.map(map.getBlock().getArguments(), arguments);
    for (Operation &op : map.getBlock().without_terminator())
      inner.clone(op, mapping);
    SmallVector<Value> results;
    for (Value value : map.getYielded())
      results.push_back(mapping.lookup(value));
    return results;
  };
  return MapOp::create(builder, map.getLoc(), types, inputs, body);
}

namespace {

/// map(broadcast(x)) reads x: maps broadcast by themselves.
struct DropBroadcastInputs : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp map, PatternRewriter &rewriter) const override {
    bool changed = false;
    for (OpOperand &input : map->getOpOperands()) {
      auto broadcast = input.get().getDefiningOp<BroadcastOp>();
      if (!broadcast)
        continue;
      rewriter.modifyOpInPlace(map, [&] { input.set(broadcast.getInput()); });
      changed = true;
    }
    return success(changed);
  }
};

/// A map along a dimension in which every input has one element runs on that one.
struct ShrinkMap : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp map, PatternRewriter &rewriter) const override {
    SmallVector<int64_t> shape(map.getShape().size(), 1);
    for (Value input : map.getInputs())
      for (auto [size, inputSize] : llvm::zip_equal(shape, tensorType(input).getShape()))
        size = inputSize == 1 ? size : inputSize;
    if (map.getInputs().empty() || ArrayRef<int64_t>(shape) == map.getShape())
      return failure();
    SmallVector<Type> types;
    for (Value result : map.getResults())
      types.push_back(tensorType(result).clone(shape));
    MapOp smaller = cloneOver(rewriter, map, types, map.getInputs());
    SmallVector<Value> results;
    for (auto [small, large] : llvm::zip_equal(smaller.getResults(), map.getResults()))
      results.push_back(BroadcastOp::create(rewriter, map.getLoc(), large.getType(), small));
    rewriter.replaceOp(map, results);
    return success();
  }
};

/// map(layout(x)) becomes layout(map(x)) for a map of one input and result.
struct MoveBeforeLayout : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp map, PatternRewriter &rewriter) const override {
    if (map.getInputs().size() != 1 || map.getNumResults() != 1 ||
        tensorType(map.getInputs().front()).getShape() != map.getShape())
      return failure();
    Operation *layout = map.getInputs().front().getDefiningOp();
    if (!isa_and_present<ReshapeOp, TransposeOp, SliceOp, PadOp, WindowOp>(layout) || !layout->hasOneUse() ||
        !isWorthwhile(map, layout))
      return failure();
    std::optional<TypedAttr> padding;
    if (auto pad = dyn_cast<PadOp>(layout)) {
      padding = mapped(map, pad.getValue());
      if (!padding)
        return failure();
    }
    Value input = layout->getOperand(0);
    Type element = tensorType(map.getResult(0)).getElementType();
    MapOp early = cloneOver(rewriter, map, {tensorType(input).clone(element)}, input);
    IRMapping mapping;
    mapping.map(input, early.getResult(0));
    Operation *moved = rewriter.clone(*layout, mapping);
    rewriter.modifyOpInPlace(moved, [&] {
      moved->getResult(0).setType(map.getResult(0).getType());
      if (padding)
        cast<PadOp>(moved).setValueAttr(*padding);
    });
    rewriter.replaceOp(map, moved);
    // At once, so that what it read has one reader and can be moved over as well.
    rewriter.eraseOp(layout);
    return success();
  }

private:
  static bool isWorthwhile(MapOp map, Operation *layout) {
    RankedTensorType before = tensorType(layout->getOperand(0)), after = tensorType(map.getInputs().front());
    int64_t oldWidth = elementBytes(after.getElementType());
    int64_t newWidth = elementBytes(tensorType(map.getResult(0)).getElementType());
    if (before.getNumElements() != after.getNumElements())
      return before.getNumElements() < after.getNumElements() && newWidth <= oldWidth;
    if (newWidth < oldWidth)
      return true;
    bool joinsNext = llvm::any_of(map->getUsers(), [&](Operation *user) {
      auto next = dyn_cast<MapOp>(user);
      return next && next.getShape() == map.getShape();
    });
    auto previous = layout->getOperand(0).getDefiningOp<MapOp>();
    bool joinsPrevious = isa<ReshapeOp>(layout) && previous && layout->getOperand(0).hasOneUse();
    return !joinsNext && (joinsPrevious || newWidth == oldWidth);
  }

  /// What the map's body makes of one number.
  static std::optional<TypedAttr> mapped(MapOp map, TypedAttr value) {
    auto type = RankedTensorType::get({1}, value.getType());
    Type resultType = type.clone(tensorType(map.getResult(0)).getElementType());
    ElementsAttr operand = DenseElementsAttr::get(type, ArrayRef<Attribute>(value));
    OpBuilder detached(map.getContext());
    OwningOpRef<ConstantOp> constant = ConstantOp::create(detached, map.getLoc(), operand);
    OwningOpRef<MapOp> one = cloneOver(detached, map, resultType, constant->getResult());
    FailureOr<SmallVector<ElementsAttr>> results = golden::evaluateConstant(*one, operand);
    if (failed(results))
      return std::nullopt;
    return cast<TypedAttr>(results->front().getValues<Attribute>()[0]);
  }
};

struct StensorSinkBroadcast : impl::StensorSinkBroadcastBase<StensorSinkBroadcast> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<DropBroadcastInputs, ShrinkMap, MoveBeforeLayout>(&getContext());
    if (failed(rewriteTensorOps(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace sluice
