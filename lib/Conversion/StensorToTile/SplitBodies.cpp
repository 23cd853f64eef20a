//===- SplitBodies.cpp - Maps that fit the machine ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SplitBodies.h"

#include "lib/Conversion/Views/Elements.h"
#include "lib/Conversion/Views/View.h"

#include "sluice/Scheduling/BodySchedule.h"

#include "dialects/stensor/StensorDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace sluice::tiling {

namespace {

/// A stretch of a body's operations: what it takes from before, and what is needed after.
struct Part {
  SmallVector<Operation *> ops;
  llvm::SetVector<Value> inputs, outputs;
};

class Splitter {
public:
  Splitter(stensor::MapOp map, const target::Target &target) : map(map), target(target) {
    for (Operation &op : map.getBlock().without_terminator())
      if (!op.hasTrait<OpTrait::ConstantLike>())
        steps.push_back(&op);
  }

  LogicalResult run();

private:
  Part partOf(size_t first, size_t last) const;
  stensor::MapOp build(OpBuilder &builder, const Part &part, const IRMapping &tensors);
  bool fits(const Part &part);
  FailureOr<size_t> cutAfter(size_t first);

  stensor::MapOp map;
  const target::Target &target;
  SmallVector<Operation *> steps;
};

} // namespace

static int64_t widthOf(Value value) { return stensor::elementBytes(value.getType()); }

/// What operations [first, last) take and give.
Part Splitter::partOf(size_t first, size_t last) const {
  Part part;
  part.ops.assign(steps.begin() + first, steps.begin() + last);
  llvm::SmallPtrSet<Operation *, 16> inside(part.ops.begin(), part.ops.end());
  for (Operation *op : part.ops) {
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp();
          !producer || (!inside.contains(producer) && !producer->hasTrait<OpTrait::ConstantLike>()))
        part.inputs.insert(operand);
    Value result = op->getResult(0);
    if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !inside.contains(user); }))
      part.outputs.insert(result);
  }
  return part;
}

/// A map of one part, on the tensors that stand for its inputs.
stensor::MapOp Splitter::build(OpBuilder &builder, const Part &part, const IRMapping &tensors) {
  SmallVector<Value> inputs;
  for (Value input : part.inputs)
    inputs.push_back(tensors.lookup(input));
  SmallVector<Type> types;
  for (Value output : part.outputs)
    types.push_back(RankedTensorType::get(map.getShape(), output.getType()));
  return stensor::MapOp::create(builder, map.getLoc(), types, inputs,
                                [&](OpBuilder &builder, Location, ValueRange arguments) {
                                  IRMapping mapping;
                                  for (auto [input, argument] : llvm::zip_equal(part.inputs, arguments))
                                    mapping.map(input, argument);
                                  for (Operation *op : part.ops) {
                                    for (Value operand : op->getOperands())
                                      if (!mapping.contains(operand))
                                        builder.clone(*operand.getDefiningOp(), mapping);
                                    builder.clone(*op, mapping);
                                  }
                                  SmallVector<Value> results;
                                  for (Value output : part.outputs)
                                    results.push_back(mapping.lookup(output));
                                  return results;
                                });
}

/// Whether what a map reads and writes fits on the streams of a direction.
template <typename Inputs, typename Outputs>
static bool fitStreams(const Inputs &inputs, const Outputs &outputs, const target::Target &target) {
  int64_t in = 0, out = 0, streams = target.streamsPerDirection;
  for (Value input : inputs)
    in += widthOf(input);
  for (Value output : outputs)
    out += widthOf(output);
  // One quad stays free for what passes by.
  return in <= streams - 4 && out <= streams - 4;
}

bool Splitter::fits(const Part &part) {
  if (!fitStreams(part.inputs, part.outputs, target))
    return false;
  OpBuilder builder(map.getContext());
  OwningOpRef<ModuleOp> scratch = ModuleOp::create(builder, map.getLoc());
  builder.setInsertionPointToStart(scratch->getBody());
  IRMapping tensors;
  for (Value input : part.inputs)
    tensors.map(input, arith::ConstantOp::create(
                           builder, map.getLoc(),
                           builder.getZeroAttr(RankedTensorType::get(map.getShape(), input.getType()))));
  stensor::MapOp trial = build(builder, part, tensors);
  return scheduling::scheduleBody(trial.getBlock(), target, elementsOf(map.getShape())).has_value();
}

