//===- FuseMaps.cpp - Join elementwise functions ---------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/stensor/ScalarOps.h"
#include "dialects/stensor/StensorDialect.h"
#include "sluice/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace sluice::stensor;

namespace sluice {

#define GEN_PASS_DEF_STENSORFUSEMAPS
#include "lib/Transforms/Passes.h.inc"

namespace {

struct StensorFuseMaps : impl::StensorFuseMapsBase<StensorFuseMaps> {
  using StensorFuseMapsBase::StensorFuseMapsBase;

  void runOnOperation() override;

private:
  bool shouldFuse(MapOp producer, MapOp consumer);
  /// Joins producers into `map` for as long as there are any; the map that results.
  MapOp fuseProducers(MapOp map, RewriterBase &rewriter);
};

} // namespace

static llvm::SmallSetVector<Operation *, 4> usersOf(MapOp map) {
  return {map->user_begin(), map->user_end()};
}

/// The inputs of the joined map: the producer's, then what else the consumer reads.
static llvm::SmallSetVector<Value, 8> joinedInputs(MapOp producer, MapOp consumer) {
  llvm::SmallSetVector<Value, 8> inputs(producer.getInputs().begin(), producer.getInputs().end());
  for (Value input : consumer.getInputs())
    if (input.getDefiningOp() != producer)
      inputs.insert(input);
  return inputs;
}

/// Whether every user is a map over the same shape, so that the producer disappears
/// when each of them repeats it.
static bool disappearsWhenRepeated(MapOp producer, ArrayRef<Operation *> users) {
  if (countSteps(producer.getBlock()) > 1)
    return false;
  return llvm::all_of(users, [&](Operation *user) {
    auto map = dyn_cast<MapOp>(user);
    return map && map->getBlock() == producer->getBlock() && map.getShape() == producer.getShape();
  });
}

/// One map that computes the producer's values and from them the consumer's results.
static MapOp join(MapOp producer, MapOp consumer, RewriterBase &rewriter) {
  llvm::SmallSetVector<Value, 8> inputs = joinedInputs(producer, consumer);
  rewriter.setInsertionPoint(consumer);
  Location location = rewriter.getFusedLoc({producer.getLoc(), consumer.getLoc()});
  auto body = [&](OpBuilder &builder, Location, ValueRange arguments) {
    IRMapping mapping;
    auto argumentOf = [&](Value input) { return arguments[llvm::find(inputs, input) - inputs.begin()]; };
    for (auto [input, argument] : llvm::zip_equal(producer.getInputs(), producer.getBlock().getArguments()))
      mapping.map(argument, argumentOf(input));
    for (Operation &op : producer.getBlock().without_terminator())
      builder.clone(op, mapping);
    for (auto [input, argument] : llvm::zip_equal(consumer.getInputs(), consumer.getBlock().getArguments())) {
      if (input.getDefiningOp() != producer) {
        mapping.map(argument, argumentOf(input));
        continue;
      }
      Value yielded = producer.getYielded()[cast<OpResult>(input).getResultNumber()];
      mapping.map(argument, mapping.lookup(yielded));
    }
    for (Operation &op : consumer.getBlock().without_terminator())
      builder.clone(op, mapping);
    SmallVector<Value> results;
    for (Value value : consumer.getYielded())
      results.push_back(mapping.lookup(value));
    return results;
  };
  return MapOp::create(rewriter, location, consumer.getResultTypes(), inputs.getArrayRef(), body);
}

/// Whether a map reads at most one tensor of its shape.
static bool isUnary(MapOp map) {
  return llvm::count_if(map.getInputs(), [&](Value input) {
           return cast<RankedTensorType>(input.getType()).getShape() == map.getShape();
         }) <= 1;
}

bool StensorFuseMaps::shouldFuse(MapOp producer, MapOp consumer) {
  if (unaryOnly && !isUnary(consumer))
    return false;
  if (producer->getBlock() != consumer->getBlock() || producer.getShape() != consumer.getShape())
    return false;
  if (countSteps(producer.getBlock()) + countSteps(consumer.getBlock()) > maxSteps ||
      joinedInputs(producer, consumer).size() > maxInputs)
    return false;
  llvm::SmallSetVector<Operation *, 4> users = usersOf(producer);
  return users.size() == 1 || disappearsWhenRepeated(producer, users.getArrayRef());
}

MapOp StensorFuseMaps::fuseProducers(MapOp map, RewriterBase &rewriter) {
  for (size_t i = 0; i < map.getInputs().size();) {
    auto producer = map.getInputs()[i].getDefiningOp<MapOp>();
    if (!producer || !shouldFuse(producer, map)) {
      ++i;
      continue;
    }
    MapOp joined = join(producer, map, rewriter);
    rewriter.replaceOp(map, joined);
    if (producer.use_empty()) {
      rewriter.eraseOp(producer);
      ++fused;
    }
    map = joined;
    i = 0;
  }
  return map;
}

void StensorFuseMaps::runOnOperation() {
  IRRewriter rewriter(&getContext());
  for (Block &block : getOperation().getBody()) {
    // Producers come first in a block, so each is as large as it gets when its consumer is reached.
    Operation *next = nullptr;
    for (Operation *op = &block.front(); op; op = next) {
      if (auto map = dyn_cast<MapOp>(op))
        op = fuseProducers(map, rewriter);
      next = op->getNextNode();
    }
  }
}

} // namespace sluice
