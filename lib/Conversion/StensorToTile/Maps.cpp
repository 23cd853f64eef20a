//===- Maps.cpp - Elementwise functions over vectors --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "lib/Conversion/Views/Elements.h"

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

std::vector<std::vector<int64_t>> Lowering::tilesOf(Root &root) {
  std::vector<std::vector<int64_t>> tiles;
  if (root.weightReaders.empty())
    return tiles;
  stensor::ContractOp contract = root.weightReaders.back();
  const View &view = viewOf(contract.getRhs());
  // The root's own vectors stand for themselves while they have no place.
  constexpr int32_t self = -2;
  int64_t lanes = emitter.target.lanes(), vectors = gridOf(root.type.getShape(), *root.layout).vectors();
  for (int64_t i = 0; i < vectors; ++i)
    root.refs.push_back({self, -1, i});
  bool areDefined = llvm::all_of(view.roots(), [&](int32_t number) {
    return roots[number].kind == Root::Constant || !roots[number].refs.empty();
  });
  Layout layout = Layout::onLanes(4, 3);
  Refs sources;
  if (areDefined)
    sources = wholeVectors(view, layout);
  root.refs.clear();
  if (sources.empty())
    return tiles;

  Grid grid = gridOf(view.shape(), layout);
  std::vector<bool> taken(vectors, false);
  int64_t n = view.shape()[1], t = view.shape()[2];
  for (int64_t chunk = 0; chunk < grid.chunks(); ++chunk)
    for (int64_t batch = 0; batch < view.shape()[0]; ++batch)
      for (int64_t first = 0; first < n; first += lanes)
        for (int64_t tap = 0; tap < t; ++tap) {
          std::vector<int64_t> tile;
          for (int64_t column = first; column < std::min(n, first + lanes); ++column) {
            Ref source = sources[grid.vectorAt((batch * n + column) * t + tap, chunk)];
            if (source.buffer != self || taken[source.index])
              break;
            taken[source.index] = true;
            tile.push_back(source.index);
          }
          if (static_cast<int64_t>(tile.size()) == std::min(n - first, lanes))
            tiles.push_back(std::move(tile));
        }
  return tiles;
}

Refs Lowering::placeAsWeights(Location loc, Root &root) {
  Refs places(gridOf(root.type.getShape(), *root.layout).vectors());
  for (const std::vector<int64_t> &tile : tilesOf(root)) {
    int32_t buffer = emitter.createBuffer(loc, tile.size(), bytesOf(root.type.getElementType()),
                                          emitter.target.installStreams);
    Refs refs;
    for (auto [i, vector] : llvm::enumerate(tile))
      refs.push_back(places[vector] = {buffer, -1, static_cast<int64_t>(i)});
    weightTiles[refs] = buffer;
  }
  return places;
}

/// In the order of one result, unless what comes from the same buffers and goes to the same ones makes passes
/// that are far longer.
static void sortJobs(std::vector<Job> &jobs, size_t results) {
  llvm::sort(jobs, [](const Job &a, const Job &b) { return a.back() < b.back(); });
  std::vector<Job> grouped = jobs;
  llvm::sort(grouped, [](const Job &a, const Job &b) {
    for (auto [x, y] : llvm::zip_equal(a, b))
      if (x.buffer != y.buffer)
        return x.buffer < y.buffer;
    return a.back() < b.back();
  });
  if (results > 1 || 2 * countRuns(grouped) < countRuns(jobs))
    jobs = std::move(grouped);
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
  for (int64_t vector = 0; vector < grid.vectors(); ++vector) {
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
    // What cards exchange leaves chunk by chunk, each as soon as it is there; what is read side by side comes
    // so.
    const bool isByChunk = root.isApart && unplaced == grid.vectors();
    Refs fresh;
    for (int64_t i = 0, count = isByChunk ? grid.rows() : unplaced; i < unplaced; i += count)
      llvm::append_range(fresh, emitter.allocate(loc, count, bytesOf(root.type.getElementType())));
    for (auto [job, ref] : llvm::zip_equal(jobs, made)) {
      if (ref.buffer < 0)
        ref = fresh[next++];
      job.push_back(ref);
    }
    for (int64_t number : jobOf)
      refs.push_back(made[number]);
    define(root, std::move(refs), first.replicasWanted);
  }
  sortJobs(jobs, map.getNumResults());
  emitter.map(loc, types, jobs, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
    return cloneBody(map, argumentOf, builder, loc, arguments);
  });
  return success();
}

} // namespace sluice::tiling
