//===- Maps.cpp - Elementwise functions over vectors --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elements.h"
#include "Lowering.h"

#include "dialects/stensor/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace sluice::tiling {

int64_t bodyCost(Block &body) {
  // Values wait for the longest path to them: half as many moves as operations, by experience.
  int64_t steps = stensor::countSteps(body);
  return steps + (steps + 1) / 2;
}

SmallVector<Value> Lowering::cloneBody(stensor::MapOp map, ArrayRef<int64_t> argumentOf, OpBuilder &builder,
                                       Location loc, ValueRange arguments) const {
  IRMapping mapping;
  for (auto [i, argument] : llvm::enumerate(map.getBlock().getArguments())) {
    if (argumentOf[i] >= 0) {
      mapping.map(argument, arguments[argumentOf[i]]);
      continue;
    }
    uint32_t bits = *viewOf(map.getInputs()[i]).uniformValue();
    mapping.map(
        argument,
        arith::ConstantOp::create(builder, loc, elementAttribute(argument.getType(), bits)).getResult());
  }
  for (Operation &op : map.getBlock().without_terminator())
    builder.clone(op, mapping);
  SmallVector<Value> results;
  for (Value value : map.getYielded())
    results.push_back(mapping.lookupOrDefault(value));
  return results;
}

/// The order in which vectors of a value are stored: chunk by chunk, so that the
/// vectors of one chunk follow one another; a value that leaves the program in the order of its layout.
std::vector<int64_t> Lowering::storageOrder(const Grid &grid, bool isOutput) {
  std::vector<int64_t> order;
  order.reserve(grid.vectors());
  int64_t chunks = isOutput ? 1 : grid.chunks(), rows = grid.vectors() / chunks;
  for (int64_t chunk = 0; chunk < chunks; ++chunk)
    for (int64_t row = 0; row < rows; ++row)
      order.push_back(row * chunks + chunk);
  return order;
}

LogicalResult Lowering::lowerMap(stensor::MapOp map) {
  Location loc = map.getLoc();
  Root &first = rootOf(map.getResult(0));
  const Layout &layout = *first.layout;
  Grid grid = gridOf(map.getShape(), layout);

  SmallVector<Type> types;
  SmallVector<int64_t> argumentOf;
  std::vector<Refs> operands;
  for (auto [input, argument] : llvm::zip_equal(map.getInputs(), map.getBlock().getArguments())) {
    const View &view = viewOf(input);
    bool isUniform = view.uniformValue().has_value();
    argumentOf.push_back(isUniform ? -1 : static_cast<int64_t>(operands.size()));
    if (isUniform)
      continue;
    types.push_back(argument.getType());
    operands.push_back(
        materialise(loc, view.broadcast(map.getShape()), argument.getType(), layout, first.replicasWanted));
  }

  // Vectors whose operands are the same are computed once.
  std::map<Job, int64_t> numbers;
  std::vector<Job> jobs;
  std::vector<int64_t> jobOf(grid.vectors());
  bool isOutput = llvm::any_of(map.getResults(), [&](Value result) { return rootOf(result).isOutput; });
  for (int64_t vector : storageOrder(grid, isOutput)) {
    Job job;
    for (const Refs &refs : operands)
      job.push_back(refs[vector]);
    auto [entry, inserted] = numbers.try_emplace(job, jobs.size());
    if (inserted)
      jobs.push_back(job);
    jobOf[vector] = entry->second;
  }
  for (Value result : map.getResults()) {
    Root &root = rootOf(result);
    Refs made = emitter.allocate(loc, jobs.size(), bytesOf(root.type.getElementType())), refs;
    for (auto [job, ref] : llvm::zip_equal(jobs, made))
      job.push_back(ref);
    for (int64_t number : jobOf)
      refs.push_back(made[number]);
    define(root, std::move(refs), first.replicasWanted);
  }
  emitter.map(loc, types, jobs, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
    return cloneBody(map, argumentOf, builder, loc, arguments);
  });
  return success();
}

} // namespace sluice::tiling