/// Where the part that begins at `first` ends: of the ends not far before the last possible one, that
/// over which the least has to be stored.
FailureOr<size_t> Splitter::cutAfter(size_t first) {
  size_t last = first;
  for (size_t end = first + 1; end <= steps.size(); ++end) {
    if (fits(partOf(first, end)))
      last = end;
    else if (end > last + 4)
      break;
  }
  if (last == first)
    return map.emitOpError("a single step of its computation does not fit on the ")
           << target.alus << " ALUs of target '" << target.name << "'";
  if (last == steps.size())
    return last;
  size_t best = last;
  int64_t least = INT64_MAX;
  for (size_t end = last; end > first + (last - first) / 2; --end) {
    Part part = partOf(first, end);
    int64_t stored = 0;
    for (Value output : part.outputs)
      stored += widthOf(output);
    if (stored < least && fits(part))
      best = end, least = stored;
  }
  return best;
}

LogicalResult Splitter::run() {
  // What is handed on as it is counts as well.
  if (fitStreams(map.getBlock().getArguments(), map.getYielded(), target) &&
      (steps.empty() || fits(partOf(0, steps.size()))))
    return success();
  OpBuilder builder(map);
  IRMapping tensors;
  for (auto [argument, input] : llvm::zip_equal(map.getBlock().getArguments(), map.getInputs()))
    tensors.map(argument, input);
  for (size_t first = 0; first < steps.size();) {
    FailureOr<size_t> end = cutAfter(first);
    if (failed(end))
      return failure();
    Part part = partOf(first, *end);
    stensor::MapOp piece = build(builder, part, tensors);
    for (auto [output, tensor] : llvm::zip_equal(part.outputs, piece.getResults()))
      tensors.map(output, tensor);
    first = *end;
  }
  // What the body gives of its arguments or constants alone takes a map of its own.
  SmallVector<Value> results;
  for (auto [i, value] : llvm::enumerate(map.getYielded())) {
    Operation *producer = value.getDefiningOp();
    if (producer && !producer->hasTrait<OpTrait::ConstantLike>()) {
      results.push_back(tensors.lookup(value));
      continue;
    }
    SmallVector<Value> inputs;
    if (!producer)
      inputs.push_back(tensors.lookup(value));
    auto copy = stensor::MapOp::create(builder, map.getLoc(), map.getResult(i).getType(), inputs,
                                       [&](OpBuilder &builder, Location, ValueRange arguments) {
                                         Value given = producer ? builder.clone(*producer)->getResult(0)
                                                                : Value(arguments.front());
                                         return SmallVector<Value>{given};
                                       });
    results.push_back(copy.getResult(0));
  }
  map.replaceAllUsesWith(results);
  map.erase();
  return success();
}

/// The attribute that every element of a value has, if it comes from a constant of one value.
static TypedAttr splatBehind(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto constant = dyn_cast<stensor::ConstantOp>(op)) {
      auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
      return dense && dense.isSplat() ? cast<TypedAttr>(dense.getSplatValue<Attribute>()) : TypedAttr();
    }
    if (!isa<stensor::ReshapeOp, stensor::TransposeOp, stensor::SliceOp, stensor::BroadcastOp,
             stensor::WindowOp>(op))
      return {};
    value = op->getOperand(0);
  }
  return {};
}

static void inlineSplats(stensor::MapOp map) {
  Block &block = map.getBlock();
  OpBuilder builder = OpBuilder::atBlockBegin(&block);
  for (int64_t i = map.getInputs().size() - 1; i >= 0; --i) {
    TypedAttr value = splatBehind(map.getInputs()[i]);
    if (!value)
      continue;
    block.getArgument(i).replaceAllUsesWith(arith::ConstantOp::create(builder, map.getLoc(), value));
    block.eraseArgument(i);
    map.getInputsMutable().erase(i);
  }
}

LogicalResult splitBodies(func::FuncOp function, const target::Target &target) {
  SmallVector<stensor::MapOp> maps(function.getOps<stensor::MapOp>());
  LogicalResult result = success();
  for (stensor::MapOp map : maps) {
    inlineSplats(map);
    if (failed(Splitter(map, target).run()))
      result = failure();
  }
  return result;
}

} // namespace sluice::tiling
