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

Refs Lowering::placeAsWeights(Location loc, Root &root) {
  int64_t lanes = emitter.target.lanes();
  Refs places(gridOf(root.type.getShape(), *root.layout).vectors());
  if (root.weightReaders.empty())
    return places;
  stensor::ContractOp contract = root.weightReaders.back();
  const View &view = viewOf(contract.getRhs());
  // The root's own vectors stand for themselves while they have no place.
  constexpr int32_t self = -2;
  for (size_t i = 0; i < places.size(); ++i)
    root.refs.push_back({self, -1, static_cast<int64_t>(i)});
  bool areDefined = llvm::all_of(view.roots(), [&](int32_t number) {
    return roots[number].kind == Root::Constant || !roots[number].refs.empty();
  });
  int64_t bytes = bytesOf(root.type.getElementType());
  Refs sources;
  if (areDefined)
    sources = wholeVectors(view, Layout::onLanes(4, 3), bytes);
  root.refs.clear();
  if (sources.empty())
    return places;

  int64_t n = contract.getType().getDimSize(2), batches = contract.getType().getDimSize(0);
  int64_t chunks = sources.size() / (n * batches);
  for (int64_t batch = 0; batch < batches; ++batch)
    for (int64_t first = 0; first < n; first += lanes)
      for (int64_t chunk = 0; chunk < chunks; ++chunk) {
        SmallVector<int64_t> vectors;
        for (int64_t column = first; column < std::min(n, first + lanes); ++column) {
          Ref source = sources[(batch * n + column) * chunks + chunk];
          if (source.buffer == self && places[source.index].buffer < 0 &&
              !llvm::is_contained(vectors, source.index))
            vectors.push_back(source.index);
        }
        int64_t columns = std::min(n - first, lanes);
        if (static_cast<int64_t>(vectors.size()) != columns)
          continue;
        int32_t buffer = emitter.createBuffer(loc, columns, bytes, emitter.target.installStreams);
        Refs refs;
        for (auto [i, vector] : llvm::enumerate(vectors))
          refs.push_back(places[vector] = {buffer, -1, static_cast<int64_t>(i)});
        weightTiles[refs] = buffer;
      }
  return places;
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
    Refs places;
    if (jobs.size() == jobOf.size())
      places = placeAsWeights(loc, root);
    Refs made(jobs.size()), refs;
    for (auto [vector, place] : llvm::enumerate(places))
      made[jobOf[vector]] = place;
    int64_t unplaced = llvm::count_if(made, [](Ref ref) { return ref.buffer < 0; }), next = 0;
    Refs fresh = emitter.allocate(loc, unplaced, bytesOf(root.type.getElementType()));
    for (auto [job, ref] : llvm::zip_equal(jobs, made)) {
      if (ref.buffer < 0)
        ref = fresh[next++];
      job.push_back(ref);
    }
    for (int64_t number : jobOf)
      refs.push_back(made[number]);
    define(root, std::move(refs), first.replicasWanted);
  }
  if (map.getNumResults() == 1)
    llvm::sort(jobs, [](const Job &a, const Job &b) { return a.back() < b.back(); });
  emitter.map(loc, types, jobs, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
    return cloneBody(map, argumentOf, builder, loc, arguments);
  });
  return success();
}

} // namespace sluice::tiling
